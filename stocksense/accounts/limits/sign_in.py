"""Guessing passwords: how often, and what it must not do to those who know theirs.

Three counts of failures: of an account from one address, of an account from all addresses, of an address over all
accounts; each over several spans, so that waits grow. An address from which the account has signed in before is not
held to the second count. So strangers cannot lock people out at their usual places, and elsewhere they can delay them
by a day at most; a password reset or an admin ends that at once (`forgive`).

A check counts before it is made and is given back when the password was right: of any number of guesses at once no
more are checked than the count allows.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from stocksense.accounts import limits
from stocksense.accounts.errors import TooManyAttempts
from stocksense.accounts.models import KnownAddress
from stocksense.core import clock
from stocksense.core.addresses import network_of

logger = logging.getLogger("stocksense.security")


@dataclass(frozen=True)
class Attempt:
    """A password check that was let through."""

    account: str
    network: str
    taken: limits.Taken


def begin(*, email: str, address: str) -> Attempt:
    """Count one password check. Raises TooManyAttempts where the password must not be looked at."""
    account, network = email.strip().lower()[:254], network_of(address)
    wanted = _limits("account_and_address", account, network) + _limits("address", network)
    if not _is_known(account, network):
        wanted += _limits("account", account)
    taken = limits.take(wanted)
    if not taken.allowed:
        logger.warning("sign-in refused for %s s: too many wrong passwords from %s", taken.retry_after, network or "-")
        raise TooManyAttempts(taken.retry_after)
    return Attempt(account, network, taken)


def succeeded(attempt: Attempt) -> None:
    """The password was right: it counts as no failure, earlier slips are forgotten, and the address is known."""
    limits.give_back(attempt.taken)
    limits.clear([limit.key for limit in _limits("account_and_address", attempt.account, attempt.network)])
    KnownAddress.objects.update_or_create(
        account=_digest(attempt.account), address=_digest(attempt.network), defaults={"seen_at": clock.now()}
    )


def begin_second_factor(*, user_id: int) -> limits.Taken:
    """Count one look at a code. Raises TooManyAttempts where it must not be looked at."""
    taken = limits.take(_limits("second_factor", user_id))
    if not taken.allowed:
        raise TooManyAttempts(taken.retry_after)
    return taken


def begin_link(*, email: str, address: str) -> None:
    """Count one mail with a password link that somebody asks for. Raises TooManyAttempts where none is to be sent."""
    account, network = email.strip().lower()[:254], network_of(address)
    taken = limits.take(_limits("link", account) + _limits("link_address", network))
    if not taken.allowed:
        raise TooManyAttempts(taken.retry_after)


def forgive(*, email: str) -> None:
    """Let an account be tried again from everywhere (after its password was reset)."""
    limits.clear([limit.key for limit in _limits("account", email.strip().lower())])


def remove_old_addresses() -> int:
    """Forget addresses not seen for long; returns how many went."""
    before = clock.now() - timedelta(days=settings.KNOWN_ADDRESS_DAYS)
    return KnownAddress.objects.filter(seen_at__lt=before).delete()[0]


def _limits(name: str, *about: object) -> list[limits.Limit]:
    rates = [limits.parse_rate(text) for text in settings.SIGN_IN_LIMITS[name]]
    return [
        limits.Limit(limits.bucket(f"sign-in-{name}-{seconds}", *about), calls, seconds, f"sign-in-{name}")
        for calls, seconds in rates
    ]


def _is_known(account: str, network: str) -> bool:
    since = clock.now() - timedelta(days=settings.KNOWN_ADDRESS_DAYS)
    known = KnownAddress.objects.filter(account=_digest(account), address=_digest(network), seen_at__gte=since)
    return known.exists()


def _digest(text: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}|{text}".encode()).hexdigest()
