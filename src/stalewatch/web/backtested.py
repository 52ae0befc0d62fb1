"""`GET /v1/rules/{id}/backtest`: what a rule would have said over the past, over what the caller may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response
from pydantic import Field

from stalewatch.domain.instants import from_us
from stalewatch.services.access.principals import Visible
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.plain import backtest_data
from stalewatch.services.learning.rules_tried import Tried, tried_on
from stalewatch.web.answers import record_answer
from stalewatch.web.asking import Reading
from stalewatch.web.desk import At, Desk
from stalewatch.web.figures import figures_of
from stalewatch.web.problems import Problem

LONGEST: Final = 730
"""Days of a horizon."""


class Backtesting(Reading):
    """`GET /v1/rules/{id}/backtest`"""

    horizon: int = Field(60, ge=1, le=LONGEST, description="Days after a breach within which a win says it was wrong.")


def backtest_of(
    request: Request, desk: At, id: Annotated[str, Path(max_length=200, description="Id of the rule.")],  # noqa: A002
    asked: Annotated[Backtesting, Query()],
) -> Response:  # fmt: skip
    """What a rule would have said over the past that is kept: how often, how early, to whom, and whether rightly."""
    if id not in desk.project.rulebook.by_id:
        raise Problem(404, "There is no such rule, or it is off.")
    visible, key = desk.visible(request), ("backtest", desk.project.rulebook.version, id, asked.horizon)
    return record_answer(request, figures_of(request).of(key, lambda: told(desk, id, asked.horizon, visible)))


def told(desk: Desk, rule: str, horizon: int, visible: Visible | None) -> Mapping[str, Any]:
    """The answer, as programs read it."""
    done, now = past_of(desk, rule, horizon, visible), desk.now
    found, lacking = done.found.get(rule), done.blind.get(rule)
    records = sum(len(one.ids) for one in done.history.values())
    return {
        "rule": rule, "as_of": from_us(now).isoformat(), "records": records,
        "cannot_be_tried": None if lacking is None else {"fields": list(lacking)},
        "backtest": None if found is None else backtest_data(found),
        "left_out": {why: many for one in done.history.values() for why, many in one.left_out.items()},
    }  # fmt: skip


def past_of(desk: Desk, rule: str, horizon: int, visible: Visible | None) -> Tried:
    """The rule tried on what is kept; this takes long."""
    own = desk.project
    asked = Asked(as_of=desk.now, horizon=float(horizon))
    return tried_on(own.db, own.rulebook, [one.id for one in own.settings.connections], asked, {rule}, visible)
