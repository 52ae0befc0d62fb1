"""How many ask the same at once: it is read once for all of them, and again for whoever asks after that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any

import pytest
from fastapi import Request

from stalewatch.web.readings import LONGEST, MOST_QUESTIONS, Questions, Readings


class Book:
    """What is read: each time another edition, once somebody lets it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.editions, self.fault, self.opened = 0, fault, Event()

    def read(self) -> int:
        assert self.opened.wait(10)
        self.editions += 1
        if self.fault is not None:
            raise self.fault
        return self.editions


def told(story: Callable[[Readings], Awaitable[Any]]) -> Any:
    async def begin() -> Any:
        return await story(Readings())

    return asyncio.run(begin())


def test_who_asks_the_same_meanwhile_gets_the_same_answer_and_who_comes_later_another() -> None:
    book = Book()

    async def story(readings: Readings) -> list[int]:
        first = [asyncio.ensure_future(readings.read("page", book.read)) for _ in range(3)]
        other = asyncio.ensure_future(readings.read("other page", book.read))
        await asyncio.sleep(0)
        book.opened.set()
        found = await asyncio.gather(*first)
        assert sorted({*found, await other}) == [1, 2]
        return [*set(found), await readings.read("page", book.read)]

    [before, after] = told(story)
    assert (before in (1, 2), after) == (True, 3)


def test_a_fault_is_everybodys_and_the_next_one_tries_again() -> None:
    book = Book(OSError("the disk is gone"))

    async def story(readings: Readings) -> list[BaseException | int]:
        asked = [asyncio.ensure_future(readings.read("page", book.read)) for _ in range(2)]
        book.opened.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [str(one) for one in told(story)] == ["the disk is gone"] * 2
    assert book.editions == 1


def test_who_goes_away_does_not_end_it_for_the_others() -> None:
    book = Book()

    async def story(readings: Readings) -> int:
        gone, stays = (asyncio.ensure_future(readings.read("page", book.read)) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        book.opened.set()
        return await stays

    assert (told(story), book.editions) == (1, 1)


def a_request(query: str) -> Request:
    return Request({"type": "http", "path": "/v1/deals/stalled", "query_string": query.encode(), "headers": []})


def test_a_question_is_known_by_its_words_and_only_so_many_are() -> None:
    questions = Questions()
    questions.note(a_request("limit=5"), "five")
    questions.note(a_request("q=" + "x" * LONGEST), "long")
    assert questions.known(a_request("limit=5")) == "five"
    assert questions.known(a_request("limit=6")) is None
    assert questions.known(a_request("q=" + "x" * LONGEST)) is None
    for number in range(MOST_QUESTIONS):
        questions.note(a_request(f"limit=5&n={number}"), number)
    assert questions.known(a_request("limit=5")) is None
