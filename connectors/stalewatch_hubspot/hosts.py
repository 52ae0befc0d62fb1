"""Where the token may be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch_hubspot import HOSTS

BASE_URL: Final = f"https://{HOSTS[0]}"


@dataclass(frozen=True, slots=True)
class Host:
    """The one origin that may see the token.

    Attributes:
        is_custom: an operator named it expressly; only then it may be on a private network.
    """

    origin: str
    is_custom: bool

    def url(self, path: str) -> str:
        """The address of a path, or of a link that HubSpot gave us.

        Raises:
            NeedsReconnect: the link leads to somebody else.
        """
        if path.startswith("/") and not path.startswith("//"):
            return self.origin + path
        if _origin(path) != self.origin:
            raise NeedsReconnect(
                f"HubSpot sent us to {urlsplit(path).hostname or 'no address'}, which is not its own",
                cure="Nothing was sent there. Look at what answers under base_url.",
            )
        return path


def read_host(base_url: str, *, allow_custom: bool) -> Host:
    """The host of a connection.

    Raises:
        NeedsReconnect: it is not HubSpot's own and nobody allowed it.
    """
    origin = _origin(base_url)
    if origin == BASE_URL or (allow_custom and urlsplit(base_url).hostname):
        return Host(origin, is_custom=origin != BASE_URL)
    raise NeedsReconnect(
        f"base_url is {urlsplit(base_url).hostname or 'no address'}, which is not HubSpot's: nothing was sent there",
        cure="If this is meant, write `allow_custom_host: true` beside base_url.",
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
