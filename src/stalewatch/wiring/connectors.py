"""The connectors of a project, made from what its configuration says of each connection."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from stalewatch import plugins
from stalewatch.clock import Clock
from stalewatch.domain.kpi.reads import measured
from stalewatch.sdk.connector import ConnectionSettings, Connector
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.settings import Connecting, Settings

if TYPE_CHECKING:
    from stalewatch.store.engine import Database


def connection_of(settings: Settings, identity: str) -> Connecting:
    """What the configuration says of a connection.

    Raises:
        ConfigurationError: there is none with this id.
    """
    known = {connection.id: connection for connection in settings.connections}
    if identity not in known:
        cure = f"connections: {', '.join(known) or 'none'}"
        raise ConfigurationError(f"there is no connection {identity!r}", where=str(settings.path), cure=cure)
    return known[identity]


def make_connector(
    settings: Settings, connection: Connecting, book: Rulebook, clock: Clock,
    due_soon: Callable[[], Collection[str]] | None = None, *, database: Callable[[], Database] | None = None,
    whole: bool = False,
) -> Connector:  # fmt: skip
    """Make the connector of a connection.

    Args:
        due_soon: tells which of its records have a deadline within the next day.
        whole: it reads every field, whether an active rule asks for it or not.
        database: opens the one in which it keeps what it was given while it ran, and counts its calls; None: it
            is made for the sake of its options, and keeps nothing.

    Raises:
        ConfigurationError: its options cannot be used.
        PluginError: its type cannot be loaded.
    """
    objects = book.rules.catalogue.objects
    catalogue = {obj: {name: field.type.value for name, field in fields.items()} for obj, fields in objects.items()}
    told = ConnectionSettings(
        id=connection.id,
        options=connection.options,
        base=settings.base,
        currency=settings.judging.currency,
        now=clock.now,
        catalogue=catalogue,
        reads={} if whole else _read(book),
        due_soon=due_soon,
    )
    if database is not None:
        told = _keeping(told, settings, clock, database)
    return plugins.connector(connection.type)(told)


def _read(book: Rulebook) -> dict[str, frozenset[str]]:
    """What somebody reads: the rules, and the KPIs."""
    rules = book.rules
    read = {obj: book.needs[obj].fields | book.needs[obj].history for obj in book.objects}
    return {obj: fields | measured(rules, obj) for obj, fields in read.items()}


def _keeping(
    told: ConnectionSettings, settings: Settings, clock: Clock, database: Callable[[], Database]
) -> ConnectionSettings:
    from stalewatch.services.syncing.pacing import StoredPacer  # noqa: PLC0415  # they need the database's libraries
    from stalewatch.services.syncing.vault import SealedVault  # noqa: PLC0415

    vault = SealedVault(told.id, database, settings.secrets, clock)
    return replace(told, vault=vault, pacer=StoredPacer(told.id, database))
