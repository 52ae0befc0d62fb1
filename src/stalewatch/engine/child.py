"""The engine's process as its parent sees it: started, looked after, started again when it dies, ended."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

log = logging.getLogger("stalewatch.engine")

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
HEALTHY: Final = 60.0
"""Seconds after which an engine that dies is started again without having to wait longer than the first time."""
PATIENCE: Final = 10.0
"""Seconds that it has to end in good order."""
_COMMAND: Final = (sys.executable, "-P", "-m", "stalewatch.engine", "--child")


class EngineProcess:
    """Keeps one engine running between `start` and `stop`."""

    def __init__(self, arguments: Sequence[str], *, command: Sequence[str] = _COMMAND) -> None:
        """Prepare it.

        Args:
            arguments: of `stalewatch.engine`: `--config`, `--ahead`, `--lang`, `--debug`.
        """
        self._command = [*command, *arguments]
        self._stopping = Event()
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble: str | None = None
        self._keeper = Thread(target=self._keep, name="engine-keeper", daemon=True)

    def start(self) -> None:
        """Start it, and a thread that looks after it."""
        self._process = self._begin()
        self._keeper.start()

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        with self._lock:
            return None if self._process is None or self._process.poll() is not None else self._process.pid

    def trouble(self) -> str | None:
        """What is wrong with it now; None: it runs."""
        return self._trouble

    def stop(self) -> None:
        """End it: ask, wait up to ten seconds, then make it."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            log.warning("the engine did not end in %d seconds and was killed", PATIENCE)
            process.kill()
            process.wait()
        _let_go(process)

    def _begin(self) -> subprocess.Popen[bytes]:
        """In a session of its own, so that a terminal's Ctrl-C reaches only us; its standard input is our lifeline."""
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own

    def _keep(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set() and self._process is not None:
            began = monotonic()
            status = self._process.wait()
            if self._stopping.is_set():
                return
            _let_go(self._process)
            wait = FIRST_WAIT if monotonic() - began > HEALTHY else wait
            self._trouble = f"engine: it ended ({_said(status)}); it starts again in {wait:.0f} s"
            log.error("%s", self._trouble)
            if self._stopping.wait(wait):
                return
            wait = min(wait * 2, LONGEST_WAIT)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = self._begin()
            self._trouble = None


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close our end of its standard input."""
    if process.stdin is not None:
        process.stdin.close()


def _said(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
