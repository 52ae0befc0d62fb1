"""What every page for people outside has: words in their language, strict headers, and nothing of the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import Request, Response

from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.answering.link_tokens import Purpose, digest, signer_of
from stalewatch.services.answering.public_links import PATHS, Trouble
from stalewatch.web.desk import LANGUAGES, Desk, desk_of
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.paper import NAMES, environment, words_of
from stalewatch.web.problems import Problem

MOST_FIELDS: Final = 20
_STATUS: Final = {Trouble.UNKNOWN: 404, Trouble.ENDED: 410}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""No address leaves with a click, nothing is kept, nothing is found by a search, nothing runs."""


def is_public(path: str) -> bool:
    """Whether an address is that of a page for people outside."""
    return path.startswith(tuple(PATHS.values()))


def reader_of(request: Request, language: str | None) -> Reader:
    """Who reads: in the language that the address asks for, else in that of the link, else in the browser's."""
    desk = desk_of(request)
    asked = request.query_params.get("lang")
    chosen = asked if asked in LANGUAGES else language or desk.language(request)
    return Reader(chosen, desk.project.clock.now(), desk.zone)


def page(
    request: Request, template: str, reader: Reader, *, status: int = 200, headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> Response:  # fmt: skip
    """A page made from a template."""
    address = Address.of(request)
    company = desk_of(request).project.settings.links.company
    text = (
        environment()
        .get_template(f"public/{template}")
        .render(
            language=reader.language,
            languages=[(one, NAMES[one], address.but(lang=one)) for one in LANGUAGES if one != reader.language],
            address=address.but(),
            company=reader.pick(company) if company else "",
            **words_of(reader),
            **shown,
        )
    )
    given = {**HEADERS, "Content-Language": reader.language, **(headers or {})}
    return Response(text, status, given, "text/html; charset=utf-8")


def trouble(request: Request, why: Trouble) -> Response:
    """The page of a link that leads nowhere: the same for every one that is not ours, and for every one that ended."""
    return page(request, "ended.html", reader_of(request, None), status=_STATUS[why], ended=why is Trouble.ENDED)


def problem_page(request: Request, problem: Problem) -> Response:
    """Whatever else went wrong, for somebody who knows nothing of us."""
    if problem.status == 404:
        return trouble(request, Trouble.UNKNOWN)
    headers = {name: value for name, value in (problem.headers or {}).items() if name == "Retry-After"}
    reader = reader_of(request, None)
    busy = problem.status in (429, 503)
    return page(request, "trouble.html", reader, status=problem.status, headers=headers, busy=busy)


def check_pace(request: Request, desk: Desk, purpose: Purpose, token: str) -> None:
    """Count a request: a link of ours by itself, everything else by where it comes from.

    So nobody behind the same proxy is shut out with somebody who guesses.

    Raises:
        Problem: 429, there were too many in this minute.
    """
    signer = signer_of(desk.project.settings.secrets)
    is_ours = signer is not None and signer.ends(purpose, token) is not None
    name = digest(token) if is_ours else f"from {request.client.host if request.client else ''}"
    seconds = request.app.state.pace.wait(name, desk.now)
    if seconds:
        raise Problem(429, "Too many requests; try again in a minute.", headers={"Retry-After": str(seconds)})


async def form_of(request: Request) -> Mapping[str, str]:
    """What a form sent, each field once; a body that is no form has none."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        found = parse_qs(body, max_num_fields=MOST_FIELDS, keep_blank_values=True)
    except ValueError:  # more fields than any form of ours has
        return {}
    return {name: values[0] for name, values in found.items()}
