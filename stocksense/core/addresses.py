"""Whose request this is, by network address. A header that anybody can write is believed only from our own proxies."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Address = IPv4Address | IPv6Address
UNIX = "unix"
"""In TRUSTED_PROXIES: a proxy that connects over a unix socket, and so without an address."""

LONGEST_CHAIN = 20
_IPV6_SITE = 64
_LONGEST_KEPT = 100
"""Characters of an address that is remembered parsed: longer ones are nonsense that somebody sends to fill memory."""


def client_address(meta: Mapping[str, Any]) -> str:
    """The client's address of a request's META, in its shortest form; '' where there is none (a unix socket).

    From the peer towards the client each address is believed as long as the one before it is a trusted proxy, so the
    answer is the rightmost address that is not ours. What is not an address ends the walk at the proxy that sent it.
    """
    return _resolve(str(meta.get("REMOTE_ADDR") or ""), str(meta.get("HTTP_X_FORWARDED_FOR") or ""))


def is_from_proxy(meta: Mapping[str, Any]) -> bool:
    """Whether the request of this META was handed on by one of our own proxies, whose headers are believed."""
    trusted = tuple(settings.TRUSTED_PROXIES)
    peer = parse(str(meta.get("REMOTE_ADDR") or ""))
    return UNIX in trusted and not meta.get("REMOTE_ADDR") if peer is None else _is_trusted(peer, trusted)


def socket_address(scope: Mapping[str, Any]) -> str:
    """The client's address of an ASGI scope; as `client_address`."""
    peer = scope.get("client")
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    forwarded = ",".join(value.decode("latin-1") for name, value in headers if name.lower() == b"x-forwarded-for")
    return _resolve(str(peer[0]) if peer else "", forwarded)


def network_of(address: str) -> str:
    """What limits count as one client: an IPv4 address, and of IPv6 the /64 that one site is given."""
    found = parse(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _IPV6_SITE), strict=False).network_address) + f"/{_IPV6_SITE}"
    return address if found is None else str(found)


def parse(text: str) -> Address | None:
    """An address as proxies write it (with a port, in brackets, IPv4 mapped into IPv6); None where it is none."""
    return _parse(text) if len(text) <= _LONGEST_KEPT else _parse.__wrapped__(text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _resolve(peer: str, forwarded: str) -> str:
    trusted = tuple(settings.TRUSTED_PROXIES)
    current = parse(peer)
    if current is None and (peer or UNIX not in trusted):
        return ""
    if current is not None and not _is_trusted(current, trusted):
        return str(current)
    for written in reversed(forwarded.split(",")[-LONGEST_CHAIN:] if forwarded else []):
        found = parse(written)
        if found is None:
            break
        current = found
        if not _is_trusted(found, trusted):
            break
    return str(current) if current is not None else ""


def _is_trusted(address: Address, trusted: Sequence[str]) -> bool:
    return any(address in network for network in _networks(tuple(trusted)))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[Any, ...]:
    try:
        return tuple(ip_network(text.strip()) for text in trusted if text != UNIX)
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}. Write networks such as 10.0.0.0/8.") from error
