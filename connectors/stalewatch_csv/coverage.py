"""What a folder of files can tell and what it cannot: for `stalewatch fields` and `stalewatch doctor`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from stalewatch.sdk.connector import Description, FieldInfo, Finding, Level, SpareField, Unfed, Why
from stalewatch.sdk.errors import ConnectorError
from stalewatch.sdk.records import Outcome, Rejected
from stalewatch_csv.evidence import EVIDENCE_FIELDS
from stalewatch_csv.footers import Row
from stalewatch_csv.mapping import DEALS, EVENTS, STAGES
from stalewatch_csv.reading import Found, Reading

_SAMPLE: Final = 1_000
_SHOWN: Final = 3
_CURES: Final = {
    "ambiguous date": "Write dates: dmy (3/4 is 3 April) or dates: mdy (3/4 is 4 March) beside this connection's path.",
    "ambiguous number": "Write decimal: point (1.234 is 1 and a bit) or decimal: comma (it is 1234) beside the path.",
    "unknown outcome": "Name these words under map.deal.values.outcome: {won: [...], lost: [...], open: [...]}.",
    "broken characters": "Write the file's encoding beside this connection's path, such as encoding: shift_jis.",
}
_HOLDS: Final = ("text", "choice", "int", "money", "bool", "date", "datetime")
"""A column of a file has no type: it may hold anything but a person."""
_CORE_TYPES: Final = {"name": "text", "created_at": "datetime", "owner": "person", "is_open": "bool"}


def describe(reading: Reading, files: Mapping[str, Path]) -> Description:
    """The catalogue fields that these files feed; fill rates and examples are of the first 1,000 rows."""
    infos = {info.ours: info for info in _from_columns(reading, files[DEALS])}
    for ours, theirs, type_name in _from_happenings(files):
        infos.setdefault(ours, FieldInfo(ours=ours, theirs=theirs, type=type_name))
    columns = reading.columns
    spare = [SpareField(name=name, label=name, type="column", holds=_HOLDS) for name in columns.unread]
    unfed = [
        Unfed(ours=ours, why=Why.ABSENT, theirs=theirs)
        for ours, theirs in columns.absent.items()
        if ours in reading.types and ours not in infos
    ]
    return Description(
        fields={"deal": list(infos.values())},
        logs_meeting_outcomes=True,
        spare={"deal": spare},
        unfed={"deal": unfed},
    )


def findings(open_reading: Callable[[], Reading], folder: Path) -> list[Finding]:
    """Read everything and tell what was found; a fault is a finding too."""
    try:
        reading = open_reading()
        census = _census(reading)
    except ConnectorError as error:
        subject = error.where or str(folder)
        return [Finding(subject=subject, level=Level.ERROR, message=error.what, cure=error.cure)]
    return list(_report(reading, census))


def _from_columns(reading: Reading, file: Path) -> Iterator[FieldInfo]:
    rows = [row.cells for row in islice(reading.table.rows(), _SAMPLE) if isinstance(row, Row)]
    for ours, place in reading.columns.fed.items():
        cells = [] if place is None else [cell for row in rows if (cell := row[place].strip())]
        yield FieldInfo(
            ours=ours,
            theirs=f"{file.name}: {reading.columns.title(place) or 'no column'}",
            type=_CORE_TYPES.get(ours) or reading.types.get(ours, "text"),
            fill_rate=len(cells) / len(rows) if rows else None,
            example=cells[0] if cells else None,
        )


def _from_happenings(files: Mapping[str, Path]) -> Iterator[tuple[str, str, str]]:
    if STAGES in files:
        yield "stage_entered_at", files[STAGES].name, "datetime"
    if EVENTS in files:
        for name, type_name in EVIDENCE_FIELDS.items():
            yield name, files[EVENTS].name, type_name


@dataclass(slots=True)
class _Census:
    """Counts of one reading; of the rows that cannot be used, the first few of each reason."""

    deals: int = 0
    open: int = 0
    undated: int = 0
    ownerless: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Rejected]] = field(default_factory=dict)

    def count(self, item: Found | Rejected) -> None:
        """Take one row into account."""
        if isinstance(item, Rejected):
            self.reasons[item.reason] += 1
            shown = self.first.setdefault(item.reason, [])
            if len(shown) < _SHOWN:
                shown.append(item)
            return
        self.deals += 1
        self.open += item.deal.outcome is Outcome.OPEN
        self.undated += item.deal.created_at is None
        self.ownerless += item.deal.owner is None


def _census(reading: Reading) -> _Census:
    census = _Census()
    for item in reading.stream():
        census.count(item)
    return census


def _report(reading: Reading, census: _Census) -> Iterator[Finding]:
    file = reading.table.path.name
    yield Finding(subject=file, level=Level.OK, message=f"{census.deals:,} deals, {census.open:,} open")
    yield from _how(reading, file)
    if census.undated:
        column = reading.columns.title(reading.columns.created) or "created_on"
        yield Finding(
            subject=file,
            level=Level.WARNING,
            message=f"{census.undated:,} of {census.deals:,} rows have no {column}: kept, without a clock",
            cure="Export the date of creation with every row.",
        )
    if census.ownerless:
        message = f"{census.ownerless:,} of {census.deals:,} rows have no owner"
        yield Finding(subject=file, level=Level.WARNING, message=message)
    for reason, count in census.reasons.most_common():
        rows = ", ".join(f"{one.ref} ({one.detail})" for one in census.first[reason])
        message = f"{count:,} {'row' if count == 1 else 'rows'} left out: {reason}, first {rows}"
        cure = next((cure for start, cure in _CURES.items() if reason.startswith(start)), "Repair them in the export.")
        yield Finding(subject=file, level=Level.WARNING, message=message, cure=cure)
    yield from _silent_parts(reading, file)


def _how(reading: Reading, file: str) -> Iterator[Finding]:
    """How the file is read, where that was found out and not written down."""
    columns, encoding = reading.columns, reading.table.encoding
    if columns.vendor:
        message = f"read as an export of {columns.vendor.name}, from line {columns.header.end + 1} on"
        yield Finding(subject=file, level=Level.OK, message=message)
    if encoding.rival:
        message = f"read as {encoding.name}, but could be {encoding.rival}"
        cure = f"If names look wrong, write encoding: {encoding.rival.lower()}; else encoding: {encoding.name.lower()}."
        yield Finding(subject=file, level=Level.WARNING, message=message, cure=cure)
    for ours, several in columns.doubtful.items():
        message = f"{' and '.join(several)} could both be {ours}: neither is read"
        yield Finding(subject=file, level=Level.WARNING, message=message, cure=f"Name one under map: {ours}.")
    for name in columns.absent.values():
        message = f"the column {name}, which map names, is not there"
        yield Finding(subject=file, level=Level.WARNING, message=message, cure="Correct map, or add it to the export.")


def _silent_parts(reading: Reading, file: str) -> Iterator[Finding]:
    if not reading.is_whole:
        message = "deals that leave the file are not noticed while it has no rows or some cannot be read"
        yield Finding(subject=file, level=Level.WARNING, message=message)
    if reading.columns.unread:
        message = f"columns that feed no field: {', '.join(reading.columns.unread)}"
        yield Finding(subject=file, level=Level.OK, message=message)
    for role in reading.missing:
        message = f"no {role} file: rules that read what it would tell cannot judge"
        yield Finding(subject=file, level=Level.OK, message=message)
