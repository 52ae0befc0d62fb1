"""The frame of a rule file: its version, its pack, what it includes, and its lists; and all files together."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from collections.abc import Sequence as Files
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.model import Words
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Source
from stalewatch.domain.language.reading import Reading, read
from stalewatch.domain.language.shapes import (
    check_keys,
    items_of,
    mapping_of,
    name_of,
    scalars_of,
    words_of,
    wrong,
)

FILE_KEYS: Final = ("stalewatch", "pack", "title", "include", "bands", "scores", "rules", "exceptions")


@dataclass(frozen=True, slots=True)
class Pack:
    """One rule file, its parts still as nodes."""

    name: str
    reading: Reading
    title: Words
    includes: tuple[Scalar, ...]
    bands: tuple[Entry, ...]
    scores: tuple[Entry, ...]
    rules: tuple[Mapping, ...]
    exceptions: tuple[Mapping, ...]

    @property
    def source(self) -> Source:
        return self.reading.source


def read_pack(source: Source, findings: Findings) -> Pack:
    """Read the frame of one rule file."""
    reading = read(source, findings)
    root = reading.root if isinstance(reading.root, Mapping) else Mapping(source.whole, ())
    if reading.whole:
        check_version(reading, "stalewatch", findings)
    check_keys(root, FILE_KEYS, "file", findings)
    return Pack(
        name=name_of("pack", root.get("pack"), findings) or PurePath(source.path).stem,
        reading=reading,
        title=words_of("title", root.get("title"), findings),
        includes=scalars_of("include", root.get("include"), findings),
        bands=_entries("bands", root.get("bands"), findings),
        scores=_entries("scores", root.get("scores"), findings),
        rules=_mappings("rules", root.get("rules"), findings),
        exceptions=_mappings("exceptions", root.get("exceptions"), findings),
    )


def check_version(reading: Reading, key: str, findings: Findings) -> None:
    """Report a file that does not say `stalewatch: 1` (or another key of a file of ours): SW100."""
    root = reading.root
    version = root.get(key) if isinstance(root, Mapping) else None
    if version is None:
        findings.report("no_version", reading.source.whole, cure("begin_with", key=key), key=key)
    elif not (isinstance(version, Scalar) and version.plain and version.value == 1):
        found = version.text if isinstance(version, Scalar) else "…"
        findings.report("wrong_version", version, cure("begin_with", key=key), found=found)


def _entries(key: str, node: Node | None, findings: Findings) -> tuple[Entry, ...]:
    mapping = mapping_of(key, node, findings)
    return mapping.entries if mapping else ()


def _mappings(key: str, node: Node | None, findings: Findings) -> tuple[Mapping, ...]:
    items = items_of(key, node, findings)
    for item in items:
        if not isinstance(item, Mapping):
            wrong(key, item, "mapping", findings)
    return tuple(item for item in items if isinstance(item, Mapping))


@dataclass(slots=True)
class Shelf:
    """The packs of a check: those given, those they include, and those they only copy rules from."""

    available: Dict[str, Source]
    findings: Findings
    loaded: list[Pack]
    _opened: dict[str, Pack]

    def find(self, name: str) -> tuple[Pack, ...]:
        """The packs of this name, loaded or on the shelf; faults of a pack that is only looked at count too."""
        here = tuple(pack for pack in self.loaded if pack.name == name)
        if here or name not in self.available:
            return here
        if name not in self._opened:
            self._opened[name] = read_pack(self.available[name], self.findings)
        return (self._opened[name],)

    @property
    def only_used(self) -> tuple[Pack, ...]:
        """Packs that were opened for a rule, without being part of the rule set."""
        here = {id(pack) for pack in self.loaded}
        return tuple(pack for pack in self._opened.values() if id(pack) not in here)

    def names(self) -> Iterator[str]:
        yield from dict.fromkeys((*(pack.name for pack in self.loaded), *self.available))


def gather(files: Files[Source], available: Dict[str, Source], findings: Findings) -> Shelf:
    """Read the files and, on and on, what they include."""
    shelf = Shelf(available, findings, [read_pack(source, findings) for source in files], {})
    for pack in shelf.loaded:
        for name in pack.includes:
            found = shelf.find(name.text)
            if not found:
                findings.unknown("not_found", name, name.text, shelf.names(), cure("include_it"))
            here = {id(other) for other in shelf.loaded}
            shelf.loaded += [other for other in found if id(other) not in here]
    _check_circles(shelf)
    return shelf


def _check_circles(shelf: Shelf) -> None:
    """Report each `include` through which a pack would bring in itself."""
    included = {pack.name: {name.text for name in pack.includes} for pack in shelf.loaded}
    for pack in shelf.loaded:
        for name in pack.includes:
            if pack.name in _reached(name.text, included):
                shelf.findings.report("circular", name, cure("remove_key", key="include"), name=name.text)


def _reached(first: str, included: Dict[str, set[str]]) -> set[str]:
    reached, waiting = {first}, [first]
    while waiting:
        for name in included.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached
