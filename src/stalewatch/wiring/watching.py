"""Looks at the rule files of a running process, in a thread of its own, so that nothing waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Event, Thread
from typing import Final

from stalewatch.sdk.errors import StalewatchError
from stalewatch.wiring.live import Live, Look

log = logging.getLogger("stalewatch.rules")

EVERY: Final = 20.0
"""Seconds from one look to the next."""
SETTLES: Final = 2.0
"""Seconds for which files must stand still: no editor saves, and no checkout writes one file, for longer."""


class Watch:
    """Looks between `start` and `stop`."""

    def __init__(
        self, live: Live, news: Callable[[], None] = lambda: None, *, every: float = EVERY, settles: float = SETTLES,
    ) -> None:  # fmt: skip
        """Prepare it.

        Args:
            news: called when other rules or settings are in force, and when what was saved is refused.
            every: seconds from one look to the next; settles: for which files must stand still.
        """
        self._live, self._news, self._every, self._settles = live, news, every, settles
        self._hurry, self._ending = Event(), Event()
        self._looks = ThreadPoolExecutor(1, thread_name_prefix="rules-look")
        self._thread = Thread(target=self._watch, name="rules-watch", daemon=True)

    def start(self) -> None:
        """Begin to look; what was saved since the project was opened is seen, too."""
        self._thread.start()

    def hurry(self) -> None:
        """Look now: somebody else's rules are in force, so ours may have been saved anew."""
        self._hurry.set()

    def stop(self) -> None:
        """End; a look that is under way may take its time, nobody waits for it."""
        self._ending.set()
        self._hurry.set()
        self._looks.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        while not self._ending.is_set():
            self._hurry.clear()
            wait = self._look()
            if not self._ending.is_set():
                self._hurry.wait(wait)

    def _look(self) -> float:
        """One look, and the seconds until the next; whatever goes wrong in it, there is a next."""
        try:
            look: Future[Look] = self._looks.submit(self._live.look)
            error = look.exception()
        except (RuntimeError, CancelledError):  # `stop` was quicker
            return self._every
        if isinstance(error, StalewatchError):
            log.warning("%s", error)
        elif error is not None:
            log.error("the rules could not be looked at: %s: %s", type(error).__name__, error, exc_info=error)
        else:
            return self._said(look.result())
        return self._every

    def _said(self, found: Look) -> float:
        state = self._live.state
        match found:
            case Look.UNSETTLED:
                return self._settles
            case Look.TAKEN:
                self._tell(logging.INFO, f"{len(state.project.rulebook.rules.rules):,} rules are in force")
            case Look.REFUSED if state.refused is not None:
                self._tell(logging.WARNING, state.refused.line())
        if found is not Look.SAME:
            if state.waiting:
                self._tell(logging.WARNING, f"restart to apply what was changed under {', '.join(state.waiting)}")
            self._news()
        return self._every

    def _tell(self, level: int, line: str) -> None:
        """Whoever judges tells; a process that only answers stands beside one that does."""
        log.log(level if self._live.judges else logging.DEBUG, "%s", line)
