"""What kind of place an IP address is: the open Internet, this machine, a network of one's own, or nowhere to call.

Belongs here: the classification, pure, and by what name a caller is counted. Does not: resolving names, deciding who may call
where (connectors/network.py) or how often (portal/limits.py).

Sources: IANA's IPv4 and IPv6 Special-Purpose Address Registries; RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4291 (IPv4 in
IPv6); the metadata addresses of AWS, Google, Azure, Alibaba and Oracle. Python's own ``is_global`` is not asked: it takes
Oracle's metadata, multicast and site-local for global, and its answers differ between patch releases.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

Kind = Literal["public", "private", "loopback", "special"]
Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]


def _networks(*texts: str) -> Networks:
    return tuple(ip_network(text) for text in texts)


# Asked in this order: a metadata service may lie inside a private network.
_METADATA: Final = _networks(
    "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128"
)
_LOOPBACK: Final = _networks("127.0.0.0/8", "::1/128")
_PRIVATE: Final = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
_SPECIAL: Final = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20",
)  # fmt: skip
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_COMPATIBLE, _NAT64, _6TO4 = (IPv6Network(text) for text in ("::/96", "64:ff9b::/96", "2002::/16"))


def kind(text: str) -> Kind:
    """The kind of an address.

    ``special`` is whatever no outside system can have: link-local, multicast, metadata, documentation, reserved.
    An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) counts as itself.

    Raises:
        ValueError: no IP address.

    """
    address = _unwrapped(ip_address(text))
    if _among(_METADATA, address):
        return "special"
    if _among(_LOOPBACK, address):
        return "loopback"
    if _among(_PRIVATE, address):
        return "private"
    if _among(_SPECIAL, address) or (isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST):
        return "special"
    return "public"


def caller(text: str) -> str:
    """By what name whoever calls from an address is counted: an IPv4 address, or the /64 of an IPv6 one.

    A household or a server has a whole /64 at least (RFC 6177) and may take another address of it for every call. Whatever is
    no address has one name together.
    """
    try:
        address = _unwrapped(ip_address(text))
    except ValueError:
        return "?"
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


def _among(networks: Networks, address: Address) -> bool:
    return any(address in network for network in networks)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    number = int(address)
    if address in _NAT64 or (address in _COMPATIBLE and number > 1):  # :: and ::1 are themselves
        return IPv4Address(number & 0xFFFF_FFFF)
    if address in _6TO4:
        return IPv4Address(number >> 80 & 0xFFFF_FFFF)
    return address
