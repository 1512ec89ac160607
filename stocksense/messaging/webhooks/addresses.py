"""Which addresses news may be sent to: none inside our own network, whatever name leads there."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from django.conf import settings

from stocksense.core.errors import InvalidInput

if TYPE_CHECKING:
    import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

LONGEST_URL = 500
GLOBAL_V6 = ip_network("2000::/3")
"""All of IPv6 that is routed. Beyond it lie loopback, link-local, unique-local, multicast, NAT64 and embedded IPv4."""

_NEVER = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32",  # metadata of clouds
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "fe80::/10", "ff00::/8", "fd00:ec2::254/128",
        "2001::/32", "2002::/16",  # IPv4 inside: Teredo, 6to4
    )
)  # fmt: skip
"""Refused whatever a deployment allows: link-local and metadata, multicast, and IPv4 hidden in IPv6."""

_LOOPBACK = ip_address("::1")
_INSIDE = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip
"""Private, shared, loopback and documentation networks: refused unless a deployment allows them."""


class AddressRefused(InvalidInput):
    """News may not be sent there."""

    code = "address_refused"


@dataclass(frozen=True)
class Rules:
    """What a deployment allows: networks of its own, ports, and http without TLS."""

    networks: tuple[Network, ...] = field(default=())
    ports: tuple[int, ...] = (443, 8443)
    plain_http: bool = False


def rules() -> Rules:
    """The rules of this deployment's settings."""
    return Rules(
        networks=tuple(ip_network(network) for network in settings.WEBHOOK_ALLOWED_NETWORKS),
        ports=tuple(settings.WEBHOOK_PORTS),
        plain_http=settings.WEBHOOK_PLAIN_HTTP,
    )


def resolve(host: str, port: int) -> list[str]:
    """Every address of the host, in the resolver's order. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def checked_url(url: str, allowed: Rules) -> "httpx.URL":
    """The address, read once for checking and for sending. Raises AddressRefused saying what is wrong with it."""
    import httpx

    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        raise AddressRefused(f"A URL has at most {LONGEST_URL} plain characters; write other names in punycode.")
    try:
        parsed = httpx.URL(url)
        port = {"https": 443, "http": 80}.get(parsed.scheme, 0) if parsed.port is None else parsed.port
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused("This is no URL.") from error
    schemes = ("https", "http") if allowed.plain_http else ("https",)
    if parsed.scheme not in schemes or not parsed.host:
        raise AddressRefused(f"A webhook's URL begins with {' or '.join(f'{one}://' for one in schemes)} and a host.")
    if parsed.userinfo or "@" in url.partition("//")[2].partition("/")[0]:
        raise AddressRefused("Leave user and password out of the URL: messages are signed.")
    if parsed.fragment:
        raise AddressRefused("Leave out the part from # on: it is never sent.")
    if port not in allowed.ports:
        raise AddressRefused(f"Port {port} is not allowed; use {', '.join(str(one) for one in allowed.ports)}.")
    _check_host(parsed.host, allowed)
    return parsed


def _check_host(host: str, allowed: Rules) -> None:
    last = host.rstrip(".").rpartition(".")[2].lower()
    if ":" in host or last.isdigit() or last.startswith("0x"):
        try:
            address = ip_address(host)
        except ValueError as error:
            raise AddressRefused("Write IP addresses in full: four decimal numbers, or IPv6 in brackets.") from error
        check_address(address, allowed)


def check_address(address: Address, allowed: Rules) -> None:
    """Raises AddressRefused for an address inside a network that news may not be sent to."""
    if (_within(address, _NEVER) and address != _LOOPBACK) or getattr(address, "scope_id", None):
        raise AddressRefused(f"{address} is an address that is never sent to.")
    if _within(address, allowed.networks):
        return
    outside = address.version == 4 or address in GLOBAL_V6
    if not outside or _within(address, _INSIDE):
        raise AddressRefused(
            f"{address} is inside a private network. Allow the network in WEBHOOK_ALLOWED_NETWORKS if it is yours."
        )


def checked_addresses(host: str, port: int, allowed: Rules, resolver: Resolver) -> list[Address]:
    """The host's addresses. Raises AddressRefused where even one may not be sent to, OSError where there is none."""
    addresses = [ip_address(text) for text in resolver(host, port)]
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        check_address(address, allowed)
    return addresses


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
