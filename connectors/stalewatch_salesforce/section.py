"""A mapping of the configuration that knows where it stands, for the error's sake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stalewatch.sdk.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Section:
    """One mapping and its place; every reader raises ConfigurationError naming the key."""

    values: Mapping[str, Any]
    where: str

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that nobody reads."""
        strangers = sorted(set(self.values) - set(known))
        if strangers:
            raise ConfigurationError(
                f"unknown key {strangers[0]}", where=self.where, cure=f"known here: {', '.join(sorted(known))}."
            )

    def inner(self, key: str) -> Section:
        """A mapping inside; an empty one if there is none."""
        value = self.values.get(key) or {}
        if not isinstance(value, Mapping):
            raise ConfigurationError("must be a mapping", where=f"{self.where}, {key}")
        return Section(value, f"{self.where}, {key}")

    def text(self, key: str, default: str = "") -> str:
        """A text; `default` if there is none."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise ConfigurationError("must be a text", where=f"{self.where}, {key}")
        return value

    def flag(self, key: str) -> bool:
        """true or false; false if it is not there."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise ConfigurationError("must be true or false", where=f"{self.where}, {key}")
        return value

    def share(self, key: str, default: float) -> float:
        """A number between 0 and 1."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise ConfigurationError("must be a number between 0 and 1", where=f"{self.where}, {key}")
        return float(value)

    def listed(self, key: str) -> list[str]:
        """A list of texts; a single text is a list of one."""
        return _listed(self.values.get(key) or [], f"{self.where}, {key}")

    def lists(self) -> dict[str, list[str]]:
        """Every key with its list of texts."""
        return {str(key): _listed(value, f"{self.where}, {key}") for key, value in self.values.items()}


def _listed(value: object, where: str) -> list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ConfigurationError("must be a list of texts", where=where)
    return list(words)
