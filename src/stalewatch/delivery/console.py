"""Messages as readable text on a stream: what is used where no chat is configured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, TextIO

from stalewatch.delivery.columns import width, wrapped
from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.sdk.errors import OutcomeUnknown
from stalewatch.sdk.notifier import (
    Entry,
    Message,
    Notifier,
    NotifierSettings,
    Outcome,
    Receipt,
    Settled,
    Style,
)

_COLUMNS: Final = 100
_BOLD, _PLAIN = "\033[1m", "\033[0m"


def connect(settings: NotifierSettings) -> ConsoleNotifier:
    """The notifier as the configuration wants it. Options: `stream` (default: standard output), `width`."""
    stream, columns = settings.options.get("stream"), int(settings.options.get("width", _COLUMNS))
    return ConsoleNotifier(now=settings.now, stream=stream, columns=columns)


class ConsoleNotifier(Notifier):
    """Prints every message in one write. A stream keeps no record that could be asked later.

    Args:
        stream: where to; None = the standard output of the moment.
        columns: width of the text.
    """

    type: ClassVar[str] = "console"

    def __init__(self, *, now: Callable[[], datetime], stream: TextIO | None = None, columns: int = _COLUMNS) -> None:
        self._now, self._stream, self._columns = now, stream, columns

    def send(self, message: Message) -> Receipt:
        """Print the message.

        Raises:
            OutcomeUnknown: the stream broke; a part may have been seen.
        """
        stream = self._stream or sys.stdout
        pen = _Pen(bold=stream.isatty(), columns=self._columns)
        text = "\n".join([*_lines(message, pen), "", ""])
        try:
            stream.write(_encodable(text, stream))
            stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            raise OutcomeUnknown(f"the message could not be printed: {error}", where=message.delivery) from error
        return Receipt(at=self._now(), handle={"delivery": message.delivery})

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """A stream cannot be read back."""
        return Settled(outcome=Outcome.CANNOT_LOOK)


@dataclass(frozen=True, slots=True)
class _Pen:
    """How to write: with bold or plain, and how wide."""

    bold: bool
    columns: int

    def strong(self, text: str) -> str:
        return f"{_BOLD}{text}{_PLAIN}" if self.bold and text else text

    def text(self, text: str, indent: str = "") -> Iterator[str]:
        """Wrapped lines of running text, without the marks of `*bold*`."""
        plain = "".join(part for part, _ in bold_parts(printable(text)))
        yield from wrapped(plain, self.columns, indent)

    def title(self, text: str, indent: str = "") -> Iterator[str]:
        yield from (indent + self.strong(line) for line in wrapped(printable(text), self.columns - len(indent)))


def _lines(message: Message, pen: _Pen) -> Iterator[str]:
    yield _rule(message, pen)
    yield from pen.title(message.title)
    section = ""
    for place, entry in enumerate(message.entries, start=1):
        if entry.section != section:
            section = entry.section
            yield from ("", *pen.title(section))
        numbered = message.style is Style.DIGEST and not entry.resolved
        if message.style is Style.OPERATOR and len(message.entries) > 1:
            yield ""
        yield from _entry(entry, f"{place}. " if numbered else "", pen, message)
    if message.footer or message.url:
        yield ""
    for line in message.footer:
        yield from pen.text(line)
    if message.url:
        yield printable(f"{message.link}: {message.url}" if message.link else message.url)


def _rule(message: Message, pen: _Pen) -> str:
    """The line above a message: whom it is for."""
    to = f"── {printable(message.address)} "
    return to + "─" * max(2, pen.columns - width(to))


def _entry(entry: Entry, number: str, pen: _Pen, message: Message) -> Iterator[str]:
    indent = " " * len(number)
    if entry.headline != message.title:
        first, *rest = wrapped(printable(entry.headline), pen.columns - len(number)) or [""]
        yield number + pen.strong(first)
        yield from (indent + pen.strong(line) for line in rest)
    yield from pen.text(entry.body, indent)
    if entry.chips:
        yield from pen.text(" ".join(f"[{chip}]" for chip in entry.chips), indent)
    if entry.url and entry.url != message.url:
        yield f"{indent}{printable(entry.url)}"


def _encodable(text: str, stream: TextIO) -> str:
    """What the stream's encoding cannot say becomes a question mark instead of an error."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
