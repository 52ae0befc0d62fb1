"""What a message says once its deals moved on: ticked, noted, or as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.answered import Answered
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
    assert ended.title == "✅ All answered: 1 deal · ¥12.4M"


ENDINGS: list[tuple[dict[str, Any], str, str]] = [
    ({"cause": Cause.CLOSED, "outcome": "won"}, "Deal won", "受注"),
    ({"cause": Cause.CLOSED, "outcome": "lost"}, "Deal lost", "失注"),
    ({"cause": Cause.RE_ANCHORED, "next_meeting": at("11-24 10:00")}, "Next meeting on 24 Nov", "次回商談 11月24日"),
    ({"cause": Cause.RE_ANCHORED, "customer_at": at("11-20 08:00")}, "The customer answered", "お客様から返信あり"),
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


def test_a_rule_that_is_gone_has_no_title_beside_the_one_that_is_left() -> None:
    ended = after(
        digest(told(), warned()),
        alert_d1_ghosted=over(None, Cause.RULE_CHANGED),
        alert_d1_no_next_meeting=over(settled(rule="n", title={"en": "No next meeting"}, cause=Cause.SATISFIED)),
    )
    assert only(ended).note == "The rule was changed · “No next meeting”: Done"


OLD = {"en": "Too old", "ja": "古い"}
HOLD = {"act": "hold", "by": "Tanaka", "last_day": date(2025, 12, 1), "reason": "budget committee"}
TOLD_AT = {"by": "Tanaka", "at": at("11-20 10:00")}


def answered(**more: Any) -> Answered:
    return Answered(**more)


NOTES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"state": AlertState.SNOOZED, "answer": answered(act="snooze", by="Tanaka", until=at("11-24 18:00"))},
        "Snoozed until 24 Nov (Tanaka)", "11月24日まで通知を休止(Tanaka)",
    ),
    (
        {"state": AlertState.SNOOZED, "answer": answered(act="snooze", until=at("11-24 18:00"))},
        "Snoozed until 24 Nov", "11月24日まで通知を休止",
    ),
    (
        {"state": AlertState.SNOOZED,
         "answer": answered(act="snooze", by="Tanaka", until=at("11-24 18:00"), ends="customer_reply")},
        "Snoozed until the customer answers, 24 Nov at the latest (Tanaka)",
        "お客様の返信があるまで(遅くとも11月24日)通知を休止(Tanaka)",
    ),
    (
        {"state": AlertState.SNOOZED,
         "answer": answered(act="snooze", by="Tanaka", until=at("11-24 18:00"), ends="meeting_over")},
        "Snoozed until the meeting is over, 24 Nov at the latest (Tanaka)",
        "商談が終わるまで(遅くとも11月24日)通知を休止(Tanaka)",
    ),
    (
        {"state": AlertState.WAITING, "answer": answered(**HOLD)},
        "On hold until 1 Dec – budget committee (Tanaka). We ask again that morning.",
        "12月1日まで保留:budget committee(Tanaka)。当日の朝にあらためてお知らせします。",
    ),
    (
        {"state": AlertState.WAITING, "answer": answered(**HOLD, ends="meeting_over")},
        "On hold until the meeting is over, 1 Dec at the latest – budget committee (Tanaka). We ask again then.",
        "商談が終わるまで(遅くとも12月1日)保留:budget committee(Tanaka)。その時にあらためてお知らせします。",
    ),
    (
        {"state": AlertState.OPEN, "answer": answered(**HOLD, until=at("11-25 18:00"))},
        "On hold until 1 Dec – budget committee (Tanaka). We ask again on 25 Nov.",
        "12月1日まで保留:budget committee(Tanaka)。11月25日にあらためてお知らせします。",
    ),
    ({"state": AlertState.WAITING, "answer": answered(act="hold")}, "On hold", "保留中"),
    (
        {"state": AlertState.WAITING, "answer": answered(act="hold", until=at("12-01 18:00"))},
        "On hold until 1 Dec. We ask again that morning.", "12月1日まで保留。当日の朝にあらためてお知らせします。",
    ),
    (
        {"state": AlertState.CLAIMED, "answer": answered(act="claim", **TOLD_AT)},
        "Being worked on (Tanaka, 20 Nov)", "対応中(Tanaka、11月20日)",
    ),
    (
        {"state": AlertState.OPEN, "answer": answered(act="acknowledge", **TOLD_AT, until=at("11-25 18:00"))},
        "Seen (Tanaka, 20 Nov). We ask again on 25 Nov.",
        "確認済み(Tanaka、11月20日)。11月25日にあらためてお知らせします。",
    ),
    (
        {"state": AlertState.CLAIMED, "answer": answered(act="meet", **TOLD_AT, meeting_at=at("11-24 10:00"))},
        "Meeting booked for 24 Nov (Tanaka, 20 Nov)", "次回商談 11月24日を登録(Tanaka、11月20日)",
    ),
    (
        {"state": AlertState.OPEN, "answer": answered(act="crm_changed", at=at("11-20 10:00"))},
        "Changed in the CRM (20 Nov)", "CRM で更新あり(11月20日)",
    ),
    (
        {"state": AlertState.OPEN, "answer": answered(act="loss_check", **TOLD_AT)},
        "Loss check prepared (Tanaka, 20 Nov)", "失注確認を作成(Tanaka、11月20日)",
    ),
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


VERDICTS: list[tuple[Cause, Answered, str, str]] = [
    (
        Cause.LOST, answered(act="lost", **TOLD_AT, about="budget"),
        "Marked as lost: No budget (Tanaka, 20 Nov)", "失注として登録:予算がない(Tanaka、11月20日)",
    ),
    (
        Cause.FALSE_ALARM, answered(act="false_alarm", **TOLD_AT, about="handled"),
        "False alarm: it is done already (Tanaka, 20 Nov)", "誤検知:すでに対応済み(Tanaka、11月20日)",
    ),
    (
        Cause.FALSE_ALARM, answered(act="false_alarm", about="?"), "A false alarm", "誤検知",
    ),
    (
        Cause.SATISFIED, answered(act="meet", **TOLD_AT, meeting_at=at("11-24 10:00")),
        "Meeting booked for 24 Nov (Tanaka, 20 Nov)", "次回商談 11月24日を登録(Tanaka、11月20日)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "answer", "english", "japanese"), VERDICTS)
def test_an_answer_that_ended_it_stays_with_its_author(
    cause: Cause, answer: Answered, english: str, japanese: str
) -> None:
    for language, note in (("en", english), ("ja", japanese)):
        message = digest(told(), language=language)
        ended = replace(over(settled(cause=cause), cause), answer=answer)
        entry = only(after(message, language, alert_d1_ghosted=ended))
        assert (entry.headline, entry.struck, entry.note) == ("✅ Hikari Foods", only(message).body, note)


def test_what_somebody_else_looks_after_now_asks_nothing_more() -> None:
    for language, note in (("en", "Now with Suzuki"), ("ja", "現在の担当:Suzuki")):
        message = digest(told(), language=language)
        standing = Standing(telling=told(), state=AlertState.OPEN, handed_to="Suzuki")
        entry = only(after(message, language, alert_d1_ghosted=standing))
        assert (entry.note, entry.struck, entry.actions) == (note, only(message).body, ())
        assert not entry.resolved


def test_the_title_of_a_digest_counts_what_is_answered() -> None:
    message = digest(told(), told("d2", name="Two"), told("d3", name="Three"))
    held = Standing(telling=told("d2"), state=AlertState.WAITING, answer=answered(**HOLD))
    still = {
        "alert_d1_ghosted": Standing(telling=told(), state=AlertState.OPEN),
        "alert_d2_ghosted": held,
        "alert_d3_ghosted": over(settled("d3")),
    }
    assert after(message, "en", **still).title == "3 deals need a next step from you · ¥37.2M · 2 answered ✅"
    everything = {**still, "alert_d1_ghosted": over(settled())}
    assert after(message, "en", **everything).title == "✅ All answered: 3 deals · ¥37.2M"
    assert after(digest(told(), language="ja"), "ja", alert_d1_ghosted=over(settled())).title == (
        "✅ すべて対応済み:案件が1件 · 1,240万円"
    )


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
    answer=st.none()
    | st.builds(
        Answered,
        act=st.sampled_from(["acknowledge", "claim", "snooze", "meet", "hold", "lost", "false_alarm", "crm_changed"]),
        by=st.sampled_from(["", "Tanaka", "<!channel>\n*x*"]),
        at=st.sampled_from([None, at("11-20 10:00")]),
        until=st.sampled_from([None, at("11-24 18:00")]),
        reason=st.sampled_from(["", "x" * 5000, "\u202e*bold* <@U1>"]),
        about=st.sampled_from(["", "budget", "?"]),
    ),
    handed_to=st.sampled_from([None, "", "<!here>"]),
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
