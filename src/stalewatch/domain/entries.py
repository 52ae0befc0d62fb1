"""The clocks of one record as they are stored: small, and enough to say everything about time again.

A record keeps one entry per clock that runs, is done, has no start or cannot be judged. A rule without an entry
does not apply to the record; a closed record has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from stalewatch.domain.clocks import Verdict
from stalewatch.domain.deadlines import Deadlines, State
from stalewatch.domain.instants import NEVER
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
        for record, entry in _told(verdict):
            found[record].append(entry)
    return found


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


def _told(verdict: Verdict) -> Iterator[tuple[int, Entry]]:
    """The entries of a rule; nobody pays for what is unclear where nothing is."""
    unclear = verdict.deadlines.unclear_until
    if unclear is None:
        return _of(verdict)
    base = verdict.deadlines.base
    until = unclear[(base != State.CLOSED) & (base != State.NOT_APPLICABLE)].tolist()
    return (
        (row, msgspec.structs.replace(entry, unclear_until=None if moment == NEVER else moment))
        for (row, entry), moment in zip(_of(verdict), until, strict=True)
    )


def _of(verdict: Verdict) -> Iterator[tuple[int, Entry]]:
    clocks = verdict.deadlines
    kept = np.flatnonzero((clocks.base != State.CLOSED) & (clocks.base != State.NOT_APPLICABLE))
    columns = (
        clocks.base, clocks.anchor, clocks.warn_at, clocks.breach_at, verdict.limit,
        verdict.estimated, clocks.excepted_until,
    )  # fmt: skip
    told = zip(kept.tolist(), verdict.row[kept].tolist(), *(column[kept].tolist() for column in columns), strict=True)
    rule, subject, pauses = verdict.rule.id, verdict.subject, clocks.pauses
    for position, row, base, anchor, warn_at, breach_at, limit, estimated, excepted in told:
        yield (
            row,
            Entry(
                rule,
                None if subject is None else str(subject[position]),
                base,
                None if anchor == NEVER else anchor,
                None if warn_at == NEVER else warn_at,
                None if breach_at == NEVER else breach_at,
                limit,
                estimated,
                None if excepted == NEVER else excepted,
                None,
                () if pauses is None else _waits(pauses, position),
            ),
        )


def _waits(pauses: Pauses, position: int) -> tuple[int, ...]:
    span = slice(int(pauses.first[position]), int(pauses.first[position + 1]))
    pairs = zip(pauses.start[span].tolist(), pauses.end[span].tolist(), strict=True)
    return tuple(moment for pair in pairs for moment in pair)
