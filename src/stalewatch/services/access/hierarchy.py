"""Who stands above whom: the tree that CRMs and `people:` tell, walked anew at each look (security, S10)."""

from __future__ import annotations

from collections.abc import Collection

from stalewatch.domain.directory import Directory


def line(owner: str | None, people: Directory) -> list[str]:
    """The owner and everybody above; a line that bites its tail ends there."""
    found: list[str] = []
    key = owner
    while key and key not in found:
        found.append(key)
        person = people.people.get(key)
        key = person.manager if person else None
    return found


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
