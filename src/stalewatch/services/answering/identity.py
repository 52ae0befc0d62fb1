"""Who somebody in Slack is to us, and whether they may answer for a deal (security, S13).

`people:` may name somebody's Slack id; everybody else is found by the e-mail address of their Slack account, which
only counts if the account is a person's, alive, and of our own workspace: a guest's or a stranger's company could
write any address into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from stalewatch.delivery.slack.errors import Unseen
from stalewatch.delivery.slack.members import Member, member
from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import HOUR, MINUTE
from stalewatch.domain.policies import Override
from stalewatch.services.access.hierarchy import reach, reports_of
from stalewatch.services.access.principals import Company
from stalewatch.store.visibility import Visible

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
        now: the present, in microseconds.
        overrides: what `people:` says, by address; its language goes before the one that is set in Slack.
    """

    slack: Slack
    now: Callable[[], int]
    overrides: Mapping[str, Override] = field(default_factory=dict)
    _accounts: dict[str, tuple[int, Member | None]] = field(default_factory=dict)
    _team: list[str] = field(default_factory=list)

    def who(self, slack_id: str, company: Company) -> Somebody:
        """The person behind a Slack id.

        Raises:
            NotifierError: Slack could not be asked.
        """
        people = company.people
        mine = [one for one in people.people.values() if one.alias and one.alias == slack_id]
        address = next((one.email for one in mine if one.email), None)
        account = None if mine else self.account(slack_id)
        if account is not None and self._counts(account):
            address = account.email
            mine = [one for one in people.people.values() if address and one.email == address]
        active = [one for one in mine if one.active]
        return Somebody(
            slack=slack_id,
            actor=address or next((one.name for one in active), slack_id),
            keys=frozenset(one.key for one in active) | ({address} if address and not mine else set()),
            answers_all=address is not None and company.sees_all(address),
            language=self._language(address, account) or next((one.language for one in active if one.language), None),
            zone=next((one.zone for one in active if one.zone), account.zone if account else None),
        )

    def account(self, slack_id: str) -> Member | None:
        """The account behind a Slack id, looked up once an hour; None if there is none.

        Raises:
            NotifierError: Slack could not be asked.
        """
        until, account = self._accounts.get(slack_id, (0, None))
        now = self.now()
        if until <= now:
            account = self._looked_up(slack_id)
            is_known = account is not None and self._counts(account)
            self._accounts[slack_id] = (now + (KNOWN_FOR if is_known else UNKNOWN_FOR), account)
        return account

    def _looked_up(self, slack_id: str) -> Member | None:
        try:
            return member(self.slack, slack_id)
        except Unseen:
            return None

    def _counts(self, account: Member) -> bool:
        """Whether the address of an account is believed."""
        return account.is_fit and account.email is not None and self._is_ours(account)

    def _language(self, address: str | None, account: Member | None) -> str | None:
        said = self.overrides.get(address or "")
        return (said.language if said else None) or (account.language if account else None)

    def _is_ours(self, account: Member) -> bool:
        if not self._team:
            we = self.slack.call("auth.test")
            self._team.extend(str(we[name]) for name in ("team_id", "enterprise_id") if we.get(name))
        return not account.teams.isdisjoint(self._team)


def seen_by(somebody: Somebody, people: Directory) -> Visible | None:
    """The records that somebody may see and answer for; None: all. Worked out anew each time (S10)."""
    return None if somebody.answers_all else reach(somebody.keys, reports_of(people))
