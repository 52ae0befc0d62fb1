"""Messages on a terminal or in a file: whole, as wide as they may be, and harmless."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.columns import width, wrapped
from stalewatch.delivery.console import ConsoleNotifier, connect
from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.news import StormHeld, Undelivered
from stalewatch.delivery.operators import compose_operator
from stalewatch.sdk.errors import OutcomeUnknown
from stalewatch.sdk.notifier import Entry, Message, NotifierSettings, Outcome, Style
from stalewatch.sdk.testing import NotifierContract
from tests.delivery.tellings import NOW, sato, settled, told, warned


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, f"nobody reads {len(text)} characters")


class Counting(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append("write")
        return super().write(text)

    def flush(self) -> None:
        self.calls.append("flush")


def console(stream: io.TextIOBase, **options: Any) -> ConsoleNotifier:
    return connect(
        NotifierSettings(
            options={"stream": stream, **options}, base=Path(), now=lambda: datetime(2025, 11, 20, tzinfo=UTC)
        )
    )


def printed(message: Message | None, stream: io.StringIO | None = None, **options: Any) -> str:
    assert message is not None
    stream = stream or io.StringIO()
    console(stream, **options).send(message)
    return stream.getvalue()


def morning(language: str = "en") -> Message | None:
    return compose_digest(
        [
            told(url="https://crm.example/d1"),
            warned(),
            warned("d2", name="Kumo Logistics"),
            settled("d3", name="Aozora"),
        ],
        delivery="d",
        recipient=sato(language),
        now=NOW,
        still_open=12,
        list_url="https://sw.example/mine",
    )


def test_a_digest_reads_like_a_note_from_a_colleague() -> None:
    assert printed(morning(), width=60) == (
        "── sato@acme.example ───────────────────────────────────────\n"
        "2 deals need a next step from you · ¥24.8M\n"
        "1. Hikari Foods · ¥12.4M · Proposal, 31 business days\n"
        "   No answer since 30 Oct.\n"
        "   [Customer went silent: 4 bd over] [No next meeting: 2\n"
        "   days left]\n"
        "   https://crm.example/d1\n"
        "\n"
        "Soon\n"
        "2. Kumo Logistics · ¥12.4M · Proposal, 31 business days\n"
        "   2 days left, until 22 Nov, before “No next meeting”.\n"
        "\n"
        "Settled: ✅ Aozora (done)\n"
        "Still open: 12\n"
        "Open my list: https://sw.example/mine\n"
        "\n"
    )


def test_japanese_is_as_wide_as_it_looks() -> None:
    lines = printed(morning("ja"), width=60).splitlines()
    assert "次の一歩が必要な案件が2件あります · 2,480万円" in lines
    assert max(width(line) for line in lines) <= 60


def test_news_for_the_operator_stands_apart() -> None:
    news = compose_operator([StormHeld(30, 100), Undelivered(2)], delivery="o", recipient=sato(), now=NOW)
    assert "\n\n2 messages reached nobody\n" in printed(news)


def test_a_message_is_one_write_and_one_flush() -> None:
    stream = Counting()
    printed(morning(), stream)
    assert stream.calls == ["write", "flush"]


def test_bold_is_for_terminals() -> None:
    assert "\x1b" not in printed(morning())
    assert "\x1b[1m2 deals need a next step from you · ¥24.8M\x1b[0m" in printed(morning(), Terminal())


def test_owners_without_an_address_are_called_by_name() -> None:
    message = compose_digest([told()], delivery="d", recipient=sato(address="Darcel Schlecht"), now=NOW)
    assert printed(message).startswith("── Darcel Schlecht ─")


def test_a_poor_encoding_is_no_error() -> None:
    raw = io.BytesIO()
    notifier = console(io.TextIOWrapper(raw, encoding="ascii"))
    message = morning("ja")
    assert message is not None
    notifier.send(message)
    assert b"Hikari Foods" in raw.getvalue()


def test_a_hostile_message_moves_no_cursor() -> None:
    evil = "a\x1b[2J\r\x07\u202e\nb"
    entry = Entry(record="r", headline=f"{evil}1", body=evil, chips=(evil,), url=f"{evil}2", section=evil)
    text = printed(
        Message(
            delivery="d", target="t", address=evil, style=Style.DIGEST, language="en", title=evil,
            entries=(entry,), footer=(evil,), url=evil, link=evil,
        )
    )  # fmt: skip
    assert not set(text) & set("\x1b\r\x07\u202e")
    assert text.count("a [2J b") == 10


def test_the_standard_output_of_the_moment_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    message = morning()
    assert message is not None
    connect(NotifierSettings(options={}, base=Path(), now=lambda: NOW)).send(message)
    assert "Hikari Foods" in capsys.readouterr().out


@pytest.mark.parametrize("stream", [Broken(), Terminal()], ids=["broken", "closed"])
def test_a_stream_that_breaks_leaves_the_outcome_open(stream: io.StringIO) -> None:
    notifier, message = console(stream), morning()
    assert message is not None
    if isinstance(stream, Terminal):
        stream.close()
    with pytest.raises(OutcomeUnknown):
        notifier.send(message)
    assert notifier.settle("d", "sato@acme.example", NOW).outcome is Outcome.CANNOT_LOOK


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.integers(8, 40))
def test_wrapping_loses_nothing_but_spaces_and_fits(text: str, columns: int) -> None:
    lines = wrapped(text, columns, " ")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= max(columns, 9) for line in lines)


class TestContract(NotifierContract):
    """What holds for every notifier. Each delivery goes to an address of its own, by which a test finds it."""

    @pytest.fixture(autouse=True)
    def _one_side(self) -> None:
        self.stream = io.StringIO()

    def notifier(self) -> ConsoleNotifier:
        return console(self.stream)

    def broken(self) -> ConsoleNotifier:
        return console(Broken())

    def message(self, delivery: str, **more: Any) -> Message:
        return super().message(delivery, **({"address": f"{delivery}@acme.example"} | more))

    def arrivals(self, delivery: str) -> int:
        return self.stream.getvalue().count(f"── {delivery}@acme.example ─")
