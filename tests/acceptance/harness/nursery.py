"""Processes that come from one that has read all code already: a kill costs no second of start."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from time import monotonic, sleep
from typing import Final

import psutil
import pytest

PRELOADED: Final = (
    "tests.acceptance.worker",
    "tests.acceptance.write_worker",
    "tests.acceptance.queue_worker",
    "tests.acceptance.two_desks_worker",
    "tests.acceptance.harness.work",
)
"""Every module whose functions run in such a process: the nursery of a test run is one, whoever asks for it first."""


@pytest.fixture(scope="session")
def nursery() -> ForkServerContext:
    """Where workers come from; `nursery.Process(target=…)` starts one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # the nursery takes no other notice of it
        forkserver.ensure_running()
    return context


def works_for(pid: int, seconds: float) -> None:
    """Wait until a process has worked for so long, or has ended.

    It is the processor's time that counts, as far as there is any to be had: on a busy machine whoever waits by the
    clock kills process after process before it has begun.
    """
    ends = monotonic() + 8 * seconds
    try:
        process = psutil.Process(pid)
        begun = monotonic()
        while monotonic() < ends and process.status() != psutil.STATUS_ZOMBIE:
            used = process.cpu_times()
            if monotonic() - begun >= seconds and used.user + used.system >= _SHARE * seconds:
                return
            sleep(0.005)
    except psutil.NoSuchProcess:
        return


_SHARE: Final = 0.5
"""How much of its time a worker here is at work, and does not wait for somebody: about that on a machine of its own."""
