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

EVERY: Final = frozenset(scope for needed in SCOPES.values() for scope in needed)
"""What the manifest asks for."""
