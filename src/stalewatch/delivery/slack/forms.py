"""Forms as views: empty at first (a trigger lives three seconds), then filled, in the end an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from stalewatch.delivery.slack.fields import View, plain, plainly
from stalewatch.delivery.slack.interactions import PREFIX
from stalewatch.delivery.slack.mrkdwn import unmarked
from stalewatch.delivery.wording.reader import Reader

_TITLE: Final = 24
"""Characters of a title or a button of a form."""


def opening(title: str, reader: Reader) -> View:
    """A form before anything was looked up."""
    return notice(title, [plainly(reader.words.gettext("One moment …"))], reader)


def notice(title: str, blocks: Sequence[View], reader: Reader) -> View:
    """Only words, and a button that closes them."""
    return {
        "type": "modal",
        "title": plain(unmarked(title, _TITLE) or "stalewatch"),
        "close": plain(reader.words.pgettext("button of a form", "Close")),
        "blocks": list(blocks),
    }


def filled(kind: str, title: str, submit: str, about: str, blocks: Sequence[View], reader: Reader) -> View:
    """A form to be filled in.

    Args:
        kind: comes back as `Submitted.form`, and `about` (at most 3,000 characters) as its `about`.
        submit: the words on the button that sends it.
    """
    return {
        **notice(title, blocks, reader),
        "callback_id": PREFIX + kind,
        "private_metadata": about,
        "submit": plain(unmarked(submit, _TITLE)),
        "close": plain(reader.words.pgettext("button of a form", "Cancel")),
    }


def refused(field: str, text: str) -> dict[str, Any]:
    """The answer to a form that cannot be taken as it is: what is wrong, beside the field that is."""
    return {"response_action": "errors", "errors": {field: text}}


def replaced(view: View) -> dict[str, Any]:
    """The answer to a form that shows something else in its place."""
    return {"response_action": "update", "view": view}
