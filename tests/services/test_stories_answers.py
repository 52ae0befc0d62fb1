"""What each answer does to the alert, the deal, the CRM and what is said next, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from stalewatch.domain.instants import to_day, to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.answering.acts import (
    Acknowledge,
    Act,
    Claim,
    FalseAlarm,
    Hold,
    Lose,
    LossCheck,
    LossTag,
    Meet,
    Mistake,
    Snooze,
    Until,
    name_of,
)
from stalewatch.services.answering.ending_waits import end_wait
from stalewatch.services.answering.outcomes import Answer, Office, Refusal
from stalewatch.services.answering.respond import respond
from stalewatch.services.judging import holds
from stalewatch.services.writing.asking import Why
from stalewatch.store import answers as kept
from stalewatch.store import audit, records, waits
from stalewatch.store.tables import answers as answers_table
from stalewatch.store.tables import losses, writebacks
from stalewatch.store.tables import waits as waits_table
from stalewatch.store.visibility import Visible
from tests.databases import SQLITE_DAILY
from tests.services.answered import Letters, answers
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, called_for, fate, rows, state
from tests.services.world import World, at, deal

LATE = "2026-03-16 18:00"
"""A deal that was created on 2 March is late by QUIET at the close of the 16th."""
COUNTS_ON = """
  - id: no-step
    title: {en: No next step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: 2bd
    severity: critical
"""
"""A rule that names no wait."""
TOO_OFTEN = """
  - id: waiting-too-often
    title: {en: Waiting again and again, ja: 保留の繰り返し}
    watch: deal
    start: {since: {wait_count: {at_least: 3}}}
    within: 0bd
    severity: critical
"""
UNANSWERED = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: unanswered
    title: {en: Ask whether it still matters, ja: 失注確認}
    watch: deal
    start: created_at
    within: 14d
    until: {loss_check_sent_at: set}
    severity: critical
"""
PATIENCE = Hold(until=date(2026, 3, 24), who="Ms Mori", reason="budget committee", evidence="mail of 16 Mar")


def late(found: Founder, *rules: str, **attributes: Any) -> World:
    """A deal that is late and whose owner was told."""
    world = found("".join(rules) or QUIET)
    world.crm.unfed |= {*holds.SHOWN, "loss_check_sent_at"}  # no CRM says so
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), **{"next_step": "call", **attributes}))
    world.reaches("2026-03-02 12:30")
    world.reaches(LATE)
    return world


def moment(text: str) -> int:
    return to_us(at(text))


def record(world: World, name: str = "acme") -> Any:
    with world.db.read() as conn:
        return records.read_by_ids(conn, "deal", [f"crm:{name}"])[0]


def log(world: World, name: str = "acme") -> list[str]:
    """What was done to the alert, the first first."""
    with world.db.read() as conn:
        return [row.action for row in reversed(audit.read(conn, obj=alert(world, name).id))]


def wishes(world: World) -> list[tuple[str, dict[str, Any]]]:
    return [(row.kind, row.wish) for row in sorted(rows(world, writebacks), key=lambda row: row.asked_at)]


def writing(world: World, allowed: Writeback, *mapped: str) -> Office:
    return Office(book=world.book, allowed={"crm": allowed}, mapped={"crm": mapped})


# ------------------------------------------------------------------------------------------------ quiet for a while


@SQLITE_DAILY
@pytest.mark.parametrize(
    ("act", "again", "stands"),
    [(Acknowledge(), "2026-03-19 18:00", "open"), (Claim(), "2026-03-17 18:00", "claimed")],
    ids=["acknowledged", "claimed"],
)
def test_nothing_is_said_for_a_while_and_what_is_late_then_is_asked_again(
    found: Founder, act: Act, again: str, stands: str
) -> None:
    world = late(found)
    came = answers(world, act)
    assert (came.refusal, came.until, came.alert.state) == (None, moment(again), stands)
    world.clock.move_to(at(again) - timedelta(minutes=1))
    world.rounds()
    assert called_for(world) == ["1:breach"]
    world.reaches(again)
    assert called_for(world) == ["1:breach", "1:repeat"]
    assert state(world) == "open"


def test_an_answer_leaves_one_row_and_one_line_of_the_log(found: Founder) -> None:
    world = late(found)
    answers(world, Claim(), actor="sato@acme.example", request="view-1")
    [row] = rows(world, answers_table)
    assert (row.act, row.actor, row.at) == ("claim", "sato@acme.example", world.us)
    assert (row.rule_id, row.episode) == ("quiet", 1)
    assert log(world) == ["alert.claim"]
    assert (alert(world).acted_at, alert(world).acted_as) == (world.us, "claimed")


@SQLITE_DAILY
def test_what_waits_to_be_said_is_dropped_for_a_named_reason(found: Founder) -> None:
    world = found(QUIET)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    world.reaches("2026-03-02 12:30")
    world.clock.move_to(at(LATE))
    world.syncs()
    world.ticks()
    answers(world, Claim())
    assert fate(world) == {"dropped: claimed": ["breach"]}


@SQLITE_DAILY
def test_a_snooze_until_something_happens_says_so_and_has_a_last_moment(found: Founder) -> None:
    world = late(found)
    until, why = moment("2026-03-24 09:00"), "they are at a fair"
    came = answers(world, Snooze(until=until, reason=why, ends=Until.CUSTOMER))
    assert (came.alert.state, came.alert.snoozed_until, came.alert.snooze_ends) == ("snoozed", until, "customer_reply")
    assert (came.alert.snoozed_by, came.alert.snooze_reason, came.alert.snoozes) == ("sato", why, 1)
    without = answers(world, Snooze(until=until + 1, reason=why, ends=Until.MEETING))
    assert without.refusal is Refusal.NO_MEETING


# ------------------------------------------------------------------------------------------------ a meeting


MEETING = Meet(starts_at=moment("2026-03-20 10:00"), ends_at=moment("2026-03-20 11:00"), agenda="Contract")


@SQLITE_DAILY
def test_a_booked_meeting_that_the_crm_does_not_show_within_a_day_is_asked_about(found: Founder) -> None:
    world = late(found)
    came = answers(world, MEETING)
    assert came.written is not None
    assert (came.written.id, came.written.why, came.alert.state) == (None, Why.OFF, "claimed")
    assert alert(world).acted_as == "next_meeting_booked"
    world.reaches("2026-03-17 17:59")
    assert called_for(world) == ["1:breach"]
    world.reaches("2026-03-17 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@SQLITE_DAILY
def test_a_booked_meeting_that_the_crm_shows_ends_it_by_the_rules_own_clock(found: Founder) -> None:
    world = late(found)
    came = answers(world, MEETING, office=writing(world, Writeback.NOTES))
    assert came.written is not None
    assert came.written.id is not None
    [(kind, wish)] = wishes(world)
    assert (kind, wish["title"], wish["starts_at"]) == ("meeting", "Contract", "2026-03-20T01:00:00Z")
    start = at("2026-03-20 10:00")
    world.crm.activities.append(Activity(
        id="m1", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=start, ends_at=start + timedelta(hours=1),
        recorded_at=at("2026-03-16 18:05"), meeting=MeetingState.PLANNED, records=("acme",),
    ))  # fmt: skip
    world.reaches("2026-03-16 18:10")
    world.reaches("2026-03-16 20:10")
    assert state(world) == "resolved: re_anchored"
    assert called_for(world) == ["1:breach", "1:resolve"]


@SQLITE_DAILY
def test_a_meeting_has_a_time_ahead_and_an_agenda(found: Founder) -> None:
    world = late(found)
    usual: dict[str, Any] = {"starts_at": MEETING.starts_at, "ends_at": MEETING.ends_at, "agenda": "Contract"}
    wrong: list[tuple[dict[str, Any], Refusal]] = [
        ({"agenda": " \n"}, Refusal.AGENDA_MISSING),
        ({"starts_at": moment(LATE)}, Refusal.IN_THE_PAST),
        ({"ends_at": moment("2026-03-20 10:00")}, Refusal.BACKWARDS),
    ]
    assert [answers(world, Meet(**(usual | one))).refusal for one, _ in wrong] == [why for _, why in wrong]
    assert rows(world, answers_table) == []


# ------------------------------------------------------------------------------------------------ on hold


def test_a_deal_on_hold_waits_at_once_and_is_asked_about_on_its_day(found: Founder) -> None:
    world = late(found)
    came = answers(world, PATIENCE)
    assert (came.alert.state, came.until) == ("waiting", moment("2026-03-24 09:00"))
    row = record(world)
    assert (row.on_hold, row.hold_reason, row.wait_count) == (True, "budget committee", 1)
    assert (row.hold_set_at, row.hold_until) == (world.us, to_day(date(2026, 3, 24)))
    world.reaches("2026-03-24 09:00")
    assert (called_for(world), state(world)) == (["1:breach"], "open")
    world.reaches("2026-03-24 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]
    with world.db.read() as conn:
        [wait] = waits.read(conn, ["crm:acme"])
    assert (wait.who, wait.evidence, wait.set_by) == ("Ms Mori", "mail of 16 Mar", "sato")


@SQLITE_DAILY
def test_syncs_leave_the_hold_alone(found: Founder) -> None:
    world = late(found)
    answers(world, PATIENCE)
    world.changes("acme", next_step="call again")
    world.reaches("2026-03-17 10:00")
    row = record(world)
    assert (row.on_hold, row.hold_reason, row.hold_until) == (True, "budget committee", to_day(PATIENCE.until))
    assert state(world) == "waiting"


@SQLITE_DAILY
def test_a_crm_that_knows_nothing_of_a_hold_does_not_end_it(found: Founder) -> None:
    """Its own field for holds is mapped, and empty, or full of an old one: ours counts for as long as it runs."""
    world = late(found, hold_until=None, hold_reason=None)
    answers(world, PATIENCE)
    world.changes("acme", next_step="call again", hold_until=date(2026, 1, 12), hold_reason="last year's")
    world.reaches("2026-03-17 10:00")
    row = record(world)
    assert (row.hold_reason, row.hold_until, state(world)) == ("budget committee", to_day(PATIENCE.until), "waiting")
    world.reaches("2026-03-24 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@SQLITE_DAILY
def test_only_the_clocks_that_name_the_wait_stand_still(found: Founder) -> None:
    world = late(found, QUIET, COUNTS_ON, next_step="")
    came = answers(world, PATIENCE, rule="no-step")
    assert (state(world, rule="quiet"), state(world, rule="no-step")) == ("waiting", "open")
    assert came.until == moment("2026-03-19 18:00"), "what names no wait is acknowledged, and not more"
    world.reaches("2026-03-19 18:00")
    assert called_for(world, rule="no-step") == ["1:breach", "1:repeat"]
    assert called_for(world, rule="quiet") == ["1:breach"]


@SQLITE_DAILY
def test_the_third_hold_is_what_waiting_too_often_is_about(found: Founder) -> None:
    world = late(found, QUIET, TOO_OFTEN)
    for number, day in enumerate((24, 25, 26), start=1):
        hold = Hold(until=date(2026, 3, day), who="Ms Mori", reason=f"the {number}. time", evidence="mail")
        answers(world, hold, rule="quiet")
        world.clock.advance(timedelta(minutes=1))
        world.rounds()
        said = called_for(world, rule="waiting-too-often")
        assert record(world).wait_count == number
    assert said == [], "not on the day itself"
    world.reaches("2026-03-17 18:00")
    assert called_for(world, rule="waiting-too-often") == ["1:breach"]
    with world.db.read() as conn:
        because = [row.ended_because for row in waits.read(conn, ["crm:acme"])]
    assert because == ["replaced", "replaced", None]


@SQLITE_DAILY
def test_a_hold_that_somebody_ends_lets_the_clock_go_on(found: Founder) -> None:
    world = late(found)
    answers(world, PATIENCE)
    world.reaches("2026-03-17 10:00")
    with world.db.write() as conn:
        assert end_wait(conn, world.book, "crm:acme", actor="tanaka@acme.example", now=world.us)
        assert not end_wait(conn, world.book, "crm:acme", actor="tanaka@acme.example", now=world.us)
    row = record(world)
    assert (row.on_hold, row.hold_until, row.hold_reason, row.wait_count) == (False, None, None, 1)
    world.reaches("2026-03-17 10:05")
    assert (state(world), called_for(world)) == ("open", ["1:breach"])
    world.reaches("2026-03-17 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@SQLITE_DAILY
def test_a_wait_whose_day_has_come_is_over(found: Founder) -> None:
    world = late(found)
    answers(world, PATIENCE)
    world.clock.move_to(at("2026-03-24 10:00"))
    with world.db.write() as conn:
        assert holds.lapse(conn, world.book, world.us) == 1
        assert holds.lapse(conn, world.book, world.us) == 0
    row = record(world)
    assert (row.on_hold, row.hold_until, row.wait_count) == (False, to_day(PATIENCE.until), 1)
    world.reaches("2026-03-24 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@SQLITE_DAILY
def test_a_hold_has_a_day_of_the_customers_and_somebody_who_said_so(found: Founder) -> None:
    world = late(found)
    usual: dict[str, Any] = {name: getattr(PATIENCE, name) for name in ("until", "who", "reason", "evidence")}
    wrong: list[tuple[dict[str, Any], Refusal]] = [
        ({"who": ""}, Refusal.WHO_MISSING),
        ({"reason": "\u200b "}, Refusal.REASON_MISSING),
        ({"evidence": "\t"}, Refusal.EVIDENCE_MISSING),
        ({"until": date(2026, 3, 16)}, Refusal.IN_THE_PAST),
        ({"ends": Until.MEETING}, Refusal.NO_MEETING),
        ({"until": date(2026, 5, 16)}, Refusal.TOO_LONG),
    ]
    came = [answers(world, Hold(**(usual | one))) for one, _ in wrong]
    assert [one.refusal for one in came] == [why for _, why in wrong]
    assert (came[-1].limit, came[-1].until) == (60, moment("2026-05-15 09:00"))
    assert (record(world).wait_count or 0, rows(world, answers_table)) == (0, [])


@SQLITE_DAILY
def test_a_hold_lasts_no_longer_than_its_rule_allows(found: Founder) -> None:
    world = late(found, QUIET.replace("max: 60d", "max: 5bd"))
    assert answers(world, PATIENCE).limit == 7
    assert answers(world, Hold(until=date(2026, 3, 23), who="a", reason="b", evidence="c")).refusal is None


@SQLITE_DAILY
def test_what_the_crm_is_told_of_a_hold_depends_on_what_it_may_be_told(found: Founder) -> None:
    world = late(found)
    note = {"text": "On hold until 24 Mar: budget committee\nSaid by Ms Mori (mail of 16 Mar)"}
    came = answers(world, PATIENCE, office=writing(world, Writeback.FIELDS, "hold_until", "hold_reason"))
    fields = {"hold_until": "2026-03-24", "hold_reason": "budget committee"}
    assert wishes(world) == [("note", note), ("fields", fields)]
    assert came.written is not None
    assert came.written.id != came.written.note


@SQLITE_DAILY
def test_without_a_place_for_it_a_hold_is_a_note_and_by_notes_alone_it_says_so(found: Founder) -> None:
    world = late(found)
    came = answers(world, PATIENCE, office=writing(world, Writeback.FIELDS))
    assert [kind for kind, _ in wishes(world)] == ["note"]
    assert came.written is not None
    assert came.written.id is not None
    later = Hold(until=date(2026, 3, 25), who="a", reason="b", evidence="c")
    again = answers(world, later, office=writing(world, Writeback.NOTES))
    assert again.written is not None
    assert (again.written.id, again.written.why) == (None, Why.NOTES_ONLY)
    assert [kind for kind, _ in wishes(world)] == ["note", "note"]


# ------------------------------------------------------------------------------------------------ lost


def test_a_lost_deal_is_told_to_the_crm_ends_all_its_alerts_and_counts(found: Founder) -> None:
    world = late(found, QUIET, COUNTS_ON, next_step="")
    office = writing(world, Writeback.FIELDS)
    came = answers(world, Lose(tag=LossTag.BUDGET, note="cut by half"), rule="quiet", office=office)
    assert came.written is not None
    told = rows(world, writebacks)
    assert wishes(world) == [("lost", {}), ("note", {"text": "Lost: No budget\ncut by half"})]
    assert [row.needs_id for row in sorted(told, key=lambda row: row.asked_at)] == [None, came.written.id]
    assert (state(world, rule="quiet"), state(world, rule="no-step")) == ("resolved: lost", "resolved: lost")
    [loss] = rows(world, losses)
    assert (loss.record_id, loss.tag, loss.note, loss.by, loss.source) == (
        "crm:acme", "budget", "cut by half", "sato", kept.REPORTED,
    )  # fmt: skip


@SQLITE_DAILY
def test_while_the_crm_shows_it_as_open_nothing_more_is_said_of_a_deal_that_was_reported_lost(found: Founder) -> None:
    world = late(found)
    came = answers(world, Lose(tag=LossTag.SILENT, note=""))
    assert came.written is not None
    assert came.written.why is Why.OFF
    world.lives_until("2026-03-24 18:00", timedelta(hours=24))
    assert called_for(world) == ["1:breach"]
    assert state(world) == "resolved: lost"


@SQLITE_DAILY
def test_another_reason_than_the_usual_ones_needs_words(found: Founder) -> None:
    assert answers(late(found), Lose(tag=LossTag.OTHER, note=" ")).refusal is Refusal.NOTE_MISSING


# ------------------------------------------------------------------------------------------------ loss check


@SQLITE_DAILY
def test_asking_the_customer_is_what_the_rule_waits_for(found: Founder) -> None:
    world, letters = late(found, UNANSWERED), Letters()
    came = answers(world, LossCheck(language="ja"), office=Office(book=world.book, links=letters))
    assert came.letter is not None
    [row] = rows(world, answers_table)
    assert (came.letter.link, came.letter.text) == (f"https://stalewatch.example/l/{row.id}", "Acme")
    assert letters.made == [("crm:acme", "ja", "sato")]
    assert record(world).loss_check_sent_at == world.us
    world.reaches("2026-03-16 18:05")
    assert state(world) == "resolving"
    world.reaches("2026-03-16 20:05")
    assert (state(world), called_for(world)) == ("resolved: satisfied", ["1:breach", "1:resolve"])


@SQLITE_DAILY
def test_nobody_is_asked_without_a_link_that_can_be_opened(found: Founder) -> None:
    world = late(found, UNANSWERED)
    assert answers(world, LossCheck(language="en")).refusal is Refusal.NO_LINKS
    assert record(world).loss_check_sent_at is None


# ------------------------------------------------------------------------------------------------ false alarm


@SQLITE_DAILY
def test_a_false_alarm_ends_the_episode_and_counts_against_the_rule(found: Founder) -> None:
    world = late(found)
    came = answers(world, FalseAlarm(why=Mistake.HANDLED, note="we met on Friday"))
    assert (came.alert.state, came.alert.cause, came.alert.acted_as) == ("resolved", "false_alarm", None)
    with world.db.read() as conn:
        [row] = kept.of_rules(conn, 0, act="false_alarm")
    assert (row.rule_id, row.detail["why"], row.detail["note"]) == ("quiet", "handled", "we met on Friday")
    world.lives_until("2026-03-24 18:00", timedelta(hours=24))
    assert called_for(world) == ["1:breach"], "the same clock says nothing more"


# ------------------------------------------------------------------------------------------------ refused


def test_an_old_episode_a_closed_deal_and_what_may_not_be_seen_say_so(found: Founder) -> None:
    world = late(found)
    mark = alert(world).id
    assert answers(world, Claim(), visible=Visible(frozenset({"crm:tanaka"}))).refusal is Refusal.NOT_FOUND
    assert answers(world, Claim(), alert="nothing.1").refusal is Refusal.NOT_FOUND
    answers(world, FalseAlarm(why=Mistake.NOT_TRUE))
    assert answers(world, Claim(), alert=mark).refusal is Refusal.RESOLVED
    world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-03-17 09:00"))
    world.reaches("2026-03-17 09:05")
    assert answers(world, Claim(), alert=mark).refusal is Refusal.CLOSED
    assert [row.act for row in rows(world, answers_table)] == ["false_alarm"]


TWICE: tuple[Act, ...] = (
    Acknowledge(), Claim(), Snooze(until=moment("2026-03-18 09:00"), reason="away"), MEETING, PATIENCE,
    Lose(tag=LossTag.TIMING, note=""), LossCheck(language="en"), FalseAlarm(why=Mistake.NOT_USEFUL),
)  # fmt: skip


def test_whatever_somebody_types_can_be_kept(found: Founder) -> None:
    world = late(found)
    typed = "a\x00b\ud800\u202e <!channel>\n" + "\U0001f600" * 4_000
    answers(world, Snooze(until=moment("2026-03-18 09:00"), reason=typed))
    answers(world, Hold(until=date(2026, 3, 24), who=typed, reason=typed, evidence=typed))
    answers(world, FalseAlarm(why=Mistake.NOT_TRUE, note=typed))
    kept_texts = {row.detail.get("reason", row.detail.get("note")) for row in rows(world, answers_table)}
    [text] = kept_texts | {record(world).hold_reason, alert(world).snooze_reason}
    assert text.startswith("a b\ufffd <!channel> \U0001f600")
    assert len(text) == 1_000


@pytest.mark.security
def test_s12_the_same_answer_sent_twice_is_one(found: Founder) -> None:
    world = found(QUIET)
    names = {f"deal{number}": act for number, act in enumerate(TWICE)}
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="call") for name in names))
    world.reaches("2026-03-02 12:30")
    world.reaches(LATE)
    office = Office(book=world.book, allowed={"crm": Writeback.FIELDS}, links=Letters())
    first = {name: answers(world, act, name=name, office=office) for name, act in names.items()}
    asked = len(rows(world, writebacks))
    world.clock.advance(timedelta(seconds=40))
    second = {name: answers(world, act, name=name, office=office) for name, act in names.items()}
    assert {one.refusal for one in (*first.values(), *second.values())} == {None}
    assert [one.is_repeated for one in (*first.values(), *second.values())] == [False] * 8 + [True] * 8
    for name, act in names.items():
        one, two = first[name], second[name]
        assert (two.until, two.letter, two.written) == (one.until, one.letter, one.written)
        assert log(world, name) == [f"alert.{name_of(act)}"]
        assert record(world, name).wait_count in (None, 0, 1)
    assert (len(rows(world, answers_table)), len(rows(world, writebacks))) == (8, asked)


@pytest.mark.security
def test_s12_the_same_hold_from_four_places_at_once_is_one(found: Founder) -> None:
    world = late(found)
    mark, office = alert(world).id, Office(book=world.book)

    def answers_too(_: int) -> Answer:
        return respond(world.db, world.clock, office, mark, PATIENCE, actor="sato", visible=None)

    with ThreadPoolExecutor(4) as many:
        came = list(many.map(answers_too, range(4)))
    assert sorted(one.is_repeated for one in came) == [False, True, True, True]
    assert (len(rows(world, answers_table)), len(rows(world, waits_table)), log(world)) == (1, 1, ["alert.hold"])


@SQLITE_DAILY
def test_the_same_words_an_hour_later_are_another_answer(found: Founder) -> None:
    world = late(found)
    answers(world, Claim())
    world.clock.advance(timedelta(hours=1))
    came = answers(world, Claim())
    assert (came.is_repeated, came.until) == (False, moment("2026-03-17 19:00"))
    assert len(rows(world, answers_table)) == 2
