"""How a peer is asked: in a process and an environment of its own, one turn after the other, on the same deals.

    python -m bench.peers.<name>.peer DEALS.npz ANSWERS.npy HOW_MANY

It writes its answers, says "ready", and then runs once per line that it is sent and says how many seconds of the
processor that took. Only numpy and the standard library are here besides the peer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
"""One array per field. An empty number is far on the side on which no rule fires, an empty choice is NO_STAGE."""

NO_STAGE = -1
"""Code of an empty stage; other codes are positions in the names that the file of deals brings along."""


def play(prepare: Callable[[Columns, Sequence[str]], Callable[[], Iterable[int]]]) -> None:
    """Serve one peer.

    Args:
        prepare: makes, from the columns and the names of the stages, what is measured: a function that judges
            every deal by the ten rules and answers with a number each, bit n set where rule n+1 is breached.
    """
    deals, answers, size = sys.argv[1:]
    with np.load(deals) as file:
        stages = [str(name) for name in file["stages"]]
        columns = {name: file[name][: int(size)] for name in file.files if name != "stages"}
    judge = prepare(columns, stages)
    np.save(answers, np.fromiter(judge(), np.int64, int(size)))
    print("ready", flush=True)
    for _ in sys.stdin:
        started = process_time()
        judge()
        print(process_time() - started, flush=True)


def rows(columns: Columns, stages: Sequence[str]) -> list[dict[str, Any]]:
    """The deals as engines of single records take them: plain Python values, the stage by its name."""
    plain = {name: values.tolist() for name, values in columns.items()}
    plain["stage"] = [stages[code] if code != NO_STAGE else "" for code in plain["stage"]]
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]
