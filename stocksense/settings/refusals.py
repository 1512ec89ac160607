"""What production does not start with. Each refusal says what to set instead."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KNOWN_SECRETS = ("django-insecure-", "test-only-", "changeme", "change-me", "change_me", "secret", "your-secret")
SHORTEST_SECRET, FEWEST_DIFFERENT_CHARACTERS = 50, 12


def refuse_debug(debug: bool) -> None:
    """Debug pages show settings and source to anybody."""
    if debug:
        raise ImproperlyConfigured("DEBUG is set. Production never runs with it: unset DEBUG.")


def refuse_weak_secret(name: str, secret: str) -> None:
    """A guessed secret signs sessions, tokens and links of anybody."""
    weak = len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_DIFFERENT_CHARACTERS
    if weak or secret.lower().startswith(KNOWN_SECRETS):
        raise ImproperlyConfigured(
            f"{name} must be at least {SHORTEST_SECRET} random characters, for example `openssl rand -hex 32`."
        )


def refuse_open_hosts(hosts: Iterable[str]) -> None:
    """Hosts are what links in mails are made of, and what keeps requests for other names out."""
    hosts = list(hosts)
    if not hosts or any("*" in host or not host.strip(".") for host in hosts):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that are served, such as stock.example.com.")


def refuse_open_origins(name: str, origins: Iterable[str], *, subdomains: bool) -> None:
    """Origins are https, and named: `subdomains` allows `https://*.example.com`."""
    for origin in origins:
        host = urlsplit(origin).netloc
        named = host.removeprefix("*.") if subdomains else host
        if not origin.startswith("https://") or not named or "*" in named:
            raise ImproperlyConfigured(f"{name} holds {origin!r}; each must be like https://stock.example.com.")


def refuse_plain_address(name: str, address: str) -> None:
    """Links in mails lead to TLS."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.netloc or parts.path or parts.query:
        raise ImproperlyConfigured(f"{name} is {address!r}; it must be like https://stock.example.com.")
