"""`/deals/{id}` and `/leads/{id}`: one record as a picture of time, why it was told, what was said and to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from stalewatch.delivery.wording import record_words as say
from stalewatch.delivery.wording.untrusted import clean, safe_url
from stalewatch.domain.alerts import AlertState
from stalewatch.services.reporting.record_story import Story, record_story
from stalewatch.web.asking import plain
from stalewatch.web.desk import At, Desk
from stalewatch.web.lists import RecordId
from stalewatch.web.pages import answering
from stalewatch.web.pages.addresses import Address, of_record
from stalewatch.web.pages.answering import Button, Sheet
from stalewatch.web.pages.asking import RecordPage
from stalewatch.web.pages.paper import page
from stalewatch.web.pages.picture import GUTTER, WIDTH, picture
from stalewatch.web.pages.story import Words
from stalewatch.web.problems import Problem

_ANSWERABLE: Final = (AlertState.OPEN, AlertState.BACKLOG, AlertState.SNOOZED, AlertState.CLAIMED, AlertState.WAITING)
ACT: Final = "alerts:act"
Asking = Annotated[RecordPage, Query()]


@dataclass(frozen=True, slots=True)
class Actions:
    """What can be done, about which of the record's problems.

    Attributes:
        alert: the one that the buttons are about. others: (title, address with its form) where there are several.
    """

    buttons: Sequence[Button]
    alert: str
    others: Sequence[tuple[str, str, bool]]


def deal(request: Request, desk: At, id: RecordId, asked: Asking) -> Response:  # noqa: A002
    """One deal: its picture of time, why it was told, what can be done, what was said and to whom."""
    return _page(request, desk, id, asked, is_lead=False)


def lead(request: Request, desk: At, id: RecordId, asked: Asking) -> Response:  # noqa: A002
    """One lead: its picture of time, why it was told, what can be done, what was said and to whom."""
    return _page(request, desk, id, asked, is_lead=True)


def _page(request: Request, desk: Desk, record_id: str, asked: RecordPage, *, is_lead: bool) -> Response:
    try:
        story = record_story(desk.reports(request), plain(record_id), desk.now, visible=desk.visible(request))
    except ValueError:  # no id holds such characters
        story = None
    if story is None:
        raise Problem(404, f"There is no such {'lead' if is_lead else 'deal'}, or you may not see it.")
    if (story.record["object"] == "lead") is not is_lead:  # a link that took a lead for a deal still arrives
        return RedirectResponse(Address.of(request).to(of_record(story.record["object"], story.record["id"])), 307)
    open_ones = [one["id"] for one in _open(story)]
    about = asked.alert if asked.alert in open_ones else next(iter(open_ones), None)
    may = request.state.caller.principal.allows(ACT)
    sheet = answering.opened(desk, request, asked.act, about) if asked.act and about and may else None
    return _drawn(request, desk, story, sheet, 200)


def record_page(request: Request, desk: Desk, record_id: str, *, sheet: Sheet, status: int) -> Response:
    """The page of a record with a form, or with what came of one."""
    story = record_story(desk.reports(request), record_id, desk.now, visible=desk.visible(request))
    if story is None:
        raise Problem(404, "There is no such record, or you may not see it.")
    return _drawn(request, desk, story, sheet, status)


def _drawn(request: Request, desk: Desk, story: Story, sheet: Sheet | None, status: int) -> Response:
    reader, now, record = desk.reader(request), desk.now, story.record
    words = Words(story, desk.project.rulebook, reader)
    asked = {name: value for name, value in Address.of(request).asked.items() if name == "lang"}
    address = Address(of_record(record["object"], record["id"]), asked)
    return page(
        request, "record.html", status=status, address=address,
        here="", record=record, leads=record["object"] == "lead",
        name=clean(record["name"] or "") or record["id"],
        owner=clean(record["owner_name"] or "") or reader.words.gettext("no owner"),
        team=clean(record["fields"].get("team") or ""),
        amount=words.amount(), stage=words.stage(), url=safe_url(record["url"]),
        connection=clean(record["connection"]), age=words.age(),
        answer=say.answer(record["is_open"], story.deadlines, reader),
        picture=picture(story, words.stages(), now, reader), width=WIDTH, gutter=GUTTER,
        deadlines=list(words.deadlines()), others=list(words.others()), silent=list(words.silent()),
        facts=list(words.facts()), told=words.told(), events=list(words.events()),
        actions=_actions(request, story, address, sheet, words), sheet=sheet,
    )  # fmt: skip


def _open(story: Story) -> list[Mapping[str, Any]]:
    """The alerts that can be answered, the gravest first, among them the first that broke."""
    ranks = {"critical": 0, "warning": 1}
    found = [one for one in story.record["alerts"] if one["state"] in _ANSWERABLE]
    return sorted(found, key=lambda one: ("breached_at" not in one, ranks.get(one["severity"], 2), one["breach_at"]))


def _actions(
    request: Request, story: Story, address: Address, sheet: Sheet | None, words: Words
) -> Actions | None:  # fmt: skip
    """What the reader can do here; None if nothing."""
    some = _open(story)
    if not some or not story.record["is_open"] or not request.state.caller.principal.allows(ACT):
        return None
    mine = sheet.alert if sheet else some[0]["id"]
    kind = sheet.kind if sheet and not sheet.done else None
    others = [
        (words.title(one["rule"]), address.but(act=kind, alert=one["id"]), one["id"] == mine) for one in some if kind
    ]
    waits = story.record["fields"].get("hold_until") is not None
    return Actions(
        buttons=answering.offered(story.record["object"], words.reader, waits=waits),
        alert=mine, others=others if len(others) > 1 else [],
    )  # fmt: skip
