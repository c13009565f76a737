"""Which addresses are the open Internet, and which are not, whatever they are wrapped in."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ip_addresses import caller, kind

PUBLIC = [
    "8.8.8.8",
    "31.13.64.35",
    "192.0.1.1",
    "100.128.0.1",
    "172.32.0.1",
    "2a03:2880:f12f:83:face:b00c:0:25de",
]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.254",
    "fd12::1",
]
LOOPBACK = ["127.0.0.1", "127.255.255.254"]
SPECIAL = [
    "0.0.0.0", "0.1.2.3", "169.254.0.1", "169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
SPECIAL_6 = [
    "::", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "2001:db8::1", "3fff::1",
    "2001::7f00:1", "100::1", "5f00::1", "64:ff9b:1::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_public(address: str) -> None:
    assert kind(address) == "public"


@pytest.mark.parametrize("address", PRIVATE)
def test_a_network_of_ones_own_is_private(address: str) -> None:
    assert kind(address) == "private"


@pytest.mark.parametrize("address", [*LOOPBACK, "::1"])
def test_this_machine_is_loopback(address: str) -> None:
    assert kind(address) == "loopback"


@pytest.mark.parametrize("address", [*SPECIAL, *SPECIAL_6])
def test_an_address_that_no_outside_system_can_have_is_special(address: str) -> None:
    assert kind(address) == "special"


def wrapped(address: IPv4Address) -> list[str]:
    number = int(address)
    numbers = (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80 | 7)
    return [str(IPv6Address(each)) for each in numbers]


@given(st.ip_addresses(v=4) | st.sampled_from([*PRIVATE[:-1], *LOOPBACK, *SPECIAL]).map(IPv4Address))
def test_wrapping_an_address_in_ipv6_changes_nothing(address: IPv4Address) -> None:
    assert {kind(each) for each in wrapped(address)} == {kind(str(address))}


def test_an_address_in_the_old_compatible_form_is_itself() -> None:
    assert [kind(f"::{address}") for address in ("10.0.0.1", "127.0.0.1", "169.254.169.254")] == [
        "private",
        "loopback",
        "special",
    ]


@given(st.ip_addresses())
def test_what_python_knows_as_unreachable_is_never_public(address: IPv4Address | IPv6Address) -> None:
    never = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    assert not (never and kind(str(address)) == "public")
    if kind(str(address)) == "public" and isinstance(address, IPv4Address):
        assert address.is_global


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "10.0.0.1/8", "010.0.0.1"]
)
def test_a_text_that_is_no_address_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        kind(text)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("64:ff9b::808:808", "8.8.8.8"),
        ("2002:808:808:1::1", "8.8.8.8"),
        ("2a01:e0a:1:2::1", "2a01:e0a:1:2::/64"),
        ("2a01:e0a:1:2:ffff:ffff:ffff:ffff", "2a01:e0a:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", "?"),
        ("proxy.example", "?"),
    ],
)
def test_a_caller_is_counted_by_what_it_cannot_change(address: str, name: str) -> None:
    assert caller(address) == name
