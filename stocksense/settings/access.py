"""Tokens, API keys, limits and whose address is believed."""

from .env import env

TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
"""Networks of our own proxies (10.0.0.0/8), or `unix` for one on a unix socket. Others' X-Forwarded-For is not read."""

SIGN_IN_LIMITS = {
    # Wrong passwords of one account from one address. The longer spans make the waits grow.
    "account_and_address": ["5/5min", "10/h", "20/d"],
    # Of one account from all addresses from which it has not signed in before.
    "account": ["5/5min", "20/h", "50/d"],
    # From one address, over all accounts.
    "address": ["5/min", "50/h", "200/d"],
    # Second factors of one account, right password given.
    "second_factor": ["5/5min", "20/h", "50/d"],
}
KNOWN_ADDRESS_DAYS = 90
