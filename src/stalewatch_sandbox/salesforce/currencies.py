"""Several currencies: what an administrator switches on, and the rates that they keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.schema import Field, SObject

_CODED: Final = ("Opportunity", "OpportunityHistory")
_TYPE: Final = {
    "Id": "id",
    "IsoCode": "string",
    "ConversionRate": "double",
    "IsActive": "boolean",
    "IsCorporate": "boolean",
}
_DATED: Final = {
    "Id": "id",
    "IsoCode": "string",
    "ConversionRate": "double",
    "StartDate": "date",
    "NextStartDate": "date",
}
_USUAL: Final = {"SystemModstamp": "datetime", "CreatedDate": "datetime", "IsDeleted": "boolean"}


def set_rates(org: Org, rates: Mapping[str, float]) -> None:
    """Every currency of the org with its rate, which for its own currency is 1; switches currencies on."""
    _switch_on(org, rates)
    for code, rate in rates.items():
        _put(org, "CurrencyType", {"IsoCode": code, "ConversionRate": rate, "IsActive": True, "IsCorporate": rate == 1})


def set_dated_rates(org: Org, rates: Mapping[str, Mapping[date, float]]) -> None:
    """Advanced currency management: per currency, the rates from their first days on."""
    _make(org, "DatedConversionRate", _DATED)
    for code, by_day in rates.items():
        days = sorted(by_day)
        for start, end in zip(days, [*days[1:], None], strict=True):
            told = {"IsoCode": code, "ConversionRate": by_day[start], "StartDate": start, "NextStartDate": end}
            _put(org, "DatedConversionRate", told)


def _switch_on(org: Org, rates: Mapping[str, float]) -> None:
    _make(org, "CurrencyType", _TYPE)
    for name in _CODED:
        field = Field(name="CurrencyIsoCode", type="picklist", label="Currency ISO Code", values=tuple(rates))
        org.schema.add_field(name, field, org.clock.now())


def _make(org: Org, name: str, fields: Mapping[str, str]) -> None:
    if org.schema.object(name) is None:
        made = {field.lower(): Field(name=field, type=type_) for field, type_ in {**fields, **_USUAL}.items()}
        org.schema.put_object(SObject(name, made, {}), org.clock.now())


def _put(org: Org, name: str, told: Mapping[str, object]) -> None:
    keys = [key for key in ("IsoCode", "StartDate") if key in told]
    same = [row for row in org.tables[name] if all(row.get(key) == told[key] for key in keys)]
    if same:
        org.update(same[0]["Id"], told)
    else:
        org.insert(name, told)
