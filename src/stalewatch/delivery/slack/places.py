"""From an address to the conversation that a message goes to: people by e-mail or id, channels by name or id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch.delivery.slack.client import SlackClient
from stalewatch.delivery.slack.errors import ScopeMissing, Unseen
from stalewatch.sdk.errors import TargetGone

FOUND_FOR: Final = timedelta(hours=24)
MISSED_FOR: Final = timedelta(hours=1)
"""How long somebody found, and somebody not found, is not looked up again."""
_EMAIL: Final = re.compile(r"[^@\s:<>]+@[^@\s:<>]+\.[^@\s:<>]+")
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{5,20}")
_CONVERSATION: Final = re.compile(r"[CGD][A-Z0-9]{5,20}")
_CHANNEL: Final = re.compile(r"#[^\s#@<>]{1,80}")
_PAGE: Final = 1_000
_MOST_PAGES: Final = 50


class Places:
    """Finds conversations and remembers them.

    Args:
        now: the clock by which what was found grows old.
    """

    def __init__(self, client: SlackClient, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self._people: dict[str, tuple[datetime, str | None]] = {}
        self._directs: dict[str, str] = {}
        self._channels: dict[str, str] = {}

    def find(self, address: str) -> str:
        """The conversation of an address: its id; for a channel that was not met yet, "#" and its name.

        Raises:
            TargetGone: nobody has this address, or it is none.
            NotifierError: Slack could not be asked.
        """
        if _CONVERSATION.fullmatch(address):
            return address
        if _CHANNEL.fullmatch(address):
            return self._channels.get(address.lower(), address.lower())
        if _PERSON.fullmatch(address):
            return self._direct(address)
        if _EMAIL.fullmatch(address):
            return self._direct(self._person(address.lower()))
        raise TargetGone(
            "this is no e-mail address, no Slack user id and no #channel",
            where=f"slack {address}",
            cure="name the person's Slack user id under `people:`, and write channels as #name",
        )

    def identify(self, place: str) -> str:
        """The id of a conversation, looked up among the public channels if only its name is known.

        Raises:
            TargetGone: no channel that we can see has this name.
            NotifierError: Slack could not be asked.
        """
        if not place.startswith("#"):
            return place
        if place not in self._channels:
            self._channels.update({f"#{one['name']}": str(one["id"]) for one in self._listed() if one.get("name")})
        if place not in self._channels:
            cure = "name another channel; a private one is found once the app was invited and has posted there"
            raise TargetGone("there is no such public channel", where=f"slack {place}", cure=cure)
        return self._channels[place]

    def join(self, place: str) -> str:
        """Become a member of a public channel; returns its id.

        Raises:
            TargetGone: it is private, archived, or the app may not join channels.
            NotifierError: Slack could not be asked.
        """
        try:
            channel = self.identify(place)
            self._client.call("conversations.join", channel=channel)
        except ScopeMissing as error:
            cure = "invite the app into it, or grant channels:read and channels:join"
            raise TargetGone("the app is not in the channel and may not join it", where=place, cure=cure) from error
        return channel

    def remember(self, place: str, channel: str) -> None:
        """A channel was met under its name; keep its id."""
        if place.startswith("#") and channel:
            self._channels[place] = channel

    def forget(self, address: str) -> None:
        """What was known of an address led nowhere; look again next time."""
        _, person = self._people.pop(address.lower(), (None, None))
        self._directs.pop(person or address, None)
        self._channels.pop(address.lower(), None)

    def _person(self, email: str) -> str:
        until, person = self._people.get(email, (None, None))
        if until is None or self._now() >= until:
            person = self._looked_up(email)
            self._people[email] = (self._now() + (FOUND_FOR if person else MISSED_FOR), person)
        if person is None:
            cure = "name their Slack user id under `people:`"
            raise Unseen("the workspace knows nobody with this address", where=f"slack {email}", cure=cure)
        return person

    def _looked_up(self, email: str) -> str | None:
        try:
            return str(self._client.call("users.lookupByEmail", email=email)["user"]["id"])
        except Unseen:
            return None

    def _direct(self, person: str) -> str:
        if person not in self._directs:
            opened = self._client.call("conversations.open", users=person)
            self._directs[person] = str(opened["channel"]["id"])
        return self._directs[person]

    def _listed(self) -> Iterator[dict[str, Any]]:
        """The public channels, page by page."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            found = self._client.call("conversations.list", types="public_channel", limit=_PAGE, cursor=cursor)
            yield from found["channels"]
            cursor = (found.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
