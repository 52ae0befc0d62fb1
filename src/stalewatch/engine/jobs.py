"""The jobs of the machine, few and the same for every engine.

A job carries nothing: it does what is due, by claiming rows, and says when it is needed next. So it does no harm if
it runs twice, late, or in two places.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from stalewatch.domain.instants import HOUR, MINUTE, SECOND, from_day
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.answering.inbox import Inbox
from stalewatch.services.judging.standing import PIECE
from stalewatch.services.learning.monthly import Monthly
from stalewatch.services.measuring.forecast_days import Days
from stalewatch.services.measuring.kpi_keeping import Keeping
from stalewatch.services.measuring.review_posts import ReviewPosts
from stalewatch.services.operating.cycle import Cycle, failures
from stalewatch.services.operating.lookout import Lookout
from stalewatch.services.syncing.sync import Synced
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.cycles import cycle_of
from stalewatch.wiring.live import Each, Live
from stalewatch.wiring.lookouts import lookout_of
from stalewatch.wiring.measuring import keeping_of
from stalewatch.wiring.reviewing import days_of, learning_of, posts_of
from stalewatch.wiring.slack import inbox_of

log = logging.getLogger("stalewatch.engine")

TIDY_EVERY: Final = MINUTE
SWEEP_EVERY: Final = MINUTE
"""How often it is looked whether some destination's hour has passed since its messages were looked over."""


REVIEW_EVERY: Final = MINUTE
"""How often it is looked whether the hour of a review has come."""
FORECAST_EVERY: Final = HOUR // 4
"""How often it is looked whether a day has ended whose forecast is not kept."""
LEARN_EVERY: Final = HOUR
"""How often it is looked whether a month has begun for which nobody has worked out what limits the history suggests."""
LOOK_EVERY: Final = 20 * SECOND
"""How often it is looked whether work stands still and services take messages; a minute is too long for `/readyz`."""
BEAT_EVERY: Final = MINUTE
"""How often somebody outside is told that all is well."""
RETAIN_EVERY: Final = HOUR
"""How often it is looked whether a day has begun on which nobody has erased yet what is too old."""


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
        every: it is needed at each multiple of so many microseconds, whatever happens; None: `until` asks the database.
        shared: several runs of it do more at once than one, since each claims other rows.
    """

    name: str
    run: Callable[[], Done]
    until: Callable[[], int]
    wakes: tuple[str, ...] = ()
    every: int | None = None
    shared: bool = False


def jobs(live: Live, *, language: str | None, is_stopping: Callable[[], bool]) -> tuple[Job, ...]:
    """The jobs of a project, the first of them first. Each run of one works by the rules that are in force then.

    Args:
        live: whose rules were put in force already (`Cycle.prepare`).
        language: overrides every reader's; None leaves it to them.
        is_stopping: asked between pages and between messages.
    """
    cycle = Each(live, partial(cycle_of, language=language, is_stopping=is_stopping, is_accepted=True))
    agenda = Each(live, lambda project: Agenda(project.db, project.clock, project.sources, project.rulebook.version))
    inbox = Each(live, lambda project: inbox_of(project, language))
    measuring = Each(live, partial(keeping_of, is_stopping=is_stopping))
    days, posts, lookout = Each(live, days_of), Each(live, posts_of), Each(live, lookout_of)
    learning = Each(live, learning_of)
    return (
        Job("sync", lambda: _sync(cycle()), lambda: agenda().until_sync(), wakes=("tick",), shared=True),
        Job("tick", lambda: _tick(cycle()), lambda: agenda().until_tick(), wakes=("dispatch",)),
        Job("dispatch", lambda: _dispatch(cycle()), lambda: agenda().until_dispatch(), shared=True),
        Job("write", lambda: _write(cycle()), lambda: agenda().until_write(), shared=True),
        _every("sweep", SWEEP_EVERY, lambda: _sweep(cycle()), wakes=("dispatch",)),
        _every("tidy", TIDY_EVERY, lambda: _tidy(live.project)),
        _every("review", REVIEW_EVERY, lambda: _review(posts()), wakes=("dispatch",)),
        _every("forecast", FORECAST_EVERY, lambda: _forecast(days())),
        _every("learn", LEARN_EVERY, lambda: _learn(learning())),
        _every("retain", RETAIN_EVERY, lambda: _retain(cycle())),
        Job("measure", lambda: _measure(measuring()), lambda: measuring().until()),
        _every("look", LOOK_EVERY, lambda: _look(lookout()), wakes=("dispatch",)),
        *([_every("beat", BEAT_EVERY, lambda: _beat(lookout()))] if live.project.settings.heartbeat else ()),
        *([_answering(inbox)] if inbox() else ()),
    )


def _every(name: str, every: int, run: Callable[[], Done], *, wakes: tuple[str, ...] = ()) -> Job:
    return Job(name, run, lambda: every, wakes, every=every)


def _sync(cycle: Cycle) -> Done:
    """What other rules than these have judged comes first: until that is done, no time passes."""
    cycle.prepare()
    judged = cycle.recompute(_judging)
    synced = cycle.sync()
    judged += cycle.recompute(_judging)
    said = [_read(one) for one in synced if one.error is None and not one.is_busy]
    said += [f"{judged:,} records judged anew"] if judged else []
    return Done(tuple(said), failures(synced))


def _judging(connection: str, done: int, _total: int | None) -> None:
    if done % PIECE == 0 and done:
        log.info("sync: %s: %s records judged anew, more to come", connection, f"{done:,}")


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


def _write(cycle: Cycle) -> Done:
    done = cycle.write()
    figures = {
        "written into the CRM": done.done, "refused by it": done.refused, "overtaken by others": done.conflicts,
        "without an answer": done.unknown, "given up": done.given_up,
    }  # fmt: skip
    told = ", ".join(f"{many:,} {what}" for what, many in figures.items() if many)
    return Done((told,) if told else (), tuple(done.errors))


def _sweep(cycle: Cycle) -> Done:
    done = cycle.sweep()
    figures = {"copies of messages taken back": done.removed, "destinations called that slept": done.called}
    return Done(tuple(f"{many:,} {what}" for what, many in figures.items() if many), tuple(done.errors))


def _retain(cycle: Cycle) -> Done:
    figures = cycle.retain().counts()
    told = ", ".join(f"{many:,} {what.replace('_', ' ')}" for what, many in figures.items())
    return Done((f"erased what was too old: {told}",) if told else ())


def _review(posts: ReviewPosts) -> Done:
    made = posts.post()
    return Done((f"{made:,} reviews to be posted",) if made else ())


def _forecast(days: Days) -> Done:
    kept = days.keep()
    return Done((f"the forecast of {kept:,} days kept",) if kept else ())


def _learn(monthly: Monthly) -> Done:
    found = monthly.learn()
    return Done() if found is None else Done((f"limits that the history suggests: {found:,}",))


def _tidy(project: Stalewatch) -> Done:
    return Done(("the write-ahead log was folded into the database",)) if project.db.tidy() else Done()


def _look(lookout: Lookout) -> Done:
    return Done(tuple(f"{one}: nothing was judged for an hour; the operator is told" for one in lookout.look()))


def _beat(lookout: Lookout) -> Done:
    missed = lookout.beat()
    return Done(failed=() if missed is None else (f"the sign of life: {missed}",))


def _measure(keeping: Keeping) -> Done:
    """The day that has just ended, or a piece of the past."""
    done = keeping.run()
    if done.first is None or done.last is None:
        return Done()
    left = f", {done.left:,} days of the past to come" if done.left else ""
    return Done((f"KPIs of {from_day(done.first)} to {from_day(done.last)} kept{left}",))


def _answering(inbox: Callable[[], Inbox | None]) -> Job:
    """Whether there is one does not change while a process runs: `notify:` is read when it starts."""

    def now() -> Inbox:
        found = inbox()
        assert found is not None  # noqa: S101 - see above
        return found

    return Job("answers", lambda: _answers(now()), lambda: now().until_work())


def _answers(inbox: Inbox) -> Done:
    """What the process that took it did not come to do."""
    ended = Counter(inbox.work())
    inbox.tidy()
    told = ", ".join(f"{many:,} {what}" for what, many in sorted(ended.items()))
    return Done((f"left by another process: {told}",) if told else ())
