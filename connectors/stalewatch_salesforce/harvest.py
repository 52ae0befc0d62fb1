"""Reads many chains at once, five queries a call: evidence first, and what it is evidence of only after all of it.

A deal must never be judged before its evidence is there. Evidence may be stored before its deal is known, so
chains of evidence are read first; pages of opportunities that fill up a call meanwhile are held back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from stalewatch.sdk.errors import ConnectorError, TryLater
from stalewatch.sdk.records import Rejected
from stalewatch_salesforce.chains import Chain, Trail
from stalewatch_salesforce.composite import MOST_QUERIES, Part, ask
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.errors import Fault
from stalewatch_salesforce.org import ATTENDEES, CHANGES, CORRESPONDENTS, ROLES, VISITS
from stalewatch_salesforce.rows import Records
from stalewatch_salesforce.transport import Transport

State = Mapping[str, list[list[str]]]
Remedy = Callable[[Chain, Fault], bool]
"""Changes a chain that was refused so that it can be asked again; False: it is left out. Raises if there is no help."""
_CHILDREN: Final = frozenset({ROLES, VISITS, ATTENDEES, CORRESPONDENTS, CHANGES})


@dataclass(slots=True)
class Batch:
    """What one call brought, by object.

    Attributes:
        at: the server's time of the first call, None if it did not tell.
        state: where the unfinished chains stand once these rows are stored.
        is_last: nothing is left.
    """

    rows: dict[str, list[Any]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    at: datetime | None = None
    state: State = field(default_factory=dict)
    is_last: bool = False


class Harvest:
    """Reads chains to their end. `subjects` come out last."""

    def __init__(
        self, transport: Transport, evidence: list[Chain], subjects: list[Chain], remedy: Remedy, *, kind: str,
        deadline: float | None = None,
    ) -> None:  # fmt: skip
        self._transport, self._remedy, self._kind, self._deadline = transport, remedy, kind, deadline
        self._evidence, self._subjects = evidence, subjects
        self._at: datetime | None = None
        self._held = Batch()
        self._held_state = _state(subjects)

    def batches(self) -> Iterator[Batch]:
        """Yield what the calls bring; the last batch is `is_last`, and there always is one.

        Raises:
            TryLater, NeedsReconnect, Refused: as `ask`; batches yielded so far stand.
        """
        while chosen := self._choose():
            batch = Batch()
            self._read(chosen, batch)
            self._evidence = [chain for chain in self._evidence if not chain.is_done]
            self._subjects = [chain for chain in self._subjects if not chain.is_done]
            if self._evidence:
                batch.state = {**_state(self._evidence), **self._held_state}
            else:
                _join(batch, self._held)
                self._held = Batch()
                batch.state = _state(self._subjects)
            batch.at, batch.is_last = self._at, not self._evidence and not self._subjects
            yield batch

    def _choose(self) -> list[Chain]:
        """At most five chains. Free places go to one page of subjects, then to second halves of what is longest."""
        chosen = self._evidence[:MOST_QUERIES]
        if not self._held.rows or not self._evidence:
            chosen += self._subjects[: MOST_QUERIES - len(chosen)]
        splitting = self._evidence or self._subjects
        while chosen and len(chosen) < MOST_QUERIES and (other := _split(splitting)) is not None:
            splitting.append(other)
            chosen.append(other)
        rest = [chain for chain in self._subjects if chain not in chosen]
        return chosen + rest[: MOST_QUERIES - len(chosen)]

    def _read(self, chosen: list[Chain], batch: Batch) -> None:
        parts = [Part(f"q{number}", chain.path) for number, chain in enumerate(chosen)]
        answers = ask(self._transport, parts, deadline=self._deadline, kind=self._kind)
        self._at = self._at or answers.at
        subjects = {id(chain) for chain in self._subjects}
        for part, chain in zip(parts, chosen, strict=True):
            answer = answers.by_ref[part.ref]
            if answer.fault is not None:
                chain.is_done = not self._remedy(chain, answer.fault)
                continue
            page, rejected = decode(answer.body, chain.shape().type)
            self._complete(page.records)
            chain.take(page)
            target = self._held if id(chain) in subjects else batch
            target.rows.setdefault(chain.object, []).extend(page.records)
            target.rejected += rejected

    def _complete(self, rows: list[Any]) -> None:
        """Read the rest of children that did not fit, before the parent goes on and they are lost."""
        names = [one for one in type(rows[0]).__struct_fields__ if one in _CHILDREN] if rows else []
        for row in rows if names else ():
            for name in names:
                inner = getattr(row, name)
                if isinstance(inner, Records) and not inner.done:
                    self._extend(inner, name)

    def _extend(self, inner: Records[Any], name: str) -> None:
        trail = Trail()
        if not inner.done and not inner.records:
            raise TryLater(f"Salesforce leaves out {name} that it says are there")
        while not inner.done:
            part = Part("children", trail.follow(inner.nextRecordsUrl, name))
            answer = ask(self._transport, [part], deadline=self._deadline, kind=self._kind).by_ref[part.ref]
            if answer.fault is not None:
                raise answer.fault.error()
            page, _ = decode(answer.body, type(inner.records[0]))
            inner.records.extend(page.records)
            inner.done, inner.nextRecordsUrl = page.done, page.nextRecordsUrl


def together(batches: Iterator[Batch], most: int) -> Iterator[Batch]:
    """Batches joined until they have about so many rows; each stands where its last part stood. What was read before
    a fault is handed over before it."""
    joined = Batch()
    try:
        for batch in batches:
            _join(joined, batch)
            joined.at, joined.state, joined.is_last = batch.at, batch.state, batch.is_last
            if batch.is_last or sum(map(len, joined.rows.values())) >= most:
                yield joined
                joined = Batch()
    except ConnectorError:
        if joined.rows:
            yield joined
        raise


def _split(chains: list[Chain]) -> Chain | None:
    for chain in sorted(chains, key=lambda one: -(one.left or 0)):
        other = chain.split()
        if other is not None:
            return other
    return None


def _join(batch: Batch, held: Batch) -> None:
    for name, rows in held.rows.items():
        batch.rows.setdefault(name, []).extend(rows)
    batch.rejected += held.rejected


def _state(chains: list[Chain]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for chain in chains:
        found.setdefault(chain.object, []).append(chain.bounds())
    return found
