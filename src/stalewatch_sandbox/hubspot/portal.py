"""A HubSpot portal: its records and what one can do to them, as a person or a program at work in it would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from threading import RLock

from stalewatch_sandbox.hubspot.company import STOCK_DEALS, STOCK_LEADS, Account, Owner, Pipeline, Stage
from stalewatch_sandbox.hubspot.consequences import STAGE_OF, calculated, dated
from stalewatch_sandbox.hubspot.index import SearchIndex
from stalewatch_sandbox.hubspot.kinds import KINDS, Kind, kind_called
from stalewatch_sandbox.hubspot.links import Links
from stalewatch_sandbox.hubspot.records import Record, Version
from stalewatch_sandbox.hubspot.schema import Schema
from stalewatch_sandbox.hubspot.values import milliseconds, normalized, stamp, written

UI = ("CRM_UI", "userId:4711")
API = ("INTEGRATION", "22338811")
_FIRST = 50_000_000_001


class Portal:
    """The state of a portal. Take `lock` around anything that belongs together.

    Attributes:
        lag: how long search does not know of an edit.
        before_reading: called with the present before every request: what makes the world go on.
        rates: what one unit of another currency is worth in the account's; one that is not among them has no rate.
    """

    def __init__(self, now: Callable[[], datetime], account: Account | None = None) -> None:
        self.lock = RLock()
        self.account = account or Account()
        self.schema = Schema()
        self.links = Links()
        self.lag = timedelta()
        self.before_reading: list[Callable[[datetime], object]] = []
        self.owners: dict[int, Owner] = {}
        self.rates: dict[str, float] = {}
        self._pipelines: dict[str, dict[str, Pipeline]] = {name: {} for name in STAGE_OF}
        self._stages: dict[str, dict[str, Stage]] = {name: {} for name in STAGE_OF}
        self._clock = now
        self._records: dict[str, dict[int, Record]] = {kind.name: {} for kind in KINDS}
        self._indexes = {kind.name: SearchIndex() for kind in KINDS}
        self._heirs: dict[tuple[str, int], int] = {}
        self._next = count(_FIRST)
        self.set_pipelines("deals", STOCK_DEALS)
        self.set_pipelines("leads", STOCK_LEADS)

    # ------------------------------------------------------------------------------------------------ reading

    def now(self) -> datetime:
        """The portal's own clock."""
        return self._clock()

    def settle(self) -> None:
        """Let everything happen that is due by now. Called before every request."""
        for feed in self.before_reading:
            feed(self.now())

    def record(self, kind: Kind, number: int) -> Record | None:
        """A record, archived or not; of one that was merged away, the one that it went into."""
        return self._records[kind.name].get(self.heir(kind, number))

    def heir(self, kind: Kind, number: int) -> int:
        """The id under which a record is found now."""
        while (kind.name, number) in self._heirs:
            number = self._heirs[kind.name, number]
        return number

    def records(self, kind: Kind, *, archived: bool) -> list[Record]:
        """All records of a kind, in the order of ids."""
        of_kind = self._records[kind.name]
        return [of_kind[number] for number in sorted(of_kind) if (of_kind[number].archived_at is not None) is archived]

    def counts(self) -> dict[str, int]:
        """How many records there are of each kind, those in the bin left out."""
        with self.lock:
            return {kind.name: len(found) for kind in KINDS if (found := self.records(kind, archived=False))}

    def index(self, kind: Kind) -> SearchIndex:
        """What search knows at this moment."""
        index = self._indexes[kind.name]
        index.settle(milliseconds(self.now()))
        return index

    def pipelines(self, kind: Kind) -> list[Pipeline]:
        """The pipelines of a kind; of kinds without stages, none."""
        return list(self._pipelines.get(kind.name, {}).values())

    def stages(self, kind: Kind) -> Mapping[str, Stage]:
        """All stages of a kind by id."""
        return self._stages.get(kind.name, {})

    # ------------------------------------------------------------------------------------------------ writing

    def set_pipelines(self, kind: str, pipelines: Sequence[Pipeline]) -> None:
        """Replace the pipelines of deals or leads."""
        self._pipelines[kind] = {pipeline.id: pipeline for pipeline in pipelines}
        self._stages[kind] = {stage.id: stage for pipeline in pipelines for stage in pipeline.stages}
        of = _kind(kind)
        for stage in self._stages[kind].values():
            self.schema.add(of, *dated(stage))

    def set_rates(self, rates: Mapping[str, float], at: datetime | None = None) -> None:
        """New exchange rates; open deals follow them, closed ones keep the rate of the day on which they closed."""
        self.rates = dict(rates)
        deals = _kind("deals")
        for record in self.records(deals, archived=False):
            known = record.now.properties
            if known.get("hs_is_closed") != "true" and known.get("deal_currency_code", "") in rates:
                told = {"amount": known.get("amount", "")}
                self.update("deals", known["hs_object_id"], told, at=at, source=("CALCULATED", ""))

    def add_owner(self, owner: Owner) -> None:
        """Hire somebody, or change what is known of them."""
        self.owners[owner.number] = owner

    def create(
        self,
        kind: str,
        properties: Mapping[str, object],
        *,
        at: datetime | None = None,
        number: int | None = None,
        source: tuple[str, str] = UI,
    ) -> str:
        """Create a record; returns its id. Properties that are no text are written as HubSpot writes them.

        Args:
            at: when; now, if not said.
        """
        of, ms = _kind(kind), milliseconds(at or self.now())
        id_ = next(self._next) if number is None else number
        with self.lock:
            first = {"hs_object_id": str(id_), of.created: stamp(ms), of.modified: stamp(ms)}
            record = Record(Version(id_, ms, ms, first), source)
            record.replace(self._values(of, record, properties, ms), ms)
            self._records[of.name][id_] = record
            self._show(of, id_, ms)
        return str(id_)

    def update(
        self,
        kind: str,
        id_: str,
        properties: Mapping[str, object],
        *,
        at: datetime | None = None,
        source: tuple[str, str] = UI,
    ) -> None:
        """Write properties of a record; None or "" empties one. Raises KeyError if there is no such record."""
        of = _kind(kind)
        with self.lock:
            self._write(of, self.heir(of, int(id_)), properties, milliseconds(at or self.now()), source)

    def touch(self, kind: str, id_: str, at: datetime | None = None) -> None:
        """Move the modified date and nothing else, as a calculated property does."""
        self.update(kind, id_, {}, at=at, source=("CALCULATED", ""))

    def archive(self, kind: str, id_: str, at: datetime | None = None) -> None:
        """Put a record into the bin."""
        of, ms = _kind(kind), milliseconds(at or self.now())
        with self.lock:
            number = self.heir(of, int(id_))
            self._records[of.name][number].archived_at = ms
            self._show(of, number, ms)

    def restore(self, kind: str, id_: str, at: datetime | None = None) -> None:
        """Take a record out of the bin."""
        of, ms = _kind(kind), milliseconds(at or self.now())
        with self.lock:
            number = self.heir(of, int(id_))
            self._records[of.name][number].archived_at = None
            self._show(of, number, ms)

    def erase(self, kind: str, id_: str) -> None:
        """Delete a record for good."""
        of = _kind(kind)
        with self.lock:
            self._records[of.name].pop(int(id_))
            self._show(of, int(id_), milliseconds(self.now()))

    def merge(self, kind: str, primary: str, other: str, at: datetime | None = None) -> str:
        """Make one record of two; returns its id, which is new. The values are those of the first, where it has any."""
        of = _kind(kind)
        with self.lock:
            numbers = [self.heir(of, int(primary)), self.heir(of, int(other))]
            first, second = (self._records[of.name].pop(number).now.properties for number in numbers)
            both = {**second, **first}
            merged = {name: value for name, value in both.items() if name not in ("hs_object_id", of.modified)}
            earlier = [*first.get("hs_merged_object_ids", "").split(";"), *map(str, numbers)]
            ids = ";".join(id_ for id_ in earlier if id_)
            new = self.create(of.name, merged | {"hs_merged_object_ids": ids}, at=at, source=("MERGE_OBJECTS", ids))
            for number in numbers:
                self._heirs[of.name, number] = int(new)
                self.links.move(of, number, int(new), KINDS)
                self._show(of, number, milliseconds(at or self.now()))
        return new

    def associate(self, kind: str, id_: str, to: str, other: str) -> None:
        """Associate two records; no modified date moves."""
        of, other_kind = _kind(kind), _kind(to)
        with self.lock:
            self.links.add(of, self.heir(of, int(id_)), other_kind, self.heir(other_kind, int(other)))

    def dissociate(self, kind: str, id_: str, to: str, other: str) -> None:
        """Take an association away."""
        of, other_kind = _kind(kind), _kind(to)
        with self.lock:
            self.links.remove(of, self.heir(of, int(id_)), other_kind, self.heir(other_kind, int(other)))

    def _write(self, of: Kind, number: int, properties: Mapping[str, object], at: int, source: tuple[str, str]) -> None:
        record = self._records[of.name][number]
        modified = max(at, record.now.modified)
        record.write(self._values(of, record, properties, at), at, modified, source)
        record.replace({of.modified: stamp(modified)}, modified)
        self._show(of, number, at)

    def _values(self, of: Kind, record: Record, properties: Mapping[str, object], at: int) -> dict[str, str]:
        """The values as they are kept, and those that follow from them."""
        schema, values = self.schema.of(of), dict[str, str]()
        for name, value in properties.items():
            text = written(value)
            is_raw = isinstance(value, str) and name in schema
            values[name] = (normalized(text, schema[name].type) or text) if is_raw else text
        at_home = self.rates | {self.account.currency: 1.0, "": 1.0}
        return values | calculated(of, record.now.properties, values, at, self.stages(of), at_home)

    def _show(self, of: Kind, number: int, at: int) -> None:
        """Tell the search index, which will know when its lag is over."""
        record = self._records[of.name].get(number)
        version = record.now if record and record.archived_at is None else None
        visible = at + self.lag // timedelta(milliseconds=1)
        self._indexes[of.name].learn(number, version, visible, milliseconds(self.now()))


def _kind(name: str) -> Kind:
    kind = kind_called(name)
    if kind is None:
        raise KeyError(f"HubSpot has no {name}")
    return kind
