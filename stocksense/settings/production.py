"""A server on a network: every secret and address must be given, and TLS is assumed in front."""

from django.core.exceptions import ImproperlyConfigured

from stocksense.core.logs.configuration import settings as logging_settings

from . import refusals
from .base import *  # noqa: F403
from .base import CORS_ALLOWED_ORIGINS, LOG_LEVEL
from .env import env, uses_embedded_database, uses_embedded_redis

refusals.refuse_debug(env.bool("DEBUG", default=False))
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
refusals.refuse_weak_secret("SECRET_KEY", SECRET_KEY)
for _fallback in SECRET_KEY_FALLBACKS:
    refusals.refuse_weak_secret("SECRET_KEY_FALLBACKS", _fallback)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
refusals.refuse_open_hosts(ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS",
    default=[f"https://*{host}" if host.startswith(".") else f"https://{host}" for host in ALLOWED_HOSTS],
)
refusals.refuse_open_origins("CSRF_TRUSTED_ORIGINS", CSRF_TRUSTED_ORIGINS, subdomains=True)
refusals.refuse_open_origins("CORS_ALLOWED_ORIGINS", CORS_ALLOWED_ORIGINS, subdomains=False)
# Mails link to this address, whatever host a request names.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/") or f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
refusals.refuse_plain_address("PUBLIC_URL", PUBLIC_URL)

if uses_embedded_database() or uses_embedded_redis():
    raise ImproperlyConfigured("Production needs DATABASE_URL and REDIS_URL; the embedded servers are for one machine.")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# The prefix makes browsers take them over TLS only, for this host only.
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
DEVICE_COOKIE_NAME = "__Host-device"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGGING = logging_settings(form="json", level=LOG_LEVEL)
