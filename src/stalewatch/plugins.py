"""Finds connectors and notifiers by the name that the configuration gives them.

A plugin is an installed package with an entry point. Only the names asked for are imported, and nothing is
ever taken from the working directory: a file that somebody drops beside stalewatch.yaml is data, not code.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from typing import Any, Final

from stalewatch.sdk.connector import ConnectionSettings, Connector
from stalewatch.sdk.errors import PluginError
from stalewatch.sdk.notifier import Notifier, NotifierSettings

ConnectorFactory = Callable[[ConnectionSettings], Connector]
NotifierFactory = Callable[[NotifierSettings], Notifier]

CONNECTORS: Final = "stalewatch.connectors"
NOTIFIERS: Final = "stalewatch.notifiers"


def connector(type_name: str) -> ConnectorFactory:
    """The factory behind `type: <type_name>` of a connection.

    Raises:
        PluginError: nobody offers this type, two packages do, or the package cannot be loaded.
    """
    return _load(CONNECTORS, type_name)


def notifier(type_name: str) -> NotifierFactory:
    """The factory behind a notifier's name under `notify:`.

    Raises:
        PluginError: as for `connector`.
    """
    return _load(NOTIFIERS, type_name)


def hosts(group: str, type_name: str) -> tuple[str, ...]:
    """The hosts that a plugin calls its vendor's own: `HOSTS` in the module its entry point names, if it has any.

    Raises:
        PluginError: as for `connector`.
    """
    module = sys.modules[_load(group, type_name).__module__]
    return tuple(getattr(module, "HOSTS", ()))


def offered(group: str) -> Mapping[str, tuple[str, ...]]:
    """What is installed in an entry point group: name -> the distributions that offer it. Imports nothing."""
    return {name: tuple(found) for name, found in sorted(_registrations(group).items())}


def _load(group: str, name: str) -> Callable[..., Any]:
    offers = _registrations(group).get(name)
    if not offers:
        raise _unknown(group, name)
    if len(offers) > 1:
        both = " and ".join(sorted(offers))
        raise PluginError(
            f"{both} both offer the {_kind(group)} {name!r}",
            cure=f"uninstall one of {both}; we do not choose",
        )
    [(distribution, entry)] = offers.items()
    return _import(entry, distribution, _kind(group))


def _import(entry: EntryPoint, distribution: str, kind: str) -> Callable[..., Any]:
    title = f"the {kind} {entry.name!r} of {distribution}"
    try:
        with _working_directory_off_the_path():
            factory = entry.load()
    except Exception as error:  # somebody else's module may fail in any way while it is imported
        raise PluginError(
            f"{title} cannot be loaded: {type(error).__name__}: {error}",
            where=entry.value,
            cure=f"reinstall or upgrade {distribution}",
        ) from error
    if not callable(factory):
        raise PluginError(f"{title} is not a function that makes one", where=entry.value)
    return factory  # type: ignore[no-any-return]  # an entry point says nothing of its type; the caller's call does


def _unknown(group: str, name: str) -> PluginError:
    known = sorted(_registrations(group))
    close = get_close_matches(name, known, n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return PluginError(
        f"there is no {_kind(group)} {name!r}",
        cure=f"{guess}installed: {', '.join(known) or 'none'}",
    )


def _kind(group: str) -> str:
    return group.rpartition(".")[2].removesuffix("s")


def _registrations(group: str) -> dict[str, dict[str, EntryPoint]]:
    """Name -> distribution -> entry point, over every installed distribution."""
    found: dict[str, dict[str, EntryPoint]] = {}
    for distribution, entries in _installed(tuple(_trusted_path())).items():
        for entry in entries:
            if entry.group == group:
                found.setdefault(entry.name, {})[distribution] = entry
    return found


@cache
def _installed(path: tuple[str, ...]) -> dict[str, tuple[EntryPoint, ...]]:
    """Distribution -> our entry points. The first of a name on the path wins, as it does for `import`."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for distribution in distributions(path=list(path)):
        name = distribution.metadata["Name"]
        if name and name not in found:
            found[name] = tuple(e for e in distribution.entry_points if e.group in (CONNECTORS, NOTIFIERS))
    return found


def _trusted_path() -> list[str]:
    """sys.path without the working directory, unless packages are installed right there."""
    here = Path.cwd()
    installed = {Path(sysconfig.get_path(scheme)).resolve() for scheme in ("purelib", "platlib")}
    return [entry for entry in sys.path if here in installed or Path(entry or here).resolve() != here]


@contextmanager
def _working_directory_off_the_path() -> Iterator[None]:
    """Take away the entry that `python -m` and `python -c` put first; what a .pth file adds stays."""
    first = sys.path[0] if sys.path else None
    injected = first is not None and not sys.flags.safe_path and Path(first or ".").resolve() == Path.cwd()
    if injected:
        sys.path.pop(0)
    try:
        yield
    finally:
        if injected and first is not None:
            sys.path.insert(0, first)
