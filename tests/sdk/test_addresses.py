"""S16 of docs/security.md: which addresses lead inside, in whatever spelling they come."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stalewatch.sdk.addresses import address_of, is_public

pytestmark = pytest.mark.security

INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "0.0.0.1",  # noqa: S104
    "100.64.0.1", "100.127.255.254", "224.0.0.1", "255.255.255.255", "203.0.113.1", "::1", "::", "fe80::1",
    "fe80::1%eth0", "fd00::1", "fc00::1", "ff02::1",
)  # fmt: skip
DISGUISED = (
    "0x7f000001", "2130706433", "0", "0177.0.0.1", "127.1", "0x7f.1", "[::1]", "::ffff:10.0.0.1", "::ffff:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "::ffff:0:7f00:1", "::7f00:1", "2001:0:7f00:1::",
)  # fmt: skip
OUTSIDE = ("104.18.244.108", "136.147.62.225", "2606:4700::6812:f46c", "[2606:4700::1111]", "1746596972")

addresses_of_four_bytes = some.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)


@pytest.mark.parametrize("host", [*INSIDE, *DISGUISED])
def test_s16_what_leads_inside_is_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize("host", OUTSIDE)
def test_s16_the_open_internet_is(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize(
    "host", ["localhost", "api.hubapi.com", "", "8.8.8.8 x", "8.8.8.8\n", "8.8.8.8\0", "256.1.1.1"]
)
def test_s16_a_name_is_no_address_and_never_public(host: str) -> None:
    assert address_of(host) is None
    assert not is_public(host)


@given(addresses_of_four_bytes)
def test_s16_an_address_is_the_same_in_every_spelling(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    spellings = (str(address), str(number), hex(number), f"::ffff:{address}", f"[::ffff:{address}]")
    assert {address_of(one) for one in spellings} == {address}
    assert {is_public(one) for one in spellings} == {address.is_global and not address.is_multicast}


@given(addresses_of_four_bytes, some.sampled_from(["64:ff9b::", "64:ff9b:1::", "::ffff:0:", "::"]))
def test_s16_an_address_that_is_carried_in_another_is_never_public(
    address: ipaddress.IPv4Address, carrier: str
) -> None:
    assert not is_public(carrier + str(address))
