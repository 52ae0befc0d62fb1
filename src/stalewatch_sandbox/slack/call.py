"""One call of a Web API method."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from stalewatch_sandbox.slack.arguments import Arguments
from stalewatch_sandbox.slack.errors import Refused
from stalewatch_sandbox.slack.limits import Limits
from stalewatch_sandbox.slack.views import Views
from stalewatch_sandbox.slack.workspace import Channel, User, Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """A call by somebody who may call.

    Attributes:
        history_lag: messages that are younger are not in the history yet.
    """

    workspace: Workspace
    views: Views
    limits: Limits
    scopes: frozenset[str]
    arguments: Arguments
    history_lag: timedelta = timedelta()

    def require(self, *any_of: str) -> None:
        """Raise Refused unless one of the scopes was granted."""
        if not self.scopes.intersection(any_of):
            raise Refused("missing_scope", needed=any_of[0], provided=",".join(sorted(self.scopes)))

    def user(self, id_: str, word: str = "user_not_found") -> User:
        """A member; raises Refused with a word if there is none."""
        if id_ not in self.workspace.users:
            raise Refused(word)
        return self.workspace.users[id_]

    def channel(self, said: str) -> Channel:
        """A channel by its id; raises Refused if there is none."""
        found = self.workspace.channels.get(said)
        if found is None:
            raise Refused("channel_not_found")
        return found
