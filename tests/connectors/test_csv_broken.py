"""Files that somebody broke: no crash, no half-truths, and words that every terminal and database takes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from stalewatch.sdk.errors import ConnectorError
from tests.connectors.exports import Export
from tests.connectors.reports import FOOTER, HUBSPOT, SALESFORCE, SALESFORCE_JA, Dialect

ACME = ("1", "Acme", "Closed Won", "USD", "1,200.50", "3/31/2026", "Sato", "1/15/2026", "", "", "")
ZEN = ("2", "Zen", "提案", "JPY", "(5)", "令和8年3月1日", "Ito", "46082", "", "", "")
WHOLE = [
    Dialect(below=FOOTER).write([SALESFORCE, ACME, ZEN]),
    Dialect(encoding="cp932").write([SALESFORCE_JA, ("1", "商談", "提案", "\\1", "2026年3月1日", "佐藤", "2026/1/1")]),
    Dialect(encoding="utf-16").write(
        [HUBSPOT[:8], ("1", "A", "B", "2026-01-01 9:00 PM", "x@y.z", "P", "1.234", "1/2/2026")]
    ),
]  # fmt: skip
PIECES = [
    b"\0", b"\xff", b'"', b",", b";", b"\n", b"\r", b"\t", b"|", b"\xe3\x81", b"\xd8\x00", b"9" * 30, b"1e999", b"NaN",
    "²⁴９令和99年2月30日".encode(), b"31/31/9999", b"9999-12-31T23:59", b"0001-01-01", b"0000-00-00", b"99999999",
    b"2958466", b"25:61 PM", b"+99:99", b"%", b"(", b"-", b"=1+1", b"A" * 200_000,
]  # fmt: skip


def broken(rng: random.Random) -> bytes:
    """One of the files with a few things done to it."""
    data = bytearray(rng.choice(WHOLE))

    def insert(at: int) -> None:
        data[at:at] = rng.choice(PIECES)

    def cut(at: int) -> None:
        del data[at : at + rng.randint(1, 20)]

    def replace(at: int) -> None:
        data[at : at + 1] = bytes([rng.randrange(256)])

    def end(at: int) -> None:
        del data[at:]

    ways: list[Callable[[int], None]] = [insert, insert, insert, cut, replace, end]
    for _ in range(rng.randint(1, 6)):
        rng.choice(ways)(rng.randrange(len(data) + 1))
    return bytes(data)


def look(folder: Path, content: bytes, zone: str) -> None:
    """Read it in every way there is; whatever comes of it has to be fit to be stored and shown."""
    export = Export(folder, tz=zone)
    export.raw("deals.csv", content)
    said = [f"{one.message} {one.cure}" for one in export.connector().check()]
    try:
        pulled = export.pull()
        said += [f"{one.ref} {one.reason} {one.detail}" for one in pulled.rejected]
        said += [repr(deal) for deal in pulled.deals]
        said += [json.dumps(page.cursor) for page in pulled.pages]
        said += list(export.fields().values())
        left_out = [reason for _, reason in pulled.complaints if reason != "duplicate deal_id"]
        assert not (pulled.is_complete and left_out), "a row that was left out may be the deal that seems gone"
    except ConnectorError as error:
        said.append(str(error))
    for text in said:
        assert "\0" not in text
        text.encode()


@pytest.mark.parametrize("count", [100, pytest.param(5_000, marks=pytest.mark.slow)])
def test_broken_files_crash_nothing(tmp_path: Path, count: int) -> None:
    rng = random.Random(count)  # noqa: S311  # the same files in every run
    for number in range(count):
        content, zone = broken(rng), rng.choice(["UTC", "Asia/Tokyo", "America/New_York"])
        print(f"file {number} in {zone}: {content[:2_000]!r}")  # noqa: T201  # the last one is shown if it fails
        look(tmp_path, content, zone)
