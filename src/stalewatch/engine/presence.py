"""Says, every few seconds and from a thread of its own, that this process works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.operating.workers import EVERY, Presence

log = logging.getLogger("stalewatch.engine")


class SaysAlive:
    """Says so between `start` and `stop`; whoever is killed says nothing more, and that is how it is noticed."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._ending = Event()
        self._thread = Thread(target=self._go_on, name="says-alive", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Say no more, and that this was in good order; waits a second at most for the database."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _go_on(self) -> None:
        while not self._ending.is_set():
            self._try(self._presence.say)
            self._ending.wait(EVERY)
        self._try(self._presence.leave)

    @staticmethod
    def _try(word: Callable[[], None]) -> None:
        try:
            word()
        except StalewatchError as error:  # the database is away, which others tell; the next word may be heard
            log.debug("%s", error)
