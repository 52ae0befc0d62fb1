"""Messages in a workspace: sent once, found again, edited; whom they reach, and what is said when they cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stalewatch.delivery.slack.errors import NotInChannel, ScopeMissing, Unseen
from stalewatch.delivery.slack.notifier import SlackNotifier
from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import (
    BadContent,
    NotAccepted,
    NotifierError,
    NotUnderstood,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)
from stalewatch.sdk.notifier import Notifier, Outcome, Place, Receipt
from stalewatch.sdk.testing import NotifierContract
from stalewatch_sandbox.slack.workspace import BOT_USER
from tests.delivery.slack.workspace import NINE, SATO, Stage, message, opened


class TestContract(NotifierContract):
    """What holds for every notifier, over HTTP against the simulated workspace."""

    address = SATO

    @pytest.fixture(autouse=True)
    def _workspace(self) -> Iterator[None]:
        with opened() as self.stage:
            yield

    def notifier(self) -> Notifier:
        return self.stage.notifier()

    def broken(self) -> Notifier:
        return self.stage.notifier(base_url="http://127.0.0.1:9/api/")

    def arrivals(self, delivery: str) -> int:
        return len(self.stage.delivered(delivery))


def refused(notifier: Notifier, **more: Any) -> NotifierError:
    with pytest.raises(NotifierError) as caught:
        notifier.send(message(**more))
    return caught.value


def slack(notifier: Notifier) -> SlackNotifier:
    assert isinstance(notifier, SlackNotifier)
    return notifier


# ------------------------------------------------------------------------------------------- whom it reaches


def test_a_person_is_found_by_address_and_told_directly(stage: Stage) -> None:
    receipt = stage.notifier().send(message())
    [post] = stage.posts()
    assert receipt.handle == {"channel": stage.dm, "ts": post.ts}
    assert post.metadata == {"event_type": "stalewatch_delivery", "event_payload": {"delivery_id": "d1"}}


def test_a_person_is_told_by_their_id(stage: Stage) -> None:
    stage.notifier().send(message(address=stage.sato))
    assert len(stage.posts()) == 1
    assert stage.calls("users.lookupByEmail") == 0


def test_who_was_found_is_not_looked_up_again_for_a_day(stage: Stage) -> None:
    notifier = stage.notifier()
    for hours in (0, 23, 1):
        stage.clock.advance(timedelta(hours=hours))
        notifier.send(message(f"d{hours}", address=SATO.upper() if hours == 23 else SATO))
    assert stage.calls("users.lookupByEmail") == 2
    assert stage.calls("conversations.open") == 1


def test_who_was_not_found_is_looked_up_again_after_an_hour(stage: Stage) -> None:
    notifier = stage.notifier()
    for minutes in (0, 59):
        stage.clock.advance(timedelta(minutes=minutes))
        error = refused(notifier, address="suzuki@acme.example")
        assert isinstance(error, Unseen)
        assert "people:" in (error.cure or "")
    assert stage.requests("users.lookupByEmail") == 1
    stage.clock.advance(timedelta(minutes=1))
    stage.server.workspace.join("鈴木", "suzuki@acme.example")
    notifier.send(message(address="suzuki@acme.example"))


def test_somebody_who_has_left_is_gone(stage: Stage) -> None:
    stage.arm("deactivated", user=stage.sato)
    assert isinstance(refused(stage.notifier()), TargetGone)
    assert isinstance(refused(stage.notifier(), address=stage.sato), TargetGone)


def test_who_was_found_and_has_left_since_is_looked_up_again(stage: Stage) -> None:
    notifier = stage.notifier()
    notifier.send(message())
    stage.arm("error", error="user_disabled")
    assert isinstance(refused(notifier), TargetGone)
    notifier.send(message("d2"))
    assert stage.calls("users.lookupByEmail") == 2


def test_a_conversation_that_is_known_no_more_is_looked_up_anew(stage: Stage) -> None:
    notifier, until = stage.notifier(), NINE + timedelta(hours=9)
    notifier.recall(SATO, Place(handle={"channel": "D0LONGAGO", "user": "U0LONGAGO"}, until=until))
    notifier.send(message())
    assert len(stage.posts()) == 1
    assert stage.requests("chat.postMessage") == 2
    found = notifier.place(SATO)
    assert found == Place(handle={"channel": stage.dm, "user": stage.sato}, until=NINE + timedelta(hours=24))


def test_who_left_is_told_of_by_the_place_that_is_kept(stage: Stage) -> None:
    known = stage.notifier()
    known.send(message())
    stage.arm("deactivated", user=stage.sato)
    other, place = stage.notifier(), known.place(SATO)
    assert place is not None
    other.recall(SATO, place)
    assert isinstance(refused(other, delivery="d2"), Unseen)
    assert other.place(SATO) == Place(handle=None, until=NINE + timedelta(hours=1))


def test_what_is_recalled_is_whole_and_not_too_old(stage: Stage) -> None:
    notifier = stage.notifier()
    for handle, until in (({"channel": "D0LONGAGO"}, NINE + timedelta(hours=1)), (None, NINE)):
        notifier.recall(SATO, Place(handle=handle, until=until))
        assert notifier.place(SATO) is None


@pytest.mark.parametrize(
    "address", ["佐藤 花", "sato", "operator", "", "mailto:sato@acme.example", "u12345", "#", "# a", "a@b", "#a\nb"]
)
def test_what_is_no_address_is_told_with_its_cure(stage: Stage, address: str) -> None:
    error = refused(stage.notifier(), address=address)
    assert isinstance(error, TargetGone)
    assert "people:" in (error.cure or "")
    assert len(stage.server.board.ledger) == 0


def test_a_channel_is_written_to_by_name_and_remembered_by_id(stage: Stage) -> None:
    channel, notifier = stage.server.workspace.add_channel("revops"), stage.notifier()
    first = notifier.send(message(address="#RevOps"))
    notifier.send(message("d2", address="#revops"))
    notifier.send(message("d3", address=channel.id))
    assert first.handle["channel"] == channel.id
    assert len(stage.posts(channel.id)) == 3
    assert stage.requests("conversations.list") == 0


def without(stage: Stage, *scopes: str, plus: tuple[str, ...] = ()) -> None:
    tokens = stage.server.api.tokens
    tokens[stage.server.token] = (tokens[stage.server.token] | set(plus)) - set(scopes)


def test_a_public_channel_is_joined_once(stage: Stage) -> None:
    without(stage, "chat:write.public", plus=("channels:read", "channels:join"))
    channel = stage.server.workspace.add_channel("revops", with_app=False)
    stage.notifier().send(message(address="#revops"))
    assert BOT_USER in channel.members
    assert stage.requests("conversations.join") == 1
    assert len(stage.posts(channel.id)) == 1


def test_a_channel_that_may_not_be_joined_is_gone(stage: Stage) -> None:
    without(stage, "chat:write.public", "channels:join", plus=("channels:read",))
    stage.server.workspace.add_channel("revops", with_app=False)
    error = refused(stage.notifier(), address="#revops")
    assert isinstance(error, TargetGone)
    assert "invite the app" in (error.cure or "")
    assert stage.posts() == []


def test_a_channel_that_stays_closed_after_joining_is_gone(stage: Stage) -> None:
    without(stage, plus=("channels:read", "channels:join"))
    stage.server.workspace.add_channel("revops")
    stage.arm("error", error="not_in_channel", times=None)
    assert isinstance(refused(stage.notifier(), address="#revops"), NotInChannel)
    assert stage.requests("chat.postMessage") == 2


def test_a_join_of_which_nobody_knows_the_end_has_posted_nothing(stage: Stage) -> None:
    without(stage, plus=("channels:read", "channels:join"))
    stage.server.workspace.add_channel("revops")
    stage.arm("error", error="not_in_channel")
    stage.arm("drop", method="conversations.join")
    assert type(refused(stage.notifier(), address="#revops")) is NotAccepted


@pytest.mark.parametrize("case", ["drop", "html", "cut"])
def test_a_lookup_of_which_nobody_knows_the_end_has_posted_nothing(stage: Stage, case: str) -> None:
    stage.arm(case, method="users.lookupByEmail")
    assert type(refused(stage.notifier())) is NotAccepted
    stage.notifier().send(message())
    assert len(stage.posts()) == 1


def test_an_archived_channel_is_gone(stage: Stage) -> None:
    stage.server.workspace.add_channel("old").is_archived = True
    assert isinstance(refused(stage.notifier(), address="#old"), TargetGone)


def test_a_slow_search_does_not_outlive_the_lease(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stalewatch.delivery.slack.notifier._Patience.seconds", -1.0)
    assert type(refused(stage.notifier())) is NotAccepted
    assert stage.requests("chat.postMessage") == 0


# ---------------------------------------------------------------------------------------------- how it leaves


def test_an_answer_goes_into_its_thread(stage: Stage) -> None:
    notifier = stage.notifier()
    parent = notifier.send(message()).handle
    notifier.send(message("d2", thread=parent))
    assert [post.thread for post in stage.posts()] == ["", parent["ts"]]


def test_an_answer_to_what_is_gone_stands_by_itself(stage: Stage) -> None:
    stage.notifier().send(message(thread={"channel": stage.dm, "ts": "1700000000.000100"}))
    assert [post.thread for post in stage.posts()] == [""]


@pytest.mark.parametrize("thread", [{"channel": "C0ELSEWHERE", "ts": "1.000001"}, {"message_id": "d0"}, {}])
def test_what_answers_to_a_message_elsewhere_stands_by_itself(stage: Stage, thread: dict[str, str]) -> None:
    stage.notifier().send(message(thread=thread))
    assert [post.thread for post in stage.posts()] == [""]
    assert stage.requests("chat.postMessage") == 1


def test_plain_words_have_no_blocks(stage: Stage) -> None:
    stage.notifier().send(
        message(plain=True, footer=("Still open: 2",), url="https://sw.example/mine", link="Open my list")
    )
    [post] = stage.posts()
    assert post.blocks == []
    assert post.text == (
        "1 deal needs a next step from you\n1. Acme · ¥3M\nAcme: no next meeting. [3 bd over]\n"
        "Still open: 2\nOpen my list: https://sw.example/mine"
    )  # fmt: skip


def test_nothing_is_unfurled_and_no_name_becomes_a_mention(stage: Stage) -> None:
    stage.notifier().send(message())
    [call] = [call for call in stage.server.board.ledger if call.path == "/api/chat.postMessage"]
    sent = json.loads(call.body)
    assert (sent["unfurl_links"], sent["unfurl_media"], sent["link_names"], sent["parse"]) == (
        False,
        False,
        False,
        "none",
    )


@pytest.mark.parametrize("case", ["accept_and_drop", "cut"])
@pytest.mark.bar
def test_b10_a_message_whose_answer_was_lost_is_posted_once_and_found(stage: Stage, case: str) -> None:
    notifier = stage.notifier()
    stage.arm(case)
    assert type(refused(notifier)) is OutcomeUnknown
    assert len(stage.delivered("d1")) == 1
    settled = stage.notifier().settle("d1", SATO, NINE)
    assert settled.receipt is not None
    assert settled.receipt.handle == {"channel": stage.dm, "ts": stage.posts()[0].ts}
    assert settled.receipt.at == NINE


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ({"case": "ratelimited", "retry_after": "5"}, SlowDown),
        ({"case": "ratelimited_200"}, SlowDown),
        ({"case": "token"}, WorkspaceDown),
        ({"case": "error", "error": "invalid_blocks"}, BadContent),
        ({"case": "error", "error": "brand_new"}, NotUnderstood),
    ],
)
def test_each_kind_of_failure_comes_out_of_send(stage: Stage, case: dict[str, Any], kind: type[NotifierError]) -> None:
    stage.arm(**case)
    assert type(refused(stage.notifier())) is kind
    assert stage.posts() == []


# ------------------------------------------------------------------------------------------- looking it up


def outcome(stage: Stage, delivery: str = "d1", address: str = SATO, **more: Any) -> Outcome:
    return slack(stage.notifier()).settle(delivery, address, NINE, **more).outcome


def test_what_was_not_sent_is_absent(stage: Stage) -> None:
    assert outcome(stage) is Outcome.ABSENT


def test_history_that_lags_behind_shows_it_later(stage: Stage) -> None:
    stage.notifier().send(message())
    stage.arm("history_lag", seconds=10)
    assert outcome(stage) is Outcome.ABSENT
    stage.clock.advance(timedelta(seconds=15))
    assert outcome(stage) is Outcome.ARRIVED


def test_a_minute_before_is_looked_at_and_no_more(stage: Stage) -> None:
    stage.notifier().send(message())
    for seconds, expected in ((59, Outcome.ARRIVED), (61, Outcome.ABSENT)):
        settled = stage.notifier().settle("d1", SATO, NINE + timedelta(seconds=seconds))
        assert settled.outcome is expected


def test_it_is_found_under_hundreds_of_others(stage: Stage) -> None:
    stage.notifier().send(message())
    stage.clock.advance(timedelta(seconds=1))
    for number in range(450):
        stage.server.workspace.say(stage.sato, stage.dm, f"message {number}")
    assert outcome(stage) is Outcome.ARRIVED
    assert stage.requests("conversations.history") == 3


def test_somebody_elses_copy_is_no_proof(stage: Stage) -> None:
    stage.notifier().send(message())
    shown = stage.server.workspace.channels[stage.dm].messages
    shown.update({ts: replace(one, user=stage.sato) for ts, one in shown.items()})
    assert outcome(stage) is Outcome.ABSENT


def test_a_reply_is_found_in_its_thread(stage: Stage) -> None:
    notifier = stage.notifier()
    parent = notifier.send(message()).handle
    notifier.send(message("d2", thread=parent))
    assert outcome(stage, "d2", thread=parent) is Outcome.ARRIVED
    assert outcome(stage, "d2") is Outcome.ABSENT
    assert outcome(stage, "d3", thread=parent) is Outcome.ABSENT


def test_an_answer_whose_thread_was_gone_is_found_where_it_stands(stage: Stage) -> None:
    gone = {"channel": stage.dm, "ts": "1700000000.000100"}
    stage.notifier().send(message("d2", thread=gone))
    assert outcome(stage, "d2", thread=gone) is Outcome.ARRIVED
    assert outcome(stage, "d3", thread=gone) is Outcome.ABSENT


def test_an_answer_lost_on_its_way_is_settled_by_the_replies(stage: Stage) -> None:
    notifier = stage.notifier()
    parent = notifier.send(message()).handle
    stage.arm("accept_and_drop")
    assert type(refused(notifier, delivery="d2", thread=parent)) is OutcomeUnknown
    found = slack(notifier).settle("d2", SATO, NINE, parent)
    assert found.receipt is not None
    assert found.receipt.handle["ts"] == stage.posts()[1].ts
    assert stage.requests("conversations.replies") == 1


def test_a_channel_known_by_name_is_found_in_the_list(stage: Stage) -> None:
    without(stage, plus=("channels:read",))
    for number in range(1_200):
        stage.server.workspace.add_channel(f"c{number}")
    stage.notifier().send(message(address="#c1150"))
    assert outcome(stage, address="#c1150") is Outcome.ARRIVED
    assert stage.requests("conversations.list") == 2


@pytest.mark.parametrize(
    ("scope", "address"), [("im:history", SATO), ("channels:history", "#revops"), ("channels:read", "#revops")]
)
def test_who_may_not_look_says_so(stage: Stage, scope: str, address: str) -> None:
    without(stage, scope, plus=tuple({"channels:read"} - {scope}))
    stage.server.workspace.add_channel("revops")
    stage.notifier().send(message(address=address))
    assert outcome(stage, address=address) is Outcome.CANNOT_LOOK


def test_a_place_that_is_gone_cannot_be_looked_at(stage: Stage) -> None:
    assert outcome(stage, address="nobody") is Outcome.CANNOT_LOOK
    assert outcome(stage, address="suzuki@acme.example") is Outcome.CANNOT_LOOK


@pytest.mark.parametrize("case", [{"case": "ratelimited"}, {"case": "drop"}, {"case": "html", "status": 503}])
def test_a_look_that_fails_says_nothing_of_the_message(stage: Stage, case: dict[str, Any]) -> None:
    stage.arm(**case, method="conversations.history")
    with pytest.raises(NotifierError):
        stage.notifier().settle("d1", SATO, NINE)


def test_a_look_with_a_dead_token_says_nothing_of_the_message(stage: Stage) -> None:
    stage.arm("token")
    with pytest.raises(WorkspaceDown):
        stage.notifier().settle("d1", SATO, NINE)


# ------------------------------------------------------------------------------------- editing and checking


def test_an_edit_replaces_words_and_blocks_and_stays_findable(stage: Stage) -> None:
    notifier = stage.notifier()
    first = notifier.send(message())
    for _ in range(2):
        again = notifier.edit(first, message(title="Settled", entries=()))
    assert again.handle == first.handle
    [shown] = stage.server.workspace.messages(stage.dm)
    assert (shown.text, len(shown.blocks)) == ("Settled", 1)
    assert outcome(stage) is Outcome.ARRIVED


def test_an_edit_in_plain_words_takes_the_blocks_away(stage: Stage) -> None:
    notifier = stage.notifier()
    notifier.edit(notifier.send(message()), message(plain=True))
    [shown] = stage.server.workspace.messages(stage.dm)
    assert shown.blocks == []


def test_an_edit_of_what_is_gone_says_so(stage: Stage) -> None:
    notifier = stage.notifier()
    first = notifier.send(message())
    stage.server.workspace.delete(stage.server.workspace.messages(stage.dm)[0])
    for receipt in (first, Receipt(at=NINE), Receipt(at=NINE, handle={"channel": "", "ts": ""})):
        with pytest.raises(TargetGone):
            notifier.edit(receipt, message())


def test_a_check_asks_the_service(stage: Stage) -> None:
    notifier = stage.notifier()
    notifier.check()
    stage.arm("token", error="account_inactive")
    with pytest.raises(WorkspaceDown):
        notifier.check()
    stage.server.board.faults.disarm()
    notifier.check()


def test_a_check_misses_what_speaking_takes(stage: Stage) -> None:
    without(stage, "im:write")
    with pytest.raises(ScopeMissing, match="im:write"):
        stage.notifier().check()
    stage.server.api.tokens[stage.server.token] = frozenset()
    with pytest.raises(ScopeMissing, match=r"chat:write, im:write, users:read, users:read\.email"):
        stage.notifier().check()


def test_doctor_hears_of_team_and_scopes(stage: Stage) -> None:
    without(stage, plus=("channels:read", "channels:join"))
    said = [(finding.subject, finding.level, finding.message) for finding in stage.notifier().examine()]
    assert said == [
        ("token", Level.OK, "speaks in the workspace Sandbox"),
        ("scopes", Level.OK, "all are granted"),
    ]
    without(stage, "im:history", "commands")
    [_, lacking] = stage.notifier().examine()
    assert (lacking.level, lacking.message) == (
        Level.WARNING,
        "missing: commands (there is no /stalewatch), im:history (a lost answer is not looked up in direct messages)",
    )
    assert lacking.cure == (
        "under OAuth & Permissions, Bot Token Scopes, add commands, im:history; then Reinstall to Workspace "
        "(docs/slack.md)"
    )
    without(stage, "im:write")
    assert [finding.level for finding in stage.notifier().examine()] == [Level.OK, Level.ERROR]
    stage.arm("token")
    [dead] = stage.notifier().examine()
    assert (dead.level, bool(dead.cure)) == (Level.ERROR, True)
