"""`/look`: how a browser wants the pages, its language and its colours, kept in cookies that hold nothing else."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from stalewatch.web.desk import LANGUAGE_COOKIE
from stalewatch.web.pages.addresses import Address, ours

SCHEME_COOKIE: Final = "scheme"
SCHEMES: Final = ("light", "dark")
AUTOMATIC: Final = "auto"
_A_YEAR: Final = 365 * 86_400
_LONGEST: Final = 2000


class Look(BaseModel):
    """`GET /look`"""

    model_config = ConfigDict(extra="forbid")
    next: str = Field("/", max_length=_LONGEST, description="Where to go then: a path of this dashboard.")
    lang: Literal["en", "ja"] | None = Field(None, description="The language of the pages from now on.")
    scheme: Literal["light", "dark", "auto"] | None = Field(
        None, description="Their colours; auto: as the system has it."
    )


async def look(request: Request, asked: Annotated[Look, Query()]) -> Response:
    """Keeps what was chosen, and goes back. Anybody may choose for their own browser; nothing else changes."""
    answer = RedirectResponse(ours(asked.next), 303, {"Cache-Control": "no-store"})
    for name, value in ((LANGUAGE_COOKIE, asked.lang), (SCHEME_COOKIE, asked.scheme)):
        if value == AUTOMATIC:
            answer.delete_cookie(name, httponly=True, samesite="lax")
        elif value is not None:
            answer.set_cookie(name, value, max_age=_A_YEAR, httponly=True, samesite="lax",
                              secure=request.url.scheme == "https")  # fmt: skip
    return answer


def scheme(request: Request) -> str:
    """ "light" or "dark" as this browser chose; "" where the system decides."""
    kept = request.cookies.get(SCHEME_COOKIE, "")
    return kept if kept in SCHEMES else ""


def chooses(address: Address, **chosen: str) -> str:
    """The address that keeps a choice and comes back to this page, which then has the language of the cookie."""
    back = address.but(lang=None)
    return Address("/look", {}).but(next=back if len(back) <= _LONGEST else address.path, **chosen)
