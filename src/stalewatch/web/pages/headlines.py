"""The first sentence of a list, which has the answer in it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup, escape

from stalewatch.delivery.wording import forecast_words
from stalewatch.delivery.wording.list_words import as_of, counted
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.measuring.forecast import Forecast
from stalewatch.services.reporting.listing import Listing
from stalewatch.services.reporting.standing import Standing, Sum
from stalewatch.services.reporting.undelivered import Undelivered


def stalled(standing: Standing, leads: bool, currency: str, reader: Reader) -> Markup:
    """ "17 of 80 open deals are stalled: ¥180M of ¥900M"."""
    words, late, base = reader.words, standing.listed.records, standing.base
    if leads:
        said = words.ngettext("{late} of {open} open leads is stalled", "{late} of {open} open leads are stalled", late)
    elif standing.listed.amount:
        said = words.ngettext(
            "{late} of {open} open deals is stalled: {money} of {all}",
            "{late} of {open} open deals are stalled: {money} of {all}",
            late,
        )
    else:
        said = words.ngettext("{late} of {open} open deals is stalled", "{late} of {open} open deals are stalled", late)
    return escape(said).format(
        late=_strong(reader.number(late), "late"),
        open=reader.number(base.records),
        money=_strong(worth(standing.listed, currency, reader), "late"),
        all=Markup('<span class="whole-figure">{}</span>').format(worth(base, currency, reader)),
    )


def due_soon(standing: Standing, span: str, leads: bool, currency: str, reader: Reader) -> Markup:
    """ "9 of 80 open deals will be due within 7 days: ¥40M"; `span` in the reader's words."""
    words, soon = reader.words, standing.listed.records
    if leads:
        said = words.gettext("{soon} of {open} open leads will be due within {span}")
    elif standing.listed.amount:
        said = words.gettext("{soon} of {open} open deals will be due within {span}: {money}")
    else:
        said = words.gettext("{soon} of {open} open deals will be due within {span}")
    return escape(said).format(
        soon=_strong(reader.number(soon), "risk"),
        open=reader.number(standing.base.records),
        span=span,
        money=_strong(worth(standing.listed, currency, reader), "risk"),
    )


def forecast(told: Forecast, reader: Reader) -> Markup:
    """ "¥41.2M of the ¥120.4M forecast rests on 17 stalled deals"; amounts are weighted."""
    late, everything = told.stalled, told.total.all
    said = forecast_words.rests(late.deals, everything.deals, late.weighted, everything.weighted, reader)
    return escape(said).format(
        money=_strong(money(late.weighted, told.currency, reader), "late"),
        all=Markup('<span class="whole-figure">{}</span>').format(money(everything.weighted, told.currency, reader)),
        count=reader.number(late.deals),
        deals=reader.number(everything.deals),
    )


def nothing(leads: bool, span: str, filtered: bool, reader: Reader) -> str:
    """What stands where the headline would, if the list is empty; `span` "" is the stalled list."""
    words = reader.words
    if span and leads:
        return words.gettext("No leads will be due within {span}.").format(span=span)
    if span:
        return words.gettext("No deals will be due within {span}.").format(span=span)
    if filtered:
        return words.gettext("Nothing stalled matches these filters.")
    return words.gettext("No stalled leads.") if leads else words.gettext("No stalled deals.")


def ahead(soon: int, leads: bool, span: str, reader: Reader) -> str:
    """Nothing is stalled; how much will be."""
    words = reader.words
    if not soon:
        return words.gettext("None will be due within {span}.").format(span=span)
    said = words.ngettext("{what} will be due within {span}.", "{what} will be due within {span}.", soon)
    return said.format(what=counted(soon, leads, reader), span=span)


def undelivered(found: Undelivered, reader: Reader) -> Markup:
    """ "3 messages did not reach anybody"; if every one did, that, or what is still on its way."""
    words, unsure = reader.words, found.ended.get("parked", 0)
    lost = found.messages - unsure
    if lost and unsure:
        said = words.ngettext(
            "{lost} message did not reach anybody, and nobody knows whether {unsure} more did",
            "{lost} messages did not reach anybody, and nobody knows whether {unsure} more did",
            lost,
        )
    elif lost:
        said = words.ngettext("{lost} message did not reach anybody", "{lost} messages did not reach anybody", lost)
    elif unsure:
        said = words.ngettext(
            "Nobody knows whether {unsure} message arrived", "Nobody knows whether {unsure} messages arrived", unsure
        )
    else:
        return escape(_all_arrived(found, reader))
    return escape(said).format(
        lost=_strong(reader.number(lost), "late"), unsure=_strong(reader.number(unsure), "risk")
    )  # fmt: skip


def _all_arrived(found: Undelivered, reader: Reader) -> str:
    words, halts, going = reader.words, len(found.halts), found.under_way
    if halts:
        said = words.ngettext("No message is lost, but {count} thing is at a halt.",
                              "No message is lost, but {count} things are at a halt.", halts)  # fmt: skip
        return said.format(count=reader.number(halts))
    if going:
        said = words.ngettext("No message is lost; {count} is on its way.",
                              "No message is lost; {count} are on their way.", going)  # fmt: skip
        return said.format(count=reader.number(going))
    return words.gettext("Every message has arrived.")


def made(listing: Listing, reader: Reader) -> str:
    """As of when, and how old the data is."""
    if listing.data_age_seconds is None:
        return reader.words.gettext("No connection has been read yet: `stalewatch run --once` reads them all.")
    return as_of(listing.as_of, listing.data_age_seconds, reader)


def outdated(waiting: Sequence[str], reader: Reader) -> str:
    """Whose data is too old to judge by; "" if nobody's is."""
    if not waiting:
        return ""
    said = reader.words.gettext(
        "{connections}: the data is too old to judge by. Nobody is told anything and nothing is settled until it is "
        "read again; `stalewatch doctor` says why."
    )
    return said.format(connections=reader.listed(list(waiting)))


def worth(some: Sum, currency: str, reader: Reader) -> str:
    """What some records are worth, in the reader's habit."""
    return money(Decimal(some.amount) / 100, currency, reader)


def _strong(text: str, state: str) -> Markup:
    return Markup('<em class="{state}">{text}</em>').format(state=state, text=text)
