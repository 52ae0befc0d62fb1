"""Every button in Slack through real HTTP: its form, its effect once, and everything that can come between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.records import Outcome, Person
from stalewatch.services.answering.button_forms import FORMS
from stalewatch.settings import Connecting
from stalewatch.settings.project import Web
from stalewatch.store import answers, writebacks
from tests.altered import replace
from tests.patience import soon
from tests.services.world import SATO, TANAKA, at
from tests.web.reception import Counter, late_company, late_world, opened

FILLED = {
    "meet": {"date": "2026-04-08", "time": "14:30", "length": "60", "agenda": "the quote"},
    "hold": {"date": "2026-05-11", "ends": "date", "who": "Ms Mori", "reason": "budget", "evidence": "mail of 30 Mar"},
    "snooze": {"until": "customer_reply", "date": "", "reason": "they decide"},
    "loss_check": {"language": "ja"},
    "lost": {"tag": "competitor", "note": ""},
    "false_alarm": {"why": "handled", "note": "by phone"},
}
KEPT = {"crm": Connecting(id="crm", type="memory", writeback=Writeback.FIELDS)}
BESIDES = {"web": Web(public_url="https://stalewatch.example"), "secrets": {"key": "k" * 32}}


@pytest.fixture(scope="module")
def company(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which Acme (Sato's, whose manager is Tanaka) is late."""
    return late_company(sqlite_template, tmp_path_factory.mktemp("company"))


@pytest.fixture
def desk(company: Path, tmp_path: Path) -> Iterator[Counter]:
    """Wednesday noon, 1 April; the CRM may be written to."""
    for world in late_world(company, tmp_path):
        with opened(world, {**BESIDES, "connections": tuple(KEPT.values())}) as found:
            yield found


def kept(desk: Counter, alert: str) -> list[Any]:
    with desk.world.db.read() as conn:
        return answers.of_alerts(conn, [alert])


def chosen(desk: Counter, name: str, kind: str, alert: str) -> None:
    """Somebody chooses something behind "⋯"."""
    option = {"text": {"type": "plain_text", "text": "x"}, "value": f"{kind}:{alert}"}
    menu = {"type": "overflow", "action_id": "stalewatch.more", "block_id": "b", "selected_option": option}
    before = len(desk.slack.workspace.ledger)
    assert desk.slack.interactions.press(desk.id(name), desk.message(name), menu).status == 200
    assert soon(lambda: len(desk.slack.workspace.ledger) > before + 1 and not desk.waiting())


def at_home(desk: Counter, name: str, kind: str, alert: str) -> None:
    """Somebody presses a button on their App Home, where nothing can be whispered."""
    home = desk.slack.api.views.published(desk.id(name), {"type": "home", "blocks": [{"type": "divider"}]})
    before = len(desk.slack.workspace.ledger)
    button = {"type": "button", "action_id": f"stalewatch.{kind}", "block_id": "b", "value": alert}
    assert desk.slack.interactions.press(desk.id(name), home, button).status == 200
    assert soon(lambda: len(desk.slack.workspace.ledger) > before and not desk.waiting())


def forged(desk: Counter, name: str, kind: str, alert: str, view: str = "V9") -> dict[str, Any]:
    """A form that Slack signed and that nobody opened, about any alert; what it is answered."""
    told = {
        "type": "view_submission", "user": {"id": desk.id(name)},
        "view": {"id": view, "callback_id": f"stalewatch.{kind}", "private_metadata": alert,
                 "state": {"values": {field: {field: {"value": value}} for field, value in FILLED[kind].items()}}},
    }  # fmt: skip
    answer = desk.post(urlencode({"payload": json.dumps(told)}).encode())
    assert answer.status_code == 200
    return dict(answer.json())


def words(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize("kind", FILLED)
def test_each_form_has_its_effect_once_and_says_so(desk: Counter, kind: str) -> None:
    alert = desk.alert("acme").id
    chosen(desk, "Sato", kind, alert)
    view = desk.form("Sato")
    assert view is not None
    assert view.said["private_metadata"].split()[0] == alert
    first = desk.submit("Sato", **FILLED[kind])
    assert first["response_action"] == "update", first
    [answer] = kept(desk, alert)
    assert (answer.act, answer.actor) == (kind, "sato@acme.example")
    read = desk.reads_in_form("Sato")
    assert "Acme" in read
    assert forged(desk, "Sato", kind, alert, view=view.id) == {"response_action": "clear"}, "the same form, sent again"
    assert len(kept(desk, alert)) == 1
    with desk.world.db.read() as conn:
        asked = [row.kind for row in writebacks.of_record(conn, "crm:acme")]
    assert asked == {"meet": ["meeting"], "hold": ["note"], "lost": ["lost", "note"]}.get(kind, [])
    assert ("Memory" in read) is bool(asked)
    desk.press("Sato", "why", alert)
    assert "by Sato" in desk.whispers("Sato")[-1], "the history tells who did what"


def test_a_mail_to_the_customer_is_shown_to_be_sent_by_the_rep(desk: Counter) -> None:
    desk.press("Sato", "loss_check", desk.alert("acme").id)
    desk.submit("Sato", language="en")
    read = desk.reads_in_form("Sato")
    assert "https://stalewatch.example/l/" in read
    assert "mailto:?subject=" in read
    desk.later("2026-04-01 12:01")
    desk.press("Sato", "loss_check", desk.alert("acme").id)
    desk.submit("Sato", language="en")
    assert desk.reads_in_form("Sato") == read, "pressed again a minute later: the same mail"
    assert len(kept(desk, desk.alert("acme").id)) == 1


WRONG: tuple[tuple[str, dict[str, str], str, str], ...] = (
    ("meet", {"date": "2026-04-01", "time": "11:00"}, "date", "Please choose a time that is still ahead."),
    ("meet", {"agenda": " \u200b "}, "agenda", "Please say in a few words what the meeting is about."),
    ("meet", {"date": "9999-12-31"}, "date", "Please choose a day within a year."),
    ("hold", {"date": "2026-04-01"}, "date", "Please choose a day after today."),
    ("hold", {"date": "2026-08-01"}, "date", "31 May at the latest."),
    ("hold", {"who": ""}, "who", "Please say who told you."),
    ("hold", {"reason": ""}, "reason", "Please say in a few words what the customer waits for."),
    ("hold", {"evidence": ""}, "evidence", "Please say where that can be read: a mail, a note, minutes."),
    ("hold", {"ends": "meeting_over"}, "ends", "No meeting is planned. Please choose a day."),
    ("snooze", {"until": "meeting_over"}, "until", "No meeting is planned. Please choose a day."),
    ("snooze", {"date": "2026-09-01"}, "date", "At most 10 business days from now: until 15 Apr."),
    ("lost", {"tag": "other"}, "note", "Please add a few words."),
    ("lost", {"tag": ""}, "tag", "Please choose a reason."),
    ("false_alarm", {"why": ""}, "why", "Please choose one."),
)


def test_what_is_wrong_is_said_beside_its_field_changes_nothing_and_can_be_mended(desk: Counter) -> None:
    alert = desk.alert("acme")
    for minute, (kind, wrong, place, says) in enumerate(WRONG):
        desk.later(f"2026-04-01 12:{10 + minute}")
        desk.press("Sato", kind, alert.id)
        sent = {**FILLED[kind], **wrong}
        assert desk.submit("Sato", **sent) == {"response_action": "errors", "errors": {place: says}}
    assert kept(desk, alert.id) == []
    assert desk.alert("acme").version == alert.version
    assert desk.submit("Sato", **FILLED[kind])["response_action"] == "update"


@pytest.mark.security
def test_s13_a_stranger_is_told_whom_to_ask_and_changes_nothing(desk: Counter) -> None:
    alert = desk.alert("acme").id
    for kind in FORMS:
        desk.press("Kim", kind, alert)
        said = words(forged(desk, "Kim", kind, alert, view=f"V{kind}"))
        assert "Please ask Sato." in said
        assert "Acme" not in said
    asked = "Only Sato, their managers and RevOps can answer here. Please ask Sato."
    assert desk.whispers("Kim") == [asked] * len(FORMS)
    assert desk.form("Kim") is None
    assert kept(desk, alert) == []
    turned_away = [row.after["asked"] for row in desk.audited(alert, "slack.refused")]
    assert sorted(turned_away) == sorted([*FORMS, *FORMS])


@pytest.mark.security
def test_s13_after_the_owner_changed_the_new_owners_manager_may_and_the_old_one_may_not(desk: Counter) -> None:
    kim = Person(id="kim", name="Kim", email="kim@acme.example", manager="suzuki")
    desk.world.crm.people = [SATO, TANAKA, kim, Person(id="suzuki", name="Suzuki", email="suzuki@acme.example")]
    alert = desk.alert("acme").id
    desk.press("Tanaka", "hold", alert)
    assert desk.form("Tanaka") is not None
    desk.world.changes("acme", owner="kim")
    desk.reaches("2026-04-01 13:00")
    answer = desk.submit("Tanaka", **FILLED["hold"])
    assert "Please ask Kim." in words(answer), "the form was opened while it was still allowed"
    assert kept(desk, alert) == []
    desk.press("Suzuki", "hold", alert)
    assert desk.submit("Suzuki", **FILLED["hold"])["response_action"] == "update"
    assert [row.actor for row in kept(desk, alert)] == ["suzuki@acme.example"]


def test_a_form_of_a_deal_that_was_won_meanwhile_says_so(desk: Counter) -> None:
    alert, over = desk.alert("acme").id, "This was settled on 1 Apr: the deal was won."
    desk.press("Sato", "meet", alert)
    desk.world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-04-01 12:30"))
    desk.reaches("2026-04-01 15:00")
    desk.submit("Sato", **FILLED["meet"])
    assert over in desk.reads_in_form("Sato")
    for kind in FORMS:
        desk.press("Sato", kind, alert)
        assert over in desk.reads_in_form("Sato")
        assert over in words(forged(desk, "Sato", kind, alert, view=f"V{kind}"))
    assert kept(desk, alert) == []


def test_on_app_home_forms_open_and_what_would_be_whispered_is_a_form(desk: Counter) -> None:
    alert = desk.alert("acme").id
    at_home(desk, "Sato", "snooze", alert)
    assert "Until when?" in desk.reads_in_form("Sato")
    assert desk.submit("Sato", **FILLED["snooze"])["response_action"] == "update"
    at_home(desk, "Tanaka", "why", alert)
    assert "Limit 10 business days" in desk.reads_in_form("Tanaka")
    at_home(desk, "Kim", "lost", alert)
    assert "Please ask Sato." in desk.reads_in_form("Kim")
    at_home(desk, "Ops", "why", "nothing.1")
    assert "no longer known here" in desk.reads_in_form("Ops")
    assert [desk.whispers(name) for name in ("Sato", "Tanaka", "Kim", "Ops")] == [[], [], [], []]


def test_where_nothing_can_be_whispered_and_no_form_be_opened_any_more_nothing_is_tried_for_ever(desk: Counter) -> None:
    desk.slack.api.views.trigger = lambda user: "1.0.spent"  # type: ignore[method-assign]  # noqa: ARG005
    home = desk.slack.api.views.published(desk.id("Sato"), {"type": "home", "blocks": [{"type": "divider"}]})
    alert = desk.alert("acme").id
    for kind in ("lost", "why"):
        button = {"type": "button", "action_id": f"stalewatch.{kind}", "block_id": "b", "value": alert}
        assert desk.slack.interactions.press(desk.id("Sato"), home, button).status == 200
    assert soon(lambda: not desk.waiting())
    assert desk.form("Sato") is None


def test_a_form_that_nobody_knows_or_that_carries_nonsense_has_no_effect(desk: Counter) -> None:
    alert = desk.alert("acme").id
    for kind, carried in (("meet", ""), ("meet", "x" * 3_000), ("meet", f" {alert}"), ("snooze", "nothing.1 1")):
        answer = forged(desk, "Sato", kind, carried, view=f"V{len(carried)}{kind}")
        assert answer["response_action"] == "update"
        assert "no longer known here" in words(answer)
    told = {"type": "view_submission", "user": {"id": desk.id("Sato")}, "view": {
        "id": "V8", "callback_id": "stalewatch.eighth", "private_metadata": alert, "state": {"values": {}},
    }}  # fmt: skip
    assert "no longer known here" in desk.post(urlencode({"payload": json.dumps(told)}).encode()).text
    assert kept(desk, alert) == []


def test_what_the_person_saw_is_what_may_be_overwritten(desk: Counter) -> None:
    """The version goes into the form when it is opened, not when it is sent."""
    alert = desk.alert("acme").id
    desk.world.crm.deals["acme"] = replace(desk.world.crm.deals["acme"], modified_at=at("2026-04-01 12:05"))
    desk.reaches("2026-04-01 12:10")
    desk.press("Sato", "lost", alert)
    desk.world.crm.deals["acme"] = replace(desk.world.crm.deals["acme"], modified_at=at("2026-04-01 12:15"))
    desk.reaches("2026-04-01 12:20")
    desk.submit("Sato", **FILLED["lost"])
    with desk.world.db.read() as conn:
        [lost, _] = writebacks.of_record(conn, "crm:acme")
    assert lost.seen_version == int(at("2026-04-01 12:05").timestamp() * 1_000_000)


def test_nothing_typed_into_a_form_becomes_markup_or_breaks_it(desk: Counter) -> None:
    evil = "<!channel> <https://evil.example|Login> \u202egnp \u0000" + "😀" * 100
    alert = desk.alert("acme").id
    desk.press("Sato", "hold", alert)
    answer = desk.submit("Sato", **{**FILLED["hold"], "who": evil, "reason": evil, "evidence": evil})
    assert answer["response_action"] == "update"
    assert "<!channel>" not in words(answer)
    assert "&lt;!channel&gt;" in words(answer)
    [row] = kept(desk, alert)
    assert not {"\u202e", "\u0000", "\n"} & set(row.detail["who"] + row.detail["reason"] + row.detail["evidence"])
    desk.press("Sato", "why", alert)
    assert "<!channel>" not in desk.whispers("Sato")[-1]


def test_what_was_answered_before_and_holds_still_stands_in_the_next_form(desk: Counter) -> None:
    alert = desk.alert("acme").id
    desk.press("Sato", "meet", alert)
    desk.submit("Sato", **FILLED["meet"])
    desk.press("Tanaka", "snooze", alert)
    assert "Meeting booked for 8 Apr (Sato" in desk.reads_in_form("Tanaka")
    desk.submit("Tanaka", **FILLED["snooze"])
    desk.press("Sato", "hold", alert)
    assert "Snoozed until the customer answers, 15 Apr at the latest (Tanaka)" in desk.reads_in_form("Sato")
    desk.submit("Sato", **FILLED["hold"])
    assert "On hold until 11 May – budget" in desk.reads_in_form("Sato")


def test_a_form_that_was_closed_before_it_was_filled_in_is_let_be(desk: Counter) -> None:
    views = desk.slack.api.views
    shown = views.opened

    def closed_at_once(trigger: str, said: object) -> Any:
        view = shown(trigger, said)
        views.close(view.id)
        return view

    views.opened = closed_at_once  # type: ignore[method-assign]
    desk.press("Sato", "lost", desk.alert("acme").id)
    assert soon(lambda: not desk.waiting())
    assert desk.form("Sato") is None
    assert desk.whispers("Sato") == []
