"""The project that a command is about: its configuration where there is one, and the language to answer in."""

from __future__ import annotations

from datetime import date, datetime

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation
from stalewatch.sdk.errors import StalewatchError
from stalewatch.settings import Settings
from stalewatch.wiring import BrokenProject, Stalewatch


class NoSuch(StalewatchError):
    """Something was asked for by a name that nothing has."""


def open_project(invocation: Invocation) -> Stalewatch:
    """The project, ready to work; raises like `wiring.open_project`."""
    return wiring.open_project(invocation.config, now=invocation.now, language=invocation.lang)


def project_here(invocation: Invocation) -> Settings | None:
    """What the configuration says, errors and all; None where there is none and none was asked for."""
    if not invocation.config.exists() and invocation.config == Invocation().config:
        return None
    return wiring.read_settings(invocation.config).draft


def settings_alone(invocation: Invocation) -> tuple[Settings, str]:
    """The settings without the rules, and the language to answer in: a broken rule must not keep a database from its
    upgrade, or from being kept.

    Raises:
        BrokenProject: the settings themselves have errors.
    """
    loaded = wiring.read_settings(invocation.config)
    language = language_of(invocation, loaded.draft)
    if loaded.settings is None:
        raise BrokenProject(loaded.render(language))
    return loaded.settings, language


def language_of(invocation: Invocation, settings: Settings | None) -> str:
    """The language that was asked for, else the project's, else English."""
    return invocation.lang or (settings.language if settings else "en")


def present(invocation: Invocation) -> datetime:
    """The moment that counts as now."""
    return wiring.clock_at(invocation.now).now()


def today(invocation: Invocation) -> date:
    """The date that counts as today."""
    return present(invocation).date()
