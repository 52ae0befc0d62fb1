"""Ask an org what it has: every describe, the stages and the coverage of mails, all in one call."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Final, TypeVar

import msgspec

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch_salesforce import ids, queries
from stalewatch_salesforce.composite import Answer, Part, ask
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.org import DESCRIBED, EMAIL, OPPORTUNITY, Described, Org
from stalewatch_salesforce.queries import ROOT, address, select
from stalewatch_salesforce.rows import CurrencyRate, OnlyId, Records, RecordType, Stage
from stalewatch_salesforce.transport import Transport

T = TypeVar("T", bound=msgspec.Struct)
_MAIL_WINDOW: Final = timedelta(days=30)
_SAMPLE: Final = 200
_STANDARD: Final = ("Id", "Name", "OwnerId", "StageName", "Amount", "CloseDate", "NextStep", "Type", "CreatedDate",
                    "ForecastCategoryName", "IsClosed")  # fmt: skip
_DESCRIBES: Final = msgspec.json.Decoder(Described)
_SAMPLES: Final = msgspec.json.Decoder(Records[dict[str, Any]])


def discover(
    transport: Transport, mapped: Collection[str], known: Org | None, giving_teams: Collection[str] = ()
) -> Org:
    """Read the org; what it says is unchanged since `known` is taken from there.

    Args:
        mapped: fields of opportunities that the configuration names.
        giving_teams: names of the roles whose users hand leads over.

    Raises:
        TryLater: it does not answer.
        NeedsReconnect: opportunities may not be read.
    """
    since = {} if known is None else {"If-Modified-Since": format_datetime(known.read_at, usegmt=True)}
    parts = [Part(f"describe_{name}", f"{ROOT}/sobjects/{name}/describe", since) for name in DESCRIBED]
    transport.session.token()  # the login's answer tells the server's time, which a query below needs
    parts += [Part(ref, address(soql)) for ref, soql in _questions(transport, mapped).items()]
    answers = ask(transport, parts, kind="describe")
    org = Org(read_at=answers.at or transport.server_now())
    for name in DESCRIBED:
        _take(org, name, answers.by_ref[f"describe_{name}"], known)
    if not org.has(OPPORTUNITY):
        raise NeedsReconnect(
            f"opportunities cannot be read: {org.refused.get(OPPORTUNITY, 'not there')}",
            cure="Give the integration user read access to Opportunity, in a permission set.",
        )
    org.stages = _rows(answers.by_ref["stages"], Stage)
    org.name_record_types(_rows(answers.by_ref["record_types"], RecordType))
    org.rates = _rows(answers.by_ref["rates"], CurrencyRate)
    if org.has(EMAIL) and answers.by_ref["mails"].fault is None:
        org.mails_seen = bool(_rows(answers.by_ref["mails"], OnlyId))
    org.sample = _sample(answers.by_ref["sample"])
    if giving_teams:
        org.givers = _givers(transport, giving_teams)
    return org


def _givers(transport: Transport, teams: Collection[str]) -> frozenset[str]:
    roles = ", ".join(queries.quote(team) for team in sorted(teams))
    path = address(select(("Id",), "User", (f"UserRole.Name IN ({roles})",)))
    answer = ask(transport, [Part("givers", path)], kind="describe").by_ref["givers"]
    return frozenset(ids.whole(row.Id) for row in _rows(answer, OnlyId))


def _questions(transport: Transport, mapped: Collection[str]) -> dict[str, str]:
    horizon = queries.instant(transport.server_now() - _MAIL_WINDOW)
    recent = ("Incoming = true", f"MessageDate >= {horizon}")
    return {
        "stages": select(("MasterLabel", "ApiName", "IsActive", "IsClosed"), "OpportunityStage"),
        "record_types": select(("Id", "Name", "DeveloperName"), "RecordType", ("SobjectType = 'Opportunity'",)),
        "rates": select(("IsoCode", "ConversionRate"), "CurrencyType", ("IsActive = true",)),
        "mails": select(("Id",), EMAIL, recent, "LIMIT 1"),
        "sample": select(dict.fromkeys((*_STANDARD, *mapped)), OPPORTUNITY, (), f"ORDER BY Id DESC LIMIT {_SAMPLE}"),
    }


def _take(org: Org, name: str, answer: Answer, known: Org | None) -> None:
    if answer.status == 304 and known is not None:
        if known.has(name):
            org.objects[name] = known.objects[name]
        else:
            org.refused[name] = known.refused.get(name, "")
    elif answer.fault is not None:
        org.refused[name] = f"{answer.fault.code} {answer.fault.message}".strip()
    else:
        org.objects[name] = _DESCRIBES.decode(answer.body)


def _sample(answer: Answer) -> list[dict[str, Any]]:
    """Some opportunities as they are; without them only the fill rates are missing."""
    if answer.fault is not None:
        return []
    with suppress(msgspec.DecodeError):
        return _SAMPLES.decode(answer.body).records
    return []


def _rows(answer: Answer, type_: type[T]) -> list[T]:
    """Rows of something that not every org has: where it is refused there are none."""
    return [] if answer.fault is not None else decode(answer.body, type_)[0].records
