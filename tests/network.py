"""Closes the network to every test: whatever is not on this machine cannot be reached or even looked up."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody; for plain HTTP. Without it httpx reads all certificates of the machine for each request, in 24 ms."""


class NetworkForbidden(RuntimeError):
    """A test, or an import, tried to leave this machine."""


def close() -> None:
    """Guard sockets and name lookups of this process, from now to its end."""
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    lookup = socket.getaddrinfo

    def lookup_at_home(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_unless_local(host)
        return lookup(host, *args, **kwargs)

    socket.getaddrinfo = lookup_at_home


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family != socket.AF_UNIX and isinstance(address, tuple):
            _refuse_unless_local(address[0])
        return original(self, *args)

    return guarded


def _refuse_unless_local(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        at_home = ipaddress.ip_address(str(name)).is_loopback or str(name) in ("0.0.0.0", "::")  # noqa: S104
    except ValueError:
        at_home = False
    if not at_home:
        raise NetworkForbidden(f"a test tried to reach {name}; use a server on 127.0.0.1")
