"""What a partner reports of a deal that only they see: why they propose it, how far it is, what their champion does."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LINES: Final = 3
"""Lines of the reason to propose: what does not fit in three is not yet a reason."""
LONGEST: Final = 600
"""Characters of each text."""
UNKNOWN: Final = "unknown"
_BREAKS: Final = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_UNFIT: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Fault(StrEnum):
    """What is wrong with a report."""

    EMPTY = "empty"  # nothing was said
    TOO_MANY_LINES = "too_many_lines"
    TOO_LONG = "too_long"
    UNKNOWN_PHASE = "unknown_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerReport:
    """One report. A text that is empty, and the phase `unknown`, say that the partner does not know."""

    reason: str = ""
    phase: str = UNKNOWN
    champion: str = ""

    def tidied(self) -> PartnerReport:
        """The same without empty lines, blanks at the ends of lines, and characters that nobody can see."""
        return PartnerReport(reason=_tidy(self.reason), phase=self.phase or UNKNOWN, champion=_tidy(self.champion))

    def faults(self, phases: Collection[str]) -> Sequence[tuple[Fault, str]]:
        """What is wrong with a tidied one, and in which field; nothing if it can be taken.

        Args:
            phases: the values that the phase can have.
        """
        found = []
        if self.phase not in phases:
            found.append((Fault.UNKNOWN_PHASE, "phase"))
        if self.reason.count("\n") >= LINES:
            found.append((Fault.TOO_MANY_LINES, "reason"))
        texts = {"reason": self.reason, "champion": self.champion}
        found += [(Fault.TOO_LONG, name) for name, text in texts.items() if len(text) > LONGEST]
        if self == PartnerReport():
            found.append((Fault.EMPTY, "reason"))
        return found


def lines_of(text: str) -> int:
    """How many lines a tidied text has."""
    return text.count("\n") + 1 if text else 0


def _tidy(text: str) -> str:
    lines = (_UNFIT.sub("", line).strip() for line in _BREAKS.split(text))
    return "\n".join(line for line in lines if line)
