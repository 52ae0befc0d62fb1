"""No text makes a pattern take its length squared: one that a customer wrote would hold a whole process for hours.

Python seeks a pattern from every character. If it reads on to the end from each of them, as `\\S+@` does in a word of a
million letters, it holds the interpreter's lock all the while, and no other thread of the process moves.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final

import pytest

_PACKAGES: Final = (
    "stalewatch", "stalewatch_csv", "stalewatch_hubspot", "stalewatch_salesforce", "stalewatch_sandbox",
)  # fmt: skip
_LONG: Final = 60_000
"""Characters: read once they take a millisecond, read from each of them half a minute."""
_PATIENCE: Final = 8.0
"""Seconds of the processor."""
_OVER_AND_OVER: Final = (
    "a", "é", "日", "A1", "0", "1 ", "1,", "1.", " ", "\n", "\r\n", "@", "a@", "%40", "*", "a*", '"', '\\"', "'", "\\",
    ",", "-", "- ", ":", ": ", "=", "{", "{a", "[", "<", "<mailto:", "(", "://a:", "amount", "token=", '"token":"', "↑",
    "re:", "-----BEGIN ",
)  # fmt: skip
_SEEKS: Final = r"\b{}\.(?:search|sub|subn|finditer|findall|split)\b"


def modules() -> Iterator[ModuleType]:
    """Everything of ours that can be imported."""
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def patterns() -> dict[str, tuple[re.Pattern[Any], bool]]:
    """Each pattern that stands in a module by the first of its names, and whether it is sought anywhere in a text."""
    found: dict[re.Pattern[Any], tuple[str, bool]] = {}
    for module in modules():
        source = Path(str(module.__file__)).read_text("utf-8")
        for name, value in vars(module).items():
            for pattern in held(value):
                seeks = not isinstance(value, re.Pattern) or re.search(_SEEKS.format(name), source) is not None
                first, before = found.get(pattern, (f"{module.__name__}.{name}", False))
                found[pattern] = first, before or seeks
    return {f"{name} {pattern.pattern!r}": (pattern, seeks) for pattern, (name, seeks) in found.items()}


def held(value: object) -> Iterator[re.Pattern[Any]]:
    """A pattern, or those in a tuple or a table."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from held(one)
    elif isinstance(value, dict):
        yield from held(list(value.values()))


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """End what takes more of the processor: patterns ask now and then whether somebody wants them to."""

    def ends(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, ends)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def too_long(pattern: re.Pattern[Any], *, seeks: bool) -> list[str]:
    """The first text with which it does not come to an end."""
    for piece in _OVER_AND_OVER:
        for begin in ("", '"'):
            text = (begin + piece * (_LONG // len(piece))) + "\x00"
            given: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
            try:
                with at_most(_PATIENCE):
                    if seeks:
                        sum(1 for _ in pattern.finditer(given))
                    else:
                        pattern.match(given)
                        pattern.fullmatch(given)
            except TimeoutError:
                return [begin + piece * 3]
    return []


FOUND: Final = patterns()


def test_there_are_patterns_of_both_kinds() -> None:
    assert len(FOUND) > 100
    assert {seeks for _, seeks in FOUND.values()} == {True, False}


@pytest.mark.security
@pytest.mark.parametrize("name", FOUND)
def test_s25_no_text_holds_a_process_for_ever(name: str) -> None:
    pattern, seeks = FOUND[name]
    assert not too_long(pattern, seeks=seeks), "what begins like this, a million times, takes hours"


def test_a_pattern_that_reads_on_from_every_letter_is_found() -> None:
    assert too_long(re.compile(r"[^\s<>]+@"), seeks=True) == ["aaa"]
