"""A company of many sellers for a quarter: both CRMs, Slack, people who answer, and what the ledgers say in the end.

Everything is real but time and the other side's servers. What was said is read from Slack's own ledger; what should
have been said, and why something was not, from the database.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from stalewatch import wiring
from stalewatch.clock import FixedClock
from stalewatch.store.tables import deliveries, inbox
from stalewatch.wiring.cycles import cycle_of
from stalewatch_sandbox.company import Simulated, simulated
from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.pipeline import Size
from stalewatch_sandbox.slack.views import View
from stalewatch_sandbox.slack.workspace import Entry, User
from stalewatch_sandbox.staff import Seller
from tests.acceptance.fortnight import served
from tests.patience import soon

HOUR: Final = timedelta(hours=1)
PREFIX: Final = "stalewatch."
MANAGERS: Final = 5
RULES: Final = "stalewatch: 1\npack: quarter\ninclude: [{}]\n"
PROJECT: Final[Mapping[str, Any]] = {
    "stalewatch": 1, "rules": ["rules/"],
    "calendars": {
        "tokyo": {"tz": "Asia/Tokyo", "hours": "09:00-18:00", "days": "mon-fri", "holidays": "JP"},
        "singapore": {"tz": "Asia/Singapore", "hours": "09:00-18:00", "days": "mon-fri", "holidays": "SG"},
        "new_york": {"tz": "America/New_York", "hours": "09:00-17:30", "days": "mon-fri", "holidays": "US"},
        "choose": [
            {"team": "Americas", "use": "new_york"}, {"team": "APAC Sales", "use": "singapore"}, {"use": "tokyo"},
        ],
    },
    "defaults": {"language": "owner", "mode": "shadow", "warn": "3bd", "keep_for": "2h", "reopen_within": "3bd",
                 "currency": "JPY", "rollout": {"grace": "5bd", "max_new_alerts_per_owner": 5}},
    "modes": {"quarter": "live", "default": "live", "leads": "live"},
    "storm_guard": "off",
    "quiet": {"send_between": "09:00-18:30", "days": "calendar"},
    "budget": {"immediate_per_day": 3, "digests_per_day": 1, "escalations_per_manager_per_day": 5},
    "routes": [
        {"name": "critical", "where": {"severity": "critical"}, "to": ["owner"], "style": "immediate"},
        {"name": "everything else", "to": ["owner"], "style": "digest", "digest": {"at": "09:00"}},
    ],
    "escalations": {
        "standard": [
            {"after": "3bd", "to": ["owner"], "say": "again"},
            {"after": "5bd", "to": ["owner.manager"], "style": "digest", "stop": True},
        ],
        "fast": [{"after": "1bd", "to": ["owner.manager"], "style": "digest", "stop": True}],
    },
}  # fmt: skip
HOURS: Final = {"Asia/Tokyo": "JP", "Asia/Singapore": "SG", "America/New_York": "US"}


@dataclass
class Quarter:
    """A company, its stalewatch, and time."""

    company: Simulated
    project: wiring.Stalewatch
    dice: Dice
    answers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._cycle = cycle_of(self.project)
        self._read = 0
        self.failures: list[str] = []

    def until(self, end: datetime, *, every: timedelta) -> None:
        """Time passes and people work; after each look those who were told something may answer."""
        while self.company.clock.now() < end:
            now = self.company.advance(min(every, end - self.company.clock.now()))
            clock = self.project.clock
            assert isinstance(clock, FixedClock)
            clock.move_to(now)
            self.failures += self._cycle.run(force=True).failures
            self._people_answer()

    # ------------------------------------------------------------------------------------------- people

    def _people_answer(self) -> None:
        """Of those whom something reached since the last look, every third presses a button of it at once."""
        ledger = self.company.slack.workspace.ledger
        news, self._read = ledger[self._read :], len(ledger)
        for entry in news:
            if entry.kind == "post" and entry.user and self.dice.chance(0.33):
                self._answers(entry)

    def _answers(self, entry: Entry) -> None:
        slack = self.company.slack
        message = slack.workspace.channels[entry.channel].messages[entry.ts]
        elements = [each for each in _elements(message.blocks) if "url" not in each]
        if not elements:
            return
        chosen = self._used(self.dice.one_of(elements))
        assert slack.interactions.press(entry.user, message, chosen).status == 200
        assert soon(self._is_done), "what was pressed has no effect"
        view = slack.api.views.modal_of(entry.user)
        self.answers[_kind(chosen)] += 1
        if view is not None:
            self._fills_in(entry.user, view)

    def _used(self, element: dict[str, Any]) -> dict[str, Any]:
        if element["type"] != "overflow":
            return element
        return {**element, "selected_option": self.dice.one_of(element["options"])}

    def _fills_in(self, user: str, view: View) -> None:
        """A form is filled in with something sensible, sent, and closed."""
        slack = self.company.slack
        if view.said.get("submit"):
            zone = ZoneInfo(slack.workspace.users[user].zone)
            today = self.company.clock.now().astimezone(zone).date()
            values = _filled(view.said["blocks"], today, self.dice)
            # Slack waits for three seconds; on a busy machine a person is told of trouble, and sends the form again.
            assert any(slack.interactions.submit(user, view, values).status == 200 for _ in range(3))
            self.answers["sent" if not view.errors else f"refused: {sorted(view.errors)}"] += 1
        slack.interactions.dismiss(user, view)

    def _is_done(self) -> bool:
        """What was pressed has had its effect."""
        with self.project.db.read() as conn:
            return conn.execute(sa.select(inbox.c.id).where(inbox.c.due_at.is_not(None))).first() is None

    # ------------------------------------------------------------------------------------------- the ledger

    def posts(self) -> list[Entry]:
        """Everything that reached a person by itself: what they only saw because they pressed something is none."""
        return [one for one in self.company.slack.workspace.ledger if one.kind == "post" and one.user]

    def styles(self) -> dict[str, str]:
        """Delivery -> digest, immediate or operator, of everything that was ever sent."""
        with self.project.db.read() as conn:
            sent = conn.execute(sa.select(deliveries.c.id, deliveries.c.style).where(deliveries.c.state == "sent"))
            return {row.id: row.style for row in sent}

    def member(self, user: str) -> User:
        """Somebody in Slack."""
        return self.company.slack.workspace.users[user]

    def at_home(self, entry: Entry) -> datetime:
        """When somebody was told something, by the clock on their wall."""
        return entry.at.astimezone(ZoneInfo(self.member(entry.user).zone))

    def per_day(self) -> dict[tuple[str, date], Counter[str]]:
        """(person, local date) -> how many messages of each style."""
        styles, days = self.styles(), defaultdict[tuple[str, date], Counter[str]](Counter)
        for one in self.posts():
            days[one.user, self.at_home(one).date()][styles[delivery_of(one)]] += 1
        return days

    def per_week(self) -> list[str]:
        """A table: each person's messages of each week, and on average."""
        weeks = defaultdict[str, Counter[tuple[int, int]]](Counter)
        for one in self.posts():
            weeks[one.user][self.at_home(one).isocalendar()[:2]] += 1
        known = sorted({week for each in weeks.values() for week in each})
        head = "person".ljust(24) + "".join(f"  W{week:02}" for _, week in known) + "    a week"
        rows = [
            self.member(user).email.partition("@")[0][:23].ljust(24)
            + "".join(f"{each[week]:5}" for week in known)
            + f"{each.total() / max(len(known), 1):10.1f}"
            for user, each in sorted(weeks.items(), key=lambda item: self.member(item[0]).email)
        ]
        return [head, *rows]


def delivery_of(entry: Entry) -> str:
    """The delivery that a message of ours names in its metadata."""
    assert entry.metadata is not None, "a message without our mark"
    return str(entry.metadata["event_payload"]["delivery_id"])


def _elements(blocks: Any) -> list[dict[str, Any]]:
    within = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    beside = [block["accessory"] for block in blocks if block.get("accessory")]
    return [one for one in (*within, *beside) if one.get("action_id", "").startswith(PREFIX)]


def _kind(element: Mapping[str, Any]) -> str:
    option = element.get("selected_option") or {}
    return str(option.get("value", "").partition(":")[0] or element["action_id"].removeprefix(PREFIX))


def _filled(blocks: Any, today: date, dice: Dice) -> dict[str, dict[str, dict[str, Any]]]:
    """What a person writes into each field of a form."""
    fields = [block for block in blocks if block["type"] == "input"]
    return {
        block["block_id"]: {block["element"]["action_id"]: _given(block["element"], today, dice)} for block in fields
    }


def _given(element: Mapping[str, Any], today: date, dice: Dice) -> dict[str, Any]:
    kind = element["type"]
    match kind:
        case "datepicker":
            return {"type": kind, "selected_date": (today + timedelta(days=dice.between(2, 9))).isoformat()}
        case "timepicker":
            return {"type": kind, "selected_time": element.get("initial_time", "14:00")}
        case "plain_text_input":
            return {"type": kind, "value": element.get("initial_value") or "The customer asked for it"}
        case "radio_buttons" | "static_select":
            return {"type": kind, "selected_option": dice.one_of(element["options"])}
        case "checkboxes":
            return {"type": kind, "selected_options": []}
    raise AssertionError(f"nobody knows how to fill in {kind}")


@contextmanager
def quarter(
    folder: Path, size: Size, begin: datetime, about: datetime, *, seed: int = 7, database: str = "",
    packs: Sequence[str] = ("default",),
) -> Iterator[Quarter]:  # fmt: skip
    """A company from a moment on, half of its deals in each CRM, its people in five departments.

    Args:
        about: when its troubles show; before and after that its life is what it is.
    """
    ticks = iter(range(0, 10**9, 2))  # the seconds in which Slack and HubSpot count: two pass whenever they look
    with ExitStack() as stack:
        company = stack.enter_context(
            simulated(begin, seed=seed, size=size, about=about, ticks=lambda: float(next(ticks)))
        )
        company.hubspot.api.limits.allowance.burst = company.hubspot.api.limits.allowance.searches = None
        (folder / "rules").mkdir()
        (folder / "rules" / "quarter.yaml").write_text(RULES.format(", ".join(packs)), "utf-8")
        told = {
            **PROJECT, "database": database or "sqlite:///stalewatch.db", "connections": _connections(company),
            "notify": company.notify(), "people": departments(company),
        }  # fmt: skip
        (folder / "stalewatch.yaml").write_text(json.dumps(told), "utf-8")
        project = wiring.open_project(folder / "stalewatch.yaml", now=begin, env=company.environment())
        stack.callback(project.close)
        company.slack.interactions.request_url = stack.enter_context(served(project)) + "/slack/actions"
        yield Quarter(company, project, Dice(seed, "answers"))


def _connections(company: Simulated) -> list[dict[str, Any]]:
    """The connections; HubSpot's allows itself as many calls a second as it likes: a quarter passes in minutes."""
    plenty = {"limits": {"searches": 1_000, "burst": 1_000}}
    return [one | plenty if one["type"] == "hubspot" else one for one in company.connections()]


def departments(company: Simulated) -> dict[str, dict[str, str]]:
    """`people:` by which teams have at most five managers among them; nobody is their own."""
    staff = company.world.staff
    heads = staff.managers[:MANAGERS]
    return {rep.email: {"manager": _head(rep, heads).email} for rep in staff.reps}


def _head(rep: Seller, heads: tuple[Seller, ...]) -> Seller:
    number = int((rep.manager or "m001").removeprefix("m")) - 1
    return heads[number % len(heads)]
