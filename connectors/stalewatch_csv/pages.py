"""A reading cut into pages, always at the same rows, so that a pull can go on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.records import Rejected
from stalewatch_csv.reading import Found, Reading

_DEALS_PER_PAGE: Final = 2_000
_ROWS_PER_PAGE: Final = 20_000


@dataclass(slots=True)
class Draft:
    """A page that is being filled. Only of the last one `is_last` and `is_whole` are known."""

    found: list[Found] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    weight: int = 0
    is_last: bool = False
    is_whole: bool = False

    def add(self, item: Found | Rejected) -> None:
        """Put in one opportunity or one row that could not be used."""
        if isinstance(item, Rejected):
            self.rejected.append(item)
            self.weight += 1
        else:
            self.found.append(item)
            self.weight += item.weight

    @property
    def is_full(self) -> bool:
        """True if the next item begins another page."""
        return len(self.found) >= _DEALS_PER_PAGE or self.weight >= _ROWS_PER_PAGE

    def page(self, cursor: Cursor, total: int, as_of: datetime | None) -> Page:
        """The page to hand over, with the cursor to store beside it; `total` is for progress."""
        return Page(
            cursor=cursor,
            deals=[one.deal for one in self.found],
            people=[person for one in self.found for person in one.people],
            activities=[activity for one in self.found for activity in one.activities],
            visits=[visit for one in self.found for visit in one.visits],
            changes=[change for one in self.found for change in one.changes],
            histories=frozenset(one.deal.id for one in self.found if one.visits),
            history_fields=frozenset({"stage"}),
            rejected=self.rejected,
            complete=self.is_last and self.is_whole,
            as_of=as_of,
            total=total,
        )


def drafts(reading: Reading) -> Iterator[Draft]:
    """Cut the stream into pages, the same way each time; the last one knows that it is."""
    draft = Draft()
    for item in reading.stream():
        if draft.is_full:
            yield draft
            draft = Draft()
        draft.add(item)
    draft.is_last = True
    draft.is_whole = reading.is_whole
    yield draft
