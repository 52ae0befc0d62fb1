"""A workspace: its people, channels and messages, and a ledger of everything that the app said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import RLock
from typing import Any, Final

TEAM: Final = "T0SANDBOX"
APP: Final = "A0STALEWATCH"
BOT: Final = "B0STALEWATCH"
BOT_USER: Final = "U0STALEBOT"
Blocks = list[dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class User:
    """A member. `dnd` is a span in which they are not disturbed; a stranger is of another company."""

    id: str
    name: str
    email: str = ""
    zone: str = "Asia/Tokyo"
    locale: str = "ja-JP"
    is_deleted: bool = False
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    dnd: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it stands now."""

    ts: str
    channel: str
    text: str
    blocks: Blocks = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    user: str = BOT_USER
    thread: str = ""
    edited: str = ""
    only_for: str = ""
    is_deleted: bool = False

    @property
    def is_ours(self) -> bool:
        """The app wrote it."""
        return self.user == BOT_USER


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, or a direct message if `user` is set."""

    id: str
    name: str = ""
    user: str = ""
    is_private: bool = False
    is_archived: bool = False
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        """A direct message between the app and one person."""
        return bool(self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that the app said, in the order in which it did.

    Attributes:
        kind: post, edit, delete, ephemeral, view, home.
        user: who sees it, if it is one person: of direct and ephemeral messages, views and homes.
    """

    kind: str
    at: datetime
    channel: str = ""
    ts: str = ""
    user: str = ""
    text: str = ""
    blocks: Blocks = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread: str = ""


class Workspace:
    """The state. Take `lock` around anything that belongs together.

    Attributes:
        ledger: what the app said, posts, edits and deletions, in order.
        has_home: whether the app's Home tab is switched on.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock = RLock()
        self.now = now
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ledger: list[Entry] = []
        self.has_home = True
        self._last = (0, 0)
        self._numbers = count(1)
        self.add_user(User(id=BOT_USER, name="stalewatch", is_bot=True))

    def add_user(self, user: User) -> User:
        """Somebody joins, or changes."""
        self.users[user.id] = user
        return user

    def join(self, name: str, email: str, *, zone: str = "Asia/Tokyo", locale: str = "ja-JP") -> User:
        """Somebody joins and gets an id."""
        return self.add_user(User(id=f"U{next(self._numbers):08}", name=name, email=email, zone=zone, locale=locale))

    def add_channel(self, name: str, *, is_private: bool = False, with_app: bool = True) -> Channel:
        """Open a channel; everybody is in it."""
        id_ = f"{'G' if is_private else 'C'}{next(self._numbers):08}"
        members = set(self.users) if with_app else set(self.users) - {BOT_USER}
        self.channels[id_] = Channel(id=id_, name=name.lstrip("#"), is_private=is_private, members=members)
        return self.channels[id_]

    def direct(self, user: str) -> Channel:
        """The direct messages between the app and somebody; they are there from the first time on."""
        id_ = f"D{user[1:]}"
        if id_ not in self.channels:
            self.channels[id_] = Channel(id=id_, user=user, members={user, BOT_USER})
        return self.channels[id_]

    def stamp(self) -> str:
        """A message's time, which is its name: no two have the same."""
        seconds = int(self.now().timestamp())
        last, number = self._last
        self._last = (seconds, 0) if seconds > last else (last, number + 1)
        return f"{self._last[0]}.{self._last[1]:06}"

    def post(self, message: Message) -> Message:
        """Put a message into its channel."""
        self.channels[message.channel].messages[message.ts] = message
        self._note("ephemeral" if message.only_for else "post", message)
        return message

    def edit(self, message: Message, **values: Any) -> Message:
        """Change a message."""
        changed = replace(message, edited=self.stamp(), **values)
        self.channels[message.channel].messages[message.ts] = changed
        self._note("edit", changed)
        return changed

    def delete(self, message: Message) -> None:
        """Take a message away."""
        gone = replace(message, is_deleted=True)
        self.channels[message.channel].messages[message.ts] = gone
        self._note("delete", gone)

    def say(self, user: str, channel: str, text: str, thread: str = "") -> Message:
        """Somebody else than the app writes something; the ledger is silent about that."""
        message = Message(ts=self.stamp(), channel=channel, text=text, user=user, thread=thread)
        self.channels[channel].messages[message.ts] = message
        return message

    def messages(self, channel: str) -> list[Message]:
        """What everybody in a channel can see, oldest first."""
        return [
            message
            for _, message in sorted(self.channels[channel].messages.items(), key=lambda item: moment_of(item[0]))
            if not message.is_deleted and not message.only_for
        ]

    def told(self, user: str) -> list[Entry]:
        """The posts in somebody's direct messages, in order."""
        return [entry for entry in self.ledger if entry.kind == "post" and entry.user == user]

    def _note(self, kind: str, message: Message) -> None:
        channel = self.channels[message.channel]
        self.ledger.append(
            Entry(
                kind=kind, at=self.now(), channel=channel.id, ts=message.ts, user=message.only_for or channel.user,
                text=message.text, blocks=message.blocks, metadata=message.metadata, thread=message.thread,
            )
        )  # fmt: skip


def moment_of(ts: str) -> tuple[int, int]:
    """A message's time as numbers; raises ValueError if it is none."""
    seconds, _, number = ts.partition(".")
    return int(seconds), int(number.ljust(6, "0")[:6] or 0)
