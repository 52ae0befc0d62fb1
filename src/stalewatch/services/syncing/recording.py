"""Store a page of a pull: what a connector says, in the store's words. A page replayed changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stalewatch.domain.erasing import Stricken
from stalewatch.domain.instants import to_day, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.values import BadValue, clean
from stalewatch.sdk.connector import Page
from stalewatch.sdk.records import Activity, Deal, Lead, Person, Rejected
from stalewatch.services.alerting import awaited
from stalewatch.services.alerting.people import override_for
from stalewatch.services.judging import holds
from stalewatch.services.judging.evidence import refresh
from stalewatch.services.judging.standing import PIECE, Standing, Written
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing import folding, history, merging, moves, striking, working
from stalewatch.services.syncing.folding import Folded
from stalewatch.services.syncing.shaping import OBJECTS, Row, Shape, row_of, shape_of
from stalewatch.store import activities, clocks, people, quarantine, records
from stalewatch.store.engine import Connection
from stalewatch.store.pasts import Pasts


@dataclass(slots=True)
class Recorded:
    """What a page brought.

    Attributes:
        touched: ids of records that have to be judged again, per object.
        moved: those that gained, lost or changed an activity.
        shown: those that stood on the page, changed or not, per object.
        rejected: rows left out, by reason.
        standing: how those that are deals stand, as far as it was read and not written since, per object.
        written: what is known of those that were written, per object; of so many that they are judged in pieces nothing
            is kept.
        pasts: what is known of their past; None, as well, of so many.
    """

    touched: dict[str, set[str]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    shown: dict[str, set[str]] = field(default_factory=dict)
    records: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    standing: dict[str, Standing] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    pasts: Pasts | None = None

    def touch(self, obj: str, ids: Iterable[str]) -> None:
        self.touched.setdefault(obj, set()).update(ids)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Stores the pages of one connection's pull.

    Attributes:
        now: the clock's time, when the page is stored.
        began: when the pull began; what it shows is marked as seen then.
        folded: the fields that the connection leaves to us to fill.
        fed: the fields that it feeds now, by object; None: nobody knows.
        stricken: strikes those who were erased.
    """

    connection: str
    book: Rulebook
    speaking: Speaking
    now: int
    began: int
    folded: Folded
    fed: Mapping[str, Collection[str]] | None = None
    stricken: Stricken = Stricken()  # noqa: RUF009  # immutable

    def record(self, conn: Connection, page: Page) -> Recorded:
        """Store everything on the page; rows that cannot be stored are left out and counted."""
        done = Recorded()
        rejected = list(page.rejected)
        people.upsert(conn, self._struck([self._person(person) for person in page.people]))
        teams = _teams(conn, self.connection, self.speaking)
        shapes = {obj: shape_of(self.book.rules.catalogue, obj) for obj in OBJECTS}
        deals = [row for deal in page.deals if (row := self._usable(deal, shapes, teams, rejected)) is not None]
        leads = [row for lead in page.leads if (row := self._usable(lead, shapes, teams, rejected)) is not None]
        deals, leads = holds.kept(conn, self._struck(deals)), self._struck(leads)
        past = self._struck(history.rows_of(self.connection, self.book, page, self.now))
        told = history.told_by(past)
        as_of = to_us(page.as_of) if page.as_of else None
        if len(deals) + len(leads) <= PIECE:
            done.pasts = Pasts(conn)
        self._records(conn, deals, told, as_of, done)
        self._records(conn, leads, told, as_of, done)
        self._unite(conn, page.merged, done)
        self._happenings(conn, page, past, done)
        self._gone(conn, page.gone, done)
        done.rejected.update(one.reason for one in rejected)
        self._set_aside(conn, rejected)
        for obj, ids in done.touched.items():
            if obj != "lead":
                written = done.written.pop(obj, None)
                set_ = refresh(conn, self.book, obj, ids, self.now, moved=done.moved)
                if written is not None:
                    written.put(set_)
                if done.pasts is not None:
                    done.pasts.forget(row["id"] for row in set_)
                done.standing[obj] = moves.derive(conn, self.book, obj, ids, written, done.pasts)
                done.standing[obj].without(awaited.end(conn, self.book, ids, self.now))
        self._fold(conn, done)
        done.pasts = None
        return done

    def _fold(self, conn: Connection, done: Recorded) -> None:
        """Fill what the connection leaves to us, also of records that are the same as ever: a field that was mapped
        yesterday, and is not today, holds the old word until then."""
        for obj in {**done.touched, **done.shown}:
            ids = done.touched.get(obj, set()) | done.shown.get(obj, set())
            standing = done.standing.get(obj)
            changed = folding.refresh(conn, self.book, obj, ids, self.now, self.folded, standing)
            if standing is not None:
                standing.without(changed)
            done.touch(obj, changed)

    def _records(
        self, conn: Connection, rows: Sequence[Row], told: history.Told, as_of: int | None, done: Recorded
    ) -> None:
        for obj, mine in _alike(rows):
            done.records += len(mine)
            done.shown.setdefault(obj, set()).update(row["id"] for row in mine)
            fed = None if self.fed is None else self.fed.get("deal" if obj == "partner_deal" else obj)
            wanted = () if obj == "lead" or len(mine) > PIECE else moves.columns(self.book, obj)
            page = records.overwriting(conn, obj, mine, wanted)
            handed_over = history.note(
                conn, self.book, obj, page.news, self.now, told, as_of=as_of, fed=fed, there=page, pasts=done.pasts,
            )  # fmt: skip
            clocks.wake(conn, self.connection, dict.fromkeys(handed_over, self.now))
            working.note(conn, self.book, obj, page.news, self.now)
            page.write(conn)
            if wanted:
                done.written.setdefault(obj, Written(wanted)).add(page.after(wanted))
            news = {row["id"] for row in page.news}  # written as seen just now
            done.touch(obj, news)
            records.touch(conn, obj, [row["id"] for row in mine if row["id"] not in news], self.began)

    def _unite(self, conn: Connection, merged: Mapping[str, str], done: Recorded) -> None:
        """Before what else the page says of the new records, which then stands beside what they took over."""
        if merged:
            for obj, ids in merging.unite(conn, self.book, self.connection, merged, self.now).items():
                done.touch(obj, ids)
                done.moved.update(ids)
            done.written.clear()
            done.pasts = None

    def _happenings(self, conn: Connection, page: Page, past: Sequence[Row], done: Recorded) -> None:
        touched = activities.upsert(conn, self._struck([self._activity(one) for one in page.activities]))
        touched += activities.remove(conn, [f"{self.connection}:{one}" for one in page.withdrawn])
        done.moved.update(touched)
        touched += history.replace(conn, self.connection, page, past, done.pasts)
        for obj, shown in done.shown.items():
            done.touch(obj, shown.intersection(touched))
        for record, obj in records.objects(conn, set(touched).difference(*done.shown.values())).items():
            done.touch(obj, [record])

    def _gone(self, conn: Connection, ids: Sequence[str], done: Recorded) -> None:
        gone = records.mark_gone(conn, [f"{self.connection}:{one}" for one in ids], self.now)
        for written in done.written.values():
            written.without(gone)
        clocks.wake(conn, self.connection, dict.fromkeys(gone, self.now))

    def _set_aside(self, conn: Connection, rejected: Sequence[Rejected]) -> None:
        """Keep what could not be used to be shown. A record of that name was there: it has not vanished."""
        quarantine.add(conn, self._struck([self._rejected(one) for one in rejected]))
        shown = [f"{self.connection}:{one.ref}" for one in rejected if clean(one.ref) == one.ref]
        for obj in ("deal", "lead"):
            records.touch(conn, obj, shown, self.began)

    def _usable(
        self, record: Deal | Lead, shapes: Mapping[str, Shape], teams: Mapping[str, str | None],
        rejected: list[Rejected],
    ) -> Row | None:  # fmt: skip
        """The record's row; None, and one more rejected, if a value of it cannot be stored."""
        try:
            return row_of(self.connection, record, shapes, teams, self.now, self.began)
        except BadValue as error:
            rejected.append(Rejected(ref=record.id, reason=str(error), detail=record.name[:200]))
            return None

    def _struck(self, rows: list[Row]) -> list[Row]:
        return striking.struck(self.stricken, rows) if self.stricken else rows

    def _person(self, person: Person) -> Row:
        return {
            "id": f"{self.connection}:{person.id}",
            "connection": self.connection,
            "external_id": person.id,
            "name": clean(person.name),
            "email": clean(person.email or ""),
            "active": person.active,
            "manager": None if person.manager is None else f"{self.connection}:{person.manager}",
            "team": clean(person.team or ""),
            "zone": person.zone,
            "language": person.language,
        }

    def _activity(self, activity: Activity) -> Row:
        return {
            "id": f"{self.connection}:{activity.id}",
            "connection": self.connection,
            "kind": activity.kind.value,
            "actor": activity.actor.value,
            "at": to_us(activity.at),
            "ends_at": None if activity.ends_at is None else to_us(activity.ends_at),
            "recorded_at": None if activity.recorded_at is None else to_us(activity.recorded_at),
            "meeting": None if activity.meeting is None else activity.meeting.value,
            "people": sorted(name for one in activity.people if (name := clean(one))),
            "inferred": activity.inferred,
            "due": None if activity.due is None else to_day(activity.due),
            "records": [f"{self.connection}:{record}" for record in activity.records],
        }

    def _rejected(self, one: Rejected) -> Row:
        return {
            "connection": self.connection,
            "ref": clean(one.ref) or "?",
            "reason": one.reason,
            "detail": clean(one.detail),
            "at": self.now,
            "object": None,
        }


def _alike(rows: Sequence[Row]) -> Iterable[tuple[str, list[Row]]]:
    """Rows by object and by the columns that they bring: what one does not name must not be touched by another's."""
    groups: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["object"], tuple(row)), []).append(row)
    return ((obj, mine) for (obj, _), mine in groups.items())


def _teams(conn: Connection, connection: str, speaking: Speaking) -> dict[str, str | None]:
    return {
        row.id: override_for(speaking, row.email, row.name).team or row.team for row in people.read(conn, connection)
    }
