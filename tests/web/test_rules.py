"""`GET /v1/rules`: what each rule says and what it did this week, over what the caller may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stalewatch.domain.instants import to_us
from stalewatch.services.access.principals import Visible
from stalewatch.services.reporting.rule_figures import Week, rule_figures
from stalewatch.store import answers
from tests.services.heard import alert
from tests.services.world import World, at
from tests.web.office import Office

LIST = "/v1/rules"
HOURS_2 = {"crm": 2 * 3600 * 1_000_000}


def reading(world: World) -> Office:
    return Office.of(world, "rules:read")


def items(office: Office, **asked: Any) -> dict[str, dict[str, Any]]:
    answer = office.get(LIST, **asked)
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["items"]}


def answered(world: World, name: str, rule: str, act: str, moment: str, **detail: Any) -> None:
    mine = alert(world, name, rule)
    with world.db.write() as conn:
        answers.add(conn, {
            "id": f"{name}-{act}", "at": to_us(at(moment)), "alert_id": mine.id, "record_id": mine.record_id,
            "rule_id": mine.rule_id, "episode": mine.episode, "act": act, "actor": "sato@acme.example",
            "detail": detail,
        })  # fmt: skip


def test_a_rule_says_what_it_is_and_how_its_clocks_stand(world: World) -> None:
    rule = items(reading(world))["too-old"]
    assert (rule["title"], rule["pack"], rule["watch"], rule["severity"]) == (
        "Open for too long",
        "quiet",
        "deal",
        "critical",
    )
    assert (rule["file"], rule["line"], rule["mode"], rule["tested"]) == ("0.yaml", 12, "live", False)
    assert rule["words"]["within"] == "60 days"
    assert rule["states"] == {"breached": 1, "watching": 2}
    assert (rule["judged"], rule["cannot_judge"]) == (3, 0)
    assert rule["live_since"] == "2026-04-01T03:00:00+00:00"
    assert items(reading(world), lang="ja")["too-old"]["title"] == "長期化"


def test_a_week_counts_what_was_told_done_recovered_ignored_and_called_false(world: World) -> None:
    assert items(reading(world))["no-next-meeting"]["week"]["told"] == 2
    answered(world, "acme", "no-next-meeting", "snooze", "2026-04-02 15:00")
    answered(world, "=zeta", "too-old", "false_alarm", "2026-04-02 11:00", why="not_useful")
    world.lives_until("2026-04-06 12:00", timedelta(hours=12))
    week = items(reading(world))["no-next-meeting"]["week"]
    assert (week["told"], week["acted"], week["ignored"], week["false_alarms"]) == (2, 1, 0, 0)
    assert items(reading(world))["too-old"]["week"]["false_alarms"] == 1
    world.lives_until("2026-04-09 12:00", timedelta(hours=12))
    week = items(reading(world))["no-next-meeting"]["week"]
    assert (week["told"], week["acted"], week["ignored"]) == (0, 1, 1), "five business days after Wednesday noon"
    assert items(reading(world))["no-next-meeting"]["feedback"]["acted_within"]["5"]["many"] == 1


def test_figures_are_over_what_may_be_seen_and_add_up(world: World) -> None:
    def figures(visible: Visible | None) -> dict[str, tuple[dict[str, int], Week]]:
        counted = rule_figures(world.db, world.book, HOURS_2, world.us, visible)
        return {rule: (dict(one.states), one.week) for rule, one in counted.rules.items()}

    sato, tanaka = (figures(Visible(frozenset({f"crm:{name}"}))) for name in ("sato", "tanaka"))
    whole, nothing = figures(None), figures(Visible(frozenset()))
    for rule, (states, week) in whole.items():
        both = [sato[rule], tanaka[rule]]
        assert states == {name: sum(one.get(name, 0) for one, _ in both) for name in states}
        for name in Week.__struct_fields__:
            assert getattr(week, name) == sum(getattr(one, name) for _, one in both)
        assert nothing[rule] == ({}, Week())
    assert tanaka["too-old"][0] == {"breached": 1}
    named = figures(Visible(frozenset(), frozenset({"crm:acme"})))
    assert named["too-old"][0] == {"watching": 1}


def test_rules_are_found_sorted_and_paged_as_other_lists(own: World) -> None:
    office = reading(own)
    assert list(items(office, sort="title")) == ["no-next-meeting", "too-old"]
    assert list(items(office, sort="severity")) == ["too-old", "no-next-meeting"]
    assert list(items(office, sort="told")) == ["no-next-meeting", "too-old"]
    assert list(items(office, q="LONG")) == ["too-old"]
    assert items(office, mode="shadow") == items(office, tag="x") == items(office, pack="other") == {}
    first = office.get(LIST, limit=1, sort="title").json()
    assert (len(first["items"]), first["total"]) == (1, 2)
    assert list(items(office, sort="title", next=first["next"])) == ["too-old"]
    for wrong in ("x", first["next"][:-2], "🦊"):
        assert office.get(LIST, sort="title", next=wrong).status_code == 422
    assert office.get(LIST, sort="severity", next=first["next"]).status_code == 422
    assert office.get(LIST, sort="best").status_code == 422


def test_csv_and_etag_and_scope_are_those_of_every_list(own: World) -> None:
    office = reading(own)
    answer = office.get(LIST, headers={"Accept": "text/csv"})
    assert [line.split(",")[0] for line in answer.text.splitlines()] == ["id", "no-next-meeting", "too-old"]
    tag = office.get(LIST).headers["etag"]
    assert office.get(LIST, headers={"If-None-Match": tag}).status_code == 304
    assert Office.of(own, "deals:read").get(LIST).status_code == 403
