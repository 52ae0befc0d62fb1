"""A search index without a portal around it."""

from __future__ import annotations

from stalewatch_sandbox.hubspot.index import SearchIndex
from stalewatch_sandbox.hubspot.records import Version


def answered(edits: list[tuple[int, int]], low: int, high: int) -> list[int]:
    """The ids that a window finds after these edits (id, moment), whose order is not that of time."""
    index = SearchIndex()
    latest: dict[int, int] = {}
    for number, at in edits:
        latest[number] = max(at, latest.get(number, 0))
        index.learn(number, Version(number, 0, latest[number], {}), visible_at=at, now=1000)
    index.settle(1000)
    return [version.number for version in index.modified_between(low, high)]
