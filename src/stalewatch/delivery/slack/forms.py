"""The forms that buttons open: empty at first (a trigger lives three seconds), then filled, in the end an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery import answering
from stalewatch.delivery.slack.interactions import PREFIX
from stalewatch.delivery.slack.mrkdwn import bold, escaped
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Words

View = dict[str, Any]
SNOOZE: Final = "snooze"
UNTIL, DATE, REASON = "until", "date", "reason"
"""The names of the snooze form's fields."""
LONGEST_REASON: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way to say until when: so long from now, which is until this moment (microseconds).

    `is_timed`: it ends later today, so that its date alone does not say when.
    """

    span: Duration
    until: int
    is_timed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozing:
    """What the snooze form of one deal offers.

    Attributes:
        alert: what it is about; `name`: the deal's; `title`: the rule's.
        choices: at least one, the shortest first; `longest` and `latest` bound a date of one's own.
        zone: of the deal's calendar, in which these are days.
        before: what was said already of how it stands ("Snoozed until …"), if anything.
    """

    alert: str
    name: str
    title: Words
    choices: tuple[Choice, ...]
    longest: Duration
    latest: int
    zone: str
    needs_reason: bool
    before: str = ""


def opening(reader: Reader) -> View:
    """The form before anything was looked up."""
    return notice(reader.words.gettext("One moment …"), reader)


def notice(text: str, reader: Reader) -> View:
    """Only words, and a button that closes them."""
    words = reader.words
    return {
        "type": "modal",
        "title": _plain(words.pgettext("title of a form, at most 24 characters", "Snooze")),
        "close": _plain(words.pgettext("button of a form", "Close")),
        "blocks": [_section(escaped(text))],
    }


def why(blocks: list[View], reader: Reader) -> View:
    """The answer to "Why?" where it cannot be whispered."""
    title = _plain(reader.words.pgettext("title of a form, at most 24 characters", "Why?"))
    return {**notice("", reader), "title": title, "blocks": blocks}


def snooze(form: Snoozing, reader: Reader) -> View:
    """The form to be filled in."""
    words = reader.words
    about = f"{bold(clean(form.name))}\n{escaped(reader.pick(form.title))}"
    return {
        **notice(form.before, reader),
        "callback_id": PREFIX + SNOOZE,
        "private_metadata": form.alert,
        "submit": _plain(words.pgettext("button of a form", "Snooze")),
        "close": _plain(words.pgettext("button of a form", "Cancel")),
        "blocks": [
            _section(about),
            *([_section(escaped(form.before))] if form.before else []),
            _until(form, reader),
            _date(form, reader),
            _reason(reader, is_needed=form.needs_reason),
        ],
    }


def refused(field: str, text: str) -> dict[str, Any]:
    """The answer to a form that cannot be taken as it is: what is wrong, beside the field that is."""
    return {"response_action": "errors", "errors": {field: text}}


def replaced(view: View) -> dict[str, Any]:
    """The answer to a form that shows something else in its place."""
    return {"response_action": "update", "view": view}


def _until(form: Snoozing, reader: Reader) -> View:
    options = [
        {
            "text": _plain(
                reader.words.gettext("{duration} (until {date})").format(
                    duration=duration(one.span, reader), date=moment(one.until, reader, form.zone, timed=one.is_timed)
                )
            ),
            "value": str(one.until),
        }
        for one in form.choices
    ]
    element = {"type": "radio_buttons", "action_id": UNTIL, "options": options, "initial_option": options[0]}
    return _input(UNTIL, reader.words.gettext("Until when?"), element)


def _date(form: Snoozing, reader: Reader) -> View:
    words = reader.words
    element = {"type": "datepicker", "action_id": DATE, "placeholder": _plain(words.gettext("Choose a day"))}
    at_most = answering.too_long(form.longest, form.latest, reader, form.zone)
    return _input(DATE, words.gettext("Or until another day"), element, optional=True, hint=_plain(at_most))


def _reason(reader: Reader, *, is_needed: bool) -> View:
    words = reader.words
    example = _plain(words.gettext("The customer decides on Friday"))
    element = {
        "type": "plain_text_input", "action_id": REASON, "max_length": LONGEST_REASON, "placeholder": example,
    }  # fmt: skip
    return _input(REASON, words.gettext("What do you wait for?"), element, optional=not is_needed)


def _input(name: str, label: str, element: View, *, optional: bool = False, **more: Any) -> View:
    shown = {"type": "input", "block_id": name, "label": _plain(label), "element": element, **more}
    return {**shown, "optional": True} if optional else shown


def _section(text: str) -> View:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _plain(text: str) -> View:
    return {"type": "plain_text", "text": text, "emoji": False}
