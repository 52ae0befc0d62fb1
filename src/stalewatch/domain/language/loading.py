"""Rule files to a checked `RuleSet`, or to every error in them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from collections.abc import Sequence as Files
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from stalewatch.domain.language.diagnostics import Counts, Diagnostic, Findings, cure
from stalewatch.domain.language.exceptions import parse_exception
from stalewatch.domain.language.model import Catalogue, Rule, RuleException, RuleSet
from stalewatch.domain.language.mutes import check_mutes
from stalewatch.domain.language.nodes import Entry, Mapping, Scalar, Source
from stalewatch.domain.language.packs import Pack, Shelf, gather
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.rules import parse_rule
from stalewatch.domain.language.scores import parse_band, parse_score
from stalewatch.domain.language.setting import Options, Setting
from stalewatch.domain.language.terms import THINGS
from stalewatch.domain.language.uses import Uses

_NOTHING: Final[Dict[str, Source]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a check.

    Attributes:
        ruleset: the rules; None if there is an error anywhere.
        draft: what could be understood all the same, to look for further errors with; never to judge by.
        diagnostics: errors and warnings, sorted by place, files in the order given.
        sources: the files given and those they include.
    """

    ruleset: RuleSet | None
    draft: RuleSet
    diagnostics: tuple[Diagnostic, ...]
    counts: Counts
    sources: tuple[Source, ...]

    def render(self, language: str) -> str:
        """What `rules check` prints."""
        return render(self.diagnostics, self.sources, language, self.counts)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A rule as nodes, with the pack it belongs to; `node` is None if what it uses is not there."""

    pack: str
    written: Mapping
    node: Mapping | None


def load_rules(
    files: Files[Source],
    catalogue: Catalogue,
    *,
    available: Dict[str, Source] = _NOTHING,
    options: Options | None = None,
) -> Loaded:
    """Check rule files together.

    Args:
        files: the files, in the order in which their rules are listed.
        available: packs by name that `include` and `use` may bring in besides the files.
        options: what to check beyond the files; see `Options`.
    """
    findings = Findings()
    shelf = gather(files, available, findings)
    uses = Uses(shelf, findings)
    drafts = [_Draft(pack.name, rule, uses.expanded(rule)) for pack in shelf.loaded for rule in pack.rules]
    setting = _set_up(shelf, catalogue, options or Options(), findings)
    rules = _rules(drafts, setting)
    exceptions = _exceptions(shelf, drafts, setting)
    check_mutes([draft.node for draft in drafts if draft.node], _lost(shelf), findings)
    whole = RuleSet(
        catalogue,
        rules,
        setting.bands,
        setting.scores,
        exceptions,
        {pack.name: pack.title for pack in shelf.loaded},
    )
    return _outcome(whole, len(drafts), shelf, findings)


def _outcome(whole: RuleSet, rules: int, shelf: Shelf, findings: Findings) -> Loaded:
    sources = tuple(pack.source for pack in (*shelf.loaded, *shelf.only_used))
    diagnostics = findings.sorted(source.path for source in sources)
    errors = sum(found.is_error for found in diagnostics)
    counts = Counts(len(shelf.loaded), rules + len(_lost(shelf)), errors, len(diagnostics) - errors)
    return Loaded(None if errors else whole, whole, diagnostics, counts, sources)


def _lost(shelf: Shelf) -> frozenset[str]:
    return frozenset(name for pack in shelf.loaded for name in pack.reading.lost)


def _set_up(shelf: Shelf, catalogue: Catalogue, options: Options, findings: Findings) -> Setting:
    """Bands first, then scores, which may name bands, then the rules' own setting."""
    packs = (*shelf.loaded, *shelf.only_used)
    bare = Setting(catalogue, findings, options)
    bands = _defined(packs, lambda pack: pack.bands, parse_band, "band", bare)
    with_bands = Setting(catalogue, findings, options, bands)
    scores = _defined(packs, lambda pack: pack.scores, parse_score, "score", with_bands)
    return Setting(catalogue, findings, options, bands, scores)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Definition = TypeVar("_Definition", bound=_Named)


def _defined(
    packs: Iterable[Pack],
    entries: Callable[[Pack], Iterable[Entry]],
    parse: Callable[[Entry, Setting], _Definition | None],
    thing: str,
    setting: Setting,
) -> Dict[str, _Definition]:
    """Definitions by name. A file that includes a pack may define the pack's names anew; its own counts."""
    found: dict[str, tuple[Pack, _Definition]] = {}
    for pack in packs:
        for entry in entries(pack):
            definition = parse(entry, setting)
            first = found[entry.name][0] if entry.name in found else None
            if first is not None and not (_includes(first, pack) or _includes(pack, first)):
                remedy = cure("keep_one_at", place=first.source.path)
                setting.findings.report("duplicate_name", entry.key, remedy, thing=THINGS[thing], name=entry.name)
            elif definition is not None and (first is None or _includes(pack, first)):
                found[entry.name] = (pack, definition)
    return {name: definition for name, (_, definition) in found.items()}


def _includes(pack: Pack, other: Pack) -> bool:
    return other.name in {name.text for name in pack.includes}


def _rules(drafts: Iterable[_Draft], setting: Setting) -> tuple[Rule, ...]:
    _check_ids(drafts, setting.findings)
    found = [parse_rule(draft.node, draft.pack, setting) for draft in drafts if draft.node]
    return tuple(rule for rule in found if rule is not None)


def _check_ids(drafts: Iterable[_Draft], findings: Findings) -> None:
    """Report every id that is taken (SW107)."""
    seen: dict[str, Scalar] = {}
    for draft in drafts:
        node = draft.written.get("id")
        if isinstance(node, Scalar):
            first = seen.setdefault(node.text, node)
            if first is not node:
                place = f"{first.span.file}:{first.span.line}"
                findings.report("duplicate_rule", node, cure("keep_one_at", place=place), id=node.text)


def _exceptions(shelf: Shelf, drafts: Iterable[_Draft], setting: Setting) -> tuple[RuleException, ...]:
    watched = {node.text: _watch(draft) for draft in drafts if isinstance(node := draft.written.get("id"), Scalar)}
    lost = _lost(shelf)
    found = [parse_exception(node, watched, lost, setting) for pack in shelf.loaded for node in pack.exceptions]
    return tuple(exception for exception in found if exception is not None)


def _watch(draft: _Draft) -> str | None:
    node = draft.node.get("watch") if draft.node else None
    return node.text if isinstance(node, Scalar) else None
