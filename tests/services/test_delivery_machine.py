"""Deliveries under everything that can happen to them, in any order (B12).

The real dispatch on a real database, a service that fails in every way it may, processes that die at any commit,
people who answer, deals that move, an operator who retries. Whatever came before: nothing is told twice without
somebody's word, no delivery moves as it must not, and once the faults stop everything ends.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from stalewatch.domain.deliveries import DeliveryState, Event, after
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import OnUnknown, Route
from stalewatch.sdk.errors import BadContent, NotAccepted, OutcomeUnknown, SlowDown, TargetGone, WorkspaceDown
from stalewatch.sdk.notifier import Message, Outcome, Receipt, Settled, Style
from stalewatch.sdk.records import Outcome as Ending
from stalewatch.services.answering.acts import Snooze
from stalewatch.services.answering.respond import Office, respond
from stalewatch.services.operating.work import Work
from stalewatch.services.reporting.pieces import Kind
from stalewatch.services.telling.sending import ATTEMPTS
from stalewatch.store.engine import Connection, Database
from stalewatch.store.tables import alerts, audit, deliveries, edits, notices
from tests.altered import replace
from tests.services.board import Board
from tests.services.heard import QUIET, rows
from tests.services.test_stories_dispatch import free
from tests.services.world import SATO, TANAKA, World, at, deal, rulebook

pytestmark = pytest.mark.bar

BOOK = rulebook(QUIET)
SPEAKING = Speaking(
    routes=(
        Route(
            name="again",
            to=("owner",),
            matches=lambda facts: facts.get("owner") == "crm:sato",
            style=Style.IMMEDIATE,
            on_unknown=OnUnknown.RESEND,
        ),
        Route(name="all", to=("owner", "#sales")),
    ),
    immediate_per_day=99,
    operator_channel="#revops",
)
FAULTS: dict[str, type[Exception]] = {
    "refuse": NotAccepted, "gone": TargetGone, "content": BadContent, "lost": OutcomeUnknown,
    "lost, yet it arrived": OutcomeUnknown, "breaks": ZeroDivisionError, "breaks, yet it arrived": ZeroDivisionError,
}  # fmt: skip
LOOKS = ("sees", "sees nothing ever", "fails")
NAMES = ("acme", "beta", "kumo", "yama")


class Killed(BaseException):
    """The process ends here."""


class Mortal(Database):
    """A database whose process may die right after a commit."""

    lives: int | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as conn:
            yield conn
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                self.lives = None
                raise Killed


class Hazardous(Board):
    """Fails as it was told, message after message, and counts what arrived."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.plan: list[str] = []
        self.looks = LOOKS[0]

    def send(self, message: Message) -> Receipt:
        fault = self.plan.pop(0) if self.plan else ""
        if fault.endswith("yet it arrived") and not self.revoked:
            super().send(message)
        if fault == "slow":
            raise SlowDown("wait", after=timedelta(hours=1))
        if fault == "dies":
            raise Killed
        if fault:
            raise FAULTS[fault](fault)
        return super().send(message)

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        fault = self.plan.pop(0) if self.plan else ""
        if fault == "dies":
            raise Killed
        if fault in FAULTS:
            raise FAULTS[fault](fault)
        return super().edit(receipt, message)

    def settle(self, delivery: str, address: str, since: Any, thread: Any = None) -> Settled:
        if self.revoked:
            raise WorkspaceDown("revoked")
        if self.looks == "fails":
            raise NotAccepted("no route")
        if self.looks == "sees nothing ever":
            return Settled(outcome=Outcome.CANNOT_LOOK)
        return super().settle(delivery, address, since, thread)


class Machine(RuleBasedStateMachine):
    """Rules are what may happen; invariants are what must hold after each of them."""

    template: str

    @initialize()
    def begins(self) -> None:
        self.folder = Path(mkdtemp())
        shutil.copyfile(self.template, self.folder / "watch.db")
        self.db = Mortal(f"sqlite:///{self.folder / 'watch.db'}")
        self.world = World(self.db, BOOK, speaking=SPEAKING)
        self.post = Hazardous(self.world.clock)
        self.world.mail = self.post
        self.world.crm.people = [replace(SATO, id="sato"), TANAKA]
        self.read = 0
        self.steps: dict[str, str] = {}
        self.told: set[str] = set()
        self.attempts: Counter[str] = Counter()
        self.looks: Counter[str] = Counter()
        self.again: set[str] = set()
        self.world.has(
            *(
                deal(name, owner="sato" if n % 2 else "tanaka", created_at=at("2026-03-02 10:00"), next_step="x")
                for n, name in enumerate(NAMES)
            )
        )
        self.world.reaches("2026-03-02 13:00")
        self.passes(24 * 10 + 5)  # to the hour before the first of them is announced

    # ------------------------------------------------------------------------------------------- what happens

    @rule(
        faults=st.lists(st.sampled_from(["", *FAULTS, "slow", "dies"]), min_size=1, max_size=4),
        looks=st.sampled_from(LOOKS),
        hours=st.sampled_from([0, 1, 15, 24]),
        lives=st.one_of(st.none(), st.integers(0, 9)),
    )
    def a_bad_day(self, faults: list[str], looks: str, hours: int, lives: int | None) -> None:
        self.passes(hours)
        self.post.plan, self.post.looks = faults, looks
        self.dispatches(lives)
        self.dispatches(None)

    @rule(dead=st.booleans())
    def token(self, dead: bool) -> None:
        self.post.revoked = dead

    @rule(lives=st.one_of(st.none(), st.integers(0, 9)))
    def dispatches(self, lives: int | None) -> None:
        self.db.lives = lives
        try:
            self.world.dispatches()
        except Killed:
            pass
        finally:
            self.db.lives = None
        free(self.world)

    @rule(hours=st.sampled_from([1, 3, 15, 24, 72]))
    def time_passes(self, hours: int) -> None:
        self.passes(hours)
        self.dispatches(None)

    def passes(self, hours: int) -> None:
        self.world.clock.advance(timedelta(hours=hours))
        self.world.syncs()
        self.world.ticks()

    @rule(name=st.sampled_from(NAMES), ending=st.sampled_from([Ending.WON, Ending.OPEN]))
    def deal_moves(self, name: str, ending: Ending) -> None:
        self.world.changes(name, outcome=ending)
        self.passes(1)

    @rule(place=st.integers(0, 9))
    def somebody_snoozes(self, place: int) -> None:
        known = [row.id for row in rows(self.world, alerts) if row.state != "resolved"]
        if known:
            until = self.world.us + 20 * 3_600_000_000
            alert = known[place % len(known)]
            snooze, by = Snooze(until=until, reason="x"), "tanaka@acme.example"
            respond(self.db, self.world.clock, Office(book=BOOK), alert, snooze, actor=by, visible=None)

    @rule()
    def operator_retries(self) -> None:
        work = Work(self.db, self.world.clock, BOOK, SPEAKING, "operator")
        work.retry([piece for piece in work.pieces() if piece.state in ("dead", "parked")])

    def operator_releases(self) -> None:
        """A destination at which five processes died is set aside, and stays so until somebody says otherwise."""
        work = Work(self.db, self.world.clock, BOOK, SPEAKING, "operator")
        work.release([piece for piece in work.pieces() if piece.kind is Kind.DESTINATION])

    # ------------------------------------------------------------------------------------------- what must hold

    @invariant()
    def every_step_is_one_of_the_table(self) -> None:
        for row in sorted(rows(self.world, audit), key=lambda row: row.id):
            if row.id <= self.read or not row.action.startswith("delivery."):
                continue
            event = Event(row.action.removeprefix("delivery."))
            assert self.steps.get(row.object, "ready") == row.before, row
            assert after(DeliveryState(row.before), event) == row.after, row
            self.steps[row.object] = row.after
            if event in (Event.RETRIED, Event.UNSEEABLE):
                self.again.add(row.object)
            self.count(row.object, event, row.before)
            self.read = row.id
        for row in rows(self.world, deliveries):
            assert self.steps.get(row.id, "ready") == row.state, "no step without its audit row"

    def count(self, delivery: str, event: Event, before: str) -> None:
        """An attempt is a claim that was not taken back; only an operator's word lets them begin anew."""
        if event is Event.RETRIED:
            self.attempts[delivery] = self.looks[delivery] = 0
        elif event is Event.CLAIMED:
            self.attempts[delivery] += 1
        elif event is Event.SLOWED or (event is Event.PAUSED and before == "sending"):
            self.attempts[delivery] -= 1
        elif event is Event.PAUSED:  # its next claim only looks for it
            self.looks[delivery] += 1

    @invariant()
    def attempts_are_counted(self) -> None:
        self.every_step_is_one_of_the_table()
        for row in rows(self.world, deliveries):
            most = self.attempts[row.id]
            assert most - self.looks[row.id] <= row.attempts <= most, row
            assert row.attempts <= ATTEMPTS

    @invariant()
    def what_was_told_stays_told_and_was_sent(self) -> None:
        states = {row.id: row.state for row in rows(self.world, deliveries)}
        told = {row.key: row for row in rows(self.world, notices) if row.state == "told"}
        assert self.told <= told.keys()
        assert {states[row.delivery_id] for row in told.values()} <= {"sent"}
        self.told = set(told)

    @invariant()
    def nothing_arrives_twice_unless_somebody_said_so(self) -> None:
        arrived = Counter(message.delivery for message in self.post.messages)
        operators = {message.delivery for message in self.post.messages if message.target == "operator"}
        assert {one for one, many in arrived.items() if many > 1} <= self.again | operators
        lost = {row.id for row in rows(self.world, deliveries) if row.state in ("cancelled", "superseded", "rerouted")}
        assert lost & arrived.keys() <= self.again | operators, "what arrived is not said by another message"

    def teardown(self) -> None:
        """The faults stop: everything ends, and nothing was lost."""
        if not hasattr(self, "world"):
            return
        self.post.plan, self.post.looks, self.post.revoked = [], LOOKS[0], False
        self.operator_releases()
        for hours in (1, 23, 24, 24, 24, 1):
            self.passes(hours)
            for _ in range(3):
                self.dispatches(None)
                self.world.clock.advance(timedelta(seconds=61))
        self.every_step_is_one_of_the_table()
        self.what_was_told_stays_told_and_was_sent()
        self.nothing_arrives_twice_unless_somebody_said_so()
        ends = {row.id: DeliveryState(row.state) for row in rows(self.world, deliveries)}
        assert all(state.is_terminal for state in ends.values()), ends
        for row in rows(self.world, notices):
            fate = (row.state, ends.get(row.delivery_id or ""))
            waits = (
                row.kind == "resolve" or row.not_before > self.world.us
            )  # for a digest that is worth one, or its hour
            assert fate in FATES or (row.state == "pending" and waits), (fate, row)
        assert [row for row in rows(self.world, edits) if row.due_at is not None] == []
        self.db.dispose()
        shutil.rmtree(self.folder)


FATES = {
    ("told", DeliveryState.SENT), ("dropped", None), ("held", None),
    ("claimed", DeliveryState.DEAD), ("claimed", DeliveryState.PARKED),
}  # fmt: skip


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(5, 15, id="few"),
        pytest.param(60, 60, id="many", marks=pytest.mark.slow(minutes=5)),
        pytest.param(400, 60, id="most", marks=[pytest.mark.slow(minutes=30), pytest.mark.thorough]),
    ],
)
def test_b12_every_delivery_ends_and_nothing_is_told_twice(sqlite_template: str, examples: int, steps: int) -> None:
    machine = type("Deliveries", (Machine,), {"template": sqlite_template})
    rules = settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    run_state_machine_as_test(machine, settings=rules)
