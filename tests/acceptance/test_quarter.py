"""A quarter of a company, by Slack's own ledger: nobody hears too much, nothing twice or at night, and nothing is lost.

The small company lives through the days around Golden Week; the large one, in `make thorough`, through a quarter with
the change of the clocks in New York: 40 reps, 5 managers, 2,000 deals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays
import pytest
import sqlalchemy as sa

from stalewatch.delivery.slack.notifier import SlackNotifier
from stalewatch.store.tables import alerts, notices
from stalewatch_sandbox.pipeline import Size
from tests.acceptance.quarter import HOURS, Quarter, delivery_of, quarter

TOKYO: Final = ZoneInfo("Asia/Tokyo")
SMALL: Final = Size(open=40, closed=0, later=10, leads=5, per_rep=8)
WHOLE: Final = Size(open=1_000, closed=0, later=1_000, leads=200, per_rep=25)
OPENS, CLOSES = time(9), time(18, 30)
Show = Callable[[str, object], None]
HELD_FOR: Final = frozenset({
    "snoozed", "waiting", "claimed", "acknowledged", "crm_changed", "settling", "muted", "rollout", "digest",
    "quiet_hours", "budget_spent", "holdout", "resolved", "owner_changed", "backlog", "cannot_judge",
})  # fmt: skip
"""Every reason for which something late may not have been said, by name."""


@dataclass(frozen=True)
class Ledger:
    """What the two ledgers say of a quarter that is over: Slack's and the database's."""

    quarter: Quarter

    def nobody_hears_too_much(self) -> None:
        for (user, day), said in self.quarter.per_day().items():
            who = f"{self.quarter.member(user).email} on {day}: {dict(said)}"
            assert said["digest"] <= 1, who
            assert said.total() - said["digest"] <= 3, who

    def nobody_is_told_at_night(self) -> None:
        for one in self.quarter.posts():
            at = self.quarter.at_home(one)
            who = f"{self.quarter.member(one.user).email} at {at}: {one.text[:60]}"
            assert OPENS <= at.time() <= CLOSES, who
            assert is_workday(self.quarter.member(one.user).zone, at), who

    def each_message_is_one_delivery(self) -> None:
        """What Slack shows is what the database says was sent, each exactly once."""
        shown = Counter(delivery_of(one) for one in self.quarter.company.slack.workspace.ledger if one.kind == "post")
        assert [delivery for delivery, many in shown.items() if many > 1] == []
        assert shown.keys() == self.quarter.styles().keys()

    def no_deal_is_told_twice_for_one_episode(self) -> None:
        told = Counter((row.alert_id, row.kind, row.n, row.target) for row in self._notices() if row.state == "told")
        assert [key for key, many in told.items() if many > 1] == []
        late = Counter((row.alert_id, row.target) for row in self._notices() if told_as(row, "breach"))
        assert [key for key, many in late.items() if many > 1] == []

    def what_is_late_is_told_or_held_for_a_reason(self) -> Counter[str]:
        """Each alert that breached: what became of it, counted."""
        said: dict[str, list[Any]] = {}
        for row in self._notices():
            said.setdefault(row.alert_id, []).append(row)
        fates: Counter[str] = Counter()
        for alert in self._late():
            fate = self._fate(alert, said.get(alert.id, []))
            assert fate, f"nobody was told of {alert.id} ({alert.rule_id}, {alert.state}), and nobody can say why"
            fates[fate] += 1
        return fates

    def everybody_reads_their_own_language(self) -> None:
        for one in self.quarter.posts():
            speaks = self.quarter.member(one.user).locale
            assert is_japanese(words_of_ours(one.blocks)) == (speaks == "ja-JP"), (speaks, one.text)

    def _fate(self, alert: Any, said: list[Any]) -> str:
        heard = [row for row in said if told_as(row, "breach") or told_as(row, "reopen")]
        if heard:
            shown = {delivery_of(one) for one in self.quarter.company.slack.workspace.ledger if one.kind == "post"}
            assert {row.delivery_id for row in heard} <= shown, "told, and Slack has never seen it"
            return "told"
        held = next((row.reason for row in said if row.kind in ("breach", "reopen") and row.reason in HELD_FOR), None)
        if held is not None:
            return f"held: {held}"
        if any(row.state == "held" for row in said):
            return "undelivered"
        if alert.muted_by:
            return "held: muted"
        return f"held: {alert.state}" if alert.state in HELD_FOR else ""

    def _late(self) -> list[Any]:
        live = (alerts.c.breached_at.is_not(None), ~alerts.c.shadow, ~alerts.c.backlog)
        with self.quarter.project.db.read() as conn:
            return list(conn.execute(sa.select(alerts).where(*live)))

    def _notices(self) -> list[Any]:
        with self.quarter.project.db.read() as conn:
            return list(conn.execute(sa.select(notices).where(notices.c.alert_id.is_not(None))))


def told_as(row: Any, kind: str) -> bool:
    """Whether a notice was told, and said this."""
    return bool(row.state == "told" and row.kind == kind)


@lru_cache(maxsize=8)
def days_off(country: str, year: int) -> frozenset[Any]:
    """Public holidays, from the library's own tables."""
    return frozenset(holidays.country_holidays(country, years=year))


def is_workday(zone: str, at: datetime) -> bool:
    """Whether people work there on that day."""
    return at.weekday() < 5 and at.date() not in days_off(HOURS[zone], at.year)


def words_of_ours(blocks: Any) -> str:
    """What stands on the buttons: no customer's name is among it."""
    within = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return " ".join(element["text"]["text"] for element in within if "text" in element)


def is_japanese(text: str) -> bool:
    return any("\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" for letter in text)


def proves_itself(quarter: Quarter, show: Show) -> None:
    """Everything that a quarter has to hold, and its figures shown."""
    ledger = Ledger(quarter)
    fates = ledger.what_is_late_is_told_or_held_for_a_reason()
    show("figures", "\n".join([*quarter.per_week(), f"late: {dict(fates)}", f"answered: {dict(quarter.answers)}"]))
    ledger.each_message_is_one_delivery()
    ledger.no_deal_is_told_twice_for_one_episode()
    ledger.nobody_is_told_at_night()
    ledger.nobody_hears_too_much()
    ledger.everybody_reads_their_own_language()
    assert fates["told"] > 0
    assert quarter.answers["sent"] > 0
    assert quarter.failures == []


@pytest.fixture(autouse=True)
def a_second_apart_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message a second and channel has its own test."""
    monkeypatch.setattr(SlackNotifier, "seconds_apart", 0.0)


def test_golden_week_in_a_small_company(tmp_path: Path, record_property: Show) -> None:
    begin = datetime(2026, 4, 28, 9, 5, tzinfo=TOKYO)
    with quarter(tmp_path, SMALL, begin, begin + timedelta(days=8)) as days:
        days.until(begin + timedelta(days=10), every=timedelta(hours=4))
        proves_itself(days, record_property)


@pytest.mark.slow
def test_a_quarter_of_40_reps_and_2000_deals(tmp_path: Path, record_property: Show) -> None:
    begin = datetime(2026, 3, 2, 0, 5, tzinfo=TOKYO)
    with quarter(tmp_path, WHOLE, begin, begin + timedelta(days=45)) as months:
        assert len(months.company.world.staff.reps) == 40
        assert len(months.company.world.deals) == 2_000
        months.until(begin + timedelta(days=91), every=timedelta(hours=1))
        proves_itself(months, record_property)
