"""The query parameters of the lists: what they mean, and which values they take."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.durations import parse
from stalewatch.services.alerting.people import called
from stalewatch.services.reporting.reports import Filters, Page, Sort
from stalewatch.wiring import Stalewatch

LARGEST_PAGE: Final = 200
_MOST_AMOUNT: Final = 10**15


def plain(text: str) -> str:
    """The text, if it can stand in a database.

    Raises:
        ValueError: it holds control characters or half a character.
    """
    if any(character < " " or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("control characters are not allowed")
    return text


def given(value: Any) -> Any:
    """A parameter without a value, as forms send them, was not given."""
    return None if value == "" else value


def span(text: str) -> str:
    """The text, if it says a span of time.

    Raises:
        ValueError: it does not.
    """
    if parse(text) is None:
        raise ValueError("write a span of time like 7d, 5bd, 24h or 2w")
    return text


_PLAIN: Final[dict[str, Any]] = {"pattern": "^[^\\u0000-\\u001f]*$"}
_SPAN: Final[dict[str, Any]] = {"pattern": "^[1-9][0-9]{0,2}(m|h|d|bd|w)$"}
_NUMBER: Final = {"type": "number", "minimum": 0, "maximum": _MOST_AMOUNT}
Text = Annotated[
    Annotated[str, Field(max_length=200, json_schema_extra=_PLAIN), AfterValidator(plain)] | None,
    BeforeValidator(given),
]
Amount = Annotated[Decimal, Field(ge=0, le=_MOST_AMOUNT, allow_inf_nan=False), WithJsonSchema(_NUMBER)]
Cursor = Annotated[str, Field(max_length=2000)]


class Reading(BaseModel):
    """What everything that is read understands."""

    model_config = ConfigDict(extra="forbid")

    lang: Annotated[Literal["en", "ja"] | None, BeforeValidator(given)] = Field(
        None, description="Language of titles and explanations; else `Accept-Language`."
    )


class Asked(Reading):
    """What both lists understand."""

    owner: Text = Field(None, description="E-mail address, name or id of the owner.", examples=["sato@acme.example"])
    team: Text = Field(None, description="Team of the owner.", examples=["tokyo"])
    pipeline: Text = Field(None, description="Pipeline, by its name in the field catalogue.", examples=["new_business"])
    stage: Text = Field(None, description="Stage, by its name in the field catalogue.", examples=["proposal"])
    rule: Text = Field(None, description="Only records of which a deadline of this rule is a reason.")
    severity: Annotated[Literal["info", "warning", "critical"] | None, BeforeValidator(given)] = Field(
        None, description="Only records with a reason of this severity."
    )
    min_amount: Annotated[Amount | None, BeforeValidator(given)] = Field(
        None, description="Least amount, in the project's currency.", examples=[1_000_000]
    )
    connection: Text = Field(None, description="Only records of this connection.", examples=["sf"])
    q: Text = Field(None, description="A piece of the name, in any case.")
    sort: Annotated[Sort | None, BeforeValidator(given)] = Field(
        None, description="By what to sort; the list's own way if it is not said."
    )
    order: Annotated[Literal["asc", "desc"] | None, BeforeValidator(given)] = Field(
        None, description="Upwards or downwards; each sort has its own natural way."
    )
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="Length of the page.")
    next: Annotated[Cursor | None, BeforeValidator(given)] = Field(
        None, description="Where the page begins: `next` of the page before."
    )

    def page(self) -> Page:
        """The page that is asked for."""
        falling = None if self.order is None else self.order == "desc"
        return Page(sort=self.sort, falling=falling, limit=self.limit, after=self.next)

    def filters(
        self, project: Stalewatch, obj: str | None, named: Callable[[str], frozenset[str]] | None = None
    ) -> Filters:
        """The records that are asked for; an owner whom nobody knows has none.

        Args:
            named: finds the ids of the people whom a text names; None: they are looked up among all.
        """
        owners = None
        if self.owner is not None:
            owners = named(self.owner) if named else called(project.db, project.speaking, self.owner)[0]
        amount = None if self.min_amount is None else int(self.min_amount * 100)
        return Filters(
            obj=obj, connection=self.connection, owners=owners, team=self.team, pipeline=self.pipeline,
            stage=self.stage, rule=self.rule, severity=self.severity, min_amount=amount, q=self.q,
        )  # fmt: skip


class _OfDeals(BaseModel):
    object: Annotated[Literal["deal", "partner_deal"] | None, BeforeValidator(given)] = Field(
        None, description="Only this kind of deal."
    )


class Soon(BaseModel):
    """How near a deadline has to be."""

    within: Annotated[str, AfterValidator(span)] = Field(
        "7d", max_length=20, description="How near: 7d, 5bd, 24h, 2w.", examples=["7d"], json_schema_extra=_SPAN
    )

    def microseconds(self, project: Stalewatch, now: int) -> int:
        """The span from now; business days by the project's own calendar."""
        length = parse(self.within)
        assert isinstance(length, Duration)  # noqa: S101 - `span` has seen it
        return ahead(project, length, now)


def ahead(project: Stalewatch, length: Duration, now: int) -> int:
    """A span from now in microseconds; business days by the project's own calendar."""
    return int(project.rulebook.calendars.default.add(np.array([now], np.int64), length)[0]) - now


class StalledDeals(_OfDeals, Asked):
    """`GET /v1/deals/stalled`"""


class DealsDueSoon(_OfDeals, Soon, Asked):
    """`GET /v1/deals/due-soon`"""


class StalledLeads(Asked):
    """`GET /v1/leads/stalled`"""


class LeadsDueSoon(Soon, Asked):
    """`GET /v1/leads/due-soon`"""
