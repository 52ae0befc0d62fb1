"""Who can sign in with the simulated provider."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch_sandbox.staff import Staff


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom the provider knows.

    Attributes:
        verified: whether it has seen that the address is theirs.
        hosted: the domain of whose company they are, as Google says it; "" leaves it unsaid.
    """

    email: str
    name: str
    verified: bool = True
    hosted: str = ""

    @property
    def subject(self) -> str:
        """What the provider calls them for ever."""
        return f"sub-{self.email}"


def people_of(staff: Staff) -> tuple[Account, ...]:
    """The company's people, managers first."""
    return tuple(Account(one.email, one.name) for one in (*staff.managers, *staff.reps))
