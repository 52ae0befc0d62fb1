"""What people answer in stories: `answers(world, Claim())` is Sato's answer to the newest alert of the deal Acme."""

from __future__ import annotations

from typing import Any

from stalewatch.services.answering.acts import Act, Snooze
from stalewatch.services.answering.outcomes import Answer, Letter, Office
from stalewatch.services.answering.respond import answer
from stalewatch.store.engine import Connection
from tests.services.heard import alert
from tests.services.world import World


class Letters:
    """Makes customers' mails, and remembers for which answer each was made."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, str]] = []

    def letter(self, conn: Connection, record: Any, check: str, language: str, *, actor: str, now: int) -> Letter:
        del conn, now
        self.made.append((record.id, language, actor))
        return Letter(link=f"https://stalewatch.example/l/{check}", subject=language, text=record.name)


def answers(
    world: World, act: Act, *, name: str = "acme", rule: str | None = None, actor: str = "sato", **more: Any
) -> Answer:
    """An answer to the newest alert of a deal (`alert=`: to that one); `office=` says what the project allows."""
    office, mark = more.pop("office", None) or Office(book=world.book), more.pop("alert", None)
    with world.db.write() as conn:
        mark = mark or alert(world, name, rule).id
        return answer(conn, office, mark, act, actor=actor, now=world.us, **{"visible": None, **more})


def snoozes(world: World, mark: str, until: int, *, reason: str = "they are away", actor: str = "sato") -> Answer:
    """A snooze of an alert until a moment (µs)."""
    return answers(world, Snooze(until=until, reason=reason), alert=mark, actor=actor)
