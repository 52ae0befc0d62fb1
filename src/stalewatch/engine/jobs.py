"""The jobs of the machine, few and the same for every engine.

A job carries nothing: it does what is due, by claiming rows, and says when it is needed next. So it does no harm if
it runs twice, late, or in two places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from stalewatch.domain.instants import MINUTE
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.answering.inbox import Inbox
from stalewatch.services.operating.cycle import Cycle, failures
from stalewatch.services.syncing.sync import Synced
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.cycles import cycle_of
from stalewatch.wiring.slack import inbox_of

TIDY_EVERY: Final = MINUTE


class Done(NamedTuple):
    """What a job did and what of it failed, a line each; both empty if there was nothing to do."""

    said: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work.

    Attributes:
        run: does what is due.
        until: microseconds until it is needed again.
        wakes: jobs that may have something to do when this one did something.
    """

    name: str
    run: Callable[[], Done]
    until: Callable[[], int]
    wakes: tuple[str, ...] = ()


def jobs(project: Stalewatch, *, language: str | None, is_stopping: Callable[[], bool]) -> tuple[Job, ...]:
    """The jobs of a project, the first of them first.

    Args:
        language: overrides every reader's; None leaves it to them.
        is_stopping: asked between pages and between messages.
    """
    cycle = cycle_of(project, language=language, is_stopping=is_stopping)
    agenda = Agenda(project.db, project.clock, project.sources)
    inbox = inbox_of(project, language)
    return (
        Job("sync", lambda: _sync(cycle), agenda.until_sync, wakes=("tick",)),
        Job("tick", lambda: _tick(cycle), agenda.until_tick, wakes=("dispatch",)),
        Job("dispatch", lambda: _dispatch(cycle), agenda.until_dispatch),
        Job("tidy", lambda: _tidy(project), lambda: TIDY_EVERY),
        *([Job("answers", lambda: _answers(inbox), inbox.until_work)] if inbox else ()),
    )


def _sync(cycle: Cycle) -> Done:
    synced = cycle.sync()
    said = [_read(one) for one in synced if one.error is None and not one.is_busy]
    judged = cycle.recompute()
    said += [f"{judged:,} records judged anew"] if judged else []
    return Done(tuple(said), failures(synced))


def _read(one: Synced) -> str:
    left_out = f", {one.rejected.total():,} left out" if one.rejected else ""
    doubted = f", {one.kept:,} missing, which is not believed" if one.kept else ""
    stopped = ", stopped half-way" if one.is_stopped else ""
    return f"{one.connection}: {one.records:,} records read, {one.judged:,} judged{left_out}{doubted}{stopped}"


def _tick(cycle: Cycle) -> Done:
    done = cycle.tick()
    figures = {"opened": done.opened, "resolved": done.resolved, "to be said": done.said, "held back": done.stormed}
    told = ", ".join(f"{many:,} {what}" for what, many in figures.items() if many)
    return Done((told,) if told else ())


def _dispatch(cycle: Cycle) -> Done:
    done = cycle.dispatch()
    sent = (f"{done.sent:,} messages sent, with {done.told:,} things told",) if done.sent else ()
    return Done(sent, tuple(done.errors))


def _tidy(project: Stalewatch) -> Done:
    return Done(("the write-ahead log was folded into the database",)) if project.db.tidy() else Done()


def _answers(inbox: Inbox) -> Done:
    """What the process that took it did not come to do."""
    ended = Counter(inbox.work())
    inbox.tidy()
    told = ", ".join(f"{many:,} {what}" for what, many in sorted(ended.items()))
    return Done((f"left by another process: {told}",) if told else ())
