"""What a review says of rules: which are idle, which limits the history would have otherwise, what telling changes."""

from __future__ import annotations

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.review_words import share
from stalewatch.domain.learning.effect import LEAST, LEAST_SILENT, Against, Measured
from stalewatch.domain.learning.intervals import Rate


def idle(title: str, acted: Rate, reader: Reader) -> str:
    """ "No next meeting: acted on 1 of 34 times in four weeks, surely less than 15%. It could be retired"."""
    said = reader.words.gettext(
        "{title}: acted on {acted} of {told} times in four weeks, surely less than {most}. It could be retired"
    )
    most = 1.0 if acted.interval is None else acted.interval.high
    return said.format(
        title=title, acted=reader.number(acted.over), told=reader.number(acted.of), most=reader.percent(most)
    )


def other_limits(title: str, groups: int, reader: Reader) -> str:
    """ "Too long in one stage: the history suggests another limit than the rule has"."""
    said = reader.words.ngettext(
        "{title}: the history suggests another limit than the rule has",
        "{title}: the history suggests {count} other limits than the rule has", groups,
    )  # fmt: skip
    return said.format(title=title, count=reader.number(groups))


def effect(found: Measured, reader: Reader) -> str:
    """What being told changes, or how far it is from being known."""
    words = reader.words
    if not found.is_enough:
        said = words.gettext(
            "not enough yet: {told} told and {silent} held out; {least} it takes, {few} of them held out"
        )
        return said.format(
            told=reader.number(found.told), silent=reader.number(found.silent), least=reader.number(LEAST),
            few=reader.number(LEAST_SILENT),
        )  # fmt: skip
    acted, recovered = (_against(one, reader) for one in (found.acted, found.recovered))
    said = words.gettext("acted on within 5 business days: {acted}; recovered within 10: {recovered}")
    return said.format(acted=acted, recovered=recovered)


def _against(one: Against, reader: Reader) -> str:
    """ "71% of 371 told, 52% of 41 held out: +19 pts (+8 to +30)"."""
    words, sure = reader.words, one.interval
    if one.difference is None or sure is None:
        return "–"
    said = words.gettext("{told} of {many} told, {silent} of {few} held out: {points} pts ({low} to {high})")
    if not one.is_clear:
        said = words.gettext(
            "{told} of {many} told, {silent} of {few} held out: no clear difference ({low} to {high} pts)"
        )
    return said.format(
        told=share(one.told.value, reader), many=reader.number(one.told.of), silent=share(one.silent.value, reader),
        few=reader.number(one.silent.of), points=_signed(one.difference, reader), low=_signed(sure.low, reader),
        high=_signed(sure.high, reader),
    )  # fmt: skip


def _signed(part: float, reader: Reader) -> str:
    """In points, with its sign."""
    points = round(100 * part)
    return ("+" if points > 0 else "−" if points < 0 else "±") + reader.number(abs(points))
