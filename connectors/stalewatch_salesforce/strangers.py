"""Words of the org that no mapping knows: their records cannot be judged by rules that read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from stalewatch.sdk.connector import Finding, Level
from stalewatch_salesforce.fitting import choices
from stalewatch_salesforce.mapping import plain
from stalewatch_salesforce.org import LEAD, OPPORTUNITY, Org
from stalewatch_salesforce.reading import Reading

_MOST: Final = 12


def strangers(reading: Reading) -> Iterator[Finding]:
    """Stages, pipelines, statuses and roles that nothing is known of, each kind in one line."""
    org, deal, lead = reading.org, reading.options.deal, reading.options.lead
    open_stages = [one.ApiName or one.MasterLabel for one in org.stages if one.IsActive and not one.IsClosed]
    yield from _unmapped("stages", "map.deal.stages", "proposal", _unknown(open_stages, deal.stages))
    yield from _unmapped("pipelines", "map.deal.pipelines", "new_business", list(_pipelines(org, deal.pipelines)))
    if reading.asking.reads("lead"):
        statuses = _unknown(_active(org, LEAD, "Status"), lead.values["status"])
        yield from _unmapped("lead statuses", "map.lead.values.status", "mql", statuses)
    others = _unknown(_active(org, "OpportunityContactRole", "Role"), deal.roles)
    if others:
        yield Finding(
            subject="roles",
            level=Level.OK,
            message=f"count as people and as none of ours: {_some(others)}; map.deal.roles can name them",
        )


def _pipelines(org: Org, known: Collection[str]) -> Iterator[str]:
    """Record types, where they tell pipelines, and values of Type, which tells them for all others."""
    types = [one for one in (org.objects[OPPORTUNITY].recordTypeInfos or ()) if one.active and not one.master]
    names = [[plain(name) for name in (one.developerName, one.name) if name] for one in types]
    if any(name in known for both in names for name in both):
        told = zip(types, names, strict=True)
        yield from (
            one.name or one.developerName or "" for one, both in told if not any(name in known for name in both)
        )
    yield from _unknown(_active(org, OPPORTUNITY, "Type"), known)


def _active(org: Org, object_name: str, field: str) -> Sequence[str]:
    told = org.field(object_name, field)
    return (choices(told, {}) if told else None) or ()


def _unknown(names: Collection[str], known: Collection[str]) -> list[str]:
    return [name for name in names if plain(name) not in known]


def _unmapped(subject: str, key: str, ours: str, names: Sequence[str]) -> Iterator[Finding]:
    if names:
        yield Finding(
            subject=subject,
            level=Level.WARNING,
            message=f"{subject} that nothing is known of: {_some(names)}; their records cannot be judged by them",
            cure=f'Name them under {key}, such as `{ours}: ["{names[0]}"]`.',
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
