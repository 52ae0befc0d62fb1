"""What a message says once its deals moved on: ticked, noted, or as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.edited import Standing, edited
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.telling import Telling
from stalewatch.domain.alerts import AlertState, Cause
from stalewatch.sdk.notifier import Action, Entry, Message
from tests.delivery.tellings import NOW, at, sato, settled, told, warned


def digest(*tellings: Telling, language: str = "en") -> Message:
    message = compose_digest(tellings, delivery="d", recipient=sato(language), now=NOW)
    assert message is not None
    return message


def over(telling: Telling | None, cause: Cause = Cause.SATISFIED) -> Standing:
    return Standing(telling=telling, state=AlertState.RESOLVED, cause=cause)


def after(message: Message, language: str = "en", **standings: Standing) -> Message:
    return edited(
        message,
        {name.replace("_", "-"): standing for name, standing in standings.items()},
        sato(language).reads(NOW),
    )


def only(message: Message) -> Entry:
    [entry] = message.entries
    return entry


def test_nothing_moved_nothing_changes() -> None:
    message = digest(told(), warned("d2"))
    still = Standing(telling=told(), state=AlertState.OPEN)
    assert list(after(message, alert_d1_ghosted=still).entries) == list(message.entries)


def test_what_is_over_is_ticked_and_its_words_are_struck_through() -> None:
    message = digest(told())
    acted = replace(only(message), actions=(Action(kind="snooze", label="Snooze", alert="a"),))
    ended = after(replace(message, entries=(acted,)), alert_d1_ghosted=over(settled(cause=Cause.SATISFIED)))
    entry = only(ended)
    assert (entry.headline, entry.struck, entry.body) == ("✅ Hikari Foods", only(message).body, "")
    assert (entry.resolved, entry.chips, entry.actions, entry.note) == (True, (), (), "Done")
    assert ended.title == message.title


ENDINGS: list[tuple[dict[str, Any], str, str]] = [
    ({"cause": Cause.CLOSED, "outcome": "won"}, "Deal won", "受注"),
    ({"cause": Cause.CLOSED, "outcome": "lost"}, "Deal lost", "失注"),
    ({"cause": Cause.RE_ANCHORED, "next_meeting": at("11-24 10:00")}, "Next meeting on 24 Nov", "次回商談 11月24日"),
    ({"cause": Cause.RE_ANCHORED}, "There is news", "新しい動きあり"),
]


@pytest.mark.parametrize(("how", "english", "japanese"), ENDINGS)
def test_it_says_how_it_ended(how: dict[str, Any], english: str, japanese: str) -> None:
    standing = over(settled(**how), how["cause"])
    assert only(after(digest(told()), alert_d1_ghosted=standing)).note == english
    assert only(after(digest(told(), language="ja"), "ja", alert_d1_ghosted=standing)).note == japanese


def test_a_message_about_one_deal_is_headed_by_how_it_stands() -> None:
    message = compose_immediate([told()], delivery="d", recipient=sato(), now=NOW)
    ended = after(message, alert_d1_ghosted=over(settled(cause=Cause.SATISFIED)))
    assert ended.title == only(ended).headline == "✅ Hikari Foods"


def test_one_of_two_causes_is_over() -> None:
    message = digest(told(), warned())
    ended = after(
        message,
        alert_d1_ghosted=over(settled(cause=Cause.SATISFIED)),
        alert_d1_no_next_meeting=Standing(telling=warned(), state=AlertState.OPEN),
    )
    entry = only(ended)
    assert (entry.resolved, entry.body, entry.note) == (False, only(message).body, "“Customer went silent”: Done")


def test_two_causes_that_ended_in_two_ways_are_both_told() -> None:
    ended = after(
        digest(told(), warned()),
        alert_d1_ghosted=over(settled(cause=Cause.RE_ANCHORED), Cause.RE_ANCHORED),
        alert_d1_no_next_meeting=over(settled(rule="n", title={"en": "No next meeting"}, cause=Cause.SATISFIED)),
    )
    assert only(ended).note == "“Customer went silent”: There is news · “No next meeting”: Done"


def test_a_rule_that_is_gone_leaves_its_deal_by_its_old_name() -> None:
    entry = only(after(digest(told()), alert_d1_ghosted=over(None, Cause.RULE_CHANGED)))
    assert (entry.headline, entry.note) == ("✅ Hikari Foods", "The rule was changed")


SNOOZED_TO = at("11-24 18:00")
OLD = {"en": "Too old", "ja": "古い"}
NOTES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"state": AlertState.SNOOZED, "snoozed_until": at("11-24 18:00"), "snoozed_by": "Tanaka"},
        "Snoozed until 24 Nov (Tanaka)", "11月24日まで通知を休止(Tanaka)",
    ),
    ({"state": AlertState.SNOOZED, "snoozed_until": SNOOZED_TO}, "Snoozed until 24 Nov", "11月24日まで通知を休止"),
    ({"state": AlertState.WAITING, "waits_until": at("12-01 18:00")}, "On hold until 1 Dec", "12月1日まで保留"),
    ({"state": AlertState.WAITING}, "On hold", "保留中"),
    ({"state": AlertState.OPEN, "instead": OLD}, "Included in “Too old”", "「古い」にまとめました"),
    ({"state": AlertState.RESOLVING}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("standing", "english", "japanese"), NOTES)
def test_what_is_not_over_says_how_it_stands_and_keeps_its_words(
    standing: dict[str, Any], english: str, japanese: str
) -> None:
    for language, note in (("en", english), ("ja", japanese)):
        message = digest(told(), language=language)
        entry = only(after(message, language, alert_d1_ghosted=Standing(telling=told(), **standing)))
        assert entry == replace(only(message), note=note)


def test_what_was_announced_and_has_come_is_late_since_then() -> None:
    message = digest(warned())
    late = Standing(telling=warned(), state=AlertState.OPEN, late_since=at("11-22 18:00"))
    for language, note in (("en", "Late since 22 Nov"), ("ja", "11月22日の期限を過ぎました")):
        entry = only(after(message, language, alert_d1_no_next_meeting=late))
        assert (entry.struck, entry.body, entry.chips, entry.note) == (only(message).body, "", (), note)
        assert not entry.resolved


STANDINGS = st.builds(
    Standing,
    telling=st.sampled_from([None, settled()]),
    state=st.sampled_from(AlertState),
    cause=st.sampled_from([None, *Cause]),
    snoozed_until=st.sampled_from([None, at("11-24 18:00")]),
    snoozed_by=st.sampled_from(["", "Tanaka", "<!channel>\n*x*"]),
    waits_until=st.sampled_from([None, at("12-01 18:00")]),
    late_since=st.sampled_from([None, at("11-18 18:00")]),
)


@given(st.dictionaries(st.sampled_from(["alert-d1-ghosted", "alert-d2-no-next-meeting"]), STANDINGS))
def test_an_edit_adds_no_entry_loses_none_and_ticks_only_what_is_over(standings: dict[str, Standing]) -> None:
    message = digest(told(), warned("d2"))
    ended = edited(message, standings, sato().reads(NOW))
    assert [entry.record for entry in ended.entries] == [entry.record for entry in message.entries]
    for before, entry in zip(message.entries, ended.entries, strict=True):
        known = standings.get(before.alerts[0])
        assert entry.resolved == (known is not None and known.state is AlertState.RESOLVED)
        assert before.body == (entry.struck or entry.body), "what was said stays to be read"
        assert "\n" not in entry.note
        assert "*x*" not in entry.note
