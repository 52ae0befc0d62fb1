"""From an address to the conversation that a message goes to: people by e-mail or id, channels by name or id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch.delivery.slack.client import SlackClient
from stalewatch.delivery.slack.errors import ScopeMissing, Unseen
from stalewatch.sdk.errors import TargetGone
from stalewatch.sdk.notifier import Place

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
    """Finds conversations and remembers them, each for a day.

    Args:
        now: the clock by which what was found grows old.
    """

    def __init__(self, client: SlackClient, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self._known: dict[str, Place] = {}

    def find(self, address: str) -> str:
        """The conversation of an address: its id; for a channel that was not met yet, "#" and its name.

        Raises:
            TargetGone: nobody has this address, or it is none.
            NotifierError: Slack could not be asked.
        """
        if _CONVERSATION.fullmatch(address):
            return address
        if _CHANNEL.fullmatch(address):
            known = self.known(address)
            return _channel_of(known) or address.lower()
        if _PERSON.fullmatch(address) or _EMAIL.fullmatch(address):
            return str(self._directly(address)["channel"])
        raise TargetGone(
            "this is no e-mail address, no Slack user id and no #channel",
            where=f"slack {address}",
            cure="name the person's Slack user id under `people:`, and write channels as #name",
        )

    def person(self, address: str) -> str | None:
        """The user id of the person at an address; None: it is a channel's.

        Raises:
            TargetGone: nobody has this address.
            NotifierError: Slack could not be asked.
        """
        if _PERSON.fullmatch(address):
            return address
        return str(self._directly(address)["user"]) if _EMAIL.fullmatch(address) else None

    def identify(self, place: str) -> str:
        """The id of a conversation, looked up among the public channels if only its name is known.

        Raises:
            TargetGone: no channel that we can see has this name.
            NotifierError: Slack could not be asked.
        """
        if not place.startswith("#"):
            return place
        if self.known(place) is None:
            for one in self._listed():
                if one.get("name"):
                    self.remember(f"#{one['name']}", str(one["id"]))
        found = _channel_of(self.known(place))
        if found is None:
            cure = "name another channel; a private one is found once the app was invited and has posted there"
            raise TargetGone("there is no such public channel", where=f"slack {place}", cure=cure)
        return found

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
            self._keep(place, {"channel": channel}, FOUND_FOR)

    def recall(self, address: str, place: Place) -> None:
        """Take up what was found out before; what is known here and lasts longer stays."""
        known = self.known(address)
        if (known is None or known.until < place.until) and _is_whole(address, place):
            self._known[address.lower()] = place

    def known(self, address: str) -> Place | None:
        """What is known of an address and not too old."""
        found = self._known.get(address.lower())
        return found if found is not None and self._now() < found.until else None

    def forget(self, address: str) -> None:
        """What was known of an address led nowhere; look again next time."""
        self._known.pop(address.lower(), None)

    def _directly(self, address: str) -> dict[str, Any]:
        """The conversation with a person, and their id."""
        known = self.known(address)
        if known is None:
            known = self._found(address)
        if known.handle is None:
            cure = "name their Slack user id under `people:`"
            raise Unseen("the workspace knows nobody with this address", where=f"slack {address}", cure=cure)
        return dict(known.handle)

    def _found(self, address: str) -> Place:
        """Look a person up, and open the conversation with them."""
        user = address if _PERSON.fullmatch(address) else self._looked_up(address.lower())
        if user is None:
            return self._keep(address, None, MISSED_FOR)
        old = self._known.get(address.lower())
        if old is not None and old.handle is not None and old.handle["user"] == user and user != address:
            return self._keep(address, dict(old.handle), FOUND_FOR)  # they are there still, and so is the conversation
        opened = self._client.call("conversations.open", users=user)
        return self._keep(address, {"channel": str(opened["channel"]["id"]), "user": user}, FOUND_FOR)

    def _looked_up(self, email: str) -> str | None:
        with suppress(Unseen):
            return str(self._client.call("users.lookupByEmail", email=email)["user"]["id"])
        return None

    def _keep(self, address: str, handle: dict[str, Any] | None, span: timedelta) -> Place:
        self._known[address.lower()] = found = Place(handle=handle, until=self._now() + span)
        return found

    def _listed(self) -> Iterator[dict[str, Any]]:
        """The public channels, page by page."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            found = self._client.call("conversations.list", types="public_channel", limit=_PAGE, cursor=cursor)
            yield from found["channels"]
            cursor = (found.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def _channel_of(place: Place | None) -> str | None:
    return None if place is None or place.handle is None else str(place.handle["channel"])


def _is_whole(address: str, place: Place) -> bool:
    """Whether a place says all that is asked of such an address; an older release may have kept less."""
    wanted = {"channel"} if address.startswith("#") else {"channel", "user"}
    return place.handle is None or wanted <= place.handle.keys()
