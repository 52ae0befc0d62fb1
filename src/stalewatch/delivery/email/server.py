"""Which server takes our mail, and as whom: `notify.email`, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from stalewatch.sdk.errors import ConfigurationError

_WHERE: Final = "notify.email"
_FORM: Final = "write it like smtps://user:password@mail.acme.com, or smtp:// for a server with STARTTLS"
_PORTS: Final = {"smtps": 465, "smtp": 587}
_YES: Final = ("true", "yes", "on")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server.

    Attributes:
        implicit_tls: TLS from the first byte (`smtps`); else STARTTLS is asked for.
        allow_plain: without STARTTLS it goes on in clear; only on this machine.
        sender: the address that our mail comes from.
    """

    host: str
    port: int
    sender: str
    implicit_tls: bool = True
    allow_plain: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def read_server(options: Mapping[str, Any]) -> Server:
    """The server of `notify.email`.

    Raises:
        ConfigurationError: and nothing of the address is repeated in it, for there is a password in it.
    """
    parts = _parts(str(options.get("url") or ""))
    sender, host = str(options.get("from") or ""), parts.hostname or ""
    if not is_address(sender):
        raise ConfigurationError("`from` is not an e-mail address", where=_WHERE, cure="from: stalewatch@acme.com")
    allow_plain = str(options.get("allow_plain", "")).lower() in _YES
    if allow_plain and not _is_this_machine(host):
        cure = "a server elsewhere must speak TLS; take `allow_plain` away"
        raise ConfigurationError("`allow_plain` is only for a server on this machine", where=_WHERE, cure=cure)
    if parts.username and parts.scheme == "smtp" and allow_plain:
        cure = "take the name and password out of `url`, or `allow_plain` away"
        raise ConfigurationError("a password is never sent in clear", where=_WHERE, cure=cure)
    if not unquote(f"{parts.username}{parts.password}").isascii():
        cure = "give the mail account a name and password of ASCII characters"
        raise ConfigurationError("name and password in `url` must be ASCII", where=_WHERE, cure=cure)
    return Server(
        host=host,
        port=_port(parts),
        sender=sender,
        implicit_tls=parts.scheme == "smtps",
        allow_plain=allow_plain,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
    )


def is_address(text: str) -> bool:
    """Whether this is one plain e-mail address: nothing in it can end a header or name a second recipient."""
    local, _, domain = text.rpartition("@")
    dotted = not (local.startswith(".") or local.endswith(".") or ".." in local or ".." in domain)
    return dotted and _ADDRESS.fullmatch(text) is not None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # an unclosed bracket, a port that is no number
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.path not in ("", "/"):
        raise ConfigurationError("`url` is not the address of a mail server", where=_WHERE, cure=_FORM)
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return False
