"""`/v1/reports/weekly` and `/v1/reports/monthly`: the review of a week or a month, of what the caller may see."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import Path, Query, Request, Response
from pydantic import BeforeValidator, Field

from stalewatch.domain.reviewing import Every, Span, span_of
from stalewatch.services.measuring.forecast import today_of
from stalewatch.services.measuring.review import Review, last_ended, review
from stalewatch.services.measuring.review_told import review_told
from stalewatch.web.answers import record_answer
from stalewatch.web.asking import Reading, Text, given
from stalewatch.web.desk import At, Desk
from stalewatch.web.measured import Seen
from stalewatch.web.problems import Problem

Period = Annotated[Every, Path(description="What is reviewed: `weekly` (Monday to Sunday) or `monthly`.")]


class AskedReview(Reading):
    """`GET /v1/reports/{period}`"""

    of: Annotated[Annotated[str, Field(max_length=10)] | None, BeforeValidator(given)] = Field(
        None, description="Which one: 2026-W46 (weekly), 2026-11 (monthly); the last that ended if it is not said.",
        examples=["2026-W46"],
    )  # fmt: skip
    team: Text = Field(None, description="Only records of this team.", examples=["tokyo"])


class AskedReviewPage(AskedReview):
    """`GET /review`"""

    period: Annotated[Literal["weekly", "monthly"], BeforeValidator(lambda value: value or "weekly")] = Field(
        "weekly", description="weekly or monthly."
    )


def report(request: Request, desk: At, period: Period, asked: Annotated[AskedReview, Query()]) -> Response:
    """The review: what went quiet and came back, key figures, worst deals, rules, teams, forecast, lost leads, help."""
    told = review_told(reviewed(request, desk, period, asked), desk.reader(request))
    return record_answer(request, msgspec.to_builtins(told))


def reviewed(request: Request, desk: Desk, every: Every, asked: AskedReview) -> Review:
    """The review that is asked for, of what whoever asks may see."""
    reports, span, visible = desk.reports(request), _span(request, desk, every, asked), desk.visible(request)
    return Seen(request, desk).remembered(
        ("review", span, asked.team, reports.language),
        lambda: review(reports, span, desk.now, visible=visible, team=asked.team),
    )


def _span(request: Request, desk: Desk, every: Every, asked: AskedReview) -> Span:
    """The week or month that is asked for.

    Raises:
        Problem: 422 if it is none, or has not begun.
    """
    today = today_of(desk.reports(request), desk.now)
    if asked.of is None:
        return last_ended(every, today)
    found = span_of(every, asked.of)
    if found is None or found.first > today:
        what = "write a week as 2026-W46" if every is Every.WEEKLY else "write a month as 2026-11"
        said = what if found is None else "it has not begun"
        told = [{"in": "query", "name": "of", "message": said}]
        raise Problem(422, f"of: {said}", kind="invalid", errors=told)
    return found
