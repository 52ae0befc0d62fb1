"""`GET /v1/rules`: every rule in force, and what it did this week. It counts, and so runs in the thread pool."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import Query, Request, Response
from pydantic import BeforeValidator, Field

from stalewatch.services.reporting.rule_figures import Counted, rule_figures
from stalewatch.services.reporting.rule_list import (
    RuleFilters,
    RuleItem,
    RulePage,
    RuleSort,
    listed,
    rule_items,
    rules_as_csv,
)
from stalewatch.services.rules.tested import tested
from stalewatch.web.answers import list_answer
from stalewatch.web.asking import LARGEST_PAGE, Cursor, Reading, Text, given
from stalewatch.web.counting import Counting, StillCounting
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import BEING_COUNTED, Problem

PATIENCE: Final = 15.0
"""Seconds that the API waits for figures that were never counted before."""


class Rules(Reading):
    """`GET /v1/rules`"""

    mode: Annotated[Literal["live", "shadow", "off"] | None, BeforeValidator(given)] = Field(
        None, description="Only rules in this mode."
    )
    pack: Text = Field(None, description="Only rules of this pack.", examples=["default"])
    tag: Text = Field(None, description="Only rules with this tag.")
    q: Text = Field(None, description="A piece of the id, the title or the reason, in any case.")
    sort: Annotated[RuleSort, BeforeValidator(lambda value: value or RuleSort.WRITTEN)] = Field(
        RuleSort.WRITTEN, description="By what to sort: as the files have them, or by one of the figures."
    )
    order: Annotated[Literal["asc", "desc"] | None, BeforeValidator(given)] = Field(
        None, description="Upwards or downwards; figures begin with the greatest."
    )
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="Length of the page.")
    next: Annotated[Cursor | None, BeforeValidator(given)] = Field(
        None, description="Where the page begins: `next` of the page before."
    )

    @property
    def filters(self) -> RuleFilters:
        """The rules that are asked for."""
        return RuleFilters(mode=self.mode, pack=self.pack, tag=self.tag, q=self.q)

    @property
    def page(self) -> RulePage:
        """The page that is asked for."""
        return RulePage(self.sort, None if self.order is None else self.order == "desc", self.limit, self.next)


def rules(request: Request, desk: At, asked: Annotated[Rules, Query()]) -> Response:
    """Every rule in force: what it says, since when it is live, and what it did this week."""
    counted = counted_for(request, desk, PATIENCE)
    if counted is None:
        said = "What the rules did is still being counted. Ask again in a moment."
        raise Problem(503, said, kind=BEING_COUNTED, headers={"Retry-After": "10"})
    found = listed(items_of(request, desk, counted), counted, asked.filters, asked.page)
    return list_answer(request, found, rules_as_csv)


def counting() -> Counting:
    """Where an application keeps what it counted."""
    return Counting()


def counted_for(request: Request, desk: Desk, patience: float) -> Counted | None:
    """What each rule did, over the records that the caller may see; None while it is being counted."""
    counting: Counting = request.app.state.rule_figures
    own, visible, now = desk.project, desk.visible(request), desk.now
    key = (own.rulebook.version, visible)
    try:
        return counting.of(
            key, lambda: rule_figures(own.db, own.rulebook, own.sources, now, visible), patience=lambda: patience
        ).value
    except StillCounting:
        return None


def items_of(request: Request, desk: Desk, counted: Counted) -> list[RuleItem]:
    """Every rule with these figures, in the reader's language."""
    own = desk.project
    known = tested(own.rulebook.rules.rules, own.settings.rules)
    return rule_items(own.rulebook, own.settings, counted, known, desk.reader(request))
