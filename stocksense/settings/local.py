"""One person on one machine: the embedded servers, no TLS, a secret kept in the data folder."""

from stocksense.core.logs.configuration import settings as logging_settings
from stocksense.core.secret import local_secret_key

from .base import *  # noqa: F403
from .base import DATA_FOLDER, LOG_LEVEL
from .env import env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or local_secret_key(DATA_FOLDER)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
STATIC_ROOT = None  # served from where they lie
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_FOLDER / "mail"
LOGGING = logging_settings(form=env.str("LOG_FORMAT", default="readable"), level=LOG_LEVEL)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys at http://localhost
