"""In which order long tests run beside each other, and which of them wants the machine for itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

_RUN: Final = "PYTEST_XDIST_TESTRUNUID"
"""Names a run of several workers, in each of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, so that nothing long is left to one worker at the end; what measures seconds
    comes last, when there is nobody to wait for."""
    items.sort(key=lambda item: (_is_alone(item), -_minutes(item)))


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Of the long tests of a run, those marked `alone` wait until no other runs, and no other begins meanwhile."""
    alone = _is_alone(request.node)
    if _RUN not in os.environ or (not alone and request.node.get_closest_marker("slow") is None):
        yield
        return
    with taken(tmp_path_factory.getbasetemp().parent / "turn", alone=alone):  # the folder of all workers
        yield


@contextmanager
def taken(lock: Path, *, alone: bool) -> Iterator[None]:
    """Wait for a turn; it is over with the process at the latest."""
    with lock.open("w") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def _minutes(item: pytest.Item) -> float:
    """What a long test says of itself: `@pytest.mark.slow(minutes=5)`."""
    mark = item.get_closest_marker("slow")
    return 0 if mark is None else float(mark.kwargs.get("minutes", 0))
