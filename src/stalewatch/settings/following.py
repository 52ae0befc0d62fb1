"""What of a saved stalewatch.yaml a running process takes up by itself, and what it takes up when it starts again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from stalewatch.settings.project import Connecting, Settings

_STARTED: Final[Mapping[str, Callable[[Settings], Any]]] = {
    "database": lambda one: one.database,
    "web": lambda one: (one.web, one.speaking.public_url),
    "secrets": lambda one: one.secrets,
    "connections": lambda one: [_unplaced(connection) for connection in one.connections],
    "notify": lambda one: one.notify,
    "auth": lambda one: (one.speaking.admins, one.signing_in),
    "webhooks": lambda one: one.hooks,
    "heartbeat": lambda one: one.heartbeat,
    "defaults.currency": lambda one: one.judging.currency,
}
"""What a process is built on when it starts: the parts that it has opened, and the currency in which all is stored."""
AT_START: Final = tuple(_STARTED)
"""The keys of stalewatch.yaml that need a restart; every other one is taken up while the process runs."""


def followed(running: Settings, saved: Settings) -> tuple[Settings, tuple[str, ...]]:
    """The settings to work by from now on, and the keys whose saved values wait for a restart."""
    waiting = tuple(key for key, value in _STARTED.items() if value(running) != value(saved))
    speaking = replace(
        saved.speaking,
        public_url=running.speaking.public_url,
        operator_channel=running.speaking.operator_channel,
        operator_email=running.speaking.operator_email,
        by_email=running.speaking.by_email,
        admins=running.speaking.admins,
    )
    following = replace(
        saved,
        database=running.database,
        web=running.web,
        secrets=running.secrets,
        connections=running.connections,
        notify=running.notify,
        signing_in=running.signing_in,
        judging=replace(saved.judging, currency=running.judging.currency),
        speaking=speaking,
        hooks=running.hooks,
        heartbeat=running.heartbeat,
    )
    return following, waiting


def _unplaced(connection: Connecting) -> Connecting:
    """A connection without the line on which it stands."""
    return replace(connection, line=0)
