"""Who stands above whom: the tree that CRMs and `people:` tell, walked anew at each look (security, S10)."""

from __future__ import annotations

from collections.abc import Collection

from stalewatch.domain.directory import Directory
from stalewatch.store.visibility import Visible


def below(keys: Collection[str], people: Directory) -> frozenset[str]:
    """Everybody who reports to one of these, at whatever depth, active or not; never these themselves."""
    reports: dict[str, list[str]] = {}
    for one in people.people.values():
        if one.manager:
            reports.setdefault(one.manager, []).append(one.key)
    found, left = set(keys), list(keys)
    while left:
        fresh = [key for key in reports.get(left.pop(), ()) if key not in found]
        found.update(fresh)
        left += fresh
    return frozenset(found - set(keys))


def reach(keys: Collection[str], people: Directory) -> Visible:
    """The records of whoever these ids name, and of everybody below them."""
    return Visible(frozenset(keys) | below(keys, people))
