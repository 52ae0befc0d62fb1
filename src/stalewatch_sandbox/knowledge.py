"""What we learn of a deal as it goes from stage to stage: facts, people, money, forecast, the customer's approval."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from stalewatch.sdk.records import Value
from stalewatch_sandbox.pen import Pen
from stalewatch_sandbox.plots import ORDER, Plot

_DUE: Final = {
    "first_meeting": ("need",),
    "discovery": ("budget", "timeframe", "pain"),
    "proposal": ("impact", "metrics", "decision_process", "decision_date", "competitors", "customer_agreed_problem"),
    "evaluation": ("decision_criteria",),
    "negotiation": ("decision_criteria",),
}
"""Facts that one knows when a deal enters a stage."""
_PROPOSAL: Final = ORDER.index("proposal")
_FORECAST: Final = {"evaluation": "best_case", "approval": "best_case", "negotiation": "commit"}
_PEOPLE: Final = {"low": (2, 4), "mid": (5, 8), "high": (7, 11)}


class Knowledge:
    """Keeps what is known of one deal, and writes down what is new."""

    def __init__(self, pen: Pen, plot: Plot) -> None:
        self._pen, self._plot = pen, plot
        self._told: set[str] = set()
        story = plot.story
        self._skips = story.skips if story else frozenset[str]()
        self._all = pen.dice.between(*_PEOPLE[plot.frame.band])
        self._most = story.people if story and story.people else self._all
        self._amount = plot.frame.amount
        self._forecast = "pipeline"

    def begin(self, day: int, minute: int) -> None:
        """The deal is created: an amount, one person; of customers whom we know already, everybody."""
        pen, frame = self._pen, self._plot.frame
        pen.set(
            day, minute, amount=self._amount, forecast_category="pipeline", ringi_status="none",
            proposal_amount_confirmed=False, customer_agreed_problem=False,
        )  # fmt: skip
        pen.join(day, minute, 0)
        if frame.pipeline == "partner":
            pen.set(day, minute, partner=pen.dice.one_of(pen.book.partners))
        if frame.route[0] != "qualification":
            self.meet_sponsors(day, minute)

    def meet_sponsors(self, day: int, minute: int) -> None:
        """We meet the one who decides and the one who wants it; with few people they are the same."""
        if "sponsors" not in self._told:
            self._told.add("sponsors")
            if self._most < 2:
                self._pen.join(day, minute, 0, "champion", "decision_maker")
            else:
                self._pen.join(day, minute, 0, "champion")
                self._pen.join(day, minute, 1, "decision_maker")

    def enter(self, stage: str, day: int, minute: int) -> None:
        """Write down what one knows in this stage, in the ten minutes after it was entered."""
        self._catch_up(stage, day, minute + 4)
        if stage == "proposal":
            self._change_amount(self._pen.dice.between(90, 112), day, minute + 8)
            self._pen.set(day, minute + 8, proposal_amount_confirmed=True)
        if stage == "negotiation":
            self._change_amount(self._pen.dice.between(93, 98), day, minute + 8)
        if _FORECAST.get(stage, self._forecast) != self._forecast:
            self.forecast(_FORECAST[stage], day, minute + 9)

    def forecast(self, category: str, day: int, minute: int) -> None:
        """The forecast category changes."""
        self._forecast = category
        self._pen.set(day, minute, forecast_category=category)

    def cut(self, day: int, minute: int) -> None:
        """The customer wants much less."""
        self._change_amount(self._pen.dice.between(48, 62), day, minute)
        self._pen.set(day, minute, proposal_amount_confirmed=False)

    def mend(self, stage: str, day: int, minute: int) -> None:
        """What was skipped is found out at last, and a smaller amount is agreed on."""
        self._skips, self._most = frozenset(), self._all
        self._catch_up(stage, day, minute)
        if ORDER.index(stage) >= _PROPOSAL:
            self._pen.set(day, minute, proposal_amount_confirmed=True)

    def ringi(self, entered: int, left: int, *, is_approved: bool) -> None:
        """The customer's approval (ringi) goes from desk to desk; only Japanese customers show it."""
        pen = self._pen
        if pen.account.language != "ja":
            return
        submitted = entered + min(3, max(1, left - entered - 1))
        pen.set(entered, 17 * 60 + 45, ringi_status="drafting")
        at = pen.days.at(submitted, 11 * 60)
        pen.set(submitted, 11 * 60, ringi_status="submitted", ringi_submitted_at=at)
        pen.set(left, 9 * 60 + 20, ringi_status="approved" if is_approved else "rejected")

    def _catch_up(self, stage: str, day: int, minute: int) -> None:
        for earlier in ORDER[: ORDER.index(stage) + 1]:
            self._learn(_DUE.get(earlier, ()), day, minute)
        if ORDER.index(stage) >= _PROPOSAL:
            self._meet_everybody(day, minute)

    def _learn(self, names: tuple[str, ...], day: int, minute: int) -> None:
        for name in names:
            if name not in self._told and name not in self._skips:
                self._told.add(name)
                self._pen.set(day, minute, **{name: self._fact(name)})

    def _fact(self, name: str) -> Value:
        if name == "customer_agreed_problem":
            return True
        if name == "decision_date":
            return self._pen.days.date(self._plot.end) - timedelta(days=self._pen.dice.between(3, 9))
        return self._pen.dice.one_of(self._pen.book.facts[name])

    def _meet_everybody(self, day: int, minute: int) -> None:
        self.meet_sponsors(day, minute)
        pen = self._pen
        for contact in range(len(pen.known), min(self._most, self._all)):
            pen.join(day, minute, contact)
        if "economic_buyer" not in self._told and "economic_buyer" not in self._skips and self._most > 1:
            self._told.add("economic_buyer")
            if self._most > 2:
                pen.join(day, minute, 2, "economic_buyer")
            else:
                pen.join(day, minute, 1, "decision_maker", "economic_buyer")

    def _change_amount(self, percent: int, day: int, minute: int) -> None:
        changed = round(self._amount * percent / 1_000_000) * 10_000
        self._amount = changed if changed != self._amount else self._amount + 10_000
        self._pen.set(day, minute, amount=self._amount)
