"""What a machine wrote is told from what a person wrote, in English and Japanese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.sdk.mail import Machine, cancels, machine


@pytest.mark.parametrize(("subject", "kind"), [
    ("Accepted: Kick-off @ Tue 3 Mar", Machine.ACCEPTED), ("承諾: 定例会議", Machine.ACCEPTED),
    ("承諾：定例会議", Machine.ACCEPTED), ("Declined: Kick-off", Machine.CALENDAR), ("辞退: 定例", Machine.CALENDAR),
    ("Tentatively Accepted: x", Machine.CALENDAR), ("Canceled: x", Machine.CALENDAR),
    ("Cancelled event: x", Machine.CALENDAR), ("キャンセル済み: 定例", Machine.CALENDAR),
    ("Updated invitation: x", Machine.CALENDAR), ("New Time Proposed: x", Machine.CALENDAR),
    ("Automatic reply: offer", Machine.AWAY), ("Re: Out of Office", Machine.AWAY), ("自動返信: 見積", Machine.AWAY),
    ("不在通知：3月", Machine.AWAY), ("Undeliverable: offer", Machine.RETURNED),
    ("Delivery Status Notification (Failure)", Machine.RETURNED), ("配信不能: 見積", Machine.RETURNED),
    ("Accepted：定例", Machine.ACCEPTED), ("辞退のお知らせ", Machine.CALENDAR), ("不在（3月末まで）", Machine.AWAY),
    ("不在のときの対応について", None), ("Re: automatic door", None), ("RE: Out of the box", None),
    ("Invitations", None),
    ("Re: accepted your offer", None), ("Acceptance of the offer", None), ("不在者投票システムのご提案", None),
    ("We had to cancel, sorry", None), ("Reading list", None), ("", None),
])  # fmt: skip
def test_subjects(subject: str, kind: Machine | None) -> None:
    assert machine(subject) is kind
    assert machine(f"RE: {subject}") is kind


@pytest.mark.parametrize(("title", "is_off"), [
    ("Canceled: Kick-off", True), ("Cancelled event: x", True), ("キャンセル済み: 定例", True),
    ("キャンセル：定例", True),
    ("中止: 定例", True), ("FW: Canceled: x", True), ("Abgesagt: x", True), ("Declined: x", False),
    ("Cancellation policy", False), ("キャンセルポリシーの確認", False), ("中止基準の打ち合わせ", False), ("", False),
])  # fmt: skip
def test_titles_of_meetings_that_were_cancelled(title: str, is_off: bool) -> None:
    assert cancels(title) is is_off


@pytest.mark.parametrize(("headers", "kind"), [
    ("Auto-Submitted: auto-replied\nFrom: a@b.example", Machine.AWAY), ("Auto-Submitted: no", None),
    ('{"auto-submitted": "auto-generated"}', Machine.AWAY), ("Precedence: bulk", Machine.AWAY),
    ("X-Autoreply: yes", Machine.AWAY), ("Content-Type: multipart/report; report-type=x", Machine.RETURNED),
    ("Content-Type: text/calendar; method=REPLY", Machine.CALENDAR), ("Content-Type: text/plain", None), ("", None),
])  # fmt: skip
def test_headers(headers: str, kind: Machine | None) -> None:
    assert machine("Hello", headers) is kind


def test_the_subject_tells_more_than_the_headers() -> None:
    assert machine("Accepted: Kick-off", "Auto-Submitted: auto-replied") is Machine.ACCEPTED


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_something_or_nothing(subject: str, headers: str) -> None:
    assert machine(subject, headers) in (None, *Machine)
