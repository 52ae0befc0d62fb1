"""A record or dataclass with other values."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def replace(one: T, **changes: Any) -> T:
    """The same with these values: what connectors hand over is a struct, most else a dataclass."""
    if isinstance(one, msgspec.Struct):
        return msgspec.structs.replace(one, **changes)
    return dataclasses.replace(one, **changes)  # type: ignore[type-var]
