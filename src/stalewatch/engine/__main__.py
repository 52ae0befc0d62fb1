"""The engine as a process of its own: `python -P -m stalewatch.engine`, started by `stalewatch serve`.

It ends when it is told to (SIGTERM), and when the process that started it is gone: then nobody holds the other end of
its standard input any more. Ctrl-C is for the process that started it.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Final

from stalewatch import wiring
from stalewatch.clock import SystemClock
from stalewatch.engine.embedded import Embedded
from stalewatch.engine.logs import configure
from stalewatch.engine.redacting import redacted
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.operating.faults import DatabaseBusy
from stalewatch.settings.known_secrets import secret_texts
from stalewatch.wiring.live import Live

log = logging.getLogger("stalewatch.engine")

PAUSE: Final = 1.0
"""Seconds until an engine that found the database held by somebody tries to begin again."""
HEARS: Final = 1.0
"""Seconds after which the main thread looks up: a signal that the system handed to another thread, as it does when a
process that was frozen goes on, is only heeded by this one, and does not wake it."""


def main(arguments: Sequence[str]) -> int:
    """Run the engine until it is told to stop; 0, or 1 if it could not start or work had to be cut off."""
    asked = _parse(arguments)
    configure(debug=asked.debug, form=asked.log_format)
    ending = Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: ending.set())
    if asked.child:
        Thread(target=_outlive_nobody, args=(ending,), daemon=True).start()
    now = None if asked.ahead is None else SystemClock().now() + timedelta(seconds=asked.ahead)
    try:
        project = wiring.open_project(asked.config, now=now, language=asked.lang, running=True)
        redacted.knows(secret_texts(project.settings))
        engine = Embedded(Live(project, judges=True), language=asked.lang)
        begin(engine, ending)
    except StalewatchError as error:
        log.error("%s", error)
        return 1
    log.info("engine %d works", os.getpid())
    while not ending.wait(HEARS):
        pass
    if not engine.stop():
        log.warning("work was cut off; its leases lapse by themselves")
        logging.shutdown()
        os._exit(1)  # a thread cannot be cancelled, and the interpreter would wait for it
    project.close()
    return 0


def begin(engine: Embedded, ending: Event) -> None:
    """Begin; while another process holds the database (one that stands still, say), wait for it.

    Raises:
        StoreError: the database cannot be written, and that does not pass by itself.
    """
    while not ending.is_set():
        try:
            engine.start()
        except DatabaseBusy as error:
            log.warning("%s", error)
            ending.wait(PAUSE)
        else:
            return


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -P -m stalewatch.engine")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--ahead", type=float, help="seconds that the clock is ahead of the machine's")
    parser.add_argument("--lang", choices=["en", "ja"])
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("--log-format", choices=["text", "json"], default="text")
    parser.add_argument("--child", action="store_true", help="end when standard input does")
    return parser.parse_args(arguments)


def _outlive_nobody(ending: Event) -> None:
    """Standard input ends when the parent does, however it does."""
    while os.read(0, 1024):  # past Python's buffer, whose lock would be held when the interpreter ends
        pass
    ending.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
