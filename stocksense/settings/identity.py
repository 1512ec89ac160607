"""Who may sign in and how: allauth, passwords, sessions, cookies, mail."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .env import env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["stocksense.accounts.backends.PasswordBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "account_login"

SHORTEST_PASSWORD = 8
PASSWORD_MIN_LENGTH = env.int("PASSWORD_MIN_LENGTH", default=12)
if PASSWORD_MIN_LENGTH < SHORTEST_PASSWORD:
    raise ImproperlyConfigured(
        f"PASSWORD_MIN_LENGTH is {PASSWORD_MIN_LENGTH}; it must be at least {SHORTEST_PASSWORD}."
    )
PASSWORD_COMPLEXITY = env.bool("PASSWORD_COMPLEXITY", default=True)

_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH}},
    {"NAME": "stocksense.accounts.passwords.LongestLengthValidator"},
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name"), "max_similarity": 0.6},
    },
    {"NAME": "stocksense.accounts.passwords.NotCommonValidator"},
]
if PASSWORD_COMPLEXITY:
    AUTH_PASSWORD_VALIDATORS.append({"NAME": "stocksense.accounts.passwords.ComplexityValidator"})
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# The longest life of a link: an invitation's. A reset link ends sooner (accounts.links).
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600

SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=12) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # Strict would sign people out who follow a link from a mail
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page's form
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True

DEVICE_COOKIE_NAME = "device"

PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
"""Where people reach the site, used in mails. Blank: the address of the request."""
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="StockSense <stocksense@localhost>")
EMAIL_TIMEOUT = 20

ACCOUNT_ADAPTER = "stocksense.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = str
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are given by an admin; the invitation proves them
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "stocksense.accounts.links.PasswordLinks"  # noqa: S105
# Passwords, codes, passkeys and asked-for links are counted by our own limiter (`accounts.limits`), which works without
# Redis too. Allauth's limits are kept in the cache: without it their pages would answer 500.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "reset_password": "stocksense.accounts.forms.ResetPasswordForm",
    "change_password": "stocksense.accounts.forms.ChangePasswordForm",
}

MFA_ADAPTER = "stocksense.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "stocksense.accounts.forms.CodeForm",
    "reauthenticate": "stocksense.accounts.forms.ConfirmCodeForm",
    "activate_totp": "stocksense.accounts.forms.ActivateTOTPForm",
    "login_webauthn": "stocksense.accounts.passkey_forms.SignInForm",
    "authenticate_webauthn": "stocksense.accounts.passkey_forms.SecondFactorForm",
    "reauthenticate_webauthn": "stocksense.accounts.passkey_forms.ConfirmForm",
    "add_webauthn": "stocksense.accounts.passkey_forms.AddForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by an admin
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_TOTP_ISSUER = "StockSense"
# No neighbouring periods: a code's use is remembered for one period, so a tolerance would let it be used again.
MFA_TOTP_TOLERANCE = 0
