"""Where a database is: what may be written as its address, and how SQLite's is opened by who only looks."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from stalewatch.sdk.errors import ConfigurationError

_FORMS: Final = "sqlite:///stalewatch.db or postgresql+psycopg://user@host/name"


def checked(url: str) -> URL:
    """An address that somebody wrote, with the driver that we use.

    Raises:
        ConfigurationError: it cannot be read, or is of a kind that we do not speak.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("the database address cannot be read", cure=f"write it as {_FORMS}") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigurationError(f"no such kind of database: {parsed.drivername}", cure=f"write it as {_FORMS}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "a database in memory cannot be shared between processes", cure="name a file: sqlite:///stalewatch.db"
        )
    return parsed


def to_look_at(url: URL) -> URL:
    """The address under which SQLite opens a file that is there, and only to read it; PostgreSQL's as it is."""
    if url.get_backend_name() != "sqlite":
        return url
    return url.set(database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"})
