"""Read a connection: page by page into the store, each page with its cursor and its deadlines in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import DAY, MINUTE, SECOND, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.connector import Connector, Cursor, Description, Page
from stalewatch.sdk.errors import BadCursor, ConnectorError, NeedsReconnect, TryLater
from stalewatch.services.judging import collecting, in_force
from stalewatch.services.judging.sources import coverage, lacking, note_lacking
from stalewatch.services.rules import choices
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing import asked, believing, doubting, folding, noticing
from stalewatch.services.syncing.folding import Folded, folded
from stalewatch.services.syncing.pieces import pieces
from stalewatch.services.syncing.recording import Recorder
from stalewatch.services.syncing.stopping import Progress, Stopped
from stalewatch.store import clocks, connections, house, leases, planning, quarantine, records, tombstones
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import DatabaseBusy, DatabaseMoved
from stalewatch.store.leases import CONNECTIONS

LEASE: Final = 5 * MINUTE
RETRY: Final = MINUTE
RECONNECT: Final = 15 * MINUTE
HALF: Final = 0.5
"""A pull that would make more than this share of a connection's open records vanish is not believed."""
FEW: Final = 2
"""So few records may vanish all at once."""


@dataclass(slots=True)
class Synced:
    """What came of syncing one connection.

    Attributes:
        error: why it stopped early; the pages before that stand.
        is_busy: another worker has the connection, or it is not due; nothing was done.
        is_stopped: the worker was told to stop half-way.
        rejected: rows left out, by reason; they are shown by `doctor` and tried again with the next pull.
        judged: records whose deadlines were computed.
        kept: vanished records that were not believed to be gone.
        unheld: open deals that a comparison of ids showed and we do not hold.
    """

    connection: str
    pages: int = 0
    records: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    vanished: int = 0
    kept: int = 0
    unheld: list[str] = field(default_factory=list)
    is_busy: bool = False
    is_stopped: bool = False
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class Sync:
    """Syncs connections by one rulebook."""

    db: Database
    clock: Clock
    book: Rulebook
    speaking: Speaking

    def run(
        self, connection: str, connector: Connector, *, every: int, full: bool = False, due_only: bool = False,
        progress: Progress = lambda _done, _total: None,
    ) -> Synced:  # fmt: skip
        """Pull what changed and store it; a fault ends the pull, keeps the cursor and says when to come back.

        Args:
            every: microseconds until the next sync.
            full: read everything again, whatever the cursor says.
            due_only: leave it alone unless it is due.

        Raises:
            RulesMoved, DatabaseBusy, DatabaseMoved: what is stored stays, and nobody has to wait for our lease to end.
        """
        done = Synced(connection)
        claimed, asked_fully = self._claim(connection, due_only=due_only)
        if claimed is None:
            self._say_why(done)
            return done
        full = full or asked_fully
        began = to_us(self.clock.now())
        try:
            self._pull(claimed, connector, done, began, full=full, progress=progress)
        except Stopped:
            done.is_stopped = True
            self._hand_back(claimed)
            return done
        except (in_force.RulesMoved, DatabaseBusy, DatabaseMoved):
            self._hand_back(claimed)
            raise
        except ConnectorError as error:
            done.error = error
            self._give_up(claimed, error, every)
            return done
        self._finish(claimed, done, began, every)
        return done

    # ------------------------------------------------------------------------------------------ the claim

    def _claim(self, connection: str, *, due_only: bool) -> tuple[Any, bool]:
        """The row, if we may have it, and whether somebody asked for everything to be read again."""
        now = to_us(self.clock.now())
        with self.db.write() as conn:
            if not due_only:
                leases.demand(conn, CONNECTIONS, connection, now)
            rows = leases.claim(conn, CONNECTIONS, due=now, lease_us=LEASE, only=connection)
            return (rows[0], asked.take_up(conn, connection, rows[0].fence)) if rows else (None, False)

    def _say_why(self, done: Synced) -> None:
        """Somebody else is at it, or it was set aside because its work killed five workers."""
        with self.db.read() as conn:
            row = connections.one(conn, done.connection)
        if row is not None and row.parked_at is not None:
            done.error = NeedsReconnect(
                "set aside: reading it ended its worker five times in a row",
                where=done.connection,
                cure="look at the log, then let it go on with `stalewatch work release`",
            )
        else:
            done.is_busy = True

    def _finish(self, claimed: Any, done: Synced, began: int, every: int) -> None:
        now = to_us(self.clock.now())
        counts = {"records": done.records, "left_out": done.rejected.total(), "vanished": done.vanished}
        with self.db.write() as conn:
            leases.keep(conn, CONNECTIONS, claimed.id, claimed.fence)  # locks the row, as whoever asks for a sync does
            again = asked.settle(conn, claimed.id, claimed.fence)
            first = claimed.first_sync_at if claimed.first_sync_at is not None else now
            leases.finish(
                conn, CONNECTIONS, claimed.id, claimed.fence, due_at=now if again else now + every, last_sync_at=now,
                data_at=began, first_sync_at=first, last_error=None, counts=counts,
            )  # fmt: skip
            if claimed.first_sync_at is None:
                planning.learn(conn)
        self.db.tidy()

    def _hand_back(self, claimed: Any) -> None:
        with self.db.write() as conn:
            leases.release(conn, CONNECTIONS, claimed.id, claimed.fence)

    def _give_up(self, claimed: Any, error: ConnectorError, every: int) -> None:
        """The cursor stays, and so does the age of the data: it grows until somebody or time mends it."""
        now = to_us(self.clock.now())
        cursor = {"cursor": None} if isinstance(error, BadCursor) else {}
        with self.db.write() as conn:
            leases.finish(
                conn, CONNECTIONS, claimed.id, claimed.fence, due_at=now + _pause(error, every),
                last_error=str(error), **cursor,
            )  # fmt: skip

    # ------------------------------------------------------------------------------------------- the pages

    def _pull(
        self, claimed: Any, connector: Connector, done: Synced, began: int, *, full: bool, progress: Progress
    ) -> None:
        cursor: Cursor | None = claimed.cursor
        description = connector.describe_at(cursor)
        marked = folded(description, claimed.coverage)
        self._fold(claimed, marked)
        self._cover(claimed, description)
        for page in _with_unheld(connector, connector.pull(cursor, full=full), done):
            with collecting.seldom(), self.db.write() as conn:
                self._store(conn, claimed, page, done, began, marked)
            done.pages += 1
            progress(done.records, page.total)
            self.db.tidy()

    def _store(self, conn: Connection, claimed: Any, page: Page, done: Synced, began: int, marked: Folded) -> None:
        now = to_us(self.clock.now())
        in_force.require(conn, self.book.version)
        leases.keep(conn, CONNECTIONS, claimed.id, claimed.fence, lease_us=LEASE, cursor=dict(page.cursor))
        clocks.share(conn, claimed.id)  # before any record: the tick locks in the same order
        fed = coverage(conn)
        told = fed.get(claimed.id)
        recorder = Recorder(claimed.id, self.book, self.speaking, now, began, marked, told, tombstones.stricken(conn))
        for piece in pieces(page):
            recorded = recorder.record(conn, piece)
            done.records += recorded.records
            done.rejected.update(recorded.rejected)
            done.judged += doubting.judge(conn, self.book, claimed, recorded.touched, fed, now, recorded.standing)
        if page.complete:
            self._vanish(conn, claimed.id, done, began, now)
        if page.findings is not None:
            noticing.note(conn, claimed.id, page.findings)
        if page.open_ids is not None:
            self._compare(conn, claimed.id, page.open_ids, done, now)

    def _vanish(self, conn: Connection, connection: str, done: Synced, began: int, now: int) -> None:
        """Records that a complete pull did not show are gone, unless they are so many that the pull is doubted."""
        quarantine.clear_before(conn, connection, began)
        groups = [
            (records.unseen(conn, obj, connection, began), records.count(conn, obj, connection))
            for obj in ("deal", "partner_deal", "lead")
        ]
        self._lose(conn, connection, groups, done, now)

    def _compare(self, conn: Connection, connection: str, shown: Collection[str], done: Synced, now: int) -> None:
        """Deals that we hold for open, and that are not among those that the CRM shows as open, are gone; those that
        it shows and we do not hold are read again."""
        held = {
            record.removeprefix(f"{connection}:")
            for obj in ("deal", "partner_deal")
            for piece in records.column_chunks(conn, obj, ["id"], connection=connection, open_only=True)
            for record in piece["id"]
        }
        missing = [f"{connection}:{one}" for one in sorted(held - frozenset(shown))]
        done.unheld = sorted(frozenset(shown) - held)
        self._lose(conn, connection, [(missing, len(held))], done, now)

    def _lose(
        self, conn: Connection, connection: str, groups: Collection[tuple[Collection[str], int]], done: Synced, now: int
    ) -> None:
        """Take these records for gone, unless they are more than half of what there was of their kind and nobody said
        that it is true: of one or two that says nothing."""
        many = [(len(missing), of) for missing, of in groups if of > FEW and len(missing) > HALF * of]
        absent, among = sum(missing for missing, _ in many), sum(of for _, of in many)
        actor = believing.taken(conn, connection)
        doubted = absent if actor is None else 0
        noticing.doubt(conn, connection, doubted, among, now)
        if many and actor is not None:
            believing.note(conn, connection, actor, absent, among, now)
        done.kept += doubted
        for missing, of in groups:
            if not doubted or (len(missing), of) not in many:
                done.vanished += len(missing)
                clocks.wake(conn, connection, dict.fromkeys(records.mark_gone(conn, missing, now), now))

    def _fold(self, claimed: Any, marked: Folded) -> None:
        """Fill what is left to us from now on, of records that need not be shown again: a contact may have been stored
        while nobody could tell whether it was the first. Whoever is killed half-way begins it anew: only afterwards is
        it remembered that the connection feeds the field."""
        for obj in folding.unfolded(marked):
            with self.db.read() as look:
                for piece in records.column_chunks(look, obj, ["id"], connection=claimed.id):
                    with self.db.write() as conn:
                        leases.keep(conn, CONNECTIONS, claimed.id, claimed.fence, lease_us=LEASE)
                        clocks.share(conn, claimed.id)
                        folding.refresh(conn, self.book, obj, piece["id"], to_us(self.clock.now()), marked)

    def _cover(self, claimed: Any, description: Description) -> None:
        """Remember what the connection feeds; if that changed, every record of it has to be judged again."""
        fed = {obj: sorted(info.ours for info in infos) for obj, infos in description.fields.items()}
        lacks = {obj: {name: list(why) for name, why in told.items()} for obj, told in description.missing.items()}
        with self.db.read() as conn:
            is_new = lacking(conn, claimed.id) != lacks
        if is_new:
            with self.db.write() as conn:
                leases.keep(conn, CONNECTIONS, claimed.id, claimed.fence, lease_us=LEASE)
                note_lacking(conn, claimed.id, lacks)
        lists = choices.told(description)
        if (claimed.coverage, claimed.choices) == (fed, lists):
            return
        with self.db.write() as conn:
            leases.keep(conn, CONNECTIONS, claimed.id, claimed.fence, lease_us=LEASE, coverage=fed, choices=lists)
            if claimed.coverage != fed:
                clocks.forget_ruleset(conn, claimed.id)


def _with_unheld(connector: Connector, pages: Iterator[Page], done: Synced) -> Iterator[Page]:
    """The pages of a pull, and after a comparison of ids those of the deals that it shows and we do not hold."""
    for page in pages:
        yield page
        unheld, done.unheld = done.unheld, []
        if unheld:
            yield from connector.reread(unheld, page.cursor)


def _pause(error: ConnectorError, every: int) -> int:
    """How long to leave a connection alone after a fault, in microseconds."""
    if isinstance(error, TryLater):
        asked = 0 if error.after is None else int(error.after.total_seconds() * SECOND)
        return min(max(asked, RETRY), DAY)
    return RECONNECT if isinstance(error, NeedsReconnect) else every


def register(db: Database, wanted: dict[str, str], now: int) -> None:
    """Make sure that every configured connection (id to type) has its row, and the house its name.

    It is asked each round, and writes nothing where nothing is new.
    """
    with db.read() as conn:
        known = {row.id: row.type for row in connections.read(conn)}
        if wanted.items() <= known.items() and house.has_name(conn):
            return
    with db.write() as conn:
        connections.ensure(conn, wanted, now)
        house.name(conn)
