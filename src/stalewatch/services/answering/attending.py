"""Takes what people do as it comes in, and does what it asks for in threads, once it has been acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from stalewatch.delivery.slack.heard import Heard
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.answering.inbox import Inbox

log = logging.getLogger("stalewatch.slack")

THREADS: Final = 4
"""One slow answer of Slack must not cost the next person their form, which can be opened for three seconds."""


class Attendant:
    """Attends to the inbox of a project from now until `stop`; `inbox` returns it as its rules are now."""

    def __init__(self, inbox: Callable[[], Inbox]) -> None:
        self._inbox = inbox
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="slack-answers")

    @property
    def inbox(self) -> Inbox:
        """As it is now."""
        return self._inbox()

    def take(self, what: Heard, mark: str | None = None) -> Mapping[str, Any] | None:
        """Write it down, and return what Slack is answered (None: nothing but "yes"). Its work begins meanwhile.

        Raises:
            StoreError: it could not be written down; Slack shall tell the person so.
        """
        inbox = self.inbox
        received = inbox.receive(what, mark)
        if received.work is not None:
            self._threads.submit(inbox.work, received.work).add_done_callback(_tell)
        return received.answer

    def stop(self) -> None:
        """Let what is under way end, and leave the rest to the next who looks."""
        self._threads.shutdown(cancel_futures=True)


def _tell(work: Future[list[str]]) -> None:
    """The row is still there: an engine takes it up again, whatever went wrong here."""
    error = None if work.cancelled() else work.exception()
    if isinstance(error, StalewatchError):
        log.warning("an answer waits: %s", error)
    elif error is not None:
        log.error("an answer failed: %s: %s", type(error).__name__, error, exc_info=error)
