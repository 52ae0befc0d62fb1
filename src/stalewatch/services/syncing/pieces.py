"""A page in pieces that know nothing of each other, each stored and judged before the next one: of few enough records
that what is read of them is still at hand, in the database's cache and the processor's, when it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, TypeVar

from stalewatch.sdk.connector import Page

T = TypeVar("T")
MOST: Final = 2_000
"""Records of a piece, about: those that belong together stay together."""


def pieces(page: Page, most: int = MOST) -> list[Page]:
    """The page, cut so that all that it says of a record stands in one piece, the records in the order of their ids.

    Records that an activity or a merge joins are in one piece, so that a record is judged once, when all of it is
    stored. What is said of no record of the page stands in the last one, as does what is said of the page.
    """
    shown = sorted({deal.id for deal in page.deals} | {lead.id for lead in page.leads})
    if len(shown) <= most or page.withdrawn:  # only the store knows whose activity it was that leaves
        return [page]
    place = _places(shown, most, _joined([*(one.records for one in page.activities), *page.merged.items()]))
    last = (len(shown) - 1) // most

    def cut(things: Iterable[T], record: Callable[[T], str]) -> list[list[T]]:
        found: list[list[T]] = [[] for _ in range(last + 1)]
        for one in things:
            found[place.get(record(one), last)].append(one)
        return found

    parts = zip(
        cut(page.deals, lambda deal: deal.id),
        cut(page.leads, lambda lead: lead.id),
        cut(page.activities, lambda activity: next(iter(activity.records), "")),
        cut(page.visits, lambda visit: visit.deal),
        cut(page.changes, lambda change: change.record),
        cut(page.gone, str),
        cut(page.histories, str),
        cut(page.merged.items(), lambda pair: pair[0]),
        strict=True,
    )
    found = [
        replace(
            page, deals=deals, leads=leads, activities=activities, visits=visits, changes=changes, gone=gone,
            histories=frozenset(histories), merged=dict(merged), people=(), rejected=(), open_ids=None, findings=None,
            complete=False,
        )
        for deals, leads, activities, visits, changes, gone, histories, merged in parts
    ]  # fmt: skip
    found[0] = replace(found[0], people=page.people)  # before the deals that they own
    found[-1] = replace(
        found[-1], rejected=page.rejected, open_ids=page.open_ids, findings=page.findings, complete=page.complete
    )
    return found


def _places(shown: Sequence[str], most: int, joined: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The piece of each of these records, and of those that are joined with one of them: where the first of them is."""
    place: dict[str, int] = {}
    for count, record in enumerate(shown):
        if record not in place:
            place |= dict.fromkeys(joined.get(record, (record,)), count // most)
    return place


def _joined(together: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """Of each record that something joins with another one all that are joined with it, itself among them."""
    found: dict[str, list[str]] = {}
    for some in together:
        for one, other in pairwise(dict.fromkeys(some)):
            few, many = sorted((found.get(one) or [one], found.get(other) or [other]), key=len)
            if few is not many:
                many += few
                found |= dict.fromkeys(few, many) | {one: many, other: many}
    return found
