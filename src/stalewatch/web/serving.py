"""From an application to a running server: the address it listens on, who may reach it, and how it ends."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.access.setup import Setup, can_anybody_sign_in
from stalewatch.services.access.tokens import listed
from stalewatch.settings import Settings
from stalewatch.web.wire import Wire
from stalewatch.wiring import Stalewatch

GRACE: Final = 5
"""Seconds that answers under way have to end."""
TURN: Final = 0.0002
"""Seconds that a thread computes before another one gets its turn. With Python's own 5 ms a page that asks the database
a hundred times waits as often for whoever counts figures beside it: half a second."""


class Exposed(ConfigurationError):
    """The address can be reached by others, and nobody would have to say who they are."""


class NoAddress(ConfigurationError):
    """The server cannot listen where it was told to."""


def is_loopback(host: str) -> bool:
    """True if only this machine can reach the address."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(project: Stalewatch, host: str) -> None:
    """Refuse an address that others can reach while there is no way to tell who asks (security, S36).

    Raises:
        Exposed: with the cure.
    """
    if is_loopback(host) or _can_anybody_sign_in(project):
        return
    raise Exposed(
        f"{host} can be reached by others, and nobody needs an API token yet",
        cure="set `auth.oidc` (docs/sign-in.md), or make a token: `stalewatch token create NAME`; or serve 127.0.0.1",
    )


def is_at_home(settings: Settings, host: str) -> bool:
    """True if whoever asks sits at this machine: by `web.public_url` nobody else comes through a proxy, either.

    Where there is a provider, everybody signs in with it.
    """
    public = urlsplit(settings.web.public_url or "http://localhost").hostname or ""
    return is_loopback(host) and is_loopback(public) and settings.signing_in.oidc is None


def setup_of(project: Stalewatch, host: str) -> Setup | None:
    """The way in for the first admin, where nobody can sign in, and whoever is at home has to."""
    is_open = is_at_home(project.settings, host) and not listed(project.db)
    return None if is_open or _can_anybody_sign_in(project) else Setup()


def _can_anybody_sign_in(project: Stalewatch) -> bool:
    has_provider = project.settings.signing_in.oidc is not None
    return has_provider or can_anybody_sign_in(project.db, to_us(project.clock.now()))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any that is free.

    Raises:
        NoAddress: the port is taken or forbidden, or there is no such address.
    """
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise NoAddress(f"there is no such address: {error.strerror}", where=where) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _refused(error, where) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """The address as a browser takes it."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


class Server(uvicorn.Server):
    """Serves an application until `end` is called. Signals are the caller's business."""

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app, http=Wire, loop="auto", ws="none", lifespan="off", log_config=None, access_log=False,
                server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE,
            )
        )  # fmt: skip
        self._on_ready = on_ready
        sys.setswitchinterval(TURN)

    def end(self) -> None:
        """Finish what is under way and stop; safe to call from a signal handler, and twice."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone: uvicorn would raise them again before the engine has ended."""
        yield


def _refused(error: OSError, where: str) -> NoAddress:
    says: dict[int, tuple[str, str | None]] = {
        errno.EADDRINUSE: ("the port is in use", "end the other program, or choose a port: --port 8081"),
        errno.EACCES: ("this port needs more rights", "choose one above 1023: --port 8080"),
        errno.EADDRNOTAVAIL: ("this machine has no such address", None),
    }
    what, cure = says.get(error.errno or 0, (error.strerror or str(error), None))
    return NoAddress(what, where=where, cure=cure)
