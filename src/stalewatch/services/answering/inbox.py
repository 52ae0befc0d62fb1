"""What readers do with messages, from the moment it comes: first written down, then acknowledged, then done.

The work of a button, of a command and of App Home happens after Slack has its answer, by whoever has the row: the
process that took it, at once, or any engine, if that process died on the way. A form's work happens with its answer,
in one transaction. Nothing happens twice: not for a request that was recorded and sent again, not for what Slack tells
again for want of an answer in time, not for a form sent twice, not for a double click.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from stalewatch.clock import Clock
from stalewatch.delivery.slack.commands import Commanded
from stalewatch.delivery.slack.events import Chosen, Opened
from stalewatch.delivery.slack.heard import Heard
from stalewatch.delivery.slack.interactions import Other, Pressed, Submitted
from stalewatch.domain.instants import DAY, MINUTE, SECOND, to_us
from stalewatch.sdk.errors import NotifierError, SlowDown
from stalewatch.services.answering.identity import Somebody
from stalewatch.services.answering.presses import Answering, Done
from stalewatch.services.answering.screens import Screens
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.store import homes, inbox, leases
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import ChangedMeanwhile, LeaseLost
from stalewatch.store.leases import INBOX

REMEMBERED: Final = 10 * MINUTE
"""How long a request is recognised: twice as long as Slack's signature is good for (security, S12)."""
KEPT: Final = 30 * DAY
"""How long it is kept that somebody pressed something."""
_DOUBLE: Final = 2 * SECOND
"""Two presses of one button by one person within this time are one."""
_LEASE: Final = MINUTE
_AGAIN: Final = 30 * SECOND
_GIVEN_UP: Final = 10 * MINUTE
"""An answer that could not be given for so long is not expected any more."""
_TRIES: Final = 3
_NONCE, _PRESS, _FORM, _OTHER = "nonce", "press", "form", "other"
_HOME, _CHOICE, _COMMAND = "home", "choice", "command"
_HOME_LASTS: Final = 7 * DAY
"""Somebody who has not looked at their App Home for so long is not shown there what they have just done."""


class Received(NamedTuple):
    """What is answered at once (None: nothing but "yes"), and the row that now has to be worked on, if there is one."""

    answer: Mapping[str, Any] | None = None
    work: str | None = None


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox of one project."""

    db: Database
    clock: Clock
    answering: Answering
    screens: Screens | None = None

    def receive(self, what: Heard, mark: str | None = None) -> Received:
        """Take something that somebody did.

        Args:
            mark: names the request that told of it; one that came before has no effect.

        Raises:
            StoreError: it could not be written down, and so must not be acknowledged.
        """
        match what:
            case Pressed():
                return self._pressed(what, mark)
            case Submitted():
                return self._submitted(what, mark)
            case Opened():
                return self._wanted(_HOME, f"{what.user}:{what.event}", what, mark)
            case Chosen():
                return self._wanted(_CHOICE, f"{what.user}:{what.at}", what, mark)
            case Commanded():
                return self._wanted(_COMMAND, f"{what.user}:{what.trigger}", what, mark)
            case Other():
                with self.db.write() as conn:
                    name = f"{_OTHER}:{what.kind}:{mark or self._now}"
                    inbox.add(conn, name, _OTHER, self._now, payload={"kind": what.kind}, outcome="ignored")
                return Received()

    def work(self, only: str | None = None) -> list[str]:
        """Do what waits, or one row of it; returns what came of each. Safe to call from many threads and processes."""
        ended: list[str] = []
        while True:
            with self.db.write() as conn:
                claimed = leases.claim(conn, INBOX, due=self._now, lease_us=_LEASE, limit=1, only=only)
            if not claimed:
                return ended
            ended.append(self._work(claimed[0]))

    def until_work(self) -> int:
        """Microseconds until something may be worked on; a day if nothing waits."""
        with self.db.read() as conn:
            rows = inbox.waiting(conn)
        now, real = self._now, self.db.now()
        free = [max(0, row.due_at - now, row.lease_until - real) for row in rows if row.parked_at is None]
        return min(free, default=DAY)

    def tidy(self) -> int:
        """Forget requests that nobody can send again, and what was done long ago; returns how many rows."""
        with self.db.write() as conn:
            forgotten = inbox.forget(conn, self._now - REMEMBERED, _NONCE) + inbox.forget(conn, self._now - KEPT)
            return forgotten + homes.forget(conn, self._now - KEPT)

    # ------------------------------------------------------------------------------------------- coming in

    @property
    def _now(self) -> int:
        return to_us(self.clock.now())

    def _pressed(self, what: Pressed, mark: str | None) -> Received:
        button = f"{_PRESS}:{what.user}:{what.kind}:{what.alert}:"
        name, now = button + what.at, self._now
        with self.db.write() as conn:
            if mark is not None and not inbox.add(conn, f"{_NONCE}:{mark}", _NONCE, now):
                return Received()
            if inbox.came_since(conn, button, now - _DOUBLE):
                inbox.add(conn, name, _PRESS, now, outcome="double")
                return Received()
            is_new = inbox.add(conn, name, _PRESS, now, payload=msgspec.to_builtins(what), due_at=now)
        return Received(work=name if is_new else None)

    def _wanted(self, kind: str, name: str, what: Opened | Chosen | Commanded, mark: str | None) -> Received:
        """Something to be shown. What Slack tells again, for want of an answer in time, has the same name."""
        now = self._now
        with self.db.write() as conn:
            if mark is not None and not inbox.add(conn, f"{_NONCE}:{mark}", _NONCE, now):
                return Received()
            row = f"{kind}:{name}"
            is_new = inbox.add(conn, row, kind, now, payload=msgspec.to_builtins(what), due_at=now)
        return Received(work=row if is_new else None)

    def _submitted(self, what: Submitted, mark: str | None) -> Received:
        try:
            who = self.answering.who(what.user)
        except NotifierError:
            return Received(self.answering.not_now(what))
        for _ in range(_TRIES):
            try:
                return self._answered(what, who, mark)
            except ChangedMeanwhile:  # a tick was at the same alert: look again
                continue
            except RulesMoved:  # for the seconds until this process has read them, too
                break
        return Received(self.answering.not_now(what))

    def _answered(self, what: Submitted, who: Somebody, mark: str | None) -> Received:
        """The form's effect and the note that it was taken stand or fall together."""
        name, now = f"{_FORM}:{what.view}", self._now
        with self.db.write() as conn:
            if mark is not None and not inbox.add(conn, f"{_NONCE}:{mark}", _NONCE, now):
                return Received(self.answering.taken())
            if not inbox.add(conn, name, _FORM, now, payload={"user": what.user, "about": what.about}, outcome="taken"):
                return Received(self.answering.taken())
            answer, is_taken = self.answering.submit(conn, what, who)
            if not is_taken:
                inbox.remove(conn, name)  # it may be sent again, mended
                return Received(answer)
            return Received(answer, self._shown_anew(conn, what.user, name))

    def _shown_anew(self, conn: Connection, user: str, after: str) -> str | None:
        """The row by which somebody's App Home will show what they have just done, if they look at it these days."""
        now = self._now
        if self.screens is None or homes.seen_since(conn, user, now - _HOME_LASTS) is None:
            return None
        row, what = f"{_HOME}:{user}:{after}", Opened(user=user, event=after)
        inbox.add(conn, row, _HOME, now, payload=msgspec.to_builtins(what), due_at=now)
        return row

    # ------------------------------------------------------------------------------------------- working

    def _work(self, row: Any) -> str:
        """One row that is ours."""
        try:
            done = self._done(row)
        except NotifierError as error:
            return self._failed(row, error)
        return self._ended(row, done)

    def _done(self, row: Any) -> Done:
        if row.kind == _PRESS:
            return self.answering.press(msgspec.convert(row.payload, Pressed))
        if self.screens is None:  # it was taken by a process whose settings knew Slack
            return Done("ignored")
        if row.kind == _COMMAND:
            return self.screens.answer(msgspec.convert(row.payload, Commanded))
        asked = msgspec.convert(row.payload, Opened) if row.kind == _HOME else msgspec.convert(row.payload, Chosen)
        return self.screens.show(asked)

    def _ended(self, row: Any, done: Done) -> str:
        try:
            with self.db.write() as conn:
                done.note(conn, row.payload.get("kind", row.kind), row.payload.get("alert", ""), self._now)
                leases.finish(conn, INBOX, row.id, row.fence, due_at=None, done_at=self._now, outcome=done.outcome)
        except LeaseLost:  # we were slower than our lease, and another has done it too
            return "lost"
        return done.outcome

    def _failed(self, row: Any, error: NotifierError) -> str:
        now = self._now
        wait = int(error.after.total_seconds() * SECOND) if isinstance(error, SlowDown) else _AGAIN
        is_over = now + wait > row.received_at + _GIVEN_UP
        last = {"done_at": now, "outcome": "failed"} if is_over else {}
        try:
            with self.db.write() as conn:
                due_at = None if is_over else now + wait
                leases.finish(conn, INBOX, row.id, row.fence, due_at=due_at, error=str(error), **last)
        except LeaseLost:
            return "lost"
        return "failed" if is_over else "later"
