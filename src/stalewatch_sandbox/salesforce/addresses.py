"""Which requests a fault may be about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from stalewatch_sandbox.serving.exchange import Request

_QUERIES: Final = re.compile(r"/services/data/v[\d.]+/query(All)?(/|$)")


def is_data(request: Request) -> bool:
    """A call of the REST API, not of the token endpoint and not inside of another call."""
    return request.inside is None and request.path.startswith("/services/data/")


def is_query(request: Request) -> bool:
    """A query or a further page of one, also inside of a composite."""
    return bool(_QUERIES.match(request.path))


def is_query_of(name: str) -> Callable[[Request], bool]:
    """A new query of one object, also inside of a composite."""
    source = re.compile(rf"\bFROM\s+{name}\b", re.IGNORECASE)
    return lambda request: is_query(request) and bool(source.search(request.parameter("q") or ""))


def is_write_of(name: str) -> Callable[[Request], bool]:
    """The same of one object."""
    return lambda request: is_write(request) and f"/sobjects/{name}" in request.path


def is_write(request: Request) -> bool:
    """A record is created or changed, also inside of a composite."""
    return request.method in ("PATCH", "POST") and "/sobjects/" in request.path
