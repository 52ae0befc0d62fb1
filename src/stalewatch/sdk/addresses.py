"""Which addresses lead to the open internet. A connector that sends a token asks before it opens a connection.

Check the address that is connected to, at the moment of connecting: a name may stand for another one a second later.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRIERS: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::ffff:0:0:0/96", "::/96", "2001::/32")
)
"""IPv6 ranges with an IPv4 address inside: NAT64, 6to4, translated, compatible, Teredo. Python calls some of them
global whatever they carry, so they are refused as a whole: nobody's API lives there."""


def address_of(host: str) -> Address | None:
    """The IP address that a host is, in whatever spelling; None for a name, which has to be resolved first.

    Sockets take `2130706433`, `0x7f000001`, `0177.1` and `0` for IPv4 addresses as well, and so does this. An IPv4
    address that is mapped into IPv6 comes out as what it is.

    Args:
        host: as in a URL; brackets and the zone of an IPv6 address do not count.
    """
    plain = host.strip("[]").partition("%")[0]
    try:
        found: Address = ipaddress.ip_address(plain)
    except ValueError:
        return _spelt_oddly(plain)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return found if mapped is None else mapped


def is_public(host: str) -> bool:
    """Whether an IP address belongs to the open internet and cannot lead back into a private network.

    A name is never public: only the addresses that it stands for can be.
    """
    address = address_of(host)
    if address is None or (isinstance(address, ipaddress.IPv6Address) and any(address in one for one in _CARRIERS)):
        return False
    return address.is_global and not address.is_multicast


def _spelt_oddly(host: str) -> ipaddress.IPv4Address | None:
    """What C libraries read as IPv4: fewer than four parts, octal, hexadecimal."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host.split() == [host] else None
    except (OSError, ValueError):  # no such number; a NUL in it
        return None
