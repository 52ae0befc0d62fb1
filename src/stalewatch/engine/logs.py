"""What the processes say while they run: one line an event on standard error, so that any tool can read them.

Every line, tracebacks included, goes through one filter (redacting.py) after it is whole: no library can go past it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from stalewatch.engine.redacting import redacted

Form = Literal["text", "json"]
_FORM: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S%z"


class OneLine(logging.Formatter):
    """A record on one line; a traceback only if somebody asked for it (`--debug`)."""

    def __init__(self, *, tracebacks: bool, hide: Callable[[str], str] = redacted) -> None:
        super().__init__(_FORM, _TIME)
        self._tracebacks, self._hide = tracebacks, hide

    def format(self, record: logging.LogRecord) -> str:
        if self._tracebacks:
            return self._hide(super().format(record))
        record.message = one_line(record.getMessage())
        record.asctime = self.formatTime(record, self.datefmt)
        return self._hide(self.formatMessage(record))


class OneObject(logging.Formatter):
    """A record as one JSON object on one line: `at`, `level`, `logger`, `message`, and `traceback` with `--debug`."""

    def __init__(self, *, tracebacks: bool, hide: Callable[[str], str] = redacted) -> None:
        super().__init__(datefmt=_TIME)
        self._tracebacks, self._hide = tracebacks, hide

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": self.formatTime(record, self.datefmt), "level": record.levelname.lower(), "logger": record.name,
            "message": self._hide(one_line(record.getMessage())),
        }  # fmt: skip
        if self._tracebacks and record.exc_info:
            told["traceback"] = self._hide(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def one_line(text: str) -> str:
    """A text of several lines as one."""
    return " | ".join(part.strip() for part in text.splitlines() if part.strip())


def configure(*, debug: bool, form: Form = "text", secrets: Iterable[str] = ()) -> None:
    """Let this process log to standard error; libraries only what is a warning or worse.

    Args:
        secrets: texts that are struck wherever they stand.
    """
    redacted.knows(secrets)
    handler = logging.StreamHandler(sys.stderr)
    made = OneObject if form == "json" else OneLine
    handler.setFormatter(made(tracebacks=debug))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it repeats the faults that we tell already
    logging.getLogger("stalewatch").setLevel(logging.DEBUG if debug else logging.INFO)
