"""Reviews are posted by themselves: each once, when its day and its hour have come, however many processes look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from stalewatch.clock import Clock
from stalewatch.delivery.review_post import KeyFigure, Posted
from stalewatch.domain.instants import DAY, MINUTE, to_day, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.reviewing import Every, Posting, Span, due_day
from stalewatch.services.judging.sources import Sources
from stalewatch.services.measuring.chores import REVIEW, claimed
from stalewatch.services.measuring.forecast import today_of
from stalewatch.services.measuring.review import Review, last_ended, review
from stalewatch.services.reporting.reports import Reports
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling import reviews as telling
from stalewatch.store.engine import Connection, Database

LATE: Final = 2 * DAY
"""A review that could not be posted for so long after its hour is not made up for: the dashboard has it."""


@dataclass(frozen=True, slots=True)
class ReviewPosts:
    """Posts the reviews of a project.

    Attributes:
        postings: `reviews:` of stalewatch.yaml.
    """

    db: Database
    clock: Clock
    book: Rulebook
    sources: Sources
    speaking: Speaking
    postings: Mapping[Every, Posting]

    def post(self) -> int:
        """Announce every review that is due and was not; returns how many. The next dispatch sends them."""
        now = to_us(self.clock.now())
        due = [one for span, posting in self._due(now) for one in self._missing(span, posting)]
        if not due:
            return 0
        made = 0
        with claimed(self.db, REVIEW) as holding:
            if holding is not None:
                made = sum(self._announce(*one, now, holding) for one in due)
        return made

    def _due(self, now: int) -> Iterator[tuple[Span, Posting]]:
        today = today_of(self._reports, now)
        for every, posting in self.postings.items():
            span = last_ended(every, today)
            at = self._moment(due_day(span, posting, self._is_worked), posting.minute)
            if at <= now < at + LATE:
                yield span, posting

    def _missing(self, span: Span, posting: Posting) -> Iterator[tuple[Span, str | None, str]]:
        """What is to be posted of a span and was not: the span, the team (None: all), the target."""
        for team, target in self._targets(posting):
            with self.db.read() as conn:
                if not telling.is_announced(conn, span.every.value, span.key, team, target):
                    yield span, team, target

    def _announce(
        self, span: Span, team: str | None, target: str, now: int, holding: Callable[[Connection], None]
    ) -> bool:  # fmt: skip
        """Worked out before anything is held, written at once; False if somebody else was quicker."""
        posted = _figures(review(self._reports, span, now, visible=None, team=team))
        with self.db.write() as conn:
            holding(conn)
            return telling.announce(conn, target, posted, now)

    def _targets(self, posting: Posting) -> Iterator[tuple[str | None, str]]:
        """(team, target) of everything that is posted of a span; the team is None for the whole company's."""
        if posting.channel is not None:
            yield None, f"channel:{posting.channel}"
        for team in posting.teams:
            if team in self.speaking.channels:
                yield team, f"channel:{self.speaking.channels[team]}"

    def _is_worked(self, day: date) -> bool:
        number = np.array([to_day(day)], np.int64)
        return bool(self.book.calendars.default.is_business_day(number)[0])

    def _moment(self, day: date, minute: int) -> int:
        midnight = self.book.calendars.default.midnight(np.array([to_day(day)], np.int64))
        return int(midnight[0]) + minute * MINUTE

    @property
    def _reports(self) -> Reports:
        return Reports(self.db, self.book, self.sources, self.speaking.language)


def _figures(found: Review) -> Posted:
    forecast, counted = found.forecast, found.lost.all
    return Posted(
        every=found.span.every.value, key=found.span.key, first=found.span.first, last=found.span.last,
        team=found.team, quiet=found.quiet.deals, back=found.back.deals, stalled=forecast.stalled.deals,
        deals=forecast.total.all.deals, resting=forecast.stalled.weighted, whole=forecast.total.all.weighted,
        currency=forecast.currency, lost=counted.unobserved, entered=counted.entered, waiting=len(found.needs_help),
        idle=len(found.about_rules.idle), limits=len(found.about_rules.limits),
        figures=[
            KeyFigure(
                kpi=one.now.kpi, value=one.now.value, over=float(one.now.over), of=float(one.now.of), before=one.before
            )
            for one in found.figures
        ],
    )  # fmt: skip
