"""The few figures that matter, each with its base, its change against four weeks ago and its trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from stalewatch.delivery.wording import kpi_words as say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.review_words import points
from stalewatch.services.measuring.kpis import Figure, Kpis
from stalewatch.web.pages import charts
from stalewatch.web.pages.addresses import Address

SHOWN: Final[Mapping[str, str]] = {
    "no_next_meeting": "/hygiene", "overdue_close_date": "/hygiene", "ignored_alerts": "/hygiene",
    "unobserved_loss": "/unobserved",
}  # fmt: skip
"""The KPIs of the overview, and where more of each stands."""


@dataclass(frozen=True, slots=True)
class Card:
    """One figure in words; `better` says whether the change is good, None: neither."""

    label: str
    figure: str
    change: str
    better: bool | None
    note: str
    line: Markup
    href: str


def cards(found: Kpis, address: Address, reader: Reader) -> list[Card]:
    """Those of `SHOWN`, in their order."""
    return [_card(found, found.all.figures[kpi], address.to(path), reader) for kpi, path in SHOWN.items()]


def _card(found: Kpis, one: Figure, href: str, reader: Reader) -> Card:
    label, words = say.title(one.kpi, reader), reader.words
    change, trend = points(one.value, one.before, reader), [value for _, value in one.trend]
    return Card(
        label=label,
        figure=say.figure(one.value, one.unit, found.currency, reader),
        change=words.gettext("{change} in 4 weeks").format(change=change) if change else "",
        better=_better(one),
        note=_note(found, one, reader),
        line=charts.spark(trend, title=words.gettext("Trend: {kpi}").format(kpi=label)),
        href=href,
    )  # fmt: skip


def _better(one: Figure) -> bool | None:
    if one.value is None or one.before is None or round(100 * one.value) == round(100 * one.before):
        return None
    return {"lower": one.value < one.before, "higher": one.value > one.before}.get(one.better)


def _note(found: Kpis, one: Figure, reader: Reader) -> str:
    words = reader.words
    if found.as_of is None:
        return words.gettext("not kept yet")
    if not one.of:
        return words.gettext("Not enough yet")
    base = say.base(one.kpi, one.over, one.of, found.currency, reader)
    return words.gettext("{base}: too few to conclude from").format(base=base) if one.small else base
