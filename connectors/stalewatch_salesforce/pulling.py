"""What a pull does: the first reading of everything, and the window of a cycle. What comes rarer is in `looking`."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch.sdk.connector import Page
from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce.asking import EVIDENCE
from stalewatch_salesforce.bulk_reading import BulkReading
from stalewatch_salesforce.chains import Chain
from stalewatch_salesforce.harvest import Batch, Harvest, State, together
from stalewatch_salesforce.org import EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, TASK
from stalewatch_salesforce.place import Place, beginning
from stalewatch_salesforce.reading import Found, Reading
from stalewatch_salesforce.remedies import CURE, TOO_LARGE, Remedies, findings
from stalewatch_salesforce.revaluing import rates_of

OVERLAP: Final = timedelta(minutes=15)
"""Transactions may last ten minutes: what they wrote bears a time at which nobody could see it yet."""
SUBJECTS: Final = (OPPORTUNITY, LEAD)
_REMEMBERED: Final = 20_000
"""Rows of a window that are kept to compare with; after more than that the overlap is handed over again."""
_AT_ONCE: Final = 20_000
"""Rows of a window that are handed over together: a deal whose history comes with it is judged once."""
_CHANGING: Final = (HISTORY, EVENT, TASK, EMAIL)


@dataclass(slots=True)
class Memory:
    """What a connector remembers from pull to pull; without it nothing is wrong, and some things are done twice.

    Attributes:
        rows: of the newest window, so that what the overlap shows again unchanged is not handed over again.
        merged: contacts that became another one, None before anybody looked.
        followed: those of them of whom everything was read anew that names them.
        refused: objects that were, in spite of their describe: with which words, and when last.
    """

    cursor: object = None
    rows: dict[str, Any] = field(default_factory=dict)
    merged: dict[str, str] | None = None
    followed: set[str] = field(default_factory=set)
    refused: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def news(self, batch: Batch) -> Batch:
        """A batch without what was handed over before."""
        fresh = {name: [row for row in rows if self.rows.get(row.Id) != row] for name, rows in batch.rows.items()}
        return Batch(fresh, batch.rejected, batch.at, batch.state, batch.is_last)


@dataclass(frozen=True)
class Puller:
    """Yields the pages of one pull."""

    reading: Reading
    memory: Memory
    remedies: Remedies

    # ----------------------------------------------------------------------------------------------- everything

    def begin(self, digest: str, before: Place | None) -> Place:
        """The place before anything is read; what was refused before is left out, and tried again later."""
        asking = self.reading.asking
        asking.transport.session.token()
        refused = {name: words for name, words in before.missing.items() if words} if before is not None else {}
        names = [name for name in (*EVIDENCE, *SUBJECTS) if asking.can_read(name) and name not in refused]
        at = asking.transport.server_now().replace(microsecond=0)
        place = beginning(digest, at, {name: [["", ""]] for name in names}, {**asking.missing(), **refused})
        nightly = place.nightly if before is None else min(place.nightly, before.nightly)  # what became private since
        return place.moved(rates=rates_of(asking.org), nightly=nightly)

    def everything(self, place: Place, *, is_fresh: bool) -> Iterator[Page]:
        """Read all there is, from where an earlier pull was interrupted.

        Args:
            is_fresh: nothing of it was read by an earlier pull: only then its end says what is not there.
        """
        self._spare_quota()
        bulk = BulkReading(self.reading, self._spare_quota)
        place = yield from bulk.made(bulk.chosen(place) if is_fresh else place)
        if place.jobs is None:
            yield from self._by_pages(place, EVIDENCE, SUBJECTS, ends=True, is_fresh=is_fresh)
            return
        place = yield from self._by_pages(place, EVIDENCE, ())
        place = yield from bulk.read(place, EVIDENCE)
        place = yield from self._by_pages(place, (), SUBJECTS)
        place = yield from bulk.read(place, SUBJECTS)
        yield Found().page(place.moved(left=None, jobs=None), complete=is_fresh, as_of=place.since)

    def _by_pages(
        self, place: Place, evidence: Iterable[str], subjects: Iterable[str], *, ends: bool = False,
        is_fresh: bool = False,
    ) -> Generator[Page, None, Place]:  # fmt: skip
        """Read what is left of these objects, evidence first; the other objects stay as they are."""
        left, wanted = place.left or {}, (*evidence, *subjects)
        mine = {name: left[name] for name in wanted if name in left}
        others = {name: bounds for name, bounds in left.items() if name not in wanted}
        for batch in self.harvest(mine, kind="full") if ends or mine else ():
            if self.remedies.given_up:
                yield self._without(place)
                raise self._blind()
            found, place = self.reading.records(batch, place)
            place = place.moved(left=None if batch.is_last and ends else {**others, **batch.state})
            yield found.page(place, complete=batch.is_last and is_fresh, as_of=place.since)
            if not batch.is_last:
                self._spare_quota()
        return place

    def harvest(self, state: State, *, kind: str, limit: float | None = None) -> Iterator[Batch]:
        """What chains bring that stand where a cursor says; what may not be read any more is left out."""
        asking = self.reading.asking
        chains = [asking.chain(name, bounds=one) for name, some in state.items() for one in some
                  if asking.can_read(name)]  # fmt: skip
        return self.gather(chains, kind=kind, limit=limit)

    def gather(self, chains: list[Chain], *, kind: str, limit: float | None = None) -> Iterator[Batch]:
        """What chains bring, evidence first."""
        evidence = [chain for chain in chains if chain.object not in SUBJECTS]
        subjects = [chain for chain in chains if chain.object in SUBJECTS]
        transport = self.reading.transport
        return Harvest(transport, evidence, subjects, self.remedies.goes_on, kind=kind, deadline=limit).batches()

    # ------------------------------------------------------------------------------------------------ the window

    def window(self, place: Place, limit: float) -> Generator[Page, None, Place]:
        """Everything stamped since the last window began, less the overlap. There is no upper bound: what is written
        meanwhile may be seen or not, for the next window begins before this one ended.

        A window that was interrupted goes on where its last page ended, and still begins where it began."""
        if self.memory.cursor != place.cursor():
            self.memory.rows = {}
        seen = dict[str, Any]()
        for batch in together(self.harvest(self._state(place), kind="cycle", limit=limit), _AT_ONCE):
            if self.remedies.given_up:
                yield self._without(place)
                raise self._blind()
            if len(seen) <= _REMEMBERED:  # what is too much to be remembered is not held for nothing
                seen.update((row.Id, row) for rows in batch.rows.values() for row in rows)
            found, place = self.reading.records(self.memory.news(batch), place)
            at = place.begun or batch.at or self.reading.transport.server_now()
            if batch.is_last:
                place = place.moved(since=at, left=None, begun=None)
            else:
                place = place.moved(left=batch.state, begun=at)
            yield found.page(place, as_of=at)
        self.memory.cursor, self.memory.rows = place.cursor(), seen if len(seen) <= _REMEMBERED else {}
        return place

    def _state(self, place: Place) -> State:
        if place.left is not None:
            return place.left
        since = (place.since - OVERLAP).isoformat()
        names = [name for name in (*_CHANGING, *SUBJECTS) if self.reading.asking.can_read(name)]
        return {name: [["", "", since, ""]] for name in names if name not in place.missing}

    def keep(self, place: Place) -> Place:
        """What the memory holds is of this place, too."""
        self.memory.cursor = place.cursor()
        return place

    # ---------------------------------------------------------------------------------------------- what is refused

    def _without(self, place: Place) -> Page:
        """An empty page whose cursor says what is not read from now on."""
        given_up, now = self.remedies.given_up, self.reading.transport.server_now()
        self.memory.refused |= {name: (words, now) for name, words in given_up.items()}
        left = place.left and {name: bounds for name, bounds in place.left.items() if name not in given_up}
        place = place.moved(left=left, missing={**place.missing, **given_up})
        return Found().page(place, as_of=place.since, findings=findings(place.missing))

    def _blind(self) -> TryLater:
        """The coverage that rules judge by was told before this: nothing more is stored until it is told anew."""
        names = " and ".join(sorted(self.remedies.given_up))
        told = " ".join(self.remedies.given_up.values())
        if TOO_LARGE in told:
            return TryLater(
                f"{names} cannot be read without “View All Data”: what it shows counts as unknown from now on",
                cure=CURE,
            )
        return TryLater(f"{names} cannot be read any more, and counts as unknown from now on: {told}")

    def _spare_quota(self) -> None:
        """Leave a first reading alone while the quota is nearly spent: it can wait, other integrations cannot.

        Raises:
            TryLater: it is.
        """
        quota = self.reading.transport.quota
        if quota.is_tight:
            share = max(usage.share for usage in quota.usages.values())
            raise TryLater(
                f"{share:.0%} of the daily quota of API calls is used; reading everything waits",
                after=timedelta(minutes=15), cure="Raise quota_ceiling of this connection if it must not wait.",
            )  # fmt: skip
