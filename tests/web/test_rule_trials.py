"""`POST /v1/rules/check` and `/v1/rules/preview`: rules that are sent are told as the command tells them, and tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.world import World
from tests.web.office import Office
from tests.web.pack import RULES

CHECK, PREVIEW = "/v1/rules/check", "/v1/rules/preview"
BROKEN = Path(__file__).parents[1] / "broken"
SHORTER = RULES.replace("within: [{is: 60d}]", "within: [{is: 25d}]")
"""`too-old` after 25 days instead of 60."""


@pytest.fixture
def revops(april: World) -> Office:
    """Somebody who may try rules in a world that stories only read."""
    return Office.of(april, "rules:preview")


def sends(
    office: Office, path: str, text: str | bytes, media: str = "application/yaml", **asked: str
) -> httpx.Response:
    return office.asks("POST", path, headers={"Content-Type": media}, content=text, params=asked)


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_broken_file_is_told_word_for_word_as_the_command_tells_it(revops: Office, language: str) -> None:
    expected = (BROKEN / f"EXPECTED.{language}.txt").read_text("utf-8")
    files = [
        path for path in sorted(BROKEN.glob("*.yaml")) if ".stalewatch." not in path.name and ".test." not in path.name
    ]
    assert len(files) > 25
    for path in files:
        found = told(sends(revops, CHECK, path.read_bytes(), file=path.name, lang=language))
        assert found["text"] in expected, path.name
        assert found["errors"] + found["warnings"] == len(found["diagnostics"]) > 0
        for one in found["diagnostics"]:
            head = f"{one['file']}:{one['line']}:{one['column']}: {one['severity']} {one['code']}: {one['message']}"
            assert head in expected
            assert one["cure"] is None or one["cure"] in expected


def test_sound_rules_are_counted_and_files_of_one_sending_know_each_other(revops: Office) -> None:
    assert told(sends(revops, CHECK, RULES))["text"] == "1 file(s), 2 rules, 0 error(s), 0 warning(s)\n"
    other = "stalewatch: 1\npack: more\ninclude: [quiet, leads]\nrules: []\n"
    alone = told(sends(revops, CHECK, other, file="more.yaml"))
    assert [one["code"] for one in alone["diagnostics"]] == ["SW190"]
    both = told(revops.post(CHECK, {"files": {"more.yaml": other, "quiet.yaml": RULES}}))
    assert (both["errors"], both["rules"] > 2) == (0, True), "a pack of ours may be brought in"


def test_no_name_and_no_include_leads_to_a_file(revops: Office, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text(RULES.replace("quiet", "secret"), "utf-8")
    for name in (str(secret), "../../etc/passwd", "secret"):
        found = told(
            sends(revops, CHECK, f"stalewatch: 1\npack: x\ninclude: ['{name}']\nrules: []\n", file=str(secret))
        )
        assert [one["code"] for one in found["diagnostics"]] == ["SW190"]
    assert "secret.yaml" not in told(sends(revops, CHECK, RULES, file="../secret.yaml"))["text"]


@pytest.mark.security
def test_s23_bombs_are_refused_before_anything_is_built(revops: Office) -> None:
    for text in ("stalewatch: 1\nrules: " + "[" * 100_000, "a: &a [x]\n" + "b: [" + "*a, " * 300 + "]"):
        found = told(sends(revops, CHECK, text))
        assert found["errors"] > 0
        assert {one["code"] for one in found["diagnostics"]} <= {
            "SW001",
            "SW003",
            "SW005",
            "SW006",
            "SW007",
            "SW100",
            "SW101",
        }
    assert sends(revops, CHECK, "# " + "x" * 300_000).status_code == 422
    assert sends(revops, CHECK, "# " + "x" * 2_000_000).status_code == 413
    many = told(sends(revops, CHECK, "stalewatch: 1\nrules:\n" + "  - {idd: x}\n" * 1000))
    assert (len(many["diagnostics"]), many["more"]) == (500, True)
    assert many["errors"] > 500


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("text/plain", RULES, 415),
        ("application/json", "{", 422),
        ("application/json", "[" * 50_000, 422),
        ("application/json", '{"files": {}}', 422),
        ("application/json", '{"files": {"a.yaml": 1}}', 422),
        ("application/json", '{"files": {"a\\nb": "x"}}', 422),
        ("application/json", '{"file": {}}', 422),
        ("application/yaml", b"\xff\xfe", 422),
        ("application/yaml", "fields: {}\n", 422),
        ("application/yaml", "", 200),
    ],
)
def test_what_is_no_set_of_rules_is_refused_with_a_reason(
    revops: Office, media: str, body: str | bytes, status: int
) -> None:
    for path in (CHECK, PREVIEW):
        answer = sends(revops, path, body, media)
        assert answer.status_code == (422 if path == PREVIEW and status == 200 else status), answer.text
        assert status == 200 or answer.headers["content-type"] == "application/problem+json"


def test_a_shorter_limit_newly_tells_those_whom_it_makes_late(office: Office) -> None:
    office = Office.of(office.world, "rules:preview")
    before = office.world.db.now()
    found = told(sends(office, PREVIEW, SHORTER, beside="nothing"))
    assert (found["judged"], found["total"]["newly_told"], found["total"]["newly_silent"]) == (3, 1, 0)
    assert [(one["id"], one["what"]) for one in found["records"]] == [("crm:acme", "newly_late")]
    assert [one["owner_name"] for one in found["owners"] if one["newly_told"]] == ["Sato"]
    assert [(one["rule"], one["what"]) for one in found["changes"]] == [("too-old", "changed")]
    assert office.world.db.now() >= before
    same = told(sends(office, PREVIEW, RULES, beside="nothing"))
    assert not same["different"]


def test_against_nothing_it_says_who_would_be_told_by_the_rules_alone(revops: Office) -> None:
    found = told(sends(revops, PREVIEW, SHORTER, beside="nothing", against="nothing", within="30d", limit="1"))
    assert {one["rule"]: one["late"] for one in found["rules"]} == {"no-next-meeting": 2, "too-old": 2}
    assert (len(found["records"]), found["listed"], found["until"][:10]) == (1, 3, "2026-05-01")


def test_rules_with_errors_are_told_and_not_tried(revops: Office) -> None:
    answer = sends(revops, PREVIEW, RULES.replace("created_at", "created_att"), beside="nothing")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:stalewatch:problem:broken_rules")
    assert [one["code"] for one in answer.json()["errors"]] == ["SW104", "SW104"]


def test_of_two_previews_at_once_one_is_asked_to_come_again(revops: Office) -> None:
    turns = revops.app.state.turns
    with turns.previews:
        busy = sends(revops, PREVIEW, RULES)
        assert (busy.status_code, busy.headers["retry-after"], busy.json()["type"]) == (
            503, "5", "urn:stalewatch:problem:busy",
        )  # fmt: skip
        assert told(sends(revops, CHECK, RULES))["errors"] == 0
    told(sends(revops, PREVIEW, RULES, beside="nothing"))


def test_a_preview_ends_when_its_time_is_over(revops: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stalewatch.web.turns.PATIENCE", -1.0)
    monkeypatch.setattr("stalewatch.web.rule_trials.PIECE", 1)
    late = sends(revops, PREVIEW, SHORTER, beside="nothing")
    assert (late.status_code, late.json()["type"]) == (503, "urn:stalewatch:problem:took_too_long")


@pytest.mark.parametrize("path", [CHECK, PREVIEW])
def test_only_who_may_try_rules_may_send_them(april: World, path: str) -> None:
    assert sends(Office.of(april, "rules:read"), path, RULES).status_code == 403
