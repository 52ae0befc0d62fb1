"""What `stalewatch doctor` says of a connection: login, permissions, mapping, clock, quota, coverage, data age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import ConnectorError
from stalewatch_salesforce.certificate import certificate
from stalewatch_salesforce.composite import Part, ask
from stalewatch_salesforce.coverage import sees_mails
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.lacking import HIDDEN, lacks, permission
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import EMAIL, EVENT, LEAD, OPPORTUNITY, Org
from stalewatch_salesforce.queries import API_VERSION, END_OF_LIFE, address
from stalewatch_salesforce.reading import Reading
from stalewatch_salesforce.rows import OnlyId, Row
from stalewatch_salesforce.strangers import strangers

_SKEW: Final = timedelta(minutes=1)
_NOTICE: Final = 180
"""Days before a version of the API is no more supported."""
_NEEDED: Final = {
    "OpportunityHistory": "since when a deal is in its stage, and how its amount and close date moved",
    "OpportunityContactRole": "who is involved",
    "Event": "meetings", "EventRelation": "who declined a meeting", "Task": "calls and next steps",
    "EmailMessage": "who wrote last", "EmailMessageRelation": "whom a mail reached", "User": "owners",
    "Lead": "leads", "LeadHistory": "when a lead was handed over",
}  # fmt: skip


def failure(options: Options, error: ConnectorError) -> Finding:
    """A connection that cannot be looked at at all."""
    return Finding(subject=options.auth.login_url, level=Level.ERROR, message=error.what, cure=error.cure)


def findings(reading: Reading, now: datetime) -> list[Finding]:
    """Everything that can be told; asks one more call.

    Raises:
        TryLater, NeedsReconnect, Refused: the org does not answer.
    """
    return [
        *_login(reading),
        *_version(reading),
        *certificate(reading.options.auth, now),
        *_permissions(reading.org),
        *strangers(reading),
        *_fields(reading),
        *_clock(reading, now),
        *_quota(reading),
        *_currencies(reading),
        *_coverage(reading),
    ]


def _login(reading: Reading) -> Iterator[Finding]:
    token = reading.transport.session.known
    where = token.base if token else reading.options.auth.login_url
    yield Finding(subject="login", level=Level.OK, message=f"{reading.options.auth.flow} at {where}, API {API_VERSION}")


def _version(reading: Reading) -> Iterator[Finding]:
    left = (END_OF_LIFE - reading.transport.server_now().date()).days
    if left < _NOTICE:
        when = f"until {END_OF_LIFE} at least" if left > 0 else f"no longer for certain: its time ended {END_OF_LIFE}"
        yield Finding(
            subject="API",
            level=Level.WARNING,
            message=f"Salesforce supports the API version {API_VERSION} {when}",
            cure="Upgrade stalewatch: the version that it speaks comes with it and cannot be set.",
        )


def _permissions(org: Org) -> Iterator[Finding]:
    for name, words in org.refused.items():
        if name in _NEEDED:
            yield Finding(
                subject=name,
                level=Level.WARNING,
                message=f"cannot be read ({words or 'not there'}): rules that ask for {_NEEDED[name]} cannot judge",
                cure=f"Setup, Permission Sets, the one of the integration user: {permission(org, name)}.",
            )
    readable = ", ".join(sorted(org.objects))
    yield Finding(subject="permissions", level=Level.OK, message=f"can be read: {readable}")


def _fields(reading: Reading) -> Iterator[Finding]:
    options = reading.options
    for object_, fields in ((OPPORTUNITY, options.deal.fields), (LEAD, options.lead.fields)):
        for ours, theirs in fields.items():
            if reading.org.has(object_) and reading.org.field(object_, theirs) is None:
                yield Finding(
                    subject=f"{object_}.{theirs}",
                    level=Level.ERROR,
                    message=f"{ours} is mapped to a field that is not there, or hidden from the integration user",
                    cure=f"Correct the name, or make it readable: Setup, Permission Sets, Object Settings, {object_}.",
                )
            elif (told := reading.org.field(object_, theirs)) is not None and told.calculated:
                yield Finding(
                    subject=f"{object_}.{theirs}",
                    level=Level.OK,
                    message=f"{ours} is mapped to a formula: if a rule reads it, open records are read every six hours",
                )


def _clock(reading: Reading, now: datetime) -> Iterator[Finding]:
    skew = reading.transport.offset
    if abs(skew) >= _SKEW:
        which = "behind" if skew > timedelta() else "ahead of"
        seconds = f"{abs(skew.total_seconds()):,.0f} s"
        yield Finding(
            subject="clock",
            level=Level.WARNING,
            message=f"this machine's clock ({now:%H:%M} UTC) is {seconds} {which} Salesforce's",
            cure="Let NTP set this machine's clock. Windows follow Salesforce's, deadlines this machine's; "
            "logins by JWT may fail.",
        )


def _quota(reading: Reading) -> Iterator[Finding]:
    quota = reading.transport.quota
    names = {"org": "of the org", "app": "of this app"}
    for kind, usage in quota.usages.items():
        is_tight = usage.share >= quota.ceiling
        yield Finding(
            subject="quota",
            level=Level.WARNING if is_tight else Level.OK,
            message=f"{usage.used:,} of {usage.allowed:,} API calls {names[kind]} used in 24 hours ({usage.share:.0%}, "
            f"ceiling {quota.ceiling:.0%}), by everybody together",
            cure="Work that can wait is left alone. Setup, Company Information, API Requests shows how many; a longer "
            "`every` or a higher quota_ceiling of this connection takes less or more of them."
            if is_tight
            else None,
        )


def _currencies(reading: Reading) -> Iterator[Finding]:
    org, ours = reading.org, reading.asking.settings.currency
    if org.field(OPPORTUNITY, "CurrencyIsoCode") and ours not in {rate.IsoCode for rate in org.rates}:
        yield Finding(
            subject="currencies",
            level=Level.WARNING,
            message=f"there are several, and no rate of {ours} can be read: amounts in others cannot be judged",
            cure=f"Setup, Manage Currencies: make {ours} active. Reading it may take “View Setup and Configuration”.",
        )


def _coverage(reading: Reading) -> Iterator[Finding]:
    org = reading.org
    for name, fields in lacks(org, reading.options, {}, is_heard=sees_mails(org)).items():
        hidden = sorted({one for names in fields.values() for one in names if one.startswith(HIDDEN)})
        if hidden:
            yield Finding(
                subject=f"{name} fields",
                level=Level.WARNING,
                message=f"the integration user lacks {', '.join(hidden)}",
                cure="Setup, Permission Sets, Object Settings: make them readable.",
            )
    if not sees_mails(org) and org.has(EMAIL):
        yield Finding(
            subject="mails",
            level=Level.WARNING,
            message="no mail from outside was recorded in 30 days: rules that ask who wrote last cannot judge",
            cure="Einstein Activity Capture keeps mails outside of Salesforce. Setup, Enhanced Email: turn it on, "
            "or let sellers use Email to Salesforce.",
        )
    parts = [Part("newest", address("SELECT Id, SystemModstamp FROM Opportunity ORDER BY SystemModstamp DESC LIMIT 1"))]
    if org.field(EVENT, "IsPrivate"):
        parts.append(Part("private", address("SELECT Id FROM Event WHERE IsPrivate = true LIMIT 2000")))
    answers = ask(reading.transport, parts, kind="check").by_ref
    if "private" in answers and answers["private"].fault is None:
        page, _ = decode(answers["private"].body, OnlyId)
        if page.records:
            yield Finding(
                subject="private meetings",
                level=Level.OK,
                message=f"{page.totalSize or len(page.records):,} private meetings are there and never read",
            )
    newest, _ = decode(answers["newest"].body, Row) if answers["newest"].fault is None else (None, [])
    if newest is not None and newest.records and newest.records[0].SystemModstamp is not None:
        age = reading.transport.server_now() - newest.records[0].SystemModstamp
        hours = max(0, round(age.total_seconds() / 3600))
        yield Finding(subject="data", level=Level.OK, message=f"the newest change of an opportunity is {hours} h old")
