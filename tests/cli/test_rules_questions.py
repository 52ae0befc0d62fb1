"""`rules backtest --questions`: which open questions went with losses, counted by somebody else as well."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.company import CONFIG
from tests.cli.conftest import Call

FILE = "Salvirt_B2B_ML_dataset_HF.csv"
MET = {
    "Authority": ("Mid", "High"), "Budgt_alloc": ("Yes",), "Competitors": ("No",), "Purch_dept": ("No",),
    "Partnership": ("Yes",), "Forml_tend": ("No",), "RFI": ("Yes",), "RFP": ("Yes",), "Growth": ("Growth", "Stable"),
    "Posit_statm": ("Yes",), "Source": ("Joint past", "Referral"), "Client": ("Current",), "Scope": ("Clear",),
    "Strat_deal": ("Very important",), "Cross_sale": ("Yes",), "Up_sale": ("Yes",), "Needs_def": ("Yes",),
    "Att_t_client": ("Strategic account", "Normal"),
}  # fmt: skip
"""The questions of the file of which an answer can be the one that one hopes for, with these answers."""
PLAIN = ("Product", "Seller", "Comp_size", "Deal_type")
"""The others: they can be answered or not, and no answer is better than another."""
QUESTIONS = (*MET, *PLAIN)
RULES = """\
stalewatch: 1
pack: asked
scores:
  asked:
    watch: deal
    items:
{items}
  met:
    watch: deal
    items:
{met}
rules:
  - {{id: unasked, title: {{en: Unasked, ja: 未確認}}, watch: deal, start: created_at, within: 5d,
     where: {{score.asked: {{below: 50}}}}}}
"""


def project(
    here: Path, questions: tuple[str, ...], rows: list[dict[str, str]], met: Mapping[str, tuple[str, ...]]
) -> None:
    """A project that asks these questions, and the deals with their answers; "Unknown" is none.

    Args:
        met: the answers that one hopes for, of each question that has some.
    """
    names = [named(one) for one in questions]
    (here / "rules").mkdir()
    (here / "exports").mkdir()
    (here / "stalewatch.yaml").write_text(
        CONFIG.replace("rules: [rules/]", "rules: [rules/]\ncatalogue: [fields.yaml]")
    )
    fields = "".join(f"    {name}: {{type: text, from: crm}}\n" for name in names)
    (here / "fields.yaml").write_text(f"stalewatch: 1\nfields:\n  deal:\n{fields}")
    items = "\n".join(f"      {name}: {{filled: {name}}}" for name in names)
    hoped = "\n".join(f"      {named(one)}: {{{named(one)}: {json.dumps(answers)}}}" for one, answers in met.items())
    (here / "rules" / "asked.yaml").write_text(RULES.format(items=items, met=hoped))
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["deal_id", "outcome", "created_on", "closed_on", *names])
    for number, row in enumerate(rows):
        answers = ["" if row[one] == "Unknown" else row[one] for one in questions]
        writer.writerow([number, row["Status"].lower(), "2026-01-01", "2026-02-01", *answers])
    (here / "exports" / "deals.csv").write_text(stream.getvalue())


def named(question: str) -> str:
    """The field of a question."""
    return f"q_{question.lower()}"


def asked(call: Call) -> list[dict[str, Any]]:
    said = call("rules", "backtest", "--questions", "--history", "exports", "--json")
    assert said.status == 0, said.err
    found: list[dict[str, Any]] = json.loads(said.out)
    return found


def by_hand(rows: list[dict[str, str]], question: str, met: tuple[str, ...] | None) -> list[tuple[int, int]]:
    """Lost, and closed: without an answer (without one that is hoped for), and with one."""
    counts = Counter(
        (row[question] != "Unknown" if met is None else row[question] in met, row["Status"]) for row in rows
    )
    return [(counts[there, "Lost"], counts[there, "Lost"] + counts[there, "Won"]) for there in (False, True)]


def test_counts_and_a_clear_difference(here: Path, call: Call) -> None:
    rows = [
        {"Budget": "Unknown" if number % 2 else "Yes", "Need": "Yes", "Status": "Lost" if number % 2 else "Won"}
        for number in range(60)
    ]
    project(here, ("Budget", "Need"), rows, {"Need": ("No",)})
    budget, need, hoped = asked(call)
    assert (budget["item"], budget["open"]["rate"], budget["answered"]["rate"]) == ("q_budget", 1.0, 0.0)
    assert budget["is_clear"]
    assert (need["open"]["of"], need["difference"]) == (0, None), "nobody left it open"
    assert (hoped["score"], hoped["open"]["of"], hoped["answered"]["of"]) == ("met", 60, 0), "they all said yes"
    said = call("rules", "backtest", "--questions", "--history", "exports")
    assert said.lines[0] == "1 of 3 questions went with losses when they were open: q_budget"


def test_a_few_deals_show_nothing(here: Path, call: Call) -> None:
    rows = [{"Budget": "Unknown", "Status": "Lost"}, {"Budget": "Yes", "Status": "Won"}]
    project(here, ("Budget",), rows, {"Budget": ("Yes",)})
    assert asked(call)[0]["difference"] is None
    assert "none clearly" in call("rules", "backtest", "--questions", "--history", "exports").lines[0]


def test_the_third_party_file_is_counted_as_somebody_else_would(here: Path, call: Call) -> None:
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    path = Path(folder or "nowhere") / "salvirt" / FILE
    if not path.is_file():
        pytest.skip(f"STALEWATCH_TEST_DATA does not name a folder with salvirt/{FILE}: its counts are not compared")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    assert len(rows) == 448
    assert {*QUESTIONS, "Status"} == rows[0].keys(), "all 22 of them"
    project(here, QUESTIONS, rows, MET)
    found = {(one["score"], one["item"]): one for one in asked(call)}
    assert len(found) == len(QUESTIONS) + len(MET)
    for score, questions in (("asked", dict.fromkeys(QUESTIONS)), ("met", MET)):
        for question, met in questions.items():
            one = found[score, named(question)]
            counted = [(one[side]["over"], one[side]["of"]) for side in ("open", "answered")]
            assert counted == by_hand(rows, question, met), (score, question)
