"""Where a token may be sent, and which addresses a name of the outside world may stand for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch_hubspot import HOSTS

BASE_URL: Final = f"https://{HOSTS[0]}"
_CARRIERS: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::ffff:0:0:0/96", "::/96", "2001::/32")
)
"""IPv6 ranges with an IPv4 address inside; Python calls some of them global whatever they carry."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, and cannot lead back into a private network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in carrier for carrier in _CARRIERS):
            return False
    return ip.is_global and not ip.is_multicast


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
