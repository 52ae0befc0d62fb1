"""How long what we remember is kept, in microseconds of plain time; None: for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.instants import DAY

YEAR: Final = 365 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """`retention:`.

    Attributes:
        changes: the history of a record that ended, counted from its end.
        outbox: the text of a message, and of what was written into a CRM.
        audit: rows of the audit log; never less than a year (the database itself sees to that).
    """

    changes: int | None = 730 * DAY
    outbox: int | None = 90 * DAY
    audit: int | None = 7 * YEAR
