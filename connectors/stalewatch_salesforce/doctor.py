"""What `stalewatch doctor` says of a connection: login, permissions, mapping, clock, quota, coverage, data age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import ConnectorError
from stalewatch_salesforce.composite import Part, ask
from stalewatch_salesforce.coverage import sees_mails
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.mapping import plain
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import EMAIL, EVENT, LEAD, OPPORTUNITY, Org
from stalewatch_salesforce.queries import API_VERSION, address
from stalewatch_salesforce.reading import Reading
from stalewatch_salesforce.rows import OnlyId, Row

_SKEW: Final = timedelta(minutes=2)
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
        *_permissions(reading.org),
        *_stages(reading),
        *_fields(reading),
        *_clock(reading, now),
        *_quota(reading),
        *_coverage(reading),
    ]


def _login(reading: Reading) -> Iterator[Finding]:
    token = reading.transport.session.known
    where = token.base if token else reading.options.auth.login_url
    yield Finding(subject="login", level=Level.OK, message=f"{reading.options.auth.flow} at {where}, API {API_VERSION}")


def _permissions(org: Org) -> Iterator[Finding]:
    for name, words in org.refused.items():
        if name in _NEEDED:
            yield Finding(
                subject=name,
                level=Level.WARNING,
                message=f"cannot be read ({words or 'not there'}): rules that ask for {_NEEDED[name]} cannot judge",
                cure=f"Give the integration user read access to {name}, in a permission set.",
            )
    readable = ", ".join(sorted(org.objects))
    yield Finding(subject="permissions", level=Level.OK, message=f"can be read: {readable}")


def _stages(reading: Reading) -> Iterator[Finding]:
    known = reading.options.deal.stages
    for stage in reading.org.stages:
        name = stage.ApiName or stage.MasterLabel
        if stage.IsActive and not stage.IsClosed and plain(name) not in known:
            yield Finding(
                subject="stages",
                level=Level.WARNING,
                message=f"the stage {name!r} is not mapped: rules that read the stage cannot judge deals in it",
                cure=f'Add it under map.deal.stages, such as `proposal: ["{name}"]`.',
            )


def _fields(reading: Reading) -> Iterator[Finding]:
    options = reading.options
    for object_, fields in ((OPPORTUNITY, options.deal.fields), (LEAD, options.lead.fields)):
        for ours, theirs in fields.items():
            if reading.org.has(object_) and reading.org.field(object_, theirs) is None:
                yield Finding(
                    subject=f"{object_}.{theirs}",
                    level=Level.ERROR,
                    message=f"{ours} is mapped to a field that is not there, or hidden from the integration user",
                    cure="Correct `map`, or make the field visible with field-level security.",
                )
            elif (told := reading.org.field(object_, theirs)) is not None and told.calculated:
                yield Finding(
                    subject=f"{object_}.{theirs}",
                    level=Level.WARNING,
                    message=f"{ours} is mapped to a formula: a change of it alone is seen only when the record changes",
                )


def _clock(reading: Reading, now: datetime) -> Iterator[Finding]:
    skew = reading.transport.offset
    if abs(skew) >= _SKEW:
        minutes = round(skew.total_seconds() / 60)
        yield Finding(
            subject="clock",
            level=Level.WARNING,
            message=f"Salesforce's clock is {minutes:+} minutes from ours ({now.isoformat(timespec='minutes')})",
            cure="Let this machine's clock be set by NTP. Windows follow Salesforce's clock; logins by JWT may fail.",
        )


def _quota(reading: Reading) -> Iterator[Finding]:
    quota = reading.transport.quota
    names = {"org": "of the org", "app": "of this app"}
    for kind, usage in quota.usages.items():
        is_tight = usage.share >= quota.ceiling
        yield Finding(
            subject="quota",
            level=Level.WARNING if is_tight else Level.OK,
            message=f"{usage.used:,} of {usage.allowed:,} API calls {names[kind]} used in 24 hours ({usage.share:.0%})",
            cure=f"Above {quota.ceiling:.0%} work that can wait is left alone." if is_tight else None,
        )


def _coverage(reading: Reading) -> Iterator[Finding]:
    org = reading.org
    if not sees_mails(org) and org.has(EMAIL):
        yield Finding(
            subject="mails",
            level=Level.WARNING,
            message="no mail from outside was recorded in 30 days: rules that ask who wrote last cannot judge",
            cure="Einstein Activity Capture keeps mails outside of Salesforce. Turn on Enhanced Email, or use "
            "“Send mails to Salesforce”.",
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
