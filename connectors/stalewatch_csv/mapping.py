"""What a `type: csv` connection may say, read once and checked: files, zone, names of columns and values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import ConfigurationError
from stalewatch_csv.dates import Order
from stalewatch_csv.encodings import KNOWN
from stalewatch_csv.numbers import Mark

DEALS: Final = "deals"
STAGES: Final = "stages"
EVENTS: Final = "events"
_DEFAULT_FILES: Final = {DEALS: "deals.csv", STAGES: "stages.csv", EVENTS: "events.csv"}
_FILES: Final = frozenset({".csv", ".tsv", ".txt", ".gz"})
"""Endings by which a path is a file and no folder."""
_OWN_KEYS: Final = frozenset({"path", "files", "tz", "encoding", "dates", "decimal", "map", "partner_deals"})
_SHARED_KEYS: Final = frozenset({"id", "type", "every", "writeback", "own_domains"})
_MAP_KEYS: Final = frozenset({"fields", "stages", "pipelines", "values"})
_REVISION: Final = 2
"""Raised when the same file would be read as other records; every file is then read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """One connection's options.

    Attributes:
        folder: where the files are.
        files: role (deals, stages, events) to file name, or to a pattern whose newest file counts.
        named: the roles that the configuration names itself; such a file must exist. Others are read if there.
        codec: what to read the files with; None: found out.
        order: what stands first in a date that could be read in two ways.
        mark: what begins the decimals of a number that could be.
        columns: our field name to the column that holds it, where they differ.
        words: per field, their word to ours.
        partner: what makes an opportunity a partner deal: every field has one of these values. Empty: none is.
        digest: changes when the same file would be read as other records.
    """

    folder: Path
    files: Mapping[str, str]
    named: frozenset[str]
    zone: ZoneInfo
    codec: str | None
    order: Order | None
    mark: Mark | None
    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    partner: Mapping[str, frozenset[str]]
    digest: str

    def column(self, ours: str) -> str:
        """The column that holds one of our fields."""
        return self.columns.get(ours, ours)


def read_mapping(settings: ConnectionSettings) -> FileMapping:
    """Read and check a connection's options.

    Raises:
        ConfigurationError: naming the key that cannot be used.
    """
    options = settings.options
    section = _Section(options, f"connection {settings.id}")
    section.only(_OWN_KEYS | _SHARED_KEYS)
    files = section.inner("files")
    files.only(_DEFAULT_FILES)
    deal = section.inner("map").inner("deal")
    section.inner("map").only({"deal"})
    deal.only(_MAP_KEYS)
    folder, alone = _place(settings.base / section.text("path", "."))
    return FileMapping(
        folder=folder,
        files={**_DEFAULT_FILES, **alone, **{role: files.text(role, "") for role in files.values}},
        named=frozenset(role for role in files.values if files.text(role, "")) | {DEALS},
        zone=section.zone("tz"),
        codec=KNOWN.get(section.one_of("encoding", KNOWN) or ""),
        order=Order(order) if (order := section.one_of("dates", Order)) else None,
        mark=Mark(mark) if (mark := section.one_of("decimal", Mark)) else None,
        columns={ours: deal.inner("fields").text(ours, ours) for ours in deal.inner("fields").values},
        words=_words(deal),
        partner={name: frozenset(words) for name, words in section.inner("partner_deals").lists().items()},
        digest=_digest(settings),
    )


def _place(path: Path) -> tuple[Path, Mapping[str, str]]:
    """The folder of a path, and the deals' file if the path names that in place of a folder."""
    return (path.parent, {DEALS: path.name}) if path.suffix.casefold() in _FILES else (path, {})


@dataclass(frozen=True, slots=True)
class _Section:
    """A mapping of the configuration that knows where it stands, for the error's sake."""

    values: Mapping[str, Any]
    where: str

    def only(self, known: Iterable[str]) -> None:
        for key in self.values:
            if key not in set(known):
                raise ConfigurationError(
                    f"unknown key {key}", where=self.where, cure=f"known here: {', '.join(sorted(known))}."
                )

    def inner(self, key: str) -> _Section:
        value = self.values.get(key) or {}
        where = f"{self.where}, {key}"
        if not isinstance(value, Mapping):
            raise ConfigurationError("must be a mapping", where=where)
        return _Section(value, where)

    def text(self, key: str, default: str) -> str:
        value = self.values.get(key, default)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ConfigurationError("must be a text", where=f"{self.where}, {key}")
        return value

    def one_of(self, key: str, known: Iterable[str]) -> str | None:
        """One of these words, in any case; None if the key is not there."""
        word = self.text(key, "").casefold()
        if word and word not in set(known):
            raise ConfigurationError(
                f"{word!r} is not known", where=f"{self.where}, {key}", cure=f"known here: {', '.join(known)}."
            )
        return word or None

    def zone(self, key: str) -> ZoneInfo:
        name = self.text(key, "UTC")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            cure = "Use an IANA name such as Asia/Tokyo."
            raise ConfigurationError(
                f"no time zone is called {name!r}", where=f"{self.where}, {key}", cure=cure
            ) from error

    def lists(self) -> dict[str, list[str]]:
        """Every key with its list of words; a single word is a list of one."""
        return {key: _listed(value, f"{self.where}, {key}") for key, value in self.values.items()}


def _listed(value: object, where: str) -> list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ConfigurationError("must be a list of texts", where=where)
    return list(words)


def _words(deal: _Section) -> dict[str, dict[str, str]]:
    """Per field, their word to ours, from `stages`, `pipelines` and `values`."""
    by_field = {"stage": deal.inner("stages"), "pipeline": deal.inner("pipelines")}
    by_field |= {name: deal.inner("values").inner(name) for name in deal.inner("values").values}
    return {
        name: {theirs: ours for ours, words in section.lists().items() for theirs in words}
        for name, section in by_field.items()
        if section.values
    }


def _digest(settings: ConnectionSettings) -> str:
    options = {key: value for key, value in settings.options.items() if key in _OWN_KEYS}
    told = [_REVISION, options, settings.currency, settings.catalogue]
    text = json.dumps(told, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
