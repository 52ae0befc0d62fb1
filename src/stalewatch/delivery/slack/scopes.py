"""The methods that we call, and the scopes that each of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.delete": ("chat:write",),
    "conversations.open": ("im:write",),
    "conversations.list": ("channels:read",),
    "conversations.join": ("channels:join",),
    "conversations.history": ("im:history", "channels:history", "groups:history"),
    "conversations.replies": ("im:history", "channels:history", "groups:history"),
    "users.lookupByEmail": ("users:read.email", "users:read"),
    "users.info": ("users:read", "users:read.email"),
    "views.open": (),
    "views.update": (),
    "views.publish": (),
}
"""Method -> scopes. Of the histories, each kind of conversation needs its own."""

TO_SPEAK: Final = frozenset({"chat:write", "im:write", "users:read", "users:read.email"})
"""Without these nobody can be told anything."""

OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {"dnd.info": ("dnd:read",)}
"""Methods that are done without where their scopes were not granted; the manifest does not ask for these."""

COMMANDS: Final = "commands"
"""What the slash command takes; no method does."""

EVERY: Final = frozenset(scope for needed in SCOPES.values() for scope in needed) | {COMMANDS}
"""What the manifest asks for."""

WITHOUT: Final[Mapping[str, str]] = {
    "chat:write": "nothing can be said",
    "im:write": "nobody can be told anything",
    "users:read": "nobody is known",
    "users:read.email": "nobody is found by their address",
    "im:history": "a lost answer is not looked up in direct messages",
    "channels:history": "a lost answer is not looked up in public channels",
    "groups:history": "a lost answer is not looked up in private channels",
    "channels:read": "a channel is not found by its name",
    "channels:join": "public channels are not joined",
    COMMANDS: "there is no /stalewatch",
}
"""What is not done without each of them."""
