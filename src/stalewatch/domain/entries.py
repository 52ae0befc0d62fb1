"""The clocks of one record as they are stored: small, and enough to say everything about time again.

A record keeps one entry per clock that runs, is done, has no start or cannot be judged. A rule without an entry
does not apply to the record; a closed record has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, cast

import msgspec
import numpy as np

from stalewatch.domain.clocks import Verdict
from stalewatch.domain.deadlines import Deadlines, State
from stalewatch.domain.instants import NEVER, Instants
from stalewatch.domain.pauses import Pauses

_WATCHING: Final = State.WATCHING.value
"""As a plain number: it is compared with for every clock of every record."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One clock. Instants are microseconds since the epoch; None where there is none.

    Attributes:
        limit: index of the matching row of the rule's `within`.
        ran_since: the moment since which it has had this anchor and a deadline without a break.
        waits: start and end of each wait, one after the other.
        unclear_until: the last field, so that rows stored before it was kept still read.
    """

    rule: str
    subject: str | None
    base: int
    anchor: int | None
    warn_at: int | None
    breach_at: int | None
    limit: int
    estimated: bool = False
    excepted_until: int | None = None
    ran_since: int | None = None
    waits: tuple[int, ...] = ()
    unclear_until: int | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        return self.rule, self.subject

    @property
    def runs(self) -> bool:
        return self.base == _WATCHING

    @property
    def may_change(self) -> bool:
        """Whether time alone can make it say something else."""
        return self.base == _WATCHING or self.excepted_until is not None or self.unclear_until is not None

    def kept(self, before: Entry | None, now: int) -> Entry:
        """This entry with `ran_since`: since `before` if the clock never stopped, else since now."""
        if self.base != _WATCHING:
            return self
        same = before is not None and before.base == _WATCHING and before.anchor == self.anchor
        return msgspec.structs.replace(self, ran_since=before.ran_since if before and same else now)


def entries(verdicts: Sequence[Verdict], size: int) -> list[list[Entry]]:
    """The entries of each of a frame's `size` records, in the order of the rules."""
    found: list[list[Entry]] = [[] for _ in range(size)]
    for verdict in verdicts:
        for record, entry in zip(*_told(verdict), strict=True):
            found[record].append(entry)
    return found


def since_kept(mine: Sequence[Entry], before: Mapping[tuple[str, str | None], Entry], now: int) -> list[Entry]:
    """Entries of a record with `ran_since`; `before` are those that were stored, by what they belong to."""
    return [
        entry if entry.base != _WATCHING else entry.kept(before.get((entry.rule, entry.subject)), now) for entry in mine
    ]


def moving(clocks_of: Sequence[Sequence[Entry]]) -> list[tuple[int, Entry]]:
    """The clocks of some records that `may_change` (without a call for each), with their records' places."""
    return [
        (place, entry)
        for place, mine in enumerate(clocks_of)
        for entry in mine
        if entry.base == _WATCHING or entry.excepted_until is not None or entry.unclear_until is not None
    ]


def deadlines(some: Sequence[Entry]) -> Deadlines:
    """Entries of any records as arrays, one clock each, in order."""
    base = np.fromiter((entry.base for entry in some), np.int8, len(some))
    unclear = [entry.unclear_until for entry in some]
    return Deadlines(
        base,
        _instants([entry.anchor for entry in some]),
        _instants([entry.warn_at for entry in some]),
        _instants([entry.breach_at for entry in some]),
        _instants([entry.excepted_until for entry in some]),
        _pauses([entry.waits for entry in some]),
        _instants(unclear) if any(unclear) else None,
    )


def _pauses(waits: Sequence[Sequence[int]]) -> Pauses | None:
    """The waits of clocks as arrays; None where nothing waits, as mostly."""
    if not any(waits):
        return None
    starts = [moment for mine in waits for moment in mine[::2]]
    ends = [moment for mine in waits for moment in mine[1::2]]
    first = np.zeros(len(waits) + 1, np.int64)
    np.cumsum([len(mine) // 2 for mine in waits], out=first[1:])
    return Pauses(first, np.array(starts, np.int64), np.array(ends, np.int64))


def _instants(moments: Sequence[int | None]) -> Any:
    return np.array([NEVER if moment is None else moment for moment in moments], np.int64)


def _told(verdict: Verdict) -> tuple[list[int], list[Entry]]:
    """The records and entries of a rule, a column at a time."""
    clocks, pauses = verdict.deadlines, verdict.deadlines.pauses
    kept = np.flatnonzero((clocks.base != State.CLOSED) & (clocks.base != State.NOT_APPLICABLE))
    subjects = verdict.subject
    columns: tuple[Iterable[Any], ...] = (
        repeat(verdict.rule.id),
        repeat(None) if subjects is None else [str(subjects[position]) for position in kept.tolist()],
        clocks.base[kept].tolist(),
        _moments(clocks.anchor[kept]),
        _moments(clocks.warn_at[kept]),
        _moments(clocks.breach_at[kept]),
        verdict.limit[kept].tolist(),
        verdict.estimated[kept].tolist(),
        _moments(clocks.excepted_until[kept]),
        repeat(None),
        repeat(()) if pauses is None else [_waits(pauses, position) for position in kept.tolist()],
        repeat(None) if clocks.unclear_until is None else _moments(clocks.unclear_until[kept]),
    )
    return verdict.row[kept].tolist(), list(map(Entry, *columns))


def _moments(instants: Instants) -> Iterable[int | None]:
    """Instants with None where there is none; mostly all of them are there, or none is."""
    there = instants != NEVER
    if there.all():
        return cast("list[int]", instants.tolist())
    if not there.any():
        return repeat(None)
    return [moment if known else None for moment, known in zip(instants.tolist(), there.tolist(), strict=True)]


def _waits(pauses: Pauses, position: int) -> tuple[int, ...]:
    span = slice(int(pauses.first[position]), int(pauses.first[position + 1]))
    pairs = zip(pauses.start[span].tolist(), pauses.end[span].tolist(), strict=True)
    return tuple(moment for pair in pairs for moment in pair)
