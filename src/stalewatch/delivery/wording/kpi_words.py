"""How KPIs are called, what they are a figure of, and what they mean; docs/kpis.md is the long form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.values import choice

Titles = Mapping[str, Mapping[str, str]]
"""Titles of choices by value, each by language."""
_NO_TITLES: Final[Titles] = {}


def title(kpi: str, reader: Reader, titles: Titles = _NO_TITLES) -> str:
    """What a KPI is called; one that divides another by stage, letter, band or tag is called after that."""
    said = _titles(reader).get(kpi)
    if said is not None:
        return said
    family, _, part = kpi.partition(".")
    if family == "qualification":
        score, _, letter = part.partition(".")
        if letter:
            return choice(letter, {}, reader)
        name = score.upper() if len(score) < 7 else choice(score, {}, reader)
        return reader.words.gettext("{score} known").format(score=name)
    if family == "stakeholders":
        return reader.words.gettext("People per deal: {band}").format(band=choice(part, titles.get(part, {}), reader))
    name = choice(part or family, titles.get(part, {}), reader)
    return reader.words.gettext("{stage}, days").format(stage=name) if family == "time_in_stage" else name


def _titles(reader: Reader) -> dict[str, str]:
    _ = reader.words.gettext  # called so, Babel finds the sentences
    return {
        "overdue_close_date": _("Close date passed"),
        "no_next_meeting": _("No next meeting"),
        "stalled": _("Stalled deals"),
        "stalled_amount": _("Stalled amount"),
        "stakeholders": _("People per deal"),
        "ignored_alerts": _("Nudges ignored"),
        "input_timeliness": _("Meetings written up in 24 hours"),
        "handoff_time": _("Hand-off to first contact"),
        "stage_pass": _("Stages passed"),
        "time_in_stage": _("Days in a stage"),
        "deal_length": _("Days to a win"),
        "win_rate": _("Win rate"),
        "unobserved_loss": _("MQLs that vanished untagged"),
        "proposals": _("Proposals"),
        "unit_price": _("Price of a won deal"),
        "proposal_value": _("Proposals × win rate × price"),
        "loss_reason.reported": _("Reason reported"),
        "loss_reason.assumed": _("Reason assumed"),
        "loss_reason.none": _("No reason given"),
        "meddic_gap.few": _("Won, 0–1 letters missing"),
        "meddic_gap.some": _("Won, 2–3 letters missing"),
        "meddic_gap.many": _("Won, 4 or more missing"),
    }


def meaning(kpi: str, reader: Reader) -> str:
    """A KPI in one sentence; "" for one that only divides another."""
    _ = reader.words.gettext  # called so, Babel finds the sentences
    return {
        "overdue_close_date": _("Of the open deals with a close date, those whose date was that day or earlier."),
        "no_next_meeting": _("Of the open deals that are not on hold, those without a planned meeting."),
        "stalled": _("Of the open deals, those with a deadline that has passed and that are not on hold."),
        "stalled_amount": _("Their amounts; deals without an amount are left out."),
        "ignored_alerts": _("Of the nudges about what was late, those on which nobody acted in five business days."),
        "input_timeliness": _("Meetings after which the next step and the notes were written within 24 hours."),
        "stakeholders": _("People of the customer's who are known, of open deals from the proposal on."),
        "handoff_time": _("From the hand-off of a lead to the first contact, of leads contacted in four weeks."),
        "stage_pass": _(
            "Of the visits to a stage that ended in the quarter, those that led to a later stage or a win."
        ),
        "time_in_stage": _("How long those visits lasted; deals that are still in the stage are not counted."),
        "deal_length": _("From the creation to the closing of the deals won in the quarter."),
        "win_rate": _("Of the deals closed in the quarter, those that were won."),
        "proposals": _("How often a deal entered the proposal stage in the quarter."),
        "unit_price": _("Average amount of the deals won in the quarter; those without an amount are left out."),
        "proposal_value": _("What the proposals of the quarter are worth at that win rate and that price."),
        "unobserved_loss": _("Of the MQLs that became no deal in 30 days, those of which nobody noted why."),
        "loss_reason.reported": _(
            "Of the deals lost in the quarter, those whose reason a person or the customer gave."
        ),
        "meddic_gap.few": _("Win rate by how many letters of MEDDIC were missing."),
    }.get(kpi, "")


def base(kpi: str, over: float, of: float, currency: str, reader: Reader) -> str:
    """What a figure is of: "34 of 189 open deals"."""
    family = kpi.partition(".")[0]
    if kpi == "stalled_amount":
        return reader.words.gettext("of {all} open").format(all=amount(of, currency, reader))
    made = _BASES.get(kpi) or _BASES.get(family)
    if kpi.count(".") == 1 and family == "qualification":
        made = _items
    count = int(of)
    return "" if made is None else made(reader, count).format(over=reader.number(int(over)), of=reader.number(count))


def _items(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} item", "{over} of {of} items", count)


def _open(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} open deal", "{over} of {of} open deals", count)


def _alerts(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} nudge", "{over} of {of} nudges", count)


def _meetings(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} meeting", "{over} of {of} meetings", count)


def _visits(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} visit", "{over} of {of} visits", count)


def _closed(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} closed deal", "{over} of {of} closed deals", count)


def _lost(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} lost deal", "{over} of {of} lost deals", count)


def _leads(reader: Reader, count: int) -> str:
    return reader.words.ngettext("{over} of {of} lead", "{over} of {of} leads", count)


def _of_visits(reader: Reader, count: int) -> str:
    return reader.words.ngettext("of {of} visit", "of {of} visits", count)


def _of_won(reader: Reader, count: int) -> str:
    return reader.words.ngettext("of {of} won deal", "of {of} won deals", count)


def _of_open(reader: Reader, count: int) -> str:
    return reader.words.ngettext("of {of} open deal", "of {of} open deals", count)


def _of_leads(reader: Reader, count: int) -> str:
    return reader.words.ngettext("of {of} lead", "of {of} leads", count)


def _of_deals(reader: Reader, count: int) -> str:
    return reader.words.ngettext("on {of} deal", "on {of} deals", count)


def _of_proposals(reader: Reader, count: int) -> str:
    return reader.words.ngettext("of {of} proposal", "of {of} proposals", count)


_BASES: Final[Mapping[str, Callable[[Reader, int], str]]] = {
    "overdue_close_date": _open, "no_next_meeting": _open, "stalled": _open, "qualification": _open,
    "ignored_alerts": _alerts, "input_timeliness": _meetings, "stage_pass": _visits, "win_rate": _closed,
    "meddic_gap": _closed, "loss_reason": _lost, "unobserved_loss": _leads, "time_in_stage": _of_visits,
    "deal_length": _of_won, "unit_price": _of_won, "stakeholders": _of_open, "handoff_time": _of_leads,
    "proposals": _of_deals, "proposal_value": _of_proposals,
}  # fmt: skip


def figure(value: float | None, unit: str, currency: str, reader: Reader) -> str:
    """A value with its unit; "–" where there is none."""
    if value is None:
        return "–"
    if unit == "rate":
        return reader.percent(value)
    if unit == "money":
        return amount(value, currency, reader)
    number = reader.number(round(value, 1))
    if unit == "count":
        return number
    return reader.words.ngettext("{days} day", "{days} days", 1 if value == 1 else 2).format(days=number)


def amount(value: float, currency: str, reader: Reader) -> str:
    """Money in a table of many."""
    return money(Decimal(str(value)), currency, reader)


def headline(overdue: tuple[int, int], alone: tuple[int, int], reader: Reader) -> str:
    """The page's first sentence, with places for what it turns on: `overdue`, `dated`, `alone`, `open`.

    Args:
        overdue: deals whose close date has passed, of how many. alone: those without a next meeting, of how many.
    """
    words = reader.words
    if not overdue[1] and not alone[1]:
        return words.gettext("There are no open deals whose hygiene could be told")
    if not overdue[0] and not alone[0]:
        return words.gettext("Every open deal has a close date ahead and a next meeting")
    return words.gettext(
        "{alone} of {open} open deals have no next meeting, {overdue} of {dated} are past their close date"
    )
