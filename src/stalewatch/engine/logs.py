"""What the processes say while they run: one line an event on standard error, so that any tool can read them."""

from __future__ import annotations

import logging
import sys
from typing import Final

_FORM: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OneLine(logging.Formatter):
    """A record on one line; a traceback only if somebody asked for it (`--debug`)."""

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__(_FORM, "%Y-%m-%dT%H:%M:%S%z")
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        if self._tracebacks:
            return super().format(record)
        record.message = " | ".join(part.strip() for part in record.getMessage().splitlines() if part.strip())
        record.asctime = self.formatTime(record, self.datefmt)
        return self.formatMessage(record)


def configure(*, debug: bool) -> None:
    """Let this process log to standard error; libraries only what is a warning or worse."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(tracebacks=debug))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it repeats the faults that we tell already
    logging.getLogger("stalewatch").setLevel(logging.DEBUG if debug else logging.INFO)
