"""`POST /v1/rules/check` and `/v1/rules/preview`: rules that somebody sends, checked and tried. Nothing is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import Query, Request, Response
from pydantic import AfterValidator, Field
from starlette.concurrency import run_in_threadpool

from stalewatch.domain.language.diagnostics import Diagnostic
from stalewatch.domain.language.rendering import render
from stalewatch.services.access.principals import Visible
from stalewatch.services.previewing.difference import difference
from stalewatch.services.previewing.known import known
from stalewatch.services.previewing.plain import difference_data, preview_data
from stalewatch.services.previewing.preview import Asked, preview
from stalewatch.services.rules import choices
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.rulefiles import Checked
from stalewatch.services.rules.sent import Beside, NotRules, Sent, book_with, check_sent
from stalewatch.web.answers import JSON
from stalewatch.web.asking import LARGEST_PAGE, Reading, Soon, plain
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import Problem
from stalewatch.web.turns import Turns, Watch

YAML: Final = ("application/yaml", "application/x-yaml", "text/yaml")
MOST_TOLD: Final = 500
"""Diagnostics that are listed; the others are counted."""
MOST_RULES: Final = 500
"""Rules that are tried at once, before and after together: what they say of a piece lies in memory together."""
PIECE: Final = 4_000
"""Records that a trial judges at once."""

FileName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(plain)]


class Checking(Reading):
    """`POST /v1/rules/check`"""

    file: FileName = Field(
        "rules.yaml", description="What one YAML text that is sent is called; files of JSON have names of their own."
    )
    beside: Beside = Field(
        Beside.NOTHING, description="`nothing`: by themselves, as `rules check FILE` does; `project`: in the place of "
        "the project's files of these names, with all others as they are in force.",
    )  # fmt: skip


class Previewing(Soon, Reading):
    """`POST /v1/rules/preview`"""

    file: FileName = Field("rules.yaml", description="What one YAML text that is sent is called.")
    beside: Beside = Field(
        Beside.PROJECT, description="`project`: the project's rules with what is sent in the place of its files of "
        "these names; `nothing`: only what is sent.",
    )  # fmt: skip
    against: Literal["in_force", "nothing"] = Field(
        "in_force", description="`in_force`: what changes; `nothing`: who is late by these rules, and would be told."
    )
    limit: int = Field(20, ge=0, le=LARGEST_PAGE, description="How many records are listed, the most urgent first.")


class _Files(msgspec.Struct, forbid_unknown_fields=True):
    """A body of JSON."""

    files: dict[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], str]


async def check_rules(request: Request, desk: At, asked: Annotated[Checking, Query()]) -> Response:
    """Check rules without saving them: what `stalewatch rules check` says, each with its place and its cure."""
    sent, language = await _sent(request, asked.file, asked.beside), desk.language(request)
    return await run_in_threadpool(_check, desk, turns_of(request), sent, language)


async def preview_rules(request: Request, desk: At, asked: Annotated[Previewing, Query()]) -> Response:
    """Try rules on the stored records without saving them: who would newly be told, and who no longer."""
    sent = await _sent(request, asked.file, asked.beside)
    return await run_in_threadpool(_preview, request, desk, asked, sent)


def turns_of(request: Request) -> Turns:
    """Whose turn it is in this process."""
    turns: Turns = request.app.state.turns
    return turns


def checked(desk: Desk, turns: Turns, sent: Sent) -> Checked:
    """The check of what was sent, as soon as it is its turn."""
    own = desk.project
    lists = choices.known(own.db, [one.id for one in own.settings.connections])
    with turns.check():
        return check_sent(sent, own.settings, own.rulebook, own.clock.now().date(), lists)


def diagnosed(found: Checked, language: str) -> dict[str, Any]:
    """A check as it is sent."""
    listed = found.diagnostics[:MOST_TOLD]
    more = len(found.diagnostics) > len(listed)
    return {
        "files": found.counts.files,
        "rules": found.counts.rules,
        "errors": found.counts.errors,
        "warnings": found.counts.warnings,
        "diagnostics": [_diagnostic(one, language) for one in listed],
        **({"more": True} if more else {}),
        "text": render(listed, found.sources, language, found.counts),
    }


def tried(desk: Desk, sent: Sent, watch: Watch, visible: Visible | None, limit: int) -> Trial | Checked:
    """What sent rules change; what is wrong with them instead if there is an error.

    Raises:
        Problem: 422 for too many rules, 503 if it takes too long.
    """
    own = desk.project
    found, book = book_with(sent, own.settings, own.rulebook, own.clock.now().date())
    if book is None:
        return found
    _check_size(own.rulebook, book)
    return Trial(desk, found, book, watch, visible, limit)


class Trial:
    """Sound rules, ready to be tried."""

    def __init__(
        self, desk: Desk, found: Checked, book: Rulebook, watch: Watch, visible: Visible | None, limit: int
    ) -> None:
        self.desk, self.found, self.book = desk, found, book
        self._watch, self._visible, self._limit = watch, visible, limit

    def difference(self, request: Request) -> dict[str, Any]:
        """What they change."""
        own, now = self.desk.project, self.desk.now
        came = difference(
            own.db, own.rulebook, self.book, dict.fromkeys(own.sources), now, self._limit, self._watch.look,
            visible=self._visible, piece=PIECE,
        )  # fmt: skip
        listed = [*came.moved, *(one for one in (came.earliest, came.latest) if one is not None)]
        names = known(own.db, own.speaking, ((one.object, one.record) for one in listed))
        old, new = own.rulebook.rules, self.book.rules
        return difference_data(came, old, new, names, self.desk.reader(request), now)

    def standing(self, within: int) -> dict[str, Any]:
        """Who is late or at risk by them, and would be told."""
        own, now = self.desk.project, self.desk.now
        asked = Asked(now=now, until=now + within, limit=self._limit, visible=self._visible, piece=PIECE)
        came = preview(own.db, self.book, own.sources, asked, self._watch.look)
        names = known(own.db, own.speaking, ((case.object, case.id) for case in came.cases))
        return preview_data(came, asked, self.book, names)


def _check(desk: Desk, turns: Turns, sent: Sent, language: str) -> Response:
    return _answer(diagnosed(checked(desk, turns, sent), language))


def _preview(request: Request, desk: Desk, asked: Previewing, sent: Sent) -> Response:
    language = desk.language(request)
    with turns_of(request).preview() as watch:
        found = tried(desk, sent, watch, desk.visible(request), asked.limit)
        if isinstance(found, Checked):
            wrong = [_diagnostic(one, language) for one in found.diagnostics if one.is_error][:MOST_TOLD]
            raise Problem(422, "The rules have errors; `errors` says where.", kind="broken_rules", errors=wrong)
        if asked.against == "in_force":
            told = found.difference(request)
        else:
            told = found.standing(asked.microseconds(desk.project, desk.now))
        warnings = [_diagnostic(one, language) for one in found.found.diagnostics][:MOST_TOLD]
    return _answer({**told, "warnings": warnings})


def _check_size(old: Rulebook, new: Rulebook) -> None:
    many = len(old.by_id) + len(new.by_id)
    if many > MOST_RULES:
        raise Problem(
            422, f"{many} rules before and after; more than {MOST_RULES} are tried by `stalewatch rules diff`."
        )


async def _sent(request: Request, name: str, beside: Beside) -> Sent:
    """What the body holds.

    Raises:
        Problem: 415 for another media type, 422 if it is no text or no set of rule files.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    try:
        if media in YAML:
            return Sent({name: body.decode("utf-8")}, beside)
        if media == JSON:
            return Sent(
                {plain(one): text for one, text in msgspec.json.decode(body, type=_Files).files.items()}, beside
            )
    except (NotRules, msgspec.DecodeError, ValueError) as error:
        raise _not_understood(str(error)) from None
    raise Problem(415, 'Send rules as application/yaml, or as JSON: {"files": {"name.yaml": "text"}}.')


def _not_understood(said: str) -> Problem:
    errors = [{"in": "body", "name": "body", "message": said}]
    return Problem(422, f"body: {said}", kind="invalid", errors=errors)


def _diagnostic(found: Diagnostic, language: str) -> Mapping[str, Any]:
    place = {"file": found.file, "line": found.line, "column": found.column, "width": found.width}
    said = {"message": found.message[language], "cure": found.cure.get(language)}
    return {"code": found.code, "severity": found.severity.value, **place, **said}


def _answer(told: Mapping[str, Any]) -> Response:
    return Response(msgspec.json.encode(told), media_type=JSON)
