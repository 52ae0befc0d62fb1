"""`deals write`, `audit ls`, `work` and `doctor` with a Salesforce that may be written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.salesforce.schema import Field
from tests.cli.conftest import Call, Said

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONFIG = """\
stalewatch: 1
rules: [rules/]
connections:
  - id: sf
    type: salesforce
    auth:
      flow: client_credentials
      login_url: "{url}"
      client_id: "${{SF_ID}}"
      client_secret: "${{SF_SECRET}}"
    allow_custom_host: true
    writeback: {writeback}
    map: {{deal: {{fields: {{loss_reason: Loss_Reason__c}}}}}}
quiet: off
"""
RULES = """\
stalewatch: 1
pack: small
rules:
  - {id: slow, title: {en: Slow, ja: 遅い}, watch: deal, start: created_at, within: 300d}
"""


class Desk:
    """A project on a simulated org with one deal."""

    def __init__(self, folder: Path, call: Call, sandbox: SalesforceSandbox) -> None:
        self._folder, self._call, self.sandbox, self.org = folder, call, sandbox, sandbox.org
        (folder / "rules").mkdir()
        (folder / "rules" / "small.yaml").write_text(RULES)
        seller = self.org.insert("User", {"LastName": "Sato", "Username": "sato@acme.com", "Email": "sato@acme.com"})
        reasons = Field(name="Loss_Reason__c", type="picklist", values=("Price", "Timing"), is_restricted=True)
        self.org.schema.add_field("Opportunity", reasons, NOW)
        at = datetime(2026, 2, 1, tzinfo=UTC)
        values = {"Name": "Acme", "StageName": "Qualification", "CloseDate": date(2026, 6, 30), "NextStep": "Wait"}
        self.deal = self.org.insert("Opportunity", values | {"OwnerId": seller}, at=at)
        self.allows("fields")

    def allows(self, writeback: str) -> None:
        (self._folder / "stalewatch.yaml").write_text(CONFIG.format(url=self.sandbox.url, writeback=writeback))

    def does(self, *words: str) -> Said:
        return self._call(*words, "--now", NOW.isoformat())

    def writes(self, *words: str) -> Said:
        return self.does("deals", "write", f"sf:{self.deal}", *words)

    def record(self) -> dict[str, Any]:
        return dict(self.org.record(self.deal))


@pytest.fixture
def desk(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with SalesforceSandbox(NOW) as sandbox:
        monkeypatch.setenv("SF_ID", sandbox.app.client_id)
        monkeypatch.setenv("SF_SECRET", sandbox.app.client_secret or "")
        desk = Desk(here, call, sandbox)
        read = desk.does("sync")
        assert read.status == 0, read.err
        yield desk


@pytest.mark.security
def test_s30_what_would_be_written_is_shown_and_not_done_unless_somebody_says_yes(desk: Desk) -> None:
    said = desk.writes("--next-step", "Send the offer", "--note", "They asked for it")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        f"Acme (sf:{desk.deal}): nothing was written. With --yes:",
        "  fields",
        "    next_step (NextStep): Wait → Send the offer",
        "  note",
        "    text: They asked for it",
    ]
    assert desk.record()["NextStep"] == "Wait"
    assert "CRM" not in desk.does("audit", "ls", "--action", "crm").out.replace("crm.", "")


def test_what_is_written_is_said_and_stands_in_the_audit_log_once(desk: Desk) -> None:
    said = desk.writes("--lost", "Timing", "--note", "Budget next year", "--yes")
    assert (said.status, said.out.splitlines()[1:]) == (0, ["  lost: written", "  note: written"]), said.err
    assert (desk.record()["StageName"], desk.record()["Loss_Reason__c"]) == ("Closed Lost", "Timing")
    assert len(desk.org.tables["Task"].rows) == 1
    listed = json.loads(desk.does("audit", "ls", "--action", "crm.write", "--json").out)
    assert [(one["object"], one["after"]["kind"]) for one in listed] == [
        (f"sf:{desk.deal}", "note"),
        (f"sf:{desk.deal}", "lost"),
    ]
    assert listed[1]["before"]["fields"]["StageName"] == "Qualification"
    assert listed[1]["actor"].startswith("command line")
    assert desk.does("audit", "ls", "--object", "sf:nothing").out == "There is no such entry in the audit log.\n"


def test_a_refusal_is_shown_in_the_words_of_the_crm_and_can_be_tried_again(desk: Desk) -> None:
    desk.sandbox.faults.arm("SF53", message="Ask your manager before you move a close date.")
    said = desk.writes("--close-date", "2026-09-30", "--yes")
    assert said.status == 1
    assert "refused by the CRM: Ask your manager before you move a close date." in said.out
    [piece] = json.loads(desk.does("work", "ls", "--json").out)
    assert (piece["kind"], piece["state"]) == ("write", "refused")
    assert "refused by the CRM" in desk.does("work", "ls").out
    desk.sandbox.faults.disarm()
    assert desk.does("work", "retry", piece["id"]).status == 0
    written = desk.does("run", "--once")
    assert "1 written into the CRM" in written.out, written.err
    assert desk.record()["CloseDate"] == date(2026, 9, 30)


@pytest.mark.slow
def test_a_refusal_that_nobody_cares_for_is_dropped(desk: Desk) -> None:
    desk.sandbox.faults.arm("SF53")
    desk.writes("--next-step", "Call", "--yes")
    [piece] = json.loads(desk.does("work", "ls", "--json").out)
    assert desk.does("work", "drop", piece["id"]).status == 0
    assert json.loads(desk.does("work", "ls", "--json").out) == []


def test_somebody_elses_change_is_shown_and_stays(desk: Desk) -> None:
    colleague(desk.org, desk.deal)
    said = desk.writes("--next-step", "Mine", "--yes", "--lang", "ja")
    assert said.status == 1
    assert "上書きしていません" in said.out
    assert "next_step: Theirs" in said.out
    assert desk.record()["NextStep"] == "Theirs"


def colleague(org: Org, deal: str) -> None:
    org.update(deal, {"NextStep": "Theirs"})


@pytest.mark.parametrize(
    ("writeback", "words"),
    [pytest.param("none", "`writeback: none`", marks=pytest.mark.slow), ("notes", "`writeback: notes`")],
)
def test_what_the_configuration_does_not_allow_is_said_and_not_done(desk: Desk, writeback: str, words: str) -> None:
    desk.allows(writeback)
    shown, done = desk.writes("--next-step", "Call"), desk.writes("--next-step", "Call", "--yes")
    assert (shown.status, done.status) == (1, 1)
    assert words in shown.out
    assert "set `writeback: fields` at that connection" in done.err
    assert desk.record()["NextStep"] == "Wait"


def test_a_reason_that_the_crm_does_not_have_is_answered_with_those_it_has(desk: Desk) -> None:
    said = desk.writes("--lost", "Weather")
    assert said.status == 1
    assert "it lacks: loss_reason: Price, Timing" in said.out


def test_doctor_says_whether_something_may_be_written_and_what_it_lacks(desk: Desk) -> None:
    desk.sandbox.faults.arm("read_only")
    told = [one for one in json.loads(desk.does("doctor", "--json").out) if one["subject"] == "sf writeback"]
    assert [(one["level"], one["message"]) for one in told] == [
        ("warning", "fields: notes, tasks, meetings, next step, close date, hold and lost may be written"),
        ("warning", "cannot be written: deal fields, deal lost"),
    ]
    assert told[1]["cure"] == "give the integration user or its key: Edit on Opportunity"
    desk.allows("none")
    off = [one for one in json.loads(desk.does("doctor", "--json").out) if one["subject"] == "sf writeback"]
    assert [one["message"] for one in off] == ["off: nothing is written into the CRM (`writeback: none`)"]


@pytest.mark.parametrize(
    "words", [(), ("--task", "Call"), ("--agenda", "Prices"), ("--close-date", "tomorrow"), ("--meeting", "2026-03-10")]
)
def test_half_a_wish_is_not_understood(call: Call, words: tuple[str, ...]) -> None:
    assert call("deals", "write", "sf:1", *words).status == 2
