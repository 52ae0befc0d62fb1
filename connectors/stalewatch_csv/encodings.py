"""Which encoding a file is in, found by reading all of its bytes."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

KNOWN: Final = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
"""What `encoding:` may say, to the codec that is used. Shift_JIS is read as the superset that Windows writes."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAMES: Final = {"cp932": "Shift_JIS", "cp1252": "Windows-1252"}
_ASCII: Final = bytes(range(0x80))
_LEADS: Final = bytes(range(0x81, 0xA0))

Chunks = Callable[[], Iterable[bytes]]
"""Reads the file from its beginning, in pieces; may be called more than once."""


class Encoding(NamedTuple):
    """The codec to read with, and the name of another one that fits as well, if there is one."""

    codec: str
    rival: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return _NAMES.get(self.codec, "UTF-16" if "16" in self.codec else "UTF-8")


def detect(chunks: Chunks) -> Encoding:
    """The encoding of a file, decided in this order:

    a mark at the beginning; NUL bytes on one side of every pair (UTF-16); all of it valid UTF-8; most lines that are
    not ASCII valid UTF-8 (the others are broken rows); Shift_JIS if a quarter of what is not ASCII are bytes that begin
    kana and everyday kanji; Windows-1252.
    """
    first = next(iter(chunks()), b"")
    for mark, codec in _MARKS:
        if first.startswith(mark):
            return Encoding(codec)
    wide = _wide(first)
    if wide or _fits("utf-8", chunks()):
        return Encoding(wide or "utf-8-sig")
    fitting = [codec for codec in _NAMES if _fits(codec, chunks())]
    if not fitting or _is_mostly_utf8(chunks()):
        return Encoding("utf-8-sig")
    if not _looks_japanese(chunks()):
        fitting.reverse()
    return Encoding(fitting[0], _NAMES[fitting[1]] if fitting[1:] else None)


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: at least every fiftieth byte is NUL, and all of those stand on one side of a pair."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if (even and odd) or (even + odd) * 50 < len(sample):
        return None
    return "utf-16-be" if even else "utf-16-le" if odd else None


def _fits(codec: str, chunks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(chunks: Iterable[bytes]) -> bool:
    clean = spoilt = 0
    for line in _lines(chunks):
        if not line.isascii():
            fits = _fits("utf-8", [line])
            clean += fits
            spoilt += not fits
    return clean > spoilt


def _looks_japanese(chunks: Iterable[bytes]) -> bool:
    high = leads = 0
    for chunk in chunks:
        rest = chunk.translate(None, _ASCII)
        high += len(rest)
        leads += len(rest) - len(rest.translate(None, _LEADS))
    return leads * 4 >= high


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    yield rest
