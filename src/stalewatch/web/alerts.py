"""`GET /v1/alerts`: every alert, whatever its state. It reads by index, and so runs on the event loop itself."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import BeforeValidator, Field

from stalewatch.domain.alerts import AlertState
from stalewatch.services.alerting.people import called
from stalewatch.services.reporting.alert_list import AlertFilters, AlertSort, alerts_listed
from stalewatch.services.reporting.exporting import alerts_as_csv
from stalewatch.services.reporting.reports import Page
from stalewatch.web.answers import list_answer
from stalewatch.web.asking import LARGEST_PAGE, Cursor, Reading, Text, given
from stalewatch.web.desk import At
from stalewatch.wiring import Stalewatch


class Alerts(Reading):
    """`GET /v1/alerts`"""

    state: Annotated[AlertState | None, BeforeValidator(given)] = Field(
        None, description="Only alerts in this state; without it all that are not resolved."
    )
    rule: Text = Field(None, description="Only alerts of this rule.", examples=["no-next-meeting"])
    severity: Annotated[Literal["info", "warning", "critical"] | None, BeforeValidator(given)] = Field(
        None, description="Only alerts of this severity."
    )
    owner: Text = Field(None, description="E-mail address, name or id of the owner.", examples=["sato@acme.example"])
    connection: Text = Field(None, description="Only alerts on records of this connection.", examples=["sf"])
    record: Text = Field(None, description="Only alerts on this record.", examples=["sf:0065e00001AbCdE"])
    sort: Annotated[AlertSort, BeforeValidator(lambda value: value or AlertSort.DUE)] = Field(
        AlertSort.DUE, description="By what to sort: by the deadline, the opening, or the last change."
    )
    order: Annotated[Literal["asc", "desc"] | None, BeforeValidator(given)] = Field(
        None, description="Upwards or downwards; the first due, or the latest opened or changed, stands first."
    )
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="Length of the page.")
    next: Annotated[Cursor | None, BeforeValidator(given)] = Field(
        None, description="Where the page begins: `next` of the page before."
    )

    def filters(self, project: Stalewatch) -> AlertFilters:
        """The alerts that are asked for; an owner whom nobody knows has none."""
        owners = None if self.owner is None else called(project.db, project.speaking, self.owner)[0]
        return AlertFilters(
            state=None if self.state is None else self.state.value, rule=self.rule, severity=self.severity,
            connection=self.connection, record=self.record, owners=owners,
        )  # fmt: skip


async def alerts(request: Request, desk: At, asked: Annotated[Alerts, Query()]) -> Response:
    """Alerts, the first due first: one item per episode, with its record, how it stands, and who answered it."""
    project, falling = desk.project, None if asked.order is None else asked.order == "desc"
    page = Page(falling=falling, limit=asked.limit, after=asked.next)
    listing = alerts_listed(
        project.db, project.rulebook, project.sources, asked.filters(project), desk.now,
        visible=desk.visible(request), language=desk.language(request), sort=asked.sort, page=page,
    )  # fmt: skip
    return list_answer(request, listing, alerts_as_csv)
