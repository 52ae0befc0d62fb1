"""`init` writes a project that works as it is; `doctor` says what each part of one stands on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from stalewatch import wiring
from stalewatch.domain.instants import HOUR
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.sdk.connector import Description, FieldInfo, Finding, Level, SpareField, Unfed, Why
from stalewatch.services.operating.connection_state import ConnectionState, State
from stalewatch.services.operating.doctor_connections import advised, of_state
from stalewatch.services.operating.doctor_mapping import of_mapping
from stalewatch.services.rules.coverage import judgeable
from stalewatch.services.rules.rulefiles import catalogue_sources
from stalewatch.services.syncing import noticing
from stalewatch.store import facts
from stalewatch.store.engine import Database
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from tests.cli.conftest import Call, Said

NOW = ("--now", "2026-04-15T09:00:00Z")
WRITTEN = {
    "stalewatch.yaml",
    "fields.yaml",
    "rules/default.yaml",
    "rules/tests/default.test.yaml",
    "project.schema.json",
    "fields.schema.json",
    "rules/rules.schema.json",
    "rules/tests.schema.json",
    "exports/deals.csv",
    "exports/stages.csv",
    "exports/events.csv",
}


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_new_project_passes_its_own_check_and_its_doctor(here: Path, call: Call, language: str) -> None:
    made = call("init", "--lang", language, *NOW)
    assert made.status == 0
    assert tree(here) == WRITTEN
    checked = call("rules", "check", "--strict", *NOW)
    assert (checked.status, checked.out) == (0, "3 file(s), 19 rules, 0 error(s), 0 warning(s)\n")
    looked = call("doctor", *NOW)
    assert looked.status == 0, looked.out
    assert "error" not in {line.split()[0] for line in looked.lines if line[0] != " "}


def test_a_project_can_be_made_in_another_folder(here: Path, call: Call) -> None:
    assert call("init", "acme", *NOW).status == 0
    assert tree(here) == {f"acme/{name}" for name in WRITTEN}
    assert call("doctor", "--config", "acme/stalewatch.yaml", *NOW).status == 0


def test_nothing_is_overwritten_and_then_nothing_is_written(here: Path, call: Call) -> None:
    (here / "rules").mkdir()
    (here / "rules" / "default.yaml").write_text("mine")
    said = call("init")
    assert said.status == 1
    assert said.err.startswith("rules/default.yaml is there already\n  nothing was written")
    assert tree(here) == {"rules/default.yaml"}
    assert (here / "rules" / "default.yaml").read_text() == "mine"


def test_the_example_deals_are_as_old_as_they_are_meant_to_be(here: Path, call: Call) -> None:
    call("init", *NOW)
    first = (here / "exports" / "deals.csv").read_text().splitlines()[1]
    assert first.startswith("1001,Hikari Foods - core system,open,2026-02-14,")
    assert "{" not in (here / "exports" / "events.csv").read_text()


# ------------------------------------------------------------------------------------------------------ doctor


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    return here


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def found(said: Said) -> dict[str, tuple[str, str, str | None]]:
    return {one["subject"]: (one["level"], one["message"], one["cure"]) for one in json.loads(said.out)}


@pytest.mark.usefixtures("project")
def test_every_part_has_its_line(call: Call) -> None:
    parts = found(call("doctor", "--json", *NOW))
    assert list(parts)[:4] == ["configuration", "rules", "calendar", "database"]
    assert parts["rules"][:2] == ("ok", "19 rules: 19 live, 0 in shadow, 0 off")
    assert parts["export"][:2] == ("warning", "11 of 19 rules can judge")
    assert parts["export"][2] is not None
    assert "map agenda to enable exit-first-meeting" in parts["export"][2].splitlines()
    assert parts["notifier"][0] == "ok"


@pytest.mark.usefixtures("project")
def test_it_speaks_japanese(call: Call) -> None:
    said = call("doctor", "--lang", "ja", *NOW)
    assert "ルール 19 件: 通知 19、試行 0、停止 0" in said.out
    assert "agenda を対応付けると exit-first-meeting が使えます" in said.out


def test_what_a_pull_noticed_in_another_process_is_shown(project: Path, call: Call) -> None:
    call("sync", *NOW)
    doubt = Finding(subject="comparison of ids", level=Level.WARNING, message="1 where 4 were known", cure="Look.")
    db = Database(f"sqlite:///{project / 'stalewatch.db'}")
    with db.write() as conn:
        noticing.note(conn, "export", [doubt])
    db.dispose()
    told = found(call("doctor", "--json", *NOW))["export comparison of ids"]
    assert told == ("warning", "1 where 4 were known", "Look.")


def test_a_broken_configuration_is_told_with_its_places_and_nothing_else_is_looked_at(
    project: Path, call: Call
) -> None:
    change(project / "stalewatch.yaml", "storm_guard: {share: 20%", "storm_guard: {share: lots")
    said = call("doctor", *NOW)
    assert said.status == 1
    assert said.lines[0].startswith("error    configuration: 1 error(s); nothing starts")
    assert "stalewatch.yaml:" in said.out
    assert "`lots` is not a share" in said.out
    assert "database" not in said.lines[0]
    assert not (project / "stalewatch.db").exists()


def test_a_file_that_is_gone_is_an_error_with_its_cure(project: Path, call: Call) -> None:
    (project / "exports" / "deals.csv").unlink()
    said = call("doctor", "--json", *NOW)
    assert said.status == 1
    levels = [one["level"] for one in json.loads(said.out) if one["subject"].startswith("export ")]
    assert "error" in levels


def test_a_database_that_cannot_be_opened_is_one_line(project: Path, call: Call) -> None:
    change(project / "stalewatch.yaml", "sqlite:///stalewatch.db", "sqlite:///nowhere/stalewatch.db")
    said = call("doctor", "--json", *NOW)
    level, message, cure = found(said)["database"]
    assert (said.status, level) == (1, "error")
    assert "cannot be reached" in message
    assert cure is not None


def test_a_file_that_is_no_database_is_told_as_such(project: Path, call: Call) -> None:
    (project / "stalewatch.db").write_text("not a database, " * 100)
    level, message, _ = found(call("doctor", "--json", *NOW))["database"]
    assert (level, "damaged" in message) == ("error", True)


def test_an_option_that_the_connector_does_not_know_is_told(project: Path, call: Call) -> None:
    change(project / "stalewatch.yaml", "    tz: UTC", "    tmezone: UTC")
    level, message, _ = found(call("doctor", "--json", *NOW))["export"]
    assert (level, message) == ("error", "connection export: unknown key tmezone")


def test_a_project_without_calendars_or_live_rules_is_warned_of_it(project: Path, call: Call) -> None:
    change(project / "stalewatch.yaml", "modes: {default: live}", "modes: {}")
    text = (project / "stalewatch.yaml").read_text("utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("calendars:", "  office:"))]
    (project / "stalewatch.yaml").write_text("\n".join(kept), encoding="utf-8")
    said = call("doctor", *NOW)
    assert said.status == 0
    assert "Monday to Friday, 09:00-18:00 UTC, without holidays" in said.out
    assert "no rule is live: nobody will be told anything" in said.out


@pytest.mark.usefixtures("here")
def test_without_a_configuration_the_cure_is_to_write_one(call: Call) -> None:
    said = call("doctor")
    assert said.status == 1
    assert said.err.splitlines() == [
        "stalewatch.yaml: cannot be read: No such file or directory",
        "  `stalewatch init` writes one; --config names another",
    ]


SLACK = """
notify:
  slack: {{bot_token: "${{SLACK_TOKEN}}", base_url: "{url}", allow_custom_host: true}}
"""


def test_slack_is_asked_for_its_token_and_scopes(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with SlackServer(Clock(datetime(2026, 4, 15, 9, tzinfo=UTC))) as server:
        monkeypatch.setenv("SLACK_TOKEN", server.token)
        file = project / "stalewatch.yaml"
        file.write_text(file.read_text("utf-8") + SLACK.format(url=server.api_url), encoding="utf-8")
        server.api.tokens[server.token] = frozenset({"chat:write", "im:write", "users:read"})
        parts = found(call("doctor", "--json", *NOW))
        assert parts["slack token"][:2] == ("ok", "speaks in the workspace Sandbox")
        assert parts["slack scopes"][0] == "error"
        assert "users:read.email" in parts["slack scopes"][1]
        server.board.faults.arm("token", error="token_revoked")
        said = call("doctor", *NOW)
    assert said.status == 1
    assert "the token was revoked" in said.out
    assert server.token not in said.out + said.err


def test_a_service_that_takes_no_messages_is_named(project: Path, call: Call) -> None:
    call("doctor", *NOW)
    db = Database(f"sqlite:///{project / 'stalewatch.db'}")
    with db.write() as conn:
        for name, back in (("webhook crm.example (hook:crm)", None), ("slack", 5)):
            facts.write(conn, f"outage:{name}", {"since": 1_776_200_000_000_000, "what": "410 Gone", "trial_at": back})
    db.dispose()
    said = call("doctor", *NOW)
    assert said.status == 0
    assert "webhook crm.example (hook:crm) has taken no messages since 2026-04-14T" in said.out
    assert "410 Gone" in said.out
    assert "stalewatch work ls" in said.out
    assert "slack has taken no messages" not in said.out, "it is back, on trial"


# ------------------------------------------------------------------------------------------- how a connection stands


def test_a_connection_tells_how_it_stands(project: Path, call: Call) -> None:
    [before] = [one for one in json.loads(call("doctor", "--json", *NOW).out) if "connection" in one]
    assert (before["message"], before["connection"]["state"]) == ("not synced yet", "never_read")
    change(project / "exports" / "deals.csv", "12400000", "lots")
    call("sync", *NOW)
    rows = json.loads(call("doctor", "--json", *NOW).out)
    [after] = [one["connection"] for one in rows if "connection" in one]
    assert (after["id"], after["type"], after["state"], after["error"]) == ("export", "csv", "ok", None)
    assert (after["judging"], after["rules"], after["data_age"]) == (11, 19, 0)
    assert "exit-first-meeting" in after["blind"]["deal"]["rules"]
    assert after["left_out"] == {"amount is not a number": 1}
    assert {"subject": "export last sync", "level": "ok", "message": "read 0 min ago", "cure": None} in rows
    assert "amount is not a number" in call("doctor", *NOW).out


def test_what_does_not_fit_is_told_in_both_languages() -> None:
    catalogue = load_catalogue(catalogue_sources(None, Findings())).catalogue
    assert catalogue is not None
    loose = FieldInfo(ours="decision_date", theirs="Decided__c", type="date", is_loose=True)
    size = FieldInfo(ours="segment", theirs="Size__c", type="choice", choices=("enterprise", "Tier 2"))
    wrong = Unfed(ours="amount", why=Why.MISFIT, theirs="Size_Text__c", theirs_type="string")
    right = SpareField(name="Size_Amount__c", label="Size amount", type="currency", holds=["money"])
    told = Description(fields={"deal": [loose, size]}, unfed={"deal": [wrong]}, spare={"deal": [right]})
    found = {one.subject: one for one in of_mapping("sf", catalogue, told, "en")}
    misfit = found["sf map.deal.fields.amount"]
    assert (
        misfit.message
        == "amount is mapped to Size_Text__c, which is string; it needs money, so nothing is read from it"
    )
    assert misfit.cure == "map.deal.fields: {amount: Size_Amount__c}   # Size amount (currency)"
    assert found["sf map.deal.fields.decision_date"].level == "warning"
    values = found["sf map.deal.values.segment"]
    assert (values.message.count("Tier 2"), "enterprise" in values.message) == (1, False)
    assert values.cure == 'map.deal.values.segment: {smb: ["Tier 2"]}'
    assert all(one.message != other.message for one, other in zip(
        found.values(), of_mapping("sf", catalogue, told, "ja"), strict=True
    ))  # fmt: skip


def test_a_missing_permission_is_to_be_granted_and_not_mapped(project: Path) -> None:
    examined = wiring.examine(project / "stalewatch.yaml", datetime(2026, 4, 15, 9, tzinfo=UTC))
    assert examined.rulebook is not None
    rules = examined.rulebook.rules
    fed = Description(fields={"deal": []}, missing={"deal": {"next_meeting_at": ["Access Activities"]}})
    said = [*advised(judgeable(rules, fed, date(2026, 3, 2)), rules, fed, "en")]
    assert said[0].startswith("grant Access Activities to enable")
    assert "no-next-meeting" in said[0]
    assert not any("next_meeting_at" in line for line in said)


@pytest.mark.parametrize(
    ("hours", "state", "says"), [(1, "ok", "read 60 min ago"), (40, "too_old", "nothing is judged")]
)
def test_data_that_is_too_old_is_told_with_its_limit(hours: int, state: str, says: str) -> None:
    found = ConnectionState(id="sf", type="salesforce", state=State(state), last_sync_at=1, data_at=1,
                            data_age=hours * HOUR, most_age=6 * HOUR)  # fmt: skip
    [told] = of_state(found, "en")
    assert (says in told.message, bool(told.cure)) == (True, state == "too_old")
