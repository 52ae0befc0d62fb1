"""Who stands above whom: the tree that CRMs and `people:` tell, walked anew at each look (security, S10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stalewatch.domain.directory import Directory
from stalewatch.store.visibility import Visible

Reports = Mapping[str, Sequence[str]]
"""The ids of those who report to an id, one step down."""


def reports_of(people: Directory) -> Reports:
    """Who reports to whom."""
    found: dict[str, list[str]] = {}
    for one in people.people.values():
        if one.manager:
            found.setdefault(one.manager, []).append(one.key)
    return found


def below(keys: Collection[str], reports: Reports) -> frozenset[str]:
    """Everybody who reports to one of these, at whatever depth, active or not; never these themselves."""
    found, left = set(keys), list(keys)
    while left:
        fresh = [key for key in reports.get(left.pop(), ()) if key not in found]
        found.update(fresh)
        left += fresh
    return frozenset(found - set(keys))


def reach(keys: Collection[str], reports: Reports) -> Visible:
    """The records of whoever these ids name, and of everybody below them."""
    return Visible(frozenset(keys) | below(keys, reports))
