"""The words of writes into a CRM: what is asked for, why it is not written, how it ended."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.wording.reader import Reader

NOT_WRITTEN: Final = (
    "off", "notes_only", "gone", "closed", "no_deal", "empty", "backwards", "too_old", "needed", "no_connection",
    "by_hand",
)  # fmt: skip
"""Why something is not written, by the names that services/writing gives it."""


def not_written(reason: str, reader: Reader) -> str:
    """Why something is not written."""
    words = reader.words
    return {
        "off": words.gettext("nothing may be written into this CRM (`writeback: none`)"),
        "notes_only": words.gettext("only notes, tasks and meetings may be written into this CRM (`writeback: notes`)"),
        "gone": words.gettext("the CRM does not show this record any more"),
        "closed": words.gettext("the deal is closed already"),
        "no_deal": words.gettext("only deals can be lost"),
        "empty": words.gettext("nothing was given to be written"),
        "backwards": words.gettext("the meeting ends before it begins"),
        "too_old": words.gettext("it could not be written for a day"),
        "needed": words.gettext("what it belongs to was not written"),
        "no_connection": words.gettext("its connection is not configured any more"),
        "by_hand": words.gettext("dropped by hand"),
    }[reason]


def kind_name(kind: str, reader: Reader) -> str:
    """A kind of write, as it is shown."""
    words = reader.words
    return {
        "fields": words.pgettext("kind of write", "fields"),
        "lost": words.pgettext("kind of write", "lost"),
        "meeting": words.pgettext("kind of write", "meeting"),
        "task": words.pgettext("kind of write", "task"),
        "note": words.pgettext("kind of write", "note"),
    }[kind]


def state_name(state: str, reader: Reader) -> str:
    """How a write stands, as it is shown."""
    words = reader.words
    return {
        "asked": words.pgettext("state of a write", "not yet written; the next round tries again"),
        "writing": words.pgettext("state of a write", "being written"),
        "unknown": words.pgettext("state of a write", "no answer; it is looked for before anything is sent again"),
        "done": words.pgettext("state of a write", "written"),
        "refused": words.pgettext("state of a write", "refused by the CRM"),
        "conflict": words.pgettext("state of a write", "nothing was overwritten"),
        "given_up": words.pgettext("state of a write", "not written"),
    }[state]
