"""Who somebody in Slack is to us, and whether they may answer for a deal (security, S13).

`people:` may name somebody's Slack id; everybody else is found by the e-mail address of their Slack account, which
only counts if the account is a person's, alive, and of our own workspace: a guest's or a stranger's company could
write any address into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import HOUR, MINUTE

KNOWN_FOR: Final = HOUR
"""Microseconds for which an address is believed; somebody who leaves loses their Slack account in the meantime."""
UNKNOWN_FOR: Final = MINUTE


class Slack(Protocol):
    """The one thing that is asked of Slack's Web API."""

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method; raises a NotifierError for everything that is no success."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A person who pressed something.

    Attributes:
        actor: what the audit log calls them: their address, else their Slack id.
        keys: every id under which records and managers refer to them; empty for a stranger.
        answers_all: RevOps and admins answer for every deal.
        language, zone: their own; None: the project's.
    """

    slack: str
    actor: str
    keys: frozenset[str] = frozenset()
    answers_all: bool = False
    language: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Identities:
    """Tells who is who.

    Attributes:
        admins: addresses of RevOps, in lower case.
        now: the present, in microseconds.
    """

    slack: Slack
    admins: frozenset[str]
    now: Callable[[], int]
    _addresses: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    _team: list[str] = field(default_factory=list)

    def who(self, slack_id: str, people: Directory) -> Somebody:
        """The person behind a Slack id.

        Raises:
            NotifierError: Slack could not be asked.
        """
        mine = [one for one in people.people.values() if one.alias and one.alias == slack_id]
        address = next((one.email for one in mine if one.email), None)
        if not mine:
            address = self._address(slack_id)
            mine = [one for one in people.people.values() if address and one.email == address]
        active = [one for one in mine if one.active]
        return Somebody(
            slack=slack_id,
            actor=address or next((one.name for one in active), slack_id),
            keys=frozenset(one.key for one in active) | ({address} if address and not mine else set()),
            answers_all=address is not None and address in self.admins,
            language=next((one.language for one in active if one.language), None),
            zone=next((one.zone for one in active if one.zone), None),
        )

    def _address(self, slack_id: str) -> str | None:
        """The address of their account, looked up once an hour; one without is asked for again soon."""
        until, address = self._addresses.get(slack_id, (0, None))
        now = self.now()
        if until <= now:
            address = self._looked_up(slack_id)
            self._addresses[slack_id] = (now + (KNOWN_FOR if address else UNKNOWN_FOR), address)
        return address

    def _looked_up(self, slack_id: str) -> str | None:
        user = self.slack.call("users.info", user=slack_id).get("user") or {}
        unfit = ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted")
        if any(user.get(name) for name in unfit) or user.get("is_email_confirmed") is False:
            return None
        if not self._is_ours(user):
            return None
        address = str((user.get("profile") or {}).get("email") or "").strip().lower()
        return address or None

    def _is_ours(self, user: Mapping[str, Any]) -> bool:
        if not self._team:
            we = self.slack.call("auth.test")
            self._team.extend(str(we[name]) for name in ("team_id", "enterprise_id") if we.get(name))
        theirs = {user.get("team_id"), (user.get("enterprise_user") or {}).get("enterprise_id")}
        return not theirs.isdisjoint(self._team)


def may_answer(somebody: Somebody, owner: str | None, people: Directory) -> bool:
    """Whether this is the owner, one of those above them, or RevOps; worked out anew each time (S10)."""
    return somebody.answers_all or any(key in somebody.keys for key in _line(owner, people))


def _line(owner: str | None, people: Directory) -> list[str]:
    """The owner and everybody above; a line that bites its tail ends there."""
    line: list[str] = []
    key = owner
    while key and key not in line:
        line.append(key)
        person = people.people.get(key)
        key = person.manager if person else None
    return line
