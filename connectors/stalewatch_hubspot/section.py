"""One mapping of the configuration that knows where it stands, so that an error can say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from stalewatch.sdk.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping and its place; every reader raises ConfigurationError naming the key."""

    values: Mapping[str, Any]
    where: str

    def only(self, *known: str) -> None:
        """Refuse keys that nobody reads."""
        for key in self.values:
            if key not in known:
                raise ConfigurationError(
                    f"unknown key {key}", where=self.where, cure=f"known here: {', '.join(sorted(known))}."
                )

    def inner(self, key: str) -> Section:
        """The mapping under a key; an empty one if there is none."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.refuse(key, "must be a mapping")
        return Section(value or {}, f"{self.where}, {key}")

    def text(self, key: str, default: str = "") -> str:
        """The text under a key."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            self.refuse(key, "must be a text")
        return default if value is None else str(value)

    def flag(self, key: str) -> bool:
        """true or false; false if there is none."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "must be true or false")
        return bool(value)

    def number(self, key: str, default: float) -> float:
        """A number above 0."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            self.refuse(key, "must be a number above 0")
        return float(value)

    def words(self, key: str) -> list[str]:
        """The list of texts under a key; one text is a list of one."""
        value = self.values.get(key)
        found = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(found, Iterable) or not all(isinstance(word, str) for word in found):
            self.refuse(key, "must be a list of texts")
        return list(found)

    def lists(self) -> dict[str, list[str]]:
        """Every key with its list of texts."""
        return {key: self.words(key) for key in self.values}

    def refuse(self, key: str, what: str, cure: str | None = None) -> NoReturn:
        """Raise ConfigurationError about one key."""
        raise ConfigurationError(what, where=f"{self.where}, {key}", cure=cure)
