"""One connection that is kept, for the one question that is asked at every request."""

from __future__ import annotations

from threading import Lock
from typing import Any

from sqlalchemy.engine import Connection, Engine


class Kept:
    """Asks over a connection that is not given back in between: to take one and give it back costs more than to ask.

    Whatever goes wrong with it, it is given up and another one is asked, whose errors are the caller's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, Lock()
        self._connection: Connection | None = None

    def value(self, statement: str) -> Any:
        """The only value of a statement without parameters; one caller asks at a time."""
        with self._lock:
            if self._connection is not None:
                try:
                    return _asked(self._connection, statement)
                except self._engine.dialect.loaded_dbapi.Error:  # the server was restarted, say
                    self._drop()
            fresh = self._engine.connect()
            try:
                found = fresh.exec_driver_sql(statement).scalar_one()
                self._connection = fresh
            finally:
                if self._connection is None:
                    fresh.close()
            return found

    def close(self) -> None:
        """Give the connection up; the next question opens another one."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _asked(connection: Connection, statement: str) -> Any:
    """Past SQLAlchemy, which would take fifteen times as long as the database."""
    driver: Any = connection.connection.dbapi_connection
    return driver.execute(statement).fetchone()[0]
