"""Rates that changed: amounts in other currencies are worth something else now, and no record was touched by that."""

from __future__ import annotations

from stalewatch_salesforce import queries
from stalewatch_salesforce.asking import Asking
from stalewatch_salesforce.chains import Chain
from stalewatch_salesforce.money import fingerprint
from stalewatch_salesforce.org import OPPORTUNITY, ROLES, VISITS, Org


def rates_of(org: Org) -> str:
    """Changes with any rate of the org; empty where it has one currency."""
    return fingerprint(org.rates, org.dated)


def chains(asking: Asking) -> list[Chain]:
    """The open opportunities in other currencies than the project's, with their history."""
    if asking.org.field(OPPORTUNITY, "CurrencyIsoCode") is None:
        return []
    others = f"CurrencyIsoCode != {queries.quote(asking.settings.currency)}"
    return [asking.chain(OPPORTUNITY, ("IsClosed = false", others), (ROLES, VISITS))]
