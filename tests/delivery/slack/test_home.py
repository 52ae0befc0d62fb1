"""App Home and answers to commands stay valid and within Slack's limits, whatever the data says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from stalewatch.delivery.answered import Answered
from stalewatch.delivery.glances import Data, Glance, Member, Resting, Tally, Team
from stalewatch.delivery.screens import Painter, Screen
from stalewatch.delivery.slack.commands import WEEK
from stalewatch.delivery.slack.home import Option, Switch, answer, home_view
from stalewatch.delivery.slack.mrkdwn import size
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.alerts import Kind
from stalewatch_sandbox.slack.blocks import IN_MESSAGE, block_findings, view_findings
from tests.delivery.slack.texts import NASTY

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
LATER = 1_776_000_000_000_000


def telling(number: int, name: str = "Acme", **more: Any) -> Telling:
    usual: dict[str, Any] = {
        "alert": f"a{number}", "record": f"crm:{number}", "kind": Kind.BREACH, "rule": "r",
        "title": {"en": "No next meeting", "ja": "次回商談なし"}, "message": {"en": "{name} is late."},
        "owner": "sato", "owner_name": "Sato", "amount": 120_000_000, "currency": "JPY", "zone": "Asia/Tokyo",
        "days_over": 4, "due": 1_774_000_000_000_000,
    }  # fmt: skip
    return Telling(name=name, **(usual | more))


def painter(language: str = "en", owner: str = "", url: str | None = "https://watch.acme.example/") -> Painter:
    to = Recipient(target="person:s", address="s", key="sato", language=language, zone="Asia/Tokyo")
    return Painter(to, Reader(language, NOW, "Asia/Tokyo"), owner, url)


def glance(name: str, late: int, soon: int, resting: int) -> Glance:
    return Glance(
        currency="JPY", within=WEEK,
        late=Tally(deals=late, amount=late * 120_000_000), soon=Tally(deals=soon), resting=Tally(deals=resting),
        late_ones=tuple(telling(one, name) for one in range(min(late, 15))),
        soon_ones=tuple(telling(100 + one, name, kind=Kind.WARN, alert="") for one in range(min(soon, 8))),
        resting_ones=tuple(
            Resting(telling=telling(200 + one, name), answer=Answered(act="snooze", by=name, until=LATER))
            for one in range(min(resting, 8))
        ),
    )  # fmt: skip


def shown(name: str, late: int, soon: int, resting: int, language: str) -> list[Screen]:
    data = Data(as_of="2026-04-01T03:00:00+00:00", age=300, waiting=(name,))
    mine = glance(name, late, soon, resting)
    members = tuple(
        Member(target=f"person:{n}", name=f"{name} {n}", late=Tally(deals=late, amount=late), resting=resting)
        for n in range(late + soon)
    )
    team = Team(currency="JPY", within=WEEK, members=members, first_ones=mine.late_ones[:5])
    paint = painter(language)
    return [
        paint.own(mine, data), paint.late(mine, data), paint.soon(mine, data), painter(language, name).own(mine, None),
        paint.team(team, data, everybody=False), paint.team(team, None, everybody=True), paint.plain("Help", name),
    ]  # fmt: skip


def texts(said: Any) -> list[str]:
    if isinstance(said, dict):
        own = [said["text"]] if isinstance(said.get("text"), str) else []
        return own + [text for value in said.values() for text in texts(value)]
    return [text for one in said for text in texts(one)] if isinstance(said, list) else []


def check(screen: Screen, switch: Switch | None = None) -> None:
    view, said = home_view(screen, switch), answer(screen)
    assert list(view_findings(view)) == []
    assert list(block_findings(said["blocks"], IN_MESSAGE)) == []
    View(**view).validate_json()
    for block in (*view["blocks"], *said["blocks"]):
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    assert len(json.dumps(view)) < 250_000
    assert sum(map(size, texts(said["blocks"]))) < 13_000
    assert size(said["text"]) < 12_000
    assert max(map(size, texts(view)), default=0) <= 3_000


@pytest.mark.security
@settings(max_examples=8, deadline=None)
@example(nasty=NASTY.index(max(NASTY, key=size)), plain=None, late=200, soon=0, resting=0, language="en")
@given(
    nasty=st.sampled_from(range(len(NASTY))), plain=st.none() | st.text(max_size=200),
    late=st.sampled_from([0, 1, 7, 40, 200]), soon=st.sampled_from([0, 1, 9]),
    resting=st.sampled_from([0, 8, 30]), language=st.sampled_from(["en", "ja"]),
)  # fmt: skip
def test_s22_every_screen_is_valid_whatever_a_deal_or_a_person_is_called(
    nasty: int, plain: str | None, late: int, soon: int, resting: int, language: str
) -> None:
    name = NASTY[nasty] if plain is None else plain
    people = tuple(Option(label=f"{name}{one}", value=f"person:{one}") for one in range(late))
    for screen in shown(name, late, soon, resting, language):
        check(screen, Switch(label="Whose deals?", options=people, chosen="person:3"))


@pytest.mark.security
def test_s21_no_name_mentions_anybody_or_becomes_a_link() -> None:
    for name in {text[:200] for text in NASTY}:
        for screen in shown(name, 1, 1, 1, "en"):
            for text in texts(home_view(screen)["blocks"]) + texts(answer(screen)["blocks"]):
                assert "<!" not in text
                assert "<@" not in text
                assert "<http" not in text.replace("<https://watch.acme.example", "")


def test_what_does_not_fit_is_counted() -> None:
    text = "\n".join(texts(home_view(painter().own(glance("Acme", 40, 9, 30), None))["blocks"]))
    assert ("+25 more" in text, "+1 more" in text, "+22 more" in text) == (True, True, True)
    short = "\n".join(texts(answer(painter().late(glance("Acme", 40, 9, 30), None))["blocks"]))
    assert "Due within 7 days: 9" in short
    assert "Answered, and not over: 30" in short
    assert "Open the whole list" in short


def test_a_deadline_that_nobody_was_told_of_has_no_buttons() -> None:
    blocks = home_view(painter().own(glance("Acme", 0, 3, 0), None))["blocks"]
    assert [one["block_id"] for one in blocks if one["type"] == "actions"] == ["link"]


def test_where_nothing_is_to_be_done_that_is_said_kindly_in_both_languages() -> None:
    calm = glance("Acme", 0, 0, 0)
    english, japanese = (home_view(painter(language).own(calm, None))["blocks"] for language in ("en", "ja"))
    assert texts(english)[:2] == [
        "Nothing needs a next step right now", "All is answered, and nothing falls due within 7 days.",
    ]  # fmt: skip
    assert texts(japanese)[0] == "いま次の一歩が必要なものはありません"


def test_what_cannot_be_judged_is_not_called_well() -> None:
    data = Data(as_of="2026-04-01T03:00:00+00:00", age=90_000, waiting=("sf",))
    text = "\n".join(texts(home_view(painter().own(glance("Acme", 0, 0, 0), data))["blocks"]))
    assert "cannot be told right now" in text
    assert "The data of sf is too old to judge by" in text
    assert "All is answered" not in text


def test_a_team_stands_by_name_and_is_never_ranked() -> None:
    members = (
        Member(target="person:a", name="Abe", late=Tally(deals=1, amount=5_000_000)),
        Member(target="person:k", name="Kim", late=Tally(deals=9, amount=900_000_000), soon=Tally(deals=2), resting=1),
        Member(target="person:s", name="Sato"),
    )
    team = Team(currency="JPY", within=WEEK, members=members)
    [line] = painter().team(team, None, everybody=False).parts
    assert line.lines == (
        "*Abe* · 1 without a next step (¥50K)",
        "*Kim* · 9 without a next step (¥9M) · 2 due soon · 1 answered",
        "Nothing waits for an answer: Sato",
    )


def test_one_option_is_no_choice() -> None:
    one = Switch(label="Whose deals?", options=(Option(label="My own deals", value="mine"),), chosen="mine")
    assert "choose" not in [block["block_id"] for block in home_view(painter().plain("x"), one)["blocks"]]
