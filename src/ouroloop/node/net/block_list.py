"""BlockList: addresses, ranges and subnets that are not to be talked to."""

from __future__ import annotations

import ipaddress
from typing import Union

_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class BlockList:
    """Addresses that a server or a connection refuses. https://nodejs.org/api/net.html#class-netblocklist"""

    def __init__(self) -> None:
        self._networks: list[_Network] = []
        self.rules: list[str] = []
        """What was added, in words."""

    def add_address(self, address: str, family: str = "ipv4") -> None:
        """Refuse one address. Raises `ValueError` for what is not an address."""
        parsed = _parsed(address, family)
        self._networks.append(ipaddress.ip_network(parsed))
        self.rules.insert(0, f"Address: {_family_name(parsed)} {parsed}")

    def add_range(self, start: str, end: str, family: str = "ipv4") -> None:
        """Refuse all addresses from `start` to `end`. Raises `ValueError` unless `start` comes first."""
        first, last = _parsed(start, family), _parsed(end, family)
        if int(first) > int(last):
            raise ValueError(f"a range must start with its first address, not {start} to {end}")
        self._networks += ipaddress.summarize_address_range(first, last)
        self.rules.insert(0, f"Range: {_family_name(first)} {first}-{last}")

    def add_subnet(self, net: str, prefix: int, family: str = "ipv4") -> None:
        """Refuse all addresses that share their first `prefix` bits with `net`."""
        parsed = _parsed(net, family)
        self._networks.append(ipaddress.ip_network(f"{parsed}/{prefix}", strict=False))
        self.rules.insert(0, f"Subnet: {_family_name(parsed)} {parsed}/{prefix}")

    def check(self, address: str, family: str = "ipv4") -> bool:
        """Whether `address` is refused, an IPv4 address also in its IPv6 form (::ffff:1.2.3.4). No address: False."""
        try:
            parsed = _parsed(address, family)
        except ValueError:
            return False
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        return any(parsed in network or (mapped is not None and mapped in network) for network in self._networks)


def _parsed(address: str, family: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if family.lower() == "ipv6":
        return ipaddress.IPv6Address(address)
    if family.lower() == "ipv4":
        return ipaddress.IPv4Address(address)
    raise ValueError(f"the family must be 'ipv4' or 'ipv6', not {family!r}")


def _family_name(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return f"IPv{address.version}"
