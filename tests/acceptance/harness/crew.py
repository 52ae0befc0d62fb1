"""The processes that do the work: started, killed, frozen, and started again by whoever looks after them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import get_native_id
from time import monotonic, sleep
from typing import Any, Final

from tests.acceptance.harness.designs import Design
from tests.patience import taken

PATIENCE: Final = 10.0
"""Seconds that a process has to end in after SIGTERM."""
_MOST: Final = 9
"""For so many times of what is allowed others may have the processor: who turns round and round starves for ever."""
Work = Callable[[Sequence[str], Path, Design], None]


class Crew:
    """So many processes of one command.

    Attributes:
        killed, frozen: how often that was done to one of them.
        failed: exit codes of those that ended by themselves.
        starved: seconds in which one of them, or whoever plays the services to them, could have worked and got no
            processor, since `look_after` was first called; the most of any.
    """

    def __init__(
        self, nursery: ForkServerContext, work: Work, arguments: Sequence[str], log: Path, *, hands: int = 1,
        design: Design = Design.OURS,
    ) -> None:  # fmt: skip
        self._nursery, self._hands, self.log = nursery, hands, log
        self._begin: dict[str, Any] = {"target": work, "args": (tuple(arguments), log, design)}
        self._working: list[BaseProcess] = []
        self._asleep: list[tuple[float, BaseProcess]] = []
        self._struck: set[int] = set()
        self.killed = self.frozen = 0
        self._hunger: dict[int, float] = {}
        self._taken, self._asked = taken(), monotonic()
        self.starved = 0.0
        self.failed: list[int | None] = []

    @property
    def pids(self) -> list[int]:
        """Of those that work now."""
        return [one.pid for one in self._working if one.pid is not None and one.is_alive()]

    def look_after(self) -> None:
        """Wake those that have slept long enough, and put new ones in the place of the dead."""
        for until, one in list(self._asleep):
            if monotonic() >= until:
                self._wake(until, one)
        for one in self._working:
            one.join(PATIENCE if one.pid in self._struck else 0)
        dead = [one for one in self._working if not one.is_alive()]
        self.failed += [one.exitcode for one in dead if one.exitcode != -signal.SIGKILL]
        self._working = [one for one in self._working if one not in dead]
        while len(self._working) < self._hands:
            self._working.append(self._nursery.Process(**self._begin))
            self._working[-1].start()
        self._asks_for_hunger()

    def _asks_for_hunger(self) -> None:
        """Of all threads that starve at once the hungriest counts; or what was taken from the whole machine, if that is
        more."""
        known, self._hunger = self._hunger, {}
        before, self._taken = self._taken, taken()
        last, self._asked = self._asked, monotonic()
        for pid in (*self.pids, os.getpid()):
            self._hunger |= starving(pid)
        self._hunger.pop(get_native_id(), None)  # who looks on only looks on
        lost = [now - then for now, then in zip(self._taken, before, strict=False)]
        lost += [now - known.get(task, 0.0) for task, now in self._hunger.items()]
        self.starved += min(max(lost, default=0.0), self._asked - last)  # what is told late is no more than there was

    def awaits(self, true: Callable[[], object], seconds: float) -> float:
        """Look after them until something is so; the seconds that it took, without those in which one of them starved.

        On a busy machine they get a tenth of a processor, and that is no fault of theirs.

        Raises:
            TimeoutError: it never was.
        """
        self._asks_for_hunger()  # what they waited until now is no part of it
        before = self.starved

        def hungry() -> float:
            return min(self.starved - before, _MOST * seconds)

        return until(true, seconds, meanwhile=self.look_after, besides=hungry)

    def pid(self, number: int) -> int:
        """Of one of them."""
        return self._working[number % len(self._working)].pid or 0

    def kill(self, pid: int) -> bool:
        """SIGKILL for one of them, from any thread; False if it is gone already."""
        if not self._sends(pid, signal.SIGKILL):
            return False
        self._struck.add(pid)
        self.killed += 1
        return True

    def stop(self, pid: int) -> bool:
        """SIGSTOP for one of them, from any thread, before it is taken out of the ranks by `freeze`."""
        return self._sends(pid, signal.SIGSTOP)

    def freeze(self, pid: int, seconds: float) -> None:
        """SIGSTOP for one of them; it goes on after so many seconds, in a world that has not waited for it.

        Somebody else is started in its place: as with a machine that is paused and thought to be dead.
        """
        one = next((each for each in self._working if each.pid == pid), None)
        if one is not None and self.stop(pid):
            self._working.remove(one)
            self._asleep.append((monotonic() + seconds, one))
            self.frozen += 1

    def _sends(self, pid: int, number: signal.Signals) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def wake_all(self) -> None:
        """Whoever sleeps goes on now."""
        for until, one in list(self._asleep):
            self._wake(until, one)

    def end(self) -> float:
        """SIGTERM for all of them; the seconds that the slowest took.

        Raises:
            AssertionError: one did not end in time, or not in good order.
        """
        began = monotonic()
        for one in self._working:
            one.terminate()
        for one in self._working:
            one.join(max(0.1, began + PATIENCE - monotonic()))
        codes = [one.exitcode for one in self._working]
        assert set(codes) == {0}, f"ended with {codes}: {self.log.read_text()[-3000:]}"
        self._working.clear()
        return monotonic() - began

    def close(self) -> None:
        """Nothing of it is left."""
        self.wake_all()
        for one in self._working:
            one.kill()
            one.join()

    def _wake(self, until: float, one: BaseProcess) -> None:
        """It comes back among too many: one of them has to go, and it is not the one that was just woken."""
        assert one.pid is not None
        os.kill(one.pid, signal.SIGCONT)
        self._asleep.remove((until, one))
        self._working.append(one)
        while len(self._working) > self._hands:
            other = self._working.pop(0)
            other.terminate()
            joined(other, PATIENCE)
            if other.is_alive():
                other.kill()
                raise AssertionError(f"{other.pid} was told to end, and went on")


@contextmanager
def at_work(crew: Crew) -> Iterator[Crew]:
    """A crew that has begun; killed at the end if it has not ended by then."""
    crew.look_after()
    try:
        yield crew
    finally:
        crew.close()


def starving(pid: int) -> dict[int, float]:
    """Seconds for which each thread of a process was ready to work and waited for a processor (proc(5), schedstat)."""
    waited: dict[int, float] = {}
    with suppress(OSError, ValueError, IndexError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            waited[int(task.name)] = int((task / "schedstat").read_text().split()[1]) / 1e9
    return waited


def until(
    true: Callable[[], object], seconds: float, *, meanwhile: Callable[[], object] = lambda: None,
    besides: Callable[[], float] = lambda: 0.0,
) -> float:  # fmt: skip
    """Wait until something is so; the seconds that it took, less those that `besides` counts.

    Raises:
        TimeoutError: it never was.
    """
    began = monotonic()
    while not true():
        if monotonic() - began - besides() > seconds:
            raise TimeoutError(f"not within {seconds} seconds")
        meanwhile()
        sleep(0.02)
    return monotonic() - began - besides()


def joined(process: BaseProcess, seconds: float) -> None:
    """Wait for the end of a process, for so many seconds in which it had a processor when it wanted one."""
    pid = process.pid or 0

    def hungry() -> float:
        return min(max(starving(pid).values(), default=0.0), _MOST * seconds)

    with suppress(TimeoutError):
        until(lambda: not process.is_alive(), seconds, besides=hungry)
