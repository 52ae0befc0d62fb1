"""What a partner writes, made tidy, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.partner_reports import LINES, LONGEST, Fault, PartnerReport, lines_of

PHASES = ("unknown", "interest", "comparing", "approval")
texts = st.text(st.characters(codec=None), max_size=60) | st.text("ab \n\r\t\x0b\u2028\x00\x1b\ud800", max_size=60)


@given(texts, texts)
def test_what_was_tidied_can_be_stored_and_stays_as_it_is(reason: str, champion: str) -> None:
    tidied = PartnerReport(reason=reason, phase="", champion=champion).tidied()
    assert tidied.tidied() == tidied
    for text in (tidied.reason, tidied.champion):
        text.encode()  # no half characters
        assert "\x00" not in text
        assert all(line == line.strip() and line for line in text.split("\n")) or not text


@given(
    st.lists(st.text("abc あ", min_size=1).map(str.strip).filter(bool), max_size=6),
    st.sampled_from(("\n", "\r\n", "\r", "\n\n \n")),
)
def test_up_to_three_lines_are_taken_however_they_end(lines: list[str], end: str) -> None:
    report = PartnerReport(reason=end.join(lines), phase="interest").tidied()
    assert report.reason.split("\n") == (lines or [""])
    assert (Fault.TOO_MANY_LINES in dict(report.faults(PHASES))) is (len(lines) > LINES)
    assert lines_of(report.reason) == len(lines)


@pytest.mark.parametrize(
    ("report", "faults"),
    [
        (PartnerReport(), {Fault.EMPTY: "reason"}),
        (PartnerReport(reason=" \n ", champion="\x00"), {Fault.EMPTY: "reason"}),
        (PartnerReport(phase="approval"), {}),
        (PartnerReport(champion="The head of logistics."), {}),
        (PartnerReport(phase="won"), {Fault.UNKNOWN_PHASE: "phase"}),
        (PartnerReport(reason="x" * LONGEST), {}),
        (PartnerReport(reason="x" * (LONGEST + 1)), {Fault.TOO_LONG: "reason"}),
        (PartnerReport(champion="x" * (LONGEST + 1)), {Fault.TOO_LONG: "champion"}),
    ],
)
def test_what_is_wrong_is_named_with_its_field(report: PartnerReport, faults: dict[Fault, str]) -> None:
    assert dict(report.tidied().faults(PHASES)) == faults
