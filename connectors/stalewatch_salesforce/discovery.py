"""Ask an org what it has: every describe, the stages and the coverage of mails in one call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch_salesforce import ids, merging, queries
from stalewatch_salesforce.composite import Answer, Part, ask
from stalewatch_salesforce.decoding import decode, document
from stalewatch_salesforce.org import DESCRIBED, EMAIL, LEAD, OPPORTUNITY, Described, Org
from stalewatch_salesforce.queries import ROOT, address, select
from stalewatch_salesforce.rows import CurrencyRate, DatedRate, OnlyId, Organization, Records, Stage
from stalewatch_salesforce.transport import Transport

T = TypeVar("T", bound=msgspec.Struct)
_MAIL_WINDOW: Final = timedelta(days=30)
_MARGIN: Final = timedelta(minutes=1)
"""Such dates count in seconds: what changed in the very second of the last look bears none that is later."""
_SAMPLE: Final = 200
_STANDARD: Final = ("Id", "Name", "OwnerId", "StageName", "Amount", "CloseDate", "NextStep", "Type", "CreatedDate",
                    "ForecastCategoryName", "IsClosed")  # fmt: skip
_OF_LEADS: Final = ("Id", "Name", "OwnerId", "Status", "LeadSource", "CreatedDate", "IsConverted")
_SAMPLES: Final = msgspec.json.Decoder(Records[dict[str, Any]])


def discover(
    transport: Transport, mapped: Collection[str], known: Org | None, giving_teams: Collection[str] = (),
    of_leads: Collection[str] | None = None,
) -> Org:  # fmt: skip
    """Read the org; what it says is unchanged since `known` is taken from there.

    Args:
        mapped: fields of opportunities that the configuration names.
        giving_teams: names of the roles whose users hand leads over.
        of_leads: fields of leads that the configuration names; None: nobody reads leads.

    Raises:
        TryLater: it does not answer.
        NeedsReconnect: opportunities may not be read.
    """
    since = {} if known is None else {"If-Modified-Since": format_datetime(known.read_at - _MARGIN, usegmt=True)}
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
    org.name_record_types()
    org.rates = _rows(answers.by_ref["rates"], CurrencyRate)
    org.zone = _zone(_rows(answers.by_ref["organization"], Organization))
    if org.has(EMAIL) and answers.by_ref["mails"].fault is None:
        org.mails_seen = bool(_rows(answers.by_ref["mails"], OnlyId))
    org.samples[OPPORTUNITY] = _sample(answers.by_ref["sample"])
    _look_closer(transport, org, mapped, of_leads, is_first=known is None)
    if giving_teams:
        org.givers = _givers(transport, giving_teams)
    return org


def _look_closer(
    transport: Transport, org: Org, mapped: Collection[str], of_leads: Collection[str] | None, *, is_first: bool
) -> None:  # fmt: skip
    """Ask what could not be asked before the describes were known, and what a new process has to know at once: what it
    reads may still name contacts that are others by now."""
    questions = {"merged": select(merging.FIELDS, merging.CONTACT, merging.WHERE)} if is_first else {}
    if any(org.field(OPPORTUNITY, name) is None for name in mapped):  # the sample that named it was refused
        questions["sample"] = _newest(org, OPPORTUNITY, (*_STANDARD, *mapped))
    if of_leads is not None and org.has(LEAD):
        questions["leads"] = _newest(org, LEAD, (*_OF_LEADS, *of_leads))
    if len(org.rates) > 1:
        questions["dated"] = select(("IsoCode", "ConversionRate", "StartDate"), "DatedConversionRate")
    if not questions:
        return
    answers = ask(transport, [Part(ref, address(soql)) for ref, soql in questions.items()], kind="describe").by_ref
    if "sample" in answers:
        org.samples[OPPORTUNITY] = _sample(answers["sample"])
    if "leads" in answers:
        org.samples[LEAD] = _sample(answers["leads"])
    if "merged" in answers:
        org.merged = _merged(answers["merged"])
    if "dated" in answers:
        org.dated = _rows(answers["dated"], DatedRate)


def _merged(answer: Answer) -> dict[str, str] | None:
    if answer.fault is not None:
        return None
    told, _ = decode(answer.body, merging.Contact)
    return merging.by_loser(told.records) if told.done else None  # of so many only the hourly look reads all


def _newest(org: Org, name: str, fields: Iterable[str]) -> str:
    there = dict.fromkeys(told.name for field in fields if (told := org.field(name, field)) is not None)
    return select(there, name, (), f"ORDER BY Id DESC LIMIT {_SAMPLE}")


def _zone(rows: Sequence[Organization]) -> ZoneInfo | None:
    try:
        return ZoneInfo(rows[0].TimeZoneSidKey or "") if rows else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that this machine does not know
        return None


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
        "organization": select(("TimeZoneSidKey",), "Organization"),
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
        org.objects[name] = document(answer.body, Described)


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
