"""Tokens, API keys, limits and whose address is believed."""

from datetime import timedelta

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
    # Mails with a password link: to one account, and asked for from one address.
    "link": ["5/5min", "20/d"],
    "link_address": ["20/min", "200/d"],
}
KNOWN_ADDRESS_DAYS = 90

JWT_KEYS = env.list("JWT_KEYS", default=[])
"""Secrets of at least 32 characters: the first signs, all verify. Empty: made from SECRET_KEY and its fallbacks."""
JWT_ISSUER = env.str("JWT_ISSUER", default="stocksense")
JWT_FAMILY_MAX_AGE = timedelta(days=30)
"""A chain of refreshes ends then, however often it was refreshed."""
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "ISSUER": JWT_ISSUER,
    "AUDIENCE": "stocksense-api",
    "LEEWAY": 5,
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "USER_ID_CLAIM": "sub",
    "TOKEN_TYPE_CLAIM": "typ",
    "JTI_CLAIM": "jti",
    "UPDATE_LAST_LOGIN": False,
}

API_KEY_MAX_AGE = timedelta(days=365)
API_KEY_ROTATION_OVERLAP = timedelta(hours=24)
API_KEY_ROTATION_OVERLAP_MAX = timedelta(days=7)

API_LIMITS = {
    "user": env.str("API_LIMIT_USER", default="6000/min"),
    "key": env.str("API_LIMIT_KEY", default="3000/min"),
    "anonymous": env.str("API_LIMIT_ANONYMOUS", default="60/min"),
}
API_SCOPE_LIMITS = {
    "sign-in": "30/min",
    "refresh": "60/min",
    "ticket": "60/min",
    "write": "1200/min",
    "heavy": "30/min",
}
"""Endpoints that name one in `throttle_scope`; counted for each user (or address) apart."""
