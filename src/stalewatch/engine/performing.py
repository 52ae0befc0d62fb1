"""One run of a job, the same for every engine: what it did is told, and what hinders it for a while passes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from stalewatch.domain.instants import SECOND
from stalewatch.engine.jobs import Done, Job
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.judging.in_force import RulesMoved

log = logging.getLogger("stalewatch.engine")

LONGEST_SLEEP: Final = 30.0
"""Seconds after which a job is run again, or asked for, whatever it said."""


class Performed(NamedTuple):
    """What came of a run: the seconds until the job is needed again, and the jobs that may have work now.

    Attributes:
        did: there was something to do.
    """

    wait: float = LONGEST_SLEEP
    wakes: tuple[str, ...] = ()
    did: bool = False


def perform(job: Job, hurry: Callable[[], None]) -> Performed:
    """Run a job once. A fault of ours passes on: whoever called says so, and tries again.

    Args:
        hurry: called when other rules are in force than these, so that ours are looked at anew.
    """
    try:
        done = job.run()
        wait = job.until() / SECOND
    except RulesMoved as error:  # another process was quicker; what it has put in force is in our files, too
        log.info("%s: %s", job.name, error.what)
        hurry()
        return Performed()
    except StalewatchError as error:  # a passing trouble with the database; it is tried again
        log.warning("%s: %s", job.name, error)
        return Performed()
    for line in done.said:
        log.info("%s: %s", job.name, line)
    for line in done.failed:
        log.warning("%s: %s", job.name, line)
    did = done != Done()
    return Performed(wait, job.wakes if did else (), did)
