"""What is said of leads that ended without a deal: how they ended, and which reason somebody gave."""

from __future__ import annotations

from collections.abc import Mapping

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.values import choice


def vanished(unobserved: int, entered: int, reader: Reader) -> str:
    """The headline with places for `lost` and `entered`, to be filled in."""
    words = reader.words
    if not entered:
        return words.gettext("No lead came in.")
    if not unobserved:
        return words.gettext("None of {entered} leads vanished without a reason")
    return words.ngettext(
        "{lost} of {entered} leads vanished, and nobody noted why", "{lost} of {entered} leads vanished, and nobody "
        "noted why", unobserved,
    )  # fmt: skip


def leads_vanished(unobserved: int, entered: int, reader: Reader) -> str:
    """ "21 of 100 leads vanished, and nobody noted why"."""
    said = vanished(unobserved, entered, reader)
    return said.format(lost=reader.number(unobserved), entered=reader.number(entered))


def ending(key: str, reader: Reader) -> str:
    """How a lead ended: "disqualified", "recycled", "quiet", "deleted"."""
    words = reader.words
    said: Mapping[str, str] = {
        "disqualified": words.pgettext("end of a lead", "disqualified"),
        "recycled": words.pgettext("end of a lead", "sent back"),
        "quiet": words.pgettext("end of a lead", "silent for 30 days"),
        "deleted": words.pgettext("end of a lead", "deleted in the CRM"),
    }
    return said.get(key, key)


def tag(key: str, titles: Mapping[str, Mapping[str, str]], reader: Reader) -> str:
    """A reason; `titles` are those of the values of `unconverted_reason`."""
    words = reader.words
    said: Mapping[str, str] = {
        "none": words.pgettext("reason of a lost lead", "none given"),
        "in_words": words.pgettext("reason of a lost lead", "only in words"),
        "unreadable": words.pgettext("reason of a lost lead", "not shown by the CRM"),
    }
    return said.get(key) or choice(key, titles.get(key, {}), reader)
