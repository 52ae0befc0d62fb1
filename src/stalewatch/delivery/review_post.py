"""A review as it is posted: its headline, its key figures, and a link to the whole. Nobody is named in a channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from stalewatch.delivery.telling import Recipient
from stalewatch.delivery.wording import review_words as say
from stalewatch.delivery.wording.forecast_words import forecast_rests
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.unobserved_words import leads_vanished
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.sdk.notifier import Entry, Message, Style

KIND: Final = "review"
"""How the kind of its notice begins: `review:weekly:2026-W46`, and the team where it is of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A rate as the review has it, and as it was before; None: nobody knows."""

    kpi: str
    value: float | None
    over: float
    of: float
    before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The figures of a review, as they were when it fell due.

    Attributes:
        every: "weekly" or "monthly"; key: 2026-W46 or 2026-11.
        team: whose; None: the whole company's.
        resting, whole: weighted amounts on stalled deals, and in all.
        lost, entered: leads that vanished without a reason, of so many.
        waiting: people with several late deals that nobody answered.
        idle: rules on which nobody acts; limits: rules with other limits than the history suggests.
    """

    every: str
    key: str
    first: date
    last: date
    team: str | None
    quiet: int
    back: int
    stalled: int
    deals: int
    resting: Decimal
    whole: Decimal
    currency: str
    lost: int
    entered: int
    waiting: int
    figures: Sequence[KeyFigure]
    idle: int = 0
    limits: int = 0


def compose_review(posted: Posted, *, delivery: str, recipient: Recipient, now: datetime, url: str | None) -> Message:
    """The message.

    Args:
        url: where the whole review is; None: the dashboard has no address.
    """
    reader = recipient.reads(now)
    named = say.named(posted.every, posted.first, posted.last, reader)
    whose = f"{named} · {clean(posted.team)}" if posted.team else named
    lines = "\n".join(f"• {line}" for line in _lines(posted, reader))
    entry = Entry(
        record="", headline=say.went(posted.quiet, posted.back, reader), body=lines, severity="info", url=None
    )  # fmt: skip
    return Message(
        delivery=delivery, target=recipient.target, address=recipient.address, style=Style.OPERATOR,
        language=recipient.language, title=whose, entries=[entry], url=url,
        link=reader.words.gettext("Open the review") if url else "",
    )  # fmt: skip


def _lines(posted: Posted, reader: Reader) -> list[str]:
    words = reader.words
    lines = [
        forecast_rests(posted.stalled, posted.deals, posted.resting, posted.whole, posted.currency, reader),
        *(_figure(one, reader) for one in posted.figures if one.value is not None),
    ]
    if posted.entered:
        lines.append(leads_vanished(posted.lost, posted.entered, reader))
    if posted.waiting:
        said = words.ngettext(
            "{count} person has several late deals without an answer: the review says who",
            "{count} people have several late deals without an answer: the review says who", posted.waiting,
        )  # fmt: skip
        lines.append(said.format(count=reader.number(posted.waiting)))
    return [*lines, *_of_rules(posted, reader)]


def _of_rules(posted: Posted, reader: Reader) -> Iterator[str]:
    """What is to be done about rules: the review says it, and the message has its link."""
    words = reader.words
    if posted.idle:
        said = words.ngettext(
            "{count} rule on which nobody acts could be retired: the review says which",
            "{count} rules on which nobody acts could be retired: the review says which", posted.idle,
        )  # fmt: skip
        yield said.format(count=reader.number(posted.idle))
    if posted.limits:
        said = words.ngettext(
            "{count} rule has other limits than the history suggests: the review has the lines to paste",
            "{count} rules have other limits than the history suggests: the review has the lines to paste",
            posted.limits,
        )
        yield said.format(count=reader.number(posted.limits))


def _figure(one: KeyFigure, reader: Reader) -> str:
    parts = (
        say.share(one.value, reader), say.base(one.over, one.of, reader), say.points(one.value, one.before, reader)
    )  # fmt: skip
    words = reader.words.gettext("{title}: {figure}")
    return words.format(title=say.figure(one.kpi, reader), figure=" · ".join(part for part in parts if part))
