"""What can be answered on a record's page: the buttons, forms, words and limits of Slack, taken as the API takes them.

Who may: whoever sees the record (owns it, manages its owner, RevOps) and has the scope `alerts:act`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request

from stalewatch.delivery import answering as words
from stalewatch.delivery import buttons
from stalewatch.delivery.answered import Answered, note
from stalewatch.delivery.slack.fields import View, plainly
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.services.alerting.people import directory
from stalewatch.services.answering import acts
from stalewatch.services.answering.button_forms import FORMS
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.ending_waits import resume
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong
from stalewatch.services.answering.outcomes import Answer
from stalewatch.services.answering.refusals import refusal
from stalewatch.services.answering.respond import respond
from stalewatch.services.telling.given import Given
from stalewatch.web.asking import plain
from stalewatch.web.auth import Caller
from stalewatch.web.desk import Desk
from stalewatch.web.pages.fields import Field, Line, given, pieces
from stalewatch.wiring.offices import office_of

CLAIM, SEEN, RESUME = "claim", "acknowledge", "resume"
_AT_ONCE: Final[Mapping[str, Callable[[], acts.Act]]] = {CLAIM: acts.Claim, SEEN: acts.Acknowledge}
"""Answers that ask nothing."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form on a page, or what came of one.

    Attributes:
        pieces: what is filled in and read; of what came of it, only lines.
        promises: what will happen, a line each.
        trouble: why nothing was done, where no field is to blame; "" otherwise.
        submit: what is written on the button that sends it; "" if there is nothing to send.
    """

    kind: str
    alert: str
    title: str
    about: str
    pieces: tuple[Field | Line, ...]
    promises: tuple[str, ...] = ()
    before: str = ""
    trouble: str = ""
    submit: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that can be done. `at_once`: it asks nothing, and is sent by the button itself."""

    kind: str
    label: str
    at_once: bool


def offered(obj: str, reader: Reader, *, waits: bool = False) -> list[Button]:
    """What can be done about a record of this kind, in the order of Slack's buttons.

    Args:
        waits: it is on hold, and could go on.
    """
    words = reader.words
    asked = [
        Button(one.kind, one.label, at_once=False) for one in buttons.actions("", obj, reader) if one.kind in FORMS
    ]
    return [
        *asked,
        Button(CLAIM, words.pgettext("button", "I am on it"), at_once=True),
        Button(SEEN, words.pgettext("button", "Seen"), at_once=True),
        *([Button(RESUME, words.pgettext("button", "Take off hold"), at_once=True)] if waits else []),
    ]


def opened(desk: Desk, request: Request, kind: str, alert_id: str) -> Sheet | None:
    """The form of a button, or why there is nothing to fill in; None if there is no such form or alert."""
    form, asked = FORMS.get(kind), _asked(desk, request, alert_id)
    return None if form is None or asked is None else _filled(form, asked)


def taken(desk: Desk, request: Request, kind: str, alert_id: str, sent: Mapping[str, str]) -> tuple[Sheet, Case] | None:
    """Take an answer: what came of it, or the form again with what is wrong; None as in `opened`.

    Raises:
        RulesMoved: the rules were changed a moment ago.
    """
    asked = _asked(desk, request, alert_id)
    if asked is None or kind not in (*FORMS, *_AT_ONCE, RESUME):
        return None
    sheet = _sent(desk, request, kind, asked, sent) if kind in FORMS else _at_once(desk, request, kind, asked)
    return sheet, asked.case


def _sent(desk: Desk, request: Request, kind: str, asked: Asked, sent: Mapping[str, str]) -> Sheet:
    form = FORMS[kind]
    filled = given(pieces(form.fields(asked)), sent)
    act = form.read(filled, asked)
    if isinstance(act, Wrong):
        return _filled(form, asked, filled, (act.field, act.why))
    came = _take(desk, request, asked, act)
    if came.refusal is None:
        return _done(kind, form.title(asked.words), asked, form.done(act, came, asked))
    said, place = form.refusal(came, asked), form.place(came.refusal, filled)
    if place is not None:
        return _filled(form, asked, filled, (place, said))
    return replace(_filled(form, asked, filled), trouble=said)


def _at_once(desk: Desk, request: Request, kind: str, asked: Asked) -> Sheet:
    came = _resumed(desk, request, asked) if kind == RESUME else _take(desk, request, asked, _AT_ONCE[kind]())
    names = {one.kind: one.label for one in offered(asked.case.alert.object, asked.reader, waits=True)}
    if came.refusal is not None:
        said = refusal(came, asked.case, asked.reader)
        return Sheet(kind, asked.case.alert.id, names[kind], _about(asked), (), trouble=said)
    return _done(kind, names[kind], asked, [plainly(line) for line in _told(kind, came, asked) if line])


def _told(kind: str, came: Answer, asked: Asked) -> list[str]:
    """What follows from an answer that asked nothing."""
    said = asked.words
    if kind == RESUME:
        return [
            said.gettext("The deal is off hold: its days count again. What is late is asked about at the end of today.")
        ]
    told = note(Answered(act=kind, until=came.until, at=asked.now), asked.reader, asked.zone)
    if kind != CLAIM or came.until is None:
        return [told]
    again = said.gettext("We ask again on {date}, if it is still so.")
    return [told, again.format(date=moment(came.until, asked.reader, asked.zone))]


def _resumed(desk: Desk, request: Request, asked: Asked) -> Answer:
    own, caller = desk.project, request.state.caller
    return resume(
        own.db, own.clock, own.rulebook, asked.case.alert.id, actor=caller.actor, visible=desk.visible(request)
    )


def _take(desk: Desk, request: Request, asked: Asked, act: acts.Act) -> Answer:
    caller: Caller = request.state.caller
    return respond(
        desk.project.db, desk.project.clock, asked.office, asked.case.alert.id, act,
        actor=caller.actor, visible=desk.visible(request),
    )  # fmt: skip


def _filled(
    form: Form, asked: Asked, filled: Fields | None = None, wrong: tuple[str, str] = ("", "")
) -> Sheet:  # fmt: skip
    case, reader = asked.case, asked.reader
    over = words.over(case.settled, reader, asked.zone) if case.settled is not None else form.closed(asked)
    title = form.title(asked.words)
    if over:
        return Sheet(form.kind, case.alert.id, title, _about(asked), (), trouble=over)
    shown = pieces(form.fields(asked), filled, wrong)
    return Sheet(
        form.kind, case.alert.id, title, _about(asked), tuple(shown), tuple(form.promises(asked)), asked.before,
        submit=form.submit(asked.words),
    )  # fmt: skip


def _done(kind: str, title: str, asked: Asked, said: Sequence[View]) -> Sheet:
    return Sheet(kind, asked.case.alert.id, title, _about(asked), tuple(pieces(said)), done=True)


def _about(asked: Asked) -> str:
    return asked.reader.pick(asked.case.title)


def _asked(desk: Desk, request: Request, alert_id: str) -> Asked | None:
    """The problem as it is now; None if it is not there, or of a record that this caller may not see."""
    project, reader = desk.project, desk.reader(request)
    try:
        mark = plain(alert_id)
    except ValueError:  # no id holds such characters
        return None
    with project.db.read() as conn:
        case = Case.of(conn, project.rulebook, directory(conn, project.speaking), mark)
        if case is None or not _sees(desk, request, case):
            return None
        holds = Given.read(conn, [case.alert], case.people, desk.now).of(case.alert)
    before = "" if holds is None else note(holds, reader, case.calendar.spec.zone)
    return Asked(case=case, reader=reader, office=office_of(project), now=desk.now, before=before)


def _sees(desk: Desk, request: Request, case: Case) -> bool:
    seen = desk.visible(request)
    return seen is None or seen.covers(case.record.owner, case.record.id)
