"""The query parameters of the pages: those of the API, with leads among the objects."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from stalewatch.web.asking import Asked, Reading, Soon, given


class _Listed(Asked):
    object: Annotated[Literal["deal", "partner_deal", "lead"] | None, BeforeValidator(given)] = Field(
        None, description="Only this kind of record; without it deals and partner deals."
    )

    @property
    def leads(self) -> bool:
        """The list is of leads."""
        return self.object == "lead"


class StalledPage(_Listed):
    """`GET /`"""


class DueSoonPage(Soon, _Listed):
    """`GET /due-soon`"""


class SignInPage(Reading):
    """`GET /sign-in`"""

    next: str = Field("/", max_length=2000, description="Where to go then: a path of this dashboard.")
