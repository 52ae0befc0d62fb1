"""Builders for what is told: a deal of Sato's that is late, unless the test says otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.domain.alerts import Kind
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Severity

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2025, 11, 20, 9, tzinfo=TOKYO)


def business_days(amount: int) -> Duration:
    return Duration(amount, Unit.BUSINESS_DAY)


def at(text: str) -> int:
    """`10-30 18:00` of 2025 in Tokyo, in microseconds."""
    return to_us(datetime.fromisoformat(f"2025-{text}").replace(tzinfo=TOKYO))


def sato(language: str = "en", **more: Any) -> Recipient:
    usual: dict[str, Any] = {
        "target": "person:sato@acme.example",
        "address": "sato@acme.example",
        "key": "sato",
        "zone": "Asia/Tokyo",
    }
    return Recipient(language=language, **{**usual, **more})


def told(record: str = "d1", **more: Any) -> Telling:
    """A breach on Hikari Foods, four business days over."""
    usual: dict[str, Any] = {
        "alert": f"alert-{record}-{more.get('rule', 'ghosted')}",
        "name": "Hikari Foods",
        "kind": Kind.BREACH,
        "rule": "ghosted",
        "title": {"en": "Customer went silent", "ja": "お客様からの返信なし"},
        "owner": "sato",
        "owner_name": "佐藤 蓮",
        "message": {"en": "*{name}*: no answer since {since}.", "ja": "*{name}*:{since} から反応がありません。"},
        "severity": Severity.CRITICAL,
        "anchor": at("10-30 11:02"),
        "due": at("11-14 18:00"),
        "limit": business_days(10),
        "days_over": 4,
        "amount": 12_400_000_00,
        "currency": "JPY",
        "stage": {"en": "Proposal", "ja": "提案"},
        "in_stage": business_days(31),
        "zone": "Asia/Tokyo",
    }
    return Telling(record=record, **{**usual, **more})


def warned(record: str = "d1", **more: Any) -> Telling:
    """No next meeting on the same deal, two days ahead."""
    usual: dict[str, Any] = {
        "kind": Kind.WARN,
        "rule": "no-next-meeting",
        "title": {"en": "No next meeting", "ja": "次回商談なし"},
        "limit": Duration(14, Unit.DAY),
        "due": at("11-22 18:00"),
        "days_over": -2,
    }
    return told(record, **{**usual, **more})


def settled(record: str = "d1", **more: Any) -> Telling:
    """The same, answered."""
    return told(record, **{"kind": Kind.RESOLVE, **more})
