"""`rules promote`: what shadow would have said, a question, one line in stalewatch.yaml, and nothing else changed."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from tests.cli.company import CONFIG, RULES, Company
from tests.cli.conftest import Call

SHADOW = RULES.replace("    mode: live\n", "    warn: 2d\n") + (
    "  - {id: other, title: {en: Other}, watch: deal, start: created_at, within: 90d}\n"
)
LIVE = CONFIG.replace(
    "rollout: off", "# who is asked first\nrollout: {grace: 5bd, max_new_alerts_per_owner: 5}  # slowly"
)


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    company = Company(here, call)
    company.configure(LIVE)
    (here / "rules" / "small.yaml").write_text(SHADOW)
    return company


@pytest.fixture
def tried(company: Company) -> Company:
    """A rule in shadow from 10 March on: one deal was late before, one became so, one was saved by its closing."""
    company.has("old", "2026-02-01")
    company.has("acme", "2026-03-03")
    company.has("saved", "2026-03-05", owner="Tanaka")
    for day in (10, 13, 14):
        if day == 14:
            company.has("saved", "2026-03-05", owner="Tanaka", outcome="won")
        assert company.does("run", "--once", now=f"2026-03-{day}T19:00:00Z").status == 0
    return company


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def config(company: Company) -> bytes:
    return (company.folder / "stalewatch.yaml").read_bytes()


def test_it_shows_what_shadow_would_have_said_and_writes_nothing_unasked(
    tried: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = tried
    before = config(company)
    for said in ("n\n", ""):
        answers(monkeypatch, said)
        told = company.does("rules", "promote", "too-long", now="2026-03-16T19:00:00Z")
        assert (told.status, config(company)) == (1, before)
        assert "Nothing was written." in told.err
    assert told.lines == [
        "too-long: shadow → live",
        "",
        "In 6 days of shadow: 2 problems, 2 nudges to 2 owners; 1 of them ended because somebody acted anyhow.",
        "",
        "OWNER   week of 9 Mar  LATE NOW",
        "Sato                1         2",
        "Tanaka              1",
        "",
        "2 are late now and become backlog: listed, one summary per owner, no reminders.",
        "For 5 business days each owner hears of at most 5 new ones per rule and day.",
    ]
    assert "Write `too-long: live` to stalewatch.yaml?" in told.err


def test_yes_writes_one_line_and_keeps_everything_else(tried: Company) -> None:
    company = tried
    file = company.folder / "stalewatch.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    file.chmod(0o640)
    before = config(company)
    told = company.does("rules", "promote", "too-long", "--yes", now="2026-03-16T19:00:00Z")
    assert told.status == 0
    assert told.lines[-2] == "Wrote `too-long: live` to stalewatch.yaml."
    after = config(company)
    assert after.replace(b"modes:\r\n  too-long: live\r\n", b"") == before
    assert b"defaults: {currency: JPY}\r\nmodes:\r\n  too-long: live\r\nquiet: off" in after
    assert os.stat(file).st_mode & 0o777 == 0o640  # noqa: PTH116
    again = company.does("rules", "promote", "too-long")
    assert (again.status, again.lines, config(company)) == (0, ["too-long is live already."], after)
    company.does("run", "--once", now="2026-03-16T19:30:00Z")
    shown = company.does("deals", "show", "export:acme").out
    assert "late before we began to watch" in shown


def test_a_pack_is_promoted_but_for_the_rules_that_have_a_line_of_their_own(company: Company) -> None:
    company.configure(LIVE + "modes: {other: off}   # not yet\n")
    told = company.does("rules", "promote", "small", "--yes", "--json", now="2026-03-16T19:00:00Z")
    said = json.loads(told.out)
    assert (said["days"], said["alerts"], said["written"]) == (None, 0, True)
    assert config(company).endswith(b"modes: {other: off, small: live}   # not yet\n")
    lines = company.does("rules", "promote", "small", "--to", "shadow", "--yes", "--lang", "ja").lines
    assert lines[:2] == ["too-long: live → shadow", "`modes:` に個別の指定があるため変更されません:other。"]


@pytest.mark.parametrize(
    ("written", "name", "complaint"),
    [
        ("modes: {too-long: '${STALEWATCH_TRY:-shadow}'}\n", "too-long", "stalewatch.yaml:15: this cannot be changed"),
        ("", "to-long", "there is no rule or pack `to-long`"),
        ("", "smal", "there is no rule or pack `smal`"),
    ],
)
def test_what_it_cannot_do_it_says(company: Company, written: str, name: str, complaint: str) -> None:
    company.configure(LIVE + written)
    before = config(company)
    told = company.does("rules", "promote", name, "--yes")
    assert (told.status, config(company)) == (1, before)
    assert told.err.startswith(complaint)
    assert "did you mean" in told.err or "write `too-long: live` under `modes:` yourself" in told.err
