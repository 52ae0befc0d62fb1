"""How many ask the same at once: it is read once for all of them, and never before they asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any

import pytest

from stalewatch.web.readings import Readings, Together


class Book:
    """What is read: each time another edition, once somebody lets it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.editions, self.fault, self.begun, self.opened = 0, fault, Event(), Event()

    def read(self) -> int:
        self.begun.set()
        assert self.opened.wait(10)
        self.editions += 1
        if self.fault is not None:
            raise self.fault
        return self.editions

    async def is_open_at_a_page(self) -> None:
        """Until somebody reads in it."""
        assert await asyncio.to_thread(self.begun.wait, 10)


def told(story: Callable[[Readings], Awaitable[Any]]) -> Any:
    async def begin() -> Any:
        return await story(Readings())

    return asyncio.run(begin())


def test_who_asks_before_it_is_begun_shares_it_and_who_comes_later_shares_the_next() -> None:
    book, other = Book(), Book()

    async def story(readings: Readings) -> tuple[list[int], list[int], int, int]:
        first = [asyncio.ensure_future(readings.read("page", book.read)) for _ in range(3)]
        elsewhere = asyncio.ensure_future(readings.read("other page", other.read))
        await book.is_open_at_a_page()
        later = [asyncio.ensure_future(readings.read("page", book.read)) for _ in range(5)]
        await asyncio.sleep(0)
        other.opened.set()
        beside = await elsewhere
        book.opened.set()
        return (
            await asyncio.gather(*first),
            await asyncio.gather(*later),
            beside,
            await readings.read("page", book.read),
        )

    assert told(story) == ([1, 1, 1], [2] * 5, 1, 3)


def test_a_fault_is_everybodys_and_the_next_one_tries_again() -> None:
    book = Book(OSError("the disk is gone"))

    async def story(readings: Readings) -> list[BaseException | int]:
        asked = [asyncio.ensure_future(readings.read("page", book.read)) for _ in range(2)]
        await book.is_open_at_a_page()
        asked.append(asyncio.ensure_future(readings.read("page", book.read)))
        book.opened.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [str(one) for one in told(story)] == ["the disk is gone"] * 3
    assert book.editions == 2


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


def test_nothing_is_remembered_of_what_was_read() -> None:
    book = Book()
    book.opened.set()

    async def story(readings: Readings) -> int:
        for _ in range(5):
            await readings.read("page", book.read)
        await asyncio.sleep(0)
        return len(readings._last)

    assert (told(story), book.editions) == (0, 5)


def test_a_quick_question_is_put_once_for_all_who_came_before_it() -> None:
    answers = iter(range(100))

    async def story() -> tuple[list[int], int]:
        together = Together(lambda: next(answers))
        return await asyncio.gather(*(together() for _ in range(9))), await together()

    assert asyncio.run(story()) == ([0] * 9, 1)
    together = Together(lambda: next(answers))
    assert [asyncio.run(together()) for _ in range(2)] == [2, 3], "another loop asks for itself"


def test_the_fault_of_a_quick_question_is_everybodys_and_it_is_put_again() -> None:
    faults = [OSError("away"), OSError("still away")]

    def ask() -> int:
        if faults:
            raise faults.pop(0)
        return 7

    async def story() -> list[Any]:
        together = Together(ask)
        return [await asyncio.gather(together(), together(), return_exceptions=True) for _ in range(3)]

    assert [[str(one) for one in some] for some in asyncio.run(story())] == [
        ["away"] * 2,
        ["still away"] * 2,
        ["7"] * 2,
    ]
