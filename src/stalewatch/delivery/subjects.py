"""What a message speaks of: one subject per deal or lead, its causes folded together, the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stalewatch.delivery.sentences import is_late
from stalewatch.delivery.telling import Telling
from stalewatch.domain.alerts import Kind


@dataclass(frozen=True, slots=True)
class Subject:
    """One deal or lead with all that is to be said of it, the leading cause first."""

    tellings: tuple[Telling, ...]

    @property
    def lead(self) -> Telling:
        """The cause that speaks; the others are chips beside it."""
        return self.tellings[0]

    @property
    def is_settled(self) -> bool:
        """All that is to be said is that it is over."""
        return self.lead.kind is Kind.RESOLVE

    @property
    def is_passed_on(self) -> bool:
        """It is told to somebody because nothing came of telling its owner."""
        return any(telling.kind is Kind.ESCALATE for telling in self.tellings)

    @property
    def is_soon(self) -> bool:
        """Its limit lies ahead."""
        return place(self.lead) == 1


def ranked(tellings: Iterable[Telling]) -> list[Subject]:
    """Grouped by record and worst first: late, soon, settled; then by severity, days over and amount."""
    records: dict[str, list[Telling]] = {}
    for telling in tellings:
        records.setdefault(telling.record, []).append(telling)
    subjects = [Subject(tuple(sorted(group, key=badness))) for group in records.values()]
    return sorted(subjects, key=lambda subject: (place(subject.lead), badness(subject.lead)))


def badness(telling: Telling) -> tuple[bool, bool, int, int, int, int, str, str]:
    """Sorts the worst first. What another rule speaks for never leads; equal ones stand by name."""
    return (
        telling.kind is Kind.RESOLVE,
        telling.muted,
        place(telling),
        -telling.severity.rank,
        -telling.days_over,
        -(telling.amount or 0),
        telling.name,
        telling.alert,
    )


def place(telling: Telling) -> int:
    """0 late, 1 soon, 2 settled: the order in which a message speaks."""
    return 2 if telling.kind is Kind.RESOLVE else int(not is_late(telling))
