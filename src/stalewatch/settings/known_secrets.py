"""The texts of a configuration that open a door, so that no log shows them, whatever form they have there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from stalewatch.settings.project import Settings
from stalewatch.settings.secrets import SECRET_KEYS

_OWN: Final = 8
"""Characters from which the path of an address is nobody else's."""


def secret_texts(settings: Settings) -> Iterator[str]:
    """Every secret that the file names, with the passwords in its addresses."""
    sections: tuple[Mapping[str, Any], ...] = (settings.notify, settings.secrets)
    for section in (*sections, *(one.options for one in settings.connections)):
        yield from _inside(section)
    yield from _of_address(settings.database)
    for hook in settings.hooks:
        yield from hook.secrets
    if settings.heartbeat is not None:
        yield from _path_of(settings.heartbeat.url)
    if settings.signing_in.oidc is not None:
        yield settings.signing_in.oidc.client_secret


def _inside(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _inside(one, str(name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(one, key)
    elif isinstance(value, str):
        yield from (value,) if key in SECRET_KEYS else _of_address(value)


def _path_of(text: str) -> Iterator[str]:
    """What stands behind the host of an address, where that is long enough to be one's own."""
    parts = urlsplit(text)
    path = f"{parts.path}?{parts.query}".strip("/?")
    if len(path) >= _OWN:
        yield path


def _of_address(text: str) -> Iterator[str]:
    """The password in an address, as it is written and as it is meant."""
    try:
        password = urlsplit(text).password
    except ValueError:
        return
    if password:
        yield from (password, unquote(password))
