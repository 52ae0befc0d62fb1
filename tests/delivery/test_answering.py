"""What somebody reads who has just answered a message: what came of it, or why it could not be done."""

from __future__ import annotations

import pytest

from stalewatch.delivery import answering
from stalewatch.delivery.answering import Settled
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.alerts import Cause
from tests.delivery.tellings import NOW, at, sato

ZONE = "Asia/Tokyo"


def reader(language: str) -> Reader:
    return sato(language).reads(NOW)


@pytest.mark.parametrize(
    ("event", "english", "japanese"),
    [
        ("customer_reply", "Snoozed until the customer replies, at the latest until 1 Dec.",
         "お客様の返信があるまで(遅くとも12月1日まで)通知を休止しました。"),
        ("meeting_over", "Snoozed until the meeting is over, at the latest until 1 Dec.",
         "商談が終わるまで(遅くとも12月1日まで)通知を休止しました。"),
    ],
)  # fmt: skip
def test_a_snooze_that_an_event_ends_names_it_and_the_last_day(event: str, english: str, japanese: str) -> None:
    assert answering.snoozed_by_event(event, at("12-01 18:00"), reader("en"), ZONE) == english
    assert answering.snoozed_by_event(event, at("12-01 18:00"), reader("ja"), ZONE) == japanese


@pytest.mark.parametrize(
    ("settled", "english", "japanese"),
    [
        (Settled(at=at("11-18 10:00"), outcome="won"), "This was settled on 18 Nov: the deal was won.",
         "これは11月18日に解決済みです(受注)。"),
        (Settled(at=None, outcome="lost"), "This is settled: the deal was lost.", "これは解決済みです(失注)。"),
        (Settled(at=None, cause=Cause.MERGED), "This is settled: merged with another record.",
         "これは解決済みです(別のレコードに統合されました)。"),
        (Settled(at=None), "This is settled: done.", "これは解決済みです(対応済み)。"),
    ],
    ids=["won", "lost, nobody knows when", "merged", "done"],
)  # fmt: skip
def test_what_has_ended_says_when_and_how_as_far_as_is_known(settled: Settled, english: str, japanese: str) -> None:
    assert answering.over(settled, reader("en"), ZONE) == english
    assert answering.over(settled, reader("ja"), ZONE) == japanese


@pytest.mark.parametrize(
    ("owner", "english", "japanese"),
    [
        ("Sato", "Only Sato, their managers and RevOps can answer here. Please ask Sato.",
         "ここで回答できるのはSatoさんとその上長、RevOps だけです。Satoさんにご相談ください。"),
        ("", "Only those who are responsible for this deal can answer here.",
         "ここで回答できるのは、この案件の責任者だけです。"),
    ],
)  # fmt: skip
def test_who_may_not_answer_is_sent_to_the_owner_if_there_is_one(owner: str, english: str, japanese: str) -> None:
    assert answering.ask_the_owner(owner, reader("en")) == english
    assert answering.ask_the_owner(owner, reader("ja")) == japanese


@pytest.mark.parametrize(
    ("why", "noted", "said"),
    [
        (None, False, "It is now being written to HubSpot."),
        ("off", False, "Kept here. HubSpot is not changed, because write-back is off."),
        ("notes_only", False, "Kept here. HubSpot takes only notes and meetings from us."),
        ("notes_only", True, "A note is now being written to HubSpot; the deal itself is not changed."),
        ("closed", False, "Kept here. HubSpot is not changed: the deal is closed already."),
    ],
)
def test_what_becomes_of_an_answer_in_the_crm(why: str | None, noted: bool, said: str) -> None:
    assert answering.written(why, "HubSpot", reader("en"), noted=noted) == said
    japanese = answering.written(why, "HubSpot", reader("ja"), noted=noted)
    assert "HubSpot" in japanese
    assert japanese != said
