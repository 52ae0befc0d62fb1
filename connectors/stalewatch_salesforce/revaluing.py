"""Rates that changed: amounts in other currencies are worth something else now, and no record was touched by that."""

from __future__ import annotations

from collections.abc import Generator

from stalewatch.sdk.connector import Page
from stalewatch_salesforce import queries
from stalewatch_salesforce.harvest import Harvest
from stalewatch_salesforce.money import fingerprint
from stalewatch_salesforce.org import OPPORTUNITY, ROLES, VISITS, Org
from stalewatch_salesforce.place import Place
from stalewatch_salesforce.reading import Reading


def rates_of(org: Org) -> str:
    """Changes with any rate of the org; empty where it has one currency."""
    return fingerprint(org.rates, org.dated)


def revalued(reading: Reading, place: Place, limit: float) -> Generator[Page, None, Place]:
    """The open opportunities in other currencies than the project's, with their history, at the new rates.

    Raises:
        TryLater: as any query; the rates then still count as changed.
    """
    others = f"CurrencyIsoCode != {queries.quote(reading.settings.currency)}"
    has_others = reading.org.field(OPPORTUNITY, "CurrencyIsoCode") is not None
    chains = [reading.chain(OPPORTUNITY, ("IsClosed = false", others), (ROLES, VISITS))] if has_others else []
    for batch in Harvest(reading.transport, [], chains, kind="rates", deadline=limit).batches():
        found, place = reading.records(batch, place)
        place = place.moved(rates=rates_of(reading.org)) if batch.is_last else place
        yield found.page(place, as_of=place.since)
    return place
