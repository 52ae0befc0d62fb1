"""Checks across rules: `mutes` names rules that exist and never leads back to itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from itertools import islice
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Sequence

_MOST_LOOPS: Final = 20
_MOST_NAMES: Final = 12


def check_mutes(rules: Iterable[Mapping], lost: frozenset[str], findings: Findings) -> None:
    """Report mutes of unknown rules (SW170) and loops (SW171). `lost` are ids that could not be read.

    What a rule copied by `use` from another file is let go if the rule is not part of this check.
    """
    by_id = {node.text: rule for rule in rules if isinstance(node := rule.get("id"), Scalar)}
    for rule in by_id.values():
        for name in _muted(rule):
            own = name.span.file == rule.span.file
            if own and name.text not in by_id and name.text not in lost:
                findings.unknown("unknown_mute", name, name.text, by_id)
    graph = {name: [muted.text for muted in _muted(rule)] for name, rule in by_id.items()}
    for loop in islice(_loops(graph), _MOST_LOOPS):
        last = by_id[loop[-1]].get("mutes")
        names = [*loop, loop[0]] if len(loop) <= _MOST_NAMES else [*loop[:_MOST_NAMES], "…", loop[0]]
        if last is not None:
            findings.report(
                "mute_loop", last, cure("remove_mute"), loop_en=" -> ".join(names), loop_ja=" → ".join(names)
            )


def _muted(rule: Mapping) -> list[Scalar]:
    node: Node | None = rule.get("mutes")
    items = node.items if isinstance(node, Sequence) else (node,)
    return [item for item in items if isinstance(item, Scalar) and item.value is not None]


def _loops(graph: Dict[str, list[str]]) -> Iterator[list[str]]:
    """Each way back to a rule on the path, found by one walk through all rules in their order."""
    done = set[str]()
    for root in graph:
        path, on_path = list[str](), dict[str, int]()
        branches = [iter([root])]
        while branches:
            name = next(branches[-1], None)
            if name is None:
                branches.pop()
                if path:
                    finished = path.pop()
                    done.add(finished)
                    del on_path[finished]
            elif name in on_path:
                yield path[on_path[name] :]
            elif name in graph and name not in done:
                on_path[name] = len(path)
                path.append(name)
                branches.append(iter(graph[name]))
