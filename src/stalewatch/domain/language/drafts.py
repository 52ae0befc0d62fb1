"""Rule files taken apart: every rule as nodes with what it uses filled in, and the setting it is read in.

What `loading.py` reads once, `mutants.py` reads again and again with one number changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from collections.abc import Sequence as Files
from dataclasses import dataclass
from typing import Protocol, TypeVar

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.language.nodes import Entry, Mapping, Scalar, Source
from stalewatch.domain.language.packs import Pack, Shelf, gather
from stalewatch.domain.language.scores import parse_band, parse_score
from stalewatch.domain.language.setting import Options, Setting
from stalewatch.domain.language.terms import THINGS
from stalewatch.domain.language.uses import Uses


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as nodes, with the pack it belongs to; `node` is None if what it uses is not there."""

    pack: str
    written: Mapping
    node: Mapping | None

    @property
    def id(self) -> str | None:
        """The id it was given, readable or not as a name."""
        node = self.written.get("id")
        return node.text if isinstance(node, Scalar) else None

    @property
    def watch(self) -> str | None:
        """The object it watches, as far as that can be told."""
        node = self.node.get("watch") if self.node else None
        return node.text if isinstance(node, Scalar) else None


@dataclass(frozen=True, slots=True)
class Drafts:
    """All rule files of a check before their rules are read."""

    shelf: Shelf
    setting: Setting
    rules: tuple[Draft, ...]

    @property
    def watched(self) -> dict[str, str | None]:
        """What each rule watches, by id."""
        return {draft.id: draft.watch for draft in self.rules if draft.id is not None}

    @property
    def lost(self) -> frozenset[str]:
        """Ids of rules that could not be read at all."""
        return frozenset(name for pack in self.shelf.loaded for name in pack.reading.lost)


def drafted(
    files: Files[Source],
    catalogue: Catalogue,
    available: Dict[str, Source],
    options: Options,
    findings: Findings,
) -> Drafts:
    """Read the frames of the files and of the packs they bring in."""
    shelf = gather(files, available, findings)
    uses = Uses(shelf, findings)
    rules = tuple(Draft(pack.name, rule, uses.expanded(rule)) for pack in shelf.loaded for rule in pack.rules)
    return Drafts(shelf, _set_up(shelf, catalogue, options, findings), rules)


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
