"""A small world to tell stories in: a CRM that is a dictionary, a clock that we move, and everybody's mailbox.

world.has(deal("acme", created_at=...)); world.reaches("2026-04-15 09:00"); assert world.nudges_to("Sato") == [...]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stalewatch import shipped
from stalewatch.clock import Clock, FixedClock
from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Mode
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.levels import NOBODY
from stalewatch.domain.policies import Judging, Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.connector import Connector, Cursor, Description, FieldInfo, Finding, Page
from stalewatch.sdk.errors import ConnectorError
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled, Style
from stalewatch.sdk.records import Activity, Deal, FieldChange, Lead, Person, StageVisit
from stalewatch.services.alerting.tick import Ticked, tick
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.services.syncing.sync import Sync, Synced, register
from stalewatch.services.telling.composing import Composer
from stalewatch.services.telling.dispatch import Dispatch
from stalewatch.services.telling.moving import Dispatched
from stalewatch.store.engine import Database
from tests.altered import replace

TOKYO = Spec(
    name="tokyo",
    zone="Asia/Tokyo",
    opens=9 * 60,
    closes=18 * 60,
    days=frozenset(range(5)),
    holidays="JP",
    closed=(((12, 29), (1, 3)),),
)
HOUR = timedelta(hours=1)


def at(text: str, zone: str = "Asia/Tokyo") -> datetime:
    """A moment as stories write it: "2026-03-05 09:00", in Tokyo."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def deal(name: str, **attributes: Any) -> Deal:
    """An open deal of Sato's, created long enough ago."""
    told: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "owner": "sato",
        "created_at": at("2026-02-20 09:00"),
        "pipeline": "new_business",
        "stage": "discovery",
        "amount_in_project_currency": None,
        "fields": {},
    }
    extra = {key: value for key, value in attributes.items() if key not in Deal.__struct_fields__}
    told |= {key: value for key, value in attributes.items() if key in Deal.__struct_fields__}
    told["fields"] = {**told["fields"], **extra}
    return Deal(**told)


SATO = Person(id="sato", name="Sato", email="sato@acme.example", manager="tanaka", zone="Asia/Tokyo")
TANAKA = Person(id="tanaka", name="Tanaka", email="tanaka@acme.example", zone="Asia/Tokyo")


class Memory(Connector):
    """A CRM in memory: everything it has is one page, and the cursor counts the pulls."""

    type = "memory"
    ages = True

    def __init__(self, catalogue: Mapping[str, Sequence[str]]) -> None:
        self.catalogue = catalogue
        self.deals: dict[str, Deal] = {}
        self.leads: dict[str, Lead] = {}
        self.people: list[Person] = [SATO, TANAKA]
        self.activities: list[Activity] = []
        self.visits: list[StageVisit] = []
        self.changes: list[FieldChange] = []
        self.merged: dict[str, str] = {}
        self.withdrawn: list[str] = []
        self.noticed: list[Finding] | None = None
        self.fault: ConnectorError | None = None
        self.unfed: set[str] = set()
        self.missing: dict[str, list[str]] = {}
        self.page_size = 10_000
        self.as_of: datetime | None = None

    def describe(self) -> Description:
        return Description(
            fields={
                obj: [FieldInfo(ours=name, theirs=name, type="") for name in names if name not in self.unfed]
                for obj, names in self.catalogue.items()
            },
            missing={"deal": self.missing} if self.missing else {},
        )

    def check(self) -> list[Finding]:
        return []

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        deals = list(self.deals.values())
        count = int((cursor or {}).get("pulls", 0)) + 1
        pieces = [deals[start : start + self.page_size] for start in range(0, len(deals), self.page_size)] or [[]]
        for number, piece in enumerate(pieces):
            if self.fault is not None and number == len(pieces) - 1:
                raise self.fault
            last = number == len(pieces) - 1
            yield Page(
                cursor={"pulls": count},
                deals=piece,
                leads=list(self.leads.values()) if last else (),
                people=self.people,
                activities=self.activities if last else (),
                visits=self.visits if last else (),
                changes=self.changes if last else (),
                merged=self.merged if last else {},
                withdrawn=self.withdrawn if last else (),
                findings=self.noticed if last else None,
                complete=last,
                as_of=self.as_of,
            )


class Mailboxes(Notifier):
    """Keeps every message that was accepted; may be told to fail."""

    type = "mailboxes"
    timeout_seconds = 0.5
    settle_after_seconds = 0.0

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.messages: list[Message] = []
        self.faults: list[Exception] = []
        self.swallow = False
        self.can_look = True

    def send(self, message: Message) -> Receipt:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not self.swallow:
            raise fault
        self.messages.append(message)
        if fault is not None:
            raise fault  # accepted, but the reply was lost
        return Receipt(at=self.clock.now(), handle={"n": len(self.messages)})

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        if not self.can_look:
            return Settled(outcome=Outcome.CANNOT_LOOK)
        arrived = any(message.delivery == delivery for message in self.messages)
        return Settled(outcome=Outcome.ARRIVED if arrived else Outcome.ABSENT)


def rulebook(
    *texts: str, judging: Judging | None = None, calendars: Calendars | None = None, catalogue: str | None = None
) -> Rulebook:
    """The rulebook of some rule files' texts, by the catalogue that we ship."""
    fields = catalogue or (shipped.rules() / "fields.yaml").read_text()
    loaded_catalogue = load_catalogue([Source("fields.yaml", fields)])
    assert loaded_catalogue.catalogue is not None, loaded_catalogue.render("en")
    loaded = load_rules([Source(f"{n}.yaml", text) for n, text in enumerate(texts)], loaded_catalogue.catalogue)
    assert loaded.ruleset is not None, loaded.render("en")
    return Rulebook(
        loaded.ruleset,
        calendars or Calendars.single(Calendar(TOKYO)),
        judging or Judging(mode=Mode.LIVE, rollout=None, storm_guard=None, currency="JPY", ladders=NOBODY),
        texts,
    )


def default_pack() -> str:
    """The starter pack as it is shipped."""
    return (shipped.rules() / "default.yaml").read_text()


@dataclass
class World:
    """One company: its CRM, its rules, its people, and a stalewatch that watches."""

    db: Database
    book: Rulebook
    clock: FixedClock = field(default_factory=lambda: FixedClock(at("2026-03-02 12:00")))
    speaking: Speaking = field(default_factory=lambda: Speaking(routes=(Route(name="all", to=("owner",)),)))
    folder: Path | None = None

    def __post_init__(self) -> None:
        names = {obj: list(fields) for obj, fields in self.book.rules.catalogue.objects.items()}
        self.crm = Memory(names)
        self.mail = Mailboxes(self.clock)
        register(self.db, {"crm": "memory"}, self.us)

    @property
    def us(self) -> int:
        return to_us(self.clock.now())

    def has(self, *deals: Deal) -> None:
        """The CRM now shows these deals (as well, or differently)."""
        self.crm.deals |= {one.id: one for one in deals}

    def changes(self, name: str, **attributes: Any) -> None:
        """Somebody edits a deal in the CRM."""
        before = self.crm.deals[name]
        own = {key: value for key, value in attributes.items() if key in Deal.__struct_fields__}
        extra = {key: value for key, value in attributes.items() if key not in Deal.__struct_fields__}
        self.crm.deals[name] = replace(before, **own, fields={**before.fields, **extra})

    def syncs(self) -> Synced:
        note_rules(self.db, self.book, self.us)
        done = Sync(self.db, self.clock, self.book, self.speaking).run("crm", self.crm, every=5 * 60_000_000)
        recompute(self.db, self.clock, self.book, "crm", lambda _done, _total: None)
        return done

    def ticks(self) -> Ticked:
        return tick(self.db, self.clock, self.book, self.speaking, {"crm": 2 * HOUR // timedelta(microseconds=1)})

    def dispatches(self, clock: Clock | None = None) -> Dispatched:
        return Dispatch(
            self.db,
            clock or self.clock,
            self.book,
            self.speaking,
            {"crm": 2 * HOUR // timedelta(microseconds=1)},
            self.mail,
            Composer(self.book, self.speaking),
        ).run()

    def reaches(self, text: str) -> None:
        """Time passes until then, and stalewatch does its round."""
        self.clock.move_to(at(text))
        self.rounds()

    def rounds(self) -> None:
        """One whole cycle at the present moment."""
        self.syncs()
        self.ticks()
        self.dispatches()

    def lives_until(self, text: str, step: timedelta = HOUR) -> None:
        """Round after round, every `step`, up to and including the moment."""
        end = at(text).astimezone(UTC)
        while self.clock.now() + step <= end:
            self.clock.advance(step)
            self.rounds()
        if self.clock.now() < end:
            self.reaches(text)

    def nudges_to(self, name: str) -> list[str]:
        """What somebody was told of, message by message: the bodies of the entries."""
        return [
            f"{entry.headline.split(' · ')[0]}: {entry.body}"
            for message in self.mail.messages
            if name.lower() in message.target
            for entry in message.entries
        ]


IMMEDIATE = Speaking(routes=(Route(name="all", to=("owner",), style=Style.IMMEDIATE),), immediate_per_day=99)
YEAR = 365 * DAY
TWO_HOURS = Duration(2, Unit.HOUR)
