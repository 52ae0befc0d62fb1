"""The same company twice: once in a CRM to which everything happens that can happen, and once in a calm one.

Each is watched by a stalewatch of its own. What both know and have said in the end has to be the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from stalewatch.clock import FixedClock
from stalewatch.domain.instants import MINUTE
from stalewatch.domain.language.reads import fields_read
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.operating.cycle import Cycle, CycleReport, Source
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Database
from stalewatch.store.tables import activities, activity_records, alerts, connections, deals, leads, people
from stalewatch_sandbox.pipeline import Size
from tests import databases
from tests.acceptance.living_company import Comparison, Crm, Difference, company
from tests.services.world import IMMEDIATE, Mailboxes, default_pack, rulebook

FIVE_MINUTES: Final = timedelta(minutes=5)
OF_NOW: Final = 4 * MINUTE
"""Only what was read in this very round is judged: then nobody can be told of what was no longer so."""
READ: Final = 30.0
"""Real seconds for which a CRM is waited for that is only slow, because the machine is."""
GIVEN_UP: Final = 0.3
"""And for one that is silent."""
SILENT: Final = frozenset({"SF26", "silent", "drip"})
"""Cases in which nothing comes for as long as one waits."""
UNTRACEABLE: Final = frozenset({
    "SF45", "SF46", "HS10", "HS25", "HS26", "HS28", "HS29", "HS39", "HS41", "X05",
})  # fmt: skip
"""Cases in which a CRM hides, back-dates or rewrites rows and no stamp ever says so: what was missed or misread then
is put right when the row is next touched, or by `sync --full`."""
HIDING: Final[Mapping[str, frozenset[str]]] = {"HS40": frozenset({"amount"})}
"""Cases in which a field is not there for a while. Rules that read it by a band or a limit take it for empty then, and
may tell what they would not tell otherwise (rules.md, "cannot_judge")."""
_OUR_OWN: Final = frozenset({"first_seen_at", "seen_at", "modified_at", "team", "url"})
"""Columns of records that say when we looked, or where the CRM is, and nothing about the company."""
_OVER: Final = ("id", "object", "is_open", "outcome", "gone_at")

Known = dict[str, dict[Any, Any]]
Told = tuple[str, str, str]
"""Whom, of which record, by which rule."""
NAMES: Final = {"salesforce": "sf", "hubspot": "hs"}
"""What the connection to a CRM is called."""


class Killed(BaseException):
    """SIGKILL, as far as one process can play it: nothing catches it, and nothing is given back."""


@dataclass
class Fuse:
    """Time as connectors measure it: it passes with the simulation, and when they wait. It may end their process.

    Attributes:
        waited: seconds that were waited for a CRM.
        left: how often they may still look at it before the process is killed; None: as often as they like.
    """

    clock: FixedClock
    waited: float = 0.0
    left: int | None = None

    def monotonic(self) -> float:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed
        return self.clock.now().timestamp() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@dataclass
class Watcher:
    """A stalewatch that watches companies, one connection each.

    Attributes:
        crms: by the connection's id.
        errors: what reading them failed with, by connection and class.
        patience: real seconds for which a new process waits for an answer.
    """

    url: str
    crms: Mapping[str, Crm]
    begin: datetime
    book: Rulebook
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    patience: float = READ

    def __post_init__(self) -> None:
        self.clock = FixedClock(self.begin)
        self.fuse = Fuse(self.clock)
        self.mail = Mailboxes(self.clock)
        self.last: dict[str, StalewatchError | None] = dict.fromkeys(self.crms)
        self.db: Database | None = None
        self.restarts()

    def restarts(self) -> None:
        """A process begins: it knows what is in the database, and nothing else."""
        self.ends()
        self.db = databases.opened(self.url)
        made: dict[str, Connector] = {}
        sources = {
            id_: Source(type=id_, connect=partial(self._connector, made, id_), every=5 * MINUTE) for id_ in self.crms
        }
        ages: dict[str, int | None] = dict.fromkeys(self.crms, OF_NOW)
        self._cycle = Cycle(self.db, self.clock, self.book, IMMEDIATE, ages, sources, lambda: self.mail)

    def ends(self) -> None:
        """Nothing of the process is left."""
        if self.db is not None:
            self.db.dispose()

    def passes(self, span: timedelta) -> None:
        """Time goes on for the companies and for us."""
        for crm in self.crms.values():
            crm.passes(span)
        self.clock.advance(span)

    def round(self, *, full: bool = False) -> CycleReport | None:
        """One round; None if the process was killed in it, in which case another one has begun since.

        Args:
            full: everything is read again, as `sync --full` does.
        """
        try:
            report = self._cycle.run(force=full, full=full)
        except Killed:
            self._killed()
            return None
        finally:
            self.fuse.left = None
        for one in report.synced:
            self.last[one.connection] = one.error
            if one.error is not None:
                self.errors[one.connection, type(one.error).__name__] += 1
        return report

    def _killed(self) -> None:
        """The lease of a process that is no more runs out by the database's own clock, which no story can move."""
        self.restarts()
        assert self.db is not None
        with self.db.write() as conn:
            conn.execute(sa.update(connections).values(lease_until=0))

    def _connector(self, made: dict[str, Connector], id_: str) -> Connector:
        if id_ not in made:
            fuse = self.fuse
            pace = {"read": self.patience, "monotonic": fuse.monotonic, "sleep": fuse.sleep}
            made[id_] = self.crms[id_].connector(**pace)
        return made[id_]

    # ----------------------------------------------------------------------------------------- what came of it

    def known(self, connection: str) -> Known:
        """What is stored of a company, by table and key."""
        assert self.db is not None
        found: Known = {}
        with self.db.read() as conn:
            for table in (deals, leads, people, activities):
                names = [column for column in table.c if column.name not in _OUR_OWN]
                rows = conn.execute(sa.select(*names).where(table.c.connection == connection)).mappings().all()
                found[table.name] = {row["id"]: _told(dict(row)) for row in rows}
            mine = sa.select(activity_records).where(activity_records.c.record_id.startswith(f"{connection}:"))
            links = [tuple(row) for row in conn.execute(mine)]
        subjects = {id_ for id_, row in (found["deals"] | found["leads"]).items() if row["is_open"]}
        found["activity_records"] = {link: True for link in links if link[0] in subjects}
        found["activities"] = {link[1]: found["activities"].get(link[1]) for link in found["activity_records"]}
        return found

    def standing(self, connection: str) -> set[tuple[str, str, str | None]]:
        """The alerts that are not over: record, rule and subject."""
        assert self.db is not None
        wanted = (alerts.c.connection == connection, alerts.c.state != "resolved", alerts.c.shadow.is_(False))
        with self.db.read() as conn:
            rows = conn.execute(sa.select(alerts.c.record_id, alerts.c.rule_id, alerts.c.subject).where(*wanted))
            return {(row.record_id, row.rule_id, row.subject) for row in rows}

    def ever(self) -> set[tuple[str, str]]:
        """Record and rule of every alert that ever was; some are muted by others and never told."""
        assert self.db is not None
        with self.db.read() as conn:
            return {
                (row.record_id, row.rule_id) for row in conn.execute(sa.select(alerts.c.record_id, alerts.c.rule_id))
            }

    def told(self) -> Counter[Told]:
        """How often whom of what, the words that something was answered left out."""
        assert self.db is not None
        with self.db.read() as conn:
            rules = {row.id: row.rule_id for row in conn.execute(sa.select(alerts.c.id, alerts.c.rule_id))}
        return Counter(
            (message.target, entry.record, rules[alert])
            for message in self.mail.messages
            for entry in message.entries
            if not entry.resolved
            for alert in entry.alerts
        )

    def row(self, connection: str) -> Any:
        """The row of a connection."""
        assert self.db is not None
        with self.db.read() as conn:
            return conn.execute(sa.select(connections).where(connections.c.id == connection)).one()

    def untrue(self, connection: str) -> list[Difference]:
        """Where what is stored is not what is true."""
        assert self.db is not None
        return Comparison(self.crms[connection], self.book, self.begin, connection).differences(self.db)


@dataclass
class Twins:
    """The same companies with the same lives, disturbed and calm.

    Attributes:
        hidden: how often a field of a connection was not there for a while.
    """

    disturbed: Watcher
    calm: Watcher
    hidden: Counter[tuple[str, str]] = field(default_factory=Counter)

    def passes(self, span: timedelta = FIVE_MINUTES) -> None:
        """Time goes on in both, and each does a round."""
        for one in (self.disturbed, self.calm):
            one.passes(span)
            one.round()

    def reads_everything(self) -> None:
        """Both read everything again."""
        for one in (self.disturbed, self.calm):
            one.round(full=True)

    def arm(self, connection: str, case: str, **options: Any) -> None:
        """Arm a case in the disturbed CRM; what it writes there for good is written in the calm one as well."""
        self._settle(connection)
        self.hidden.update((connection, name) for name in HIDING.get(case, ()))
        armed = self.disturbed.crms[connection].faults.arm(case, **options)
        self._takes_its_time()
        if armed.fault.stays:
            self.calm.crms[connection].faults.arm(case, **options)

    def disarm(self, connection: str, case: str | None = None) -> None:
        """Take a case back, or all."""
        for one in (self.disturbed, self.calm):
            one.crms[connection].mends(case)
        self._takes_its_time()

    def differences(self, connection: str) -> list[tuple[str, Any, Any, Any]]:
        """Table, key, and what is known by the disturbed and by the calm one, wherever that is not the same."""
        ours, theirs = self.disturbed.known(connection), self.calm.known(connection)
        ours["deals"] = {  # what had ended before anybody looked may be known all the same
            id_: row for id_, row in ours["deals"].items() if row["is_open"] or id_ in theirs["deals"]
        }
        return [
            (table, key, *_apart(ours[table].get(key), theirs[table].get(key)))
            for table in ours
            for key in sorted(ours[table].keys() | theirs[table].keys(), key=str)
            if ours[table].get(key) != theirs[table].get(key)
        ]

    def told_amiss(self) -> dict[Told, int]:
        """What the disturbed one told of which the calm one had no alert, or more often than the calm one told it.

        A rule that cannot judge is not late, and mutes nothing: what it mutes in the calm one may be told once.
        """
        true, often, mistaken = self.calm.ever(), self.calm.told(), self._mistaken()
        return {
            told: times
            for told, times in self.disturbed.told().items()
            if times > (max(1, often[told]) if told[1:] in true else 0) + mistaken[_connection(told), told[2]]
        }

    def _mistaken(self) -> Counter[tuple[str, str]]:
        """How often a rule took for empty what was not there in a connection: so often it may have told of a record."""
        rules, found = self.calm.book.rules, Counter[tuple[str, str]]()
        for rule in rules.rules:
            lenient = fields_read(rule, rules).lenient
            found.update({(of, rule.id): many for (of, name), many in self.hidden.items() if name in lenient})
        return found

    def _takes_its_time(self) -> None:
        """Another process, unless this one waits as long already; while anything is silent it is not patient."""
        silent = {armed.case for crm in self.disturbed.crms.values() for armed in crm.faults} & SILENT
        patience = GIVEN_UP if silent else READ
        if patience != self.disturbed.patience:
            self.disturbed.patience = patience
            self.disturbed.restarts()

    def _settle(self, connection: str) -> None:
        """Both lives are as far as the clock says, so that what is written now gets the same ids."""
        for one in (self.disturbed, self.calm):
            one.crms[connection].catches_up()


def _connection(told: Told) -> str:
    return told[1].partition(":")[0]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """What has to be known: of deals that are over, how they ended; what led there is read by chance."""
    return row if row.get("is_open", True) else {name: row[name] for name in _OVER}


def _apart(ours: Any, theirs: Any) -> tuple[Any, Any]:
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return (ours if isinstance(ours, dict) else bool(ours)), (theirs if isinstance(theirs, dict) else bool(theirs))
    names = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    return {name: ours.get(name) for name in names}, {name: theirs.get(name) for name in names}


@contextmanager
def twins(
    crms: Collection[str], size: Size, begin: datetime, folder: Path, urls: tuple[str, str], seed: int = 5
) -> Iterator[Twins]:  # fmt: skip
    """Twins that have read everything once, as of a moment."""
    book = rulebook(default_pack())
    with ExitStack() as stack:
        made = []
        for url in urls:
            companies = {NAMES[crm]: stack.enter_context(company(crm, size, begin, folder, seed=seed + number))
                         for number, crm in enumerate(crms)}  # fmt: skip
            watcher = Watcher(url, companies, begin, book)
            stack.callback(watcher.ends)
            report = watcher.round()
            assert report is not None
            assert report.failures == (), report.failures
            made.append(watcher)
        disturbed, calm = made
        yield Twins(disturbed, calm)
