"""How a client of a CRM is asked: in a process and an environment of its own, one turn after the other.

    python -m bench.peers.<name>.peer URL TOKEN HOW_MANY QUESTION

QUESTION is the query that we put ourselves: SOQL, or the body of a search. It says "ready" after a first turn, and then
runs once per line that it is sent and says how many seconds of the processor that took. Only the standard library is
here besides the peer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from os import devnull
from pathlib import Path
from time import process_time

Fetch = Callable[[], int]
"""Reads every deal once and says how many they were."""


def play(prepare: Callable[[str, str, str], Fetch]) -> None:
    """Serve one peer.

    Args:
        prepare: makes, from the address of the server, a token and the question, what is measured.
    """
    url, token, size, question = sys.argv[1:]
    fetch, expected = prepare(url, token, question), int(size)
    _turn(fetch, expected)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(_turn(fetch, expected), flush=True)


def _turn(fetch: Fetch, expected: int) -> float:
    started = process_time()
    with Path(devnull).open("w") as nowhere, redirect_stdout(nowhere):  # taps write what they read to their output
        found = fetch()
    took = process_time() - started
    if found != expected:
        raise SystemExit(f"{found} deals in place of {expected}")
    return took
