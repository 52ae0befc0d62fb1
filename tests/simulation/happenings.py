"""What befalls the company and its watcher on the way from one due moment to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stalewatch.domain.instants import HOUR, to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.errors import WriteUnknown
from stalewatch.sdk.writing import Fields, Note, Task
from stalewatch.services.answering.acts import Acknowledge, Act, Claim, FalseAlarm, Hold, Lose, LossTag, Mistake, Snooze
from stalewatch.services.answering.respond import Office, respond
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.services.writing.asking import NotAllowed, ask
from stalewatch.store import records
from stalewatch.store.errors import ChangedMeanwhile, LeaseLost
from stalewatch.store.tables import alerts, deals
from tests.simulation import rules
from tests.simulation.plan import Happening, What

if TYPE_CHECKING:
    from tests.simulation.play import Play

QUIET: Final = frozenset(What) - {What.RULES, What.ANSWER, What.WISH}
"""What happens without writing into the database."""
LOST_RACES: Final = (ChangedMeanwhile, LeaseLost, RulesMoved)


def happens(play: Play, one: Happening) -> bool:
    """Let it happen, and say so."""
    said = _HAPPENS[one.what](play, one.number)
    play.say(f"{one.what}: {said}" if said else one.what.value)
    return True


def _edit(play: Play, _number: int) -> str:
    return play.firm.edit(play.now)


def _rules(play: Play, number: int) -> str:
    play.edition = number % rules.EDITIONS
    play.begins_anew()
    return f"edition {play.edition}"


def _answer(play: Play, number: int) -> str:
    """Somebody answers what they were told of."""
    told = [row for row in play.rows(alerts) if row.state != "resolved" and row.breach_told_at is not None]
    if not told:
        return "nobody was told of anything"
    row = told[number % len(told)]
    act = _act(number, play.now)
    office = Office(book=play.book, allowed={"crm": Writeback.FIELDS})
    try:
        came = respond(play.db, play.clock, office, row.id, act, actor="sato@acme.example", visible=None)
    except LOST_RACES as error:
        return f"{type(error).__name__}"
    return f"{type(act).__name__} of {row.record_id} {row.rule_id}: {came.refusal or 'taken'}"


def _wish(play: Play, number: int) -> str:
    there = play.rows(deals, deals.c.gone_at.is_(None), deals.c.is_open)
    if not there:
        return "there is no deal"
    wish = (Fields(next_step="call"), Note(text="x"), Task(text="x", due=date(2027, 6, 1)))[number % 3]
    play.crm.loses.append((None, WriteUnknown("no answer"), None)[number % 3])
    with play.db.write() as conn:
        [row] = records.read_by_ids(conn, "deal", [there[number % len(there)].id])
        try:
            ask(conn, Writeback.FIELDS, row, wish, actor="sato@acme.example", now=play.us)
        except NotAllowed as error:
            return error.why.value
    return f"{type(wish).__name__} into {row.id}"


def _away(play: Play, _number: int) -> None:
    play.crm.away = True


def _back(play: Play, _number: int) -> None:
    play.crm.away = False


def _breaks(play: Play, _number: int) -> None:
    play.crm.breaks += 1


def _revoked(play: Play, _number: int) -> None:
    play.ledger.revoked = True


def _mended(play: Play, _number: int) -> None:
    play.ledger.revoked = False


def _blind(play: Play, _number: int) -> None:
    play.ledger.blind = True


def _seeing(play: Play, _number: int) -> None:
    play.ledger.blind = False


def _death(play: Play, number: int) -> str:
    play.db.lives, play.db.is_sudden = number % 12, number % 2 == 0
    return f"{'before' if play.db.is_sudden else 'after'} commit {play.db.lives}"


def _freeze(play: Play, number: int) -> str:
    play.db.sleeps = number % 10
    return f"{play.db.sleeps} transactions on"


_HAPPENS: Final[dict[What, Callable[[Play, int], str | None]]] = {
    What.EDIT: _edit, What.RULES: _rules, What.ANSWER: _answer, What.WISH: _wish,
    What.AWAY: _away, What.BACK: _back, What.BREAKS: _breaks, What.REVOKED: _revoked,
    What.MENDED: _mended, What.BLIND: _blind, What.SEEING: _seeing, What.DEATH: _death,
    What.FREEZE: _freeze,
}  # fmt: skip


def _act(number: int, now: datetime) -> Act:
    later = to_us(now) + (1 + number % 4) * 24 * HOUR
    day = (now + timedelta(days=2 + number % 5)).date()
    acts: tuple[Act, ...] = (
        Acknowledge(), Claim(), Snooze(until=later, reason="later"), FalseAlarm(why=Mistake.HANDLED),
        Hold(until=day, who="Mori", reason="budget", evidence="mail"), Lose(tag=LossTag.BUDGET, note="x"),
    )  # fmt: skip
    return acts[number % len(acts)]
