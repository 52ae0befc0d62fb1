"""Items of a list as rows: who, what, why, how late, how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from stalewatch.delivery.wording.list_words import lateness
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import MARKS
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean, safe_url
from stalewatch.delivery.wording.values import choice
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Catalogue
from stalewatch.services.reporting.dwelling import Dwell
from stalewatch.services.reporting.listing import Item, Reason
from stalewatch.web.pages.addresses import Address, of_record

BAR: Final = 120
"""Units that the bar of a time in stage is wide."""
_CHIPS: Final = 2
"""Reasons that a row names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One reason: its rule's title, with a mark and a colour that say the same as `says`; `says_so` shows the word."""

    title: str
    state: str
    mark: str
    says: str
    says_so: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """Time in stage: how much of the bar is full, where its limit stands (None: it has none), in units of `BAR`."""

    words: str
    full: float
    limit: float | None
    over: bool


class Told(Protocol):
    """What every list knows of its records."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def connection(self) -> str: ...
    @property
    def owner_name(self) -> str | None: ...
    @property
    def team(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Named:
    """Which record a row is about and whose it is, in words; `whose` and `named` of parts.html show it."""

    href: str
    owner: str
    team: str
    name: str
    connection: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a list, in words."""

    of: Named
    stage: str
    bar: Bar | None
    chips: tuple[Chip, ...]
    more: int
    late: str
    due: str
    amount: str


def named(one: Told, obj: str, address: Address, reader: Reader) -> Named:
    """The part that every list begins with."""
    return Named(
        href=address.to(of_record(obj, one.id)),
        owner=clean(one.owner_name or "") or reader.words.gettext("no owner"),
        team=clean(one.team or ""),
        name=clean(one.name) or one.id,
        connection=clean(one.connection),
        url=safe_url(one.url),
    )


def row(item: Item, catalogue: Catalogue, address: Address, reader: Reader) -> Row:
    """The row of an item."""
    chips = tuple(_chip(reason, reader) for reason in _named(item).values())
    first = item.reasons[0] if item.reasons else None
    return Row(
        of=named(item, item.object, address, reader),
        stage=_stage(item, catalogue, reader),
        bar=None if item.dwell is None else bar(item.dwell, reader),
        chips=chips[:_CHIPS],
        more=max(0, len(chips) - _CHIPS),
        late=lateness(first.due, first.limit, first.days_over, reader) if first else "",
        due=moment(to_us(datetime.fromisoformat(first.due)), reader) if first else "",
        amount="" if item.amount is None else money(Decimal(str(item.amount)), item.currency, reader),
    )


def bar(dwell: Dwell, reader: Reader) -> Bar:
    """The bar of a time in stage; with a limit its whole width is the longer of the two."""
    words, days = reader.words, reader.number(dwell.days)
    if dwell.limit is None or dwell.limit <= 0:
        said = words.ngettext("{days} business day", "{days} business days", dwell.days)
        return Bar(said.format(days=days), 0, None, over=False)
    said = words.gettext("{days} of {limit} bd") if dwell.unit == "bd" else words.gettext("{days} of {limit} days")
    whole = max(dwell.days, dwell.limit)
    full, limit = (round(BAR * part / whole, 1) for part in (dwell.days, dwell.limit))
    return Bar(said.format(days=days, limit=reader.number(dwell.limit)), full, limit, dwell.days > dwell.limit)


def _named(item: Item) -> Mapping[str, Reason]:
    """One reason per rule: what several clocks of a rule say is said once."""
    found: dict[str, Reason] = {}
    for reason in item.reasons:
        found.setdefault(reason.rule, reason)
    return found


def _chip(reason: Reason, reader: Reader) -> Chip:
    words, title = reader.words, clean(reason.title)
    if reason.state == "snoozed":
        return Chip(title, "hold", MARKS["paused"], words.gettext("snoozed"), says_so=True)
    if to_us(datetime.fromisoformat(reason.due)) > to_us(reader.now):
        return Chip(title, "risk", MARKS["at_risk"], words.pgettext("state of a deadline", "soon"))
    if reason.muted_by is not None:
        return Chip(title, "quiet", MARKS["watching"], words.gettext("late, and another reason speaks for it"))
    return Chip(title, "late", MARKS["breached"], words.pgettext("state of a deadline", "late"))


def _stage(item: Item, catalogue: Catalogue, reader: Reader) -> str:
    field = catalogue.objects[item.object].get("stage")
    if item.stage is None:
        return ""
    return choice(item.stage, field.value_titles.get(item.stage, {}) if field else {}, reader)
