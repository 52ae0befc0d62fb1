"""Which changes there are to make: mutmut's own, less those that only word a sentence differently."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Final, NamedTuple

import libcst as cst
from mutmut.mutation import file_mutation as mutmut
from mutmut.mutation.trampoline_templates import mangle_function_name
from mutmut.utils.format_utils import get_mutant_name

_BLANK: Final = cst.Module([])
_AROUND: Final = 40
"""Signs."""


class Change(NamedTuple):
    """One change: mutmut's name for it, the place (`outbox.py:move`), and what stood and stands there."""

    name: str
    place: str
    before: str
    after: str

    def __str__(self) -> str:
        """As somebody reads it who looks at what nobody noticed: the differing part, and a little around it."""
        same = _alike(self.before, self.after)
        alike = _alike(self.before[same:][::-1], self.after[same:][::-1])
        begin = max(0, same - _AROUND)
        parts = (text[begin : len(text) - max(0, alike - _AROUND)] for text in (self.before, self.after))
        return f"{self.place} {self.name.rpartition('_')[2]}: {'  ->  '.join(parts)}"


def _alike(one: str, other: str) -> int:
    """How many signs they begin with together."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def changes(file: Path, code: str) -> Iterator[Change]:
    """The changes of one module, in mutmut's order.

    A literal with a blank in it is a sentence for people. How it is worded is not asked here: it is quoted in the
    documentation, and translated.
    """
    module, mutations, _, _ = mutmut.create_mutations(str(file), code)
    grouped = mutmut.group_by_top_level_node(mutations)
    for function, owner in _functions(module):
        mangled = mangle_function_name(name=function.name.value, class_name=owner)
        place = f"{file.name}:{f'{owner}.' if owner else ''}{function.name.value}"
        for number, mutation in enumerate(grouped.get(function, ()), start=1):
            if not _is_wording(mutation.original_node):
                name = get_mutant_name(file, f"{mangled}__mutmut_{number}")
                yield Change(name, place, _text(mutation.original_node), _text(mutation.mutated_node))


def _functions(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, str | None]]:
    """Functions, and methods with the name of their class: what mutmut numbers its changes by."""
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef):
            yield statement, None
        elif isinstance(statement, cst.ClassDef):
            yield from ((one, statement.name.value) for one in statement.body.body if isinstance(one, cst.FunctionDef))


def _is_wording(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleString) and " " in str(node.evaluated_value)


def _text(node: cst.CSTNode) -> str:
    return " ".join(_BLANK.code_for_node(node).split())
