"""A connector at arm's length: made when it is needed, and whatever goes wrong inside it is its own failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from stalewatch.sdk.connector import Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import ConnectorError, Refused, StalewatchError
from stalewatch.services.syncing.stopping import Stopped
from stalewatch.store.errors import StoreError


class ConnectorBroke(Refused):
    """A connector has a fault of its own. It fails like a CRM that cannot be reached."""


class Contained(Connector):
    """Behaves like the connector that `make` makes, but raises nothing except `ConnectorError` and `Stopped`.

    A connector that cannot be made, or has a fault of its own, then fails like a CRM that cannot be reached: the
    reason is stored with the connection, and the others go on.
    """

    type: ClassVar[str] = "contained"

    def __init__(self, make: Callable[[], Connector], is_stopping: Callable[[], bool]) -> None:
        self._make, self._is_stopping = make, is_stopping

    def describe(self) -> Description:
        with contained():
            return self._make().describe()

    def check(self) -> list[Finding]:
        with contained():
            return self._make().check()

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        """The pages of the connector, until the worker is told to stop."""
        with contained():
            pages = iter(self._make().pull(cursor, full=full))
        while (page := self._next(pages)) is not None:
            yield page

    def _next(self, pages: Iterator[Page]) -> Page | None:
        if self._is_stopping():
            raise Stopped
        with contained():
            return next(pages, None)


@contextmanager
def contained() -> Iterator[None]:
    """Let nothing out but `ConnectorError` and `StoreError`.

    Raises:
        ConnectorBroke: a fault of the connector's own; whether it had reached its CRM is not known.
    """
    try:
        yield
    except (ConnectorError, StoreError):
        raise
    except StalewatchError as error:
        raise Refused(error.what, where=error.where, cure=error.cure) from error
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except Exception as error:  # somebody else's code may fail in any way, and must not end the whole cycle
        raise ConnectorBroke(
            f"the connector failed: {type(error).__name__}: {error}",
            cure="this is a fault in the connector; tell its author, with what `stalewatch --debug sync` prints",
        ) from error
