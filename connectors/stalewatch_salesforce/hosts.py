"""Where a token may be sent."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch_salesforce import HOSTS

_DOMAIN: Final = "my.salesforce.com"


class Hosts:
    """The hosts that may see a token: Salesforce's own, and the login address that an operator allowed expressly."""

    def __init__(self, login_url: str, *, allow_custom: bool) -> None:
        self._custom = _origin(login_url) if allow_custom else None

    @property
    def is_custom(self) -> bool:
        """Whether an operator named an address of their own; only then it may be a private one."""
        return self._custom is not None

    def check(self, url: str, what: str) -> str:
        """The origin of an address that may see a token.

        Raises:
            NeedsReconnect: it is somebody else's, or not encrypted.
        """
        origin = _origin(url)
        if origin != self._custom and not _is_vendor(url):
            raise NeedsReconnect(
                f"{what} is {urlsplit(url).hostname or 'no address'}, which is not Salesforce's: nothing was sent",
                cure="If this is meant, write `allow_custom_host: true` beside login_url.",
            )
        return origin


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_vendor(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    plain = parts.username is None and parts.password is None
    known = host.endswith(f".{_DOMAIN}") or host in HOSTS[1:]
    return parts.scheme == "https" and plain and known and parts.port in (None, 443)
