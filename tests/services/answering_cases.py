"""A problem of a deal as a form sees it, without a database: what is not said is as usual."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.directory import Directory
from stalewatch.domain.directory import Person as Known
from stalewatch.domain.instants import to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.form import Asked
from stalewatch.services.answering.outcomes import Letter, Office
from stalewatch.services.rules.rulebook import Rulebook
from tests.services.world import at, rulebook

RULES: Final = """
stalewatch: 1
pack: quiet
rules:
  - id: no-next-meeting
    title: {en: No next meeting, ja: 次回商談なし}
    watch: deal
    start: created_at
    within: [{is: 10bd}]
"""
NOON = at("2026-04-01 12:00")
"""A Wednesday in Tokyo."""


@cache
def rules() -> Rulebook:
    return rulebook(RULES)


class Mail:
    """Makes the same mail for everybody."""

    def __init__(self, text: str = "Three sentences.\nhttps://stalewatch.example/l/abc") -> None:
        self.text = text

    def letter(self, conn: Any, record: Any, check: str, language: str, *, actor: str, now: int) -> Letter:
        return Letter(link="https://stalewatch.example/l/abc", subject="Shall we go on?", text=self.text)


def asked(
    language: str = "en", *, name: str = "Hikari Foods", zone: str = "Asia/Tokyo", now: datetime = NOON,
    allowed: Writeback | None = None, links: Mail | None = None, alert: dict[str, Any] | None = None, **record: Any,
) -> Asked:  # fmt: skip
    """An alert of Sato's deal "crm:acme" in a connection of Salesforce's."""
    told = {"id": "crm:acme", "external_id": "acme", "connection": "crm", "name": name, "owner": "crm:sato",
            "is_open": True, "modified_at": 17, "meeting_ends_at": None, "outcome": None,
            "closed_at": None}  # fmt: skip
    episode = {"id": "f" * 64 + ".1", "rule_id": "no-next-meeting", "object": "deal", "record_id": "crm:acme",
               "state": "open", "snoozes": 0, "snoozed_until": None, "cause": None, "resolved_at": None}  # fmt: skip
    people = Directory(people={"crm:sato": Known(key="crm:sato", name="Sato", email="sato@acme.example")})
    case = Case(
        rules(), people, SimpleNamespace(**{**episode, **(alert or {})}), SimpleNamespace(**{**told, **record}),
        rules().calendars.default, "Salesforce",
    )  # fmt: skip
    office = Office(book=rules(), allowed={} if allowed is None else {"crm": allowed}, links=links)
    return Asked(case=case, reader=Reader(language, now, zone), office=office, now=to_us(now))
