"""The simulated Salesforce whose deals change while somebody reads the stalled list, in a process of its own.

    python -m bench._stalled_crm HOW_MANY ISO8601

Says where it is, and serves until its input ends; each line of it changes every deal.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bench.first_sync import stock
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

LATER = timedelta(minutes=20)
"""How much later the deals change: longer than two windows of a sync overlap."""


@contextmanager
def serving(deals: int, now: datetime) -> Iterator[tuple[str, Callable[[], None]]]:
    """Where it is, and a function that changes every deal."""
    command = [sys.executable, "-m", "bench._stalled_crm", str(deals), now.isoformat()]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:  # noqa: S603  # this module
        assert process.stdin is not None
        assert process.stdout is not None
        given, told = process.stdin, process.stdout
        url = told.readline().strip()

        def change() -> None:
            given.write("\n")
            given.flush()
            told.readline()

        yield url, change
        given.close()


def serve(deals: int, now: datetime) -> None:
    """Serve until the input ends."""
    sandbox = SalesforceSandbox(now)
    stock(sandbox, deals)
    with sandbox:
        print(sandbox.url, flush=True)
        for _ in sys.stdin:
            sandbox.clock.advance(LATER)
            for number, row in enumerate(sandbox.org.tables["Opportunity"]):
                sandbox.org.update(row["Id"], {"NextStep": f"step {now:%H:%M}", "Amount": float(number + now.hour)})
            print("done", flush=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
