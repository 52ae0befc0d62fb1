"""Fifty threads that claim until nothing is left; as a process of its own, too: python -m tests.store.claimers URL."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from stalewatch.store import leases
from stalewatch.store.leases import DESTINATIONS
from tests.databases import opened

CLAIMERS: Final = 50
AT_ONCE: Final = 100
"""Rows of one claim."""
_LATE: Final = 1_000
_LONG: Final = 60_000_000


def claims_of_many(url: str) -> list[str]:
    """What they claimed, each row as often as somebody got it."""
    db = opened(url)

    def work(_: int) -> list[str]:
        mine: list[str] = []
        while True:
            with db.write() as conn:
                rows = leases.claim(conn, DESTINATIONS, due=_LATE, lease_us=_LONG, limit=AT_ONCE)
            if not rows:
                return mine
            assert len(rows) <= AT_ONCE
            mine.extend(row.target for row in rows)

    with ThreadPoolExecutor(CLAIMERS) as threads:
        taken = [target for batch in threads.map(work, range(CLAIMERS)) for target in batch]
    db.dispose()
    return taken


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout.write(f"{json.dumps(claims_of_many(sys.argv[1]))}\n")
