"""The query parameters of the pages: those of the API, with leads among the objects."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from stalewatch.web.asking import Asked, Reading, Soon, given, span


class _Listed(Asked):
    object: Annotated[Literal["deal", "partner_deal", "lead"] | None, BeforeValidator(given)] = Field(
        None, description="Only this kind of record; without it deals and partner deals."
    )

    @property
    def leads(self) -> bool:
        """The list is of leads."""
        return self.object == "lead"


class StalledPage(_Listed):
    """`GET /stalled`, and the old addresses of that list at `/`."""


class DueSoonPage(Soon, _Listed):
    """`GET /due-soon`"""

    within: Annotated[str, AfterValidator(span)] = Field(
        "30d", max_length=20, description="How near: 7d, 5bd, 24h, 2w."
    )
    day: Annotated[date | None, BeforeValidator(given)] = Field(
        None, description="Only what breaks on this date, by the project's own calendar."
    )


class RecordPage(Reading):
    """`GET /deals/{id}`, `GET /leads/{id}`"""

    act: Annotated[str | None, BeforeValidator(given)] = Field(
        None, max_length=200, description="Show the form of this button."
    )
    alert: Annotated[str | None, BeforeValidator(given)] = Field(
        None, max_length=200, description="What it is about, if there are several: `id` of an alert."
    )


class SignInPage(Reading):
    """`GET /sign-in`"""

    next: str = Field("/", max_length=2000, description="Where to go then: a path of this dashboard.")


class StartPage(SignInPage):
    """`GET /sign-in/start`"""

    another: bool = Field(False, description="Let the reader choose with which account.")
