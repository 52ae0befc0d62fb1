"""The methods that we call, and the scopes that each of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "conversations.open": ("im:write",),
    "conversations.list": ("channels:read",),
    "conversations.join": ("channels:join",),
    "conversations.history": ("im:history", "channels:history", "groups:history"),
    "conversations.replies": ("im:history", "channels:history", "groups:history"),
    "users.lookupByEmail": ("users:read.email", "users:read"),
    "users.info": ("users:read", "users:read.email"),
    "views.open": (),
    "views.update": (),
}
"""Method -> scopes. Of the histories, each kind of conversation needs its own."""

TO_SPEAK: Final = frozenset({"chat:write", "im:write", "users:read", "users:read.email"})
"""Without these nobody can be told anything."""

EVERY: Final = frozenset(scope for needed in SCOPES.values() for scope in needed)
"""What the manifest asks for."""
