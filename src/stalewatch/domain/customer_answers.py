"""What a customer may answer when they are asked whether it still matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stalewatch.domain.instants import DAY

MONTHS: Final = (1, 3, 6)
"""In how many months they may want to be asked again."""
CHANGEABLE: Final = DAY
"""Microseconds from the first answer, in which it may be changed."""


class Word(StrEnum):
    """Which of the three answers it is."""

    PRIORITY = "priority"
    ANOTHER_WAY = "another_way"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """One answer; `months` goes with `later`, and with nothing else."""

    word: Word
    months: int | None = None

    @property
    def code(self) -> str:
        """As forms send it: `priority`, `another_way`, `later-3`."""
        return self.word.value if self.months is None else f"{self.word.value}-{self.months}"


ANSWERS: Final = (
    CustomerAnswer(Word.PRIORITY),
    CustomerAnswer(Word.ANOTHER_WAY),
    *(CustomerAnswer(Word.LATER, months) for months in MONTHS),
)
"""Every answer that can be given, in the order in which they are offered."""


def of_code(code: str) -> CustomerAnswer | None:
    """The answer that a form sent; None if it is none of ours."""
    return next((one for one in ANSWERS if one.code == code), None)


def tag_of(answer: CustomerAnswer) -> str:
    """The reason tag under which a loss is counted that a customer explained so.

    "Another way" is a competitor as much as their own people: what they decided for, not against.
    """
    return {Word.PRIORITY: "priority", Word.ANOTHER_WAY: "competitor", Word.LATER: "timing"}[answer.word]
