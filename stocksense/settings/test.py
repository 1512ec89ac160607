"""The suite: embedded servers of its own, cheap password hashing, tasks run where they are called."""

from .base import *  # noqa: F403
from .base import DATABASES

DEBUG = False
SECRET_KEY = "test-only-" + "k" * 50
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
ACCESS_LOG_THREAD = False  # a thread would not see what a test has not committed; tests flush themselves

for _database in DATABASES.values():  # what hangs is refused while the test still runs, and names what it waited for
    _database["OPTIONS"]["options"] = "-c lock_timeout=60s -c idle_in_transaction_session_timeout=240s"
