"""A configuration and the rules it names, read and checked; nothing is started and no database is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from stalewatch import plugins
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.choices import NO_LISTS, Lists
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.rulefiles import Checked
from stalewatch.settings import Loaded, Offered, Settings, load


class BrokenProject(ConfigurationError):
    """The configuration or the rules have errors; `text` is all of them, as people read them. Nothing was started."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return self.text.rstrip("\n")


@dataclass(frozen=True, slots=True)
class Examined:
    """A configuration looked at: `settings` and `rulebook` are None if there is an error anywhere."""

    draft: Settings
    settings: Settings | None
    checked: Checked
    rulebook: Rulebook | None

    def book_for(self, settings: Settings) -> Rulebook:
        """The rulebook by these settings, which were made of its own; only if there is no error."""
        book = rulefiles.rulebook(self.checked, settings)
        assert book is not None  # noqa: S101 - without an error there is one
        return book


def examine(
    config: Path, now: datetime, env: Mapping[str, str] | None = None, *, text: str | None = None,
    lists: Callable[[Settings], Lists] | None = None,
) -> Examined:  # fmt: skip
    """Read and check a configuration with everything it judges by, and start nothing.

    Args:
        text: what the file is about to say, in place of what it says now.
        lists: knows what the CRM's own lists of values have; without it nobody is warned of what they lack. It is not
            asked of a configuration with errors: where its database is may be one of them.

    Raises:
        ConfigurationError: there is no such file.
    """
    loaded = read_settings(config, env, text=text)
    known = NO_LISTS if lists is None or loaded.settings is None else lists(loaded.settings)
    checked = rulefiles.check_project(loaded.draft, now.date(), loaded.diagnostics, known)
    settings = None if checked.has_errors else loaded.settings
    book = None if settings is None else rulefiles.rulebook(checked, settings)
    return Examined(loaded.draft, settings, checked, book)


def read_settings(config: Path, env: Mapping[str, str] | None = None, *, text: str | None = None) -> Loaded:
    """Read a configuration file; `text` stands in place of what it says now.

    Raises:
        ConfigurationError: there is no such file, or it cannot be read.
    """
    try:
        return load(config, env, installed(), text=text)
    except OSError as error:
        cure = "`stalewatch init` writes one; --config names another"
        raise ConfigurationError(f"cannot be read: {error.strerror}", where=str(config), cure=cure) from error


def installed() -> Offered:
    """The plugins of this installation."""
    return Offered(
        connectors=tuple(plugins.offered(plugins.CONNECTORS)),
        notifiers=tuple(plugins.offered(plugins.NOTIFIERS)),
        connector_hosts=partial(plugins.hosts, plugins.CONNECTORS),
        notifier_hosts=partial(plugins.hosts, plugins.NOTIFIERS),
    )
