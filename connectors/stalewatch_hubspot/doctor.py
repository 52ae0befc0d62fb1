"""What `stalewatch doctor` says of a portal: login, scopes, words that are not mapped, clock, quota."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import ConfigurationError, ConnectorError, TryLater
from stalewatch.sdk.records import Outcome
from stalewatch_hubspot.errors import UPGRADE, scope_cure
from stalewatch_hubspot.fitting import choices
from stalewatch_hubspot.mapping import plain
from stalewatch_hubspot.options import END_OF_LIFE, VERSION, Options
from stalewatch_hubspot.portal import Portal
from stalewatch_hubspot.queries import CONTACTS, DEALS, LEADS
from stalewatch_hubspot.transport import Transport
from stalewatch_hubspot.wants import Wants

_SKEW: Final = 60.0
_NOTICE: Final = 180
"""Days before a version of the API is no more supported."""
_LIKE: Final = {
    "map.deal.stages": "proposal", "map.deal.pipelines": "new_business", "map.lead.values.status": "mql",
}  # fmt: skip
"""A word of ours under each key, for an example."""


def findings(
    look: Callable[[], Portal], transport: Transport, options: Options, wants: Wants, doubt: str | None = None
) -> list[Finding]:
    """Look at a portal and tell what was found; a fault is a finding too."""
    try:
        portal = look()
    except ConnectorError as error:
        return [Finding(subject="login", level=Level.ERROR, message=error.what, cure=error.cure)]
    return [
        Finding(subject="login", level=Level.OK, message=f"portal {portal.facts.portal}, API {VERSION}"),
        *_scopes(portal, is_app=options.auth.is_renewable),
        *_renewal(transport, options),
        *_version(transport),
        *_sunset(transport),
        *_properties(portal, options),
        *_stages(portal, wants),
        *_roles(portal, options),
        *_clock(transport),
        *_quota(transport, options.quota_ceiling),
        *_doubt(doubt),
    ]


def _version(transport: Transport) -> Iterator[Finding]:
    left = (END_OF_LIFE - transport.server_now().date()).days
    if left < _NOTICE:
        when = f"until {END_OF_LIFE}" if left > 0 else f"no more since {END_OF_LIFE}"
        yield Finding(
            subject="API",
            level=Level.WARNING,
            message=f"HubSpot supports the API version {VERSION} {when}",
            cure=UPGRADE,
        )


def _renewal(transport: Transport, options: Options) -> Iterator[Finding]:
    """HubSpot rarely replaces a refresh token; if it does, the next process has to know the new one."""
    if not options.auth.is_renewable:
        return
    try:
        transport.session.refresh.check()
    except (ConfigurationError, TryLater) as error:
        message = f"should HubSpot replace the refresh token, it would be lost when this ends: {error.what}"
        yield Finding(subject="refresh token", level=Level.WARNING, message=message, cure=error.cure)


def _sunset(transport: Transport) -> Iterator[Finding]:
    """What HubSpot itself says of the end of this version, in the headers of its answers."""
    if transport.sunset:
        message = f"HubSpot says that the API version {VERSION} comes to its end: {transport.sunset}"
        yield Finding(subject="API", level=Level.WARNING, message=message, cure=UPGRADE)


def _scopes(portal: Portal, *, is_app: bool) -> Iterator[Finding]:
    for kind, scope in sorted(portal.facts.refused.items()):
        yield Finding(
            subject=kind,
            level=Level.WARNING,
            message=f"{kind} cannot be read: the token lacks the scope {scope}; rules that need them cannot judge",
            cure=scope_cure(scope, is_app=is_app),
        )


def _properties(portal: Portal, options: Options) -> Iterator[Finding]:
    for kind, mapped in ((DEALS, options.deal.fields), (LEADS, options.lead.fields)):
        absent = portal.facts.absent.get(kind.name, ())
        usual = {"hs_manual_forecast_category", "hs_lead_source", "hs_next_step"}
        for ours, theirs in mapped.items():
            if theirs in absent and theirs in portal.properties.get(kind.name, {}):
                yield Finding(
                    subject=f"map.{kind.name.removesuffix('s')}.fields.{ours}",
                    level=Level.ERROR,
                    message=f"the portal lists the property {theirs} and shows it in no row; it is not asked for",
                    cure=f"Let whoever the token stands for view {theirs}: Settings, Properties, field permissions.",
                )
            elif theirs in absent:
                yield Finding(
                    subject=f"map.{kind.name.removesuffix('s')}.fields.{ours}",
                    level=Level.WARNING if theirs in usual else Level.ERROR,
                    message=f"the portal has no property {theirs}; it is not asked for",
                    cure=_nearest(theirs, portal.properties.get(kind.name, {})),
                )


def _nearest(name: str, known: Collection[str]) -> str:
    """The property that was probably meant."""
    [like, *_] = [*get_close_matches(name, known, n=1, cutoff=0.7), ""]
    meant = f"Did you mean {like}? " if like else ""
    return f"{meant}Use the internal name that HubSpot shows under Settings, Properties."


def _stages(portal: Portal, wants: Wants) -> Iterator[Finding]:
    facts = portal.facts
    unmapped = [one for one in facts.stages.values() if one.outcome is Outcome.OPEN and one.ours is None]
    names = sorted(f"{facts.labels.get(one.pipeline, one.pipeline)}/{one.label}" for one in unmapped)
    if names:
        yield _unmapped("map.deal.stages", "stages", names)
    else:
        yield Finding(subject="stages", level=Level.OK, message=f"all {len(facts.stages)} stages are known")
    pipelines = sorted(facts.labels[id_] for id_, ours in facts.pipelines.items() if ours is None)
    if pipelines:
        yield _unmapped("map.deal.pipelines", "pipelines", pipelines)
    statuses = sorted(one.label for one in facts.statuses.values() if one.ours is None)
    if wants.leads and statuses:
        yield _unmapped("map.lead.values.status", "lead stages", statuses)


def _unmapped(subject: str, what: str, names: Sequence[str]) -> Finding:
    key, ours = subject, _LIKE[subject]
    return Finding(
        subject=subject,
        level=Level.WARNING,
        message=f"{what} that nothing is known of: {', '.join(names)}; their records cannot be judged",
        cure=f'Name them under {key}, such as `{ours}: ["{names[0]}"]`.',
    )


def _roles(portal: Portal, options: Options) -> Iterator[Finding]:
    told = portal.properties.get(CONTACTS.name, {}).get("hs_buying_role")
    known = options.deal.roles
    others = [value for value in (choices(told, {}) if told else None) or () if plain(value) not in known]
    if others:
        yield Finding(
            subject="roles",
            level=Level.OK,
            message=f"count as people and as none of ours: {', '.join(others)}; map.deal.roles can name them",
        )


def _clock(transport: Transport) -> Iterator[Finding]:
    seconds = transport.offset.total_seconds()
    if abs(seconds) > _SKEW:
        which = "behind" if seconds > 0 else "ahead of"
        message = f"this machine's clock is {abs(seconds):.0f} s {which} HubSpot's"
        cure = "Let NTP set this machine's clock. What is read follows HubSpot's; deadlines follow this machine's."
        yield Finding(subject="clock", level=Level.WARNING, message=message, cure=cure)


def _quota(transport: Transport, ceiling: float) -> Iterator[Finding]:
    usage, is_tight = transport.limits.usage, transport.limits.is_tight
    if usage is None:
        return
    yield Finding(
        subject="quota",
        level=Level.WARNING if is_tight else Level.OK,
        message=f"{usage.used:,} of {usage.allowed:,} calls of this day are used ({usage.share:.0%}, "
        f"ceiling {ceiling:.0%}), by everybody together",
        cure="HubSpot shows who calls: Settings, Integrations, API usage. Until midnight only what changed is read."
        if is_tight
        else None,
    )


def _doubt(doubt: str | None) -> Iterator[Finding]:
    if doubt:
        cure = "Nothing was taken for deleted. Look whether the token still sees all deals."
        yield Finding(subject="comparison of ids", level=Level.WARNING, message=doubt, cure=cure)
