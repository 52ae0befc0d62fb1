"""First lines: how many deals and leads, and how much money is at stake."""

from __future__ import annotations

from collections.abc import Sequence

from stalewatch.delivery.telling import Telling
from stalewatch.delivery.wording.money import total
from stalewatch.delivery.wording.reader import Reader


def counted(leads: Sequence[Telling], reader: Reader) -> str:
    """ "3 deals", "2 leads", "3 deals and 2 leads", by one telling per record."""
    words = reader.words
    prospects = sum(telling.object == "lead" for telling in leads)
    deals = len(leads) - prospects
    said = []
    if deals:
        said.append(words.ngettext("{count} deal", "{count} deals", deals).format(count=reader.number(deals)))
    if prospects:
        count = reader.number(prospects)
        said.append(words.ngettext("{count} lead", "{count} leads", prospects).format(count=count))
    return reader.listed(said)


def with_total(title: str, leads: Sequence[Telling], reader: Reader) -> str:
    """The title with the sum of the deals' amounts, if there is one."""
    money = money_of(leads, reader)
    return f"{title} · {money}" if money else title


def money_of(leads: Sequence[Telling], reader: Reader) -> str:
    """The sum of the deals' amounts; "" if none has any."""
    return total([(each.money, each.currency) for each in leads if each.money is not None], reader)
