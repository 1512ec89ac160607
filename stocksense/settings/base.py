"""Settings that hold everywhere. What a deployment may change comes through `env`."""

from celery.schedules import crontab

from stocksense.core.logs.configuration import settings as logging_settings

from .access import *  # noqa: F403
from .admin_theme import UNFOLD as UNFOLD
from .api import REST_FRAMEWORK as REST_FRAMEWORK
from .api import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from .env import BASE_DIR, data_folder, databases, env, redis_urls
from .headers import *  # noqa: F403
from .identity import *  # noqa: F403
from .webhooks import *  # noqa: F403

DATA_FOLDER = data_folder()
REDIS_URL, CELERY_BROKER_URL = redis_urls()

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "stocksense.core",  # after auth, whose permissions must exist when ours set up the roles
    "stocksense.core.admin.apps.StockSenseAdminConfig",
    "channels",
    "corsheaders",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pgtrigger",
    "pghistory",
    "stocksense.audit",
    "stocksense.accounts",
    "stocksense.company",
    "stocksense.messaging",
    "stocksense.jobs",
    "stocksense.ingestion",
    "inventory",
    "vendors",
    "forecasting",
    "policies",
    "planning",
    "analytics",
]

MIDDLEWARE = [
    "stocksense.core.middleware.request_origin",
    "stocksense.core.metrics.measure_requests",
    "stocksense.audit.middleware.access_log",
    "stocksense.core.middleware.believe_proxies_only",
    "stocksense.core.programs.ShortWay",
    "django.middleware.security.SecurityMiddleware",
    "stocksense.core.middleware.browser_headers",
    "stocksense.core.programs.ContentSecurity",
    "stocksense.core.middleware.refuse_zero_bytes",
    "stocksense.accounts.api.throttling.RateLimitMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "stocksense.company.middleware.company_time",
    "allauth.account.middleware.AccountMiddleware",
    "stocksense.accounts.middleware.SecondFactorMiddleware",
    "stocksense.accounts.middleware.session_activity",
]

PROGRAM_MIDDLEWARE = [
    "stocksense.core.middleware.refuse_zero_bytes",
    "stocksense.accounts.api.throttling.RateLimitMiddleware",
    "stocksense.company.middleware.company_time",
]
"""What stands between `ShortWay` and the API's views where no session comes with the request."""
PROGRAM_HEADERS = [
    "django.middleware.security.SecurityMiddleware",
    "stocksense.core.middleware.browser_headers",
    "stocksense.core.programs.ContentSecurity",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""What only adds headers, the same to all answers: asked once, and added by `ShortWay`."""

ROOT_URLCONF = "stocksense.urls"
WSGI_APPLICATION = "stocksense.wsgi.application"
ASGI_APPLICATION = "stocksense.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = databases(
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    # Queries that the API runs again and again are prepared, unless a pooler stands between that knows no statements.
    connection_options={
        "application_name": "stocksense",
        "prepare_threshold": 0 if env.bool("DATABASE_PREPARE", default=True) else None,
    },
)
DATABASE_ROUTERS = ["stocksense.core.database.routers.OneDatabaseRouter"]

CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": REDIS_URL}}
# Publish and subscribe: a hint to a group is one message to each process, however many sockets it has.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
    },
}
SESSION_ENGINE = "stocksense.accounts.sessions"

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "planning.tasks.run_cycle": {"queue": "planning"},
    "forecasting.tasks.train_forecast": {"queue": "planning"},
    "stocksense.ingestion.tasks.import_uploaded": {"queue": "imports"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 6 * 3600,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
FORECAST_DASK_ADDRESS = env.str("FORECAST_DASK_ADDRESS", default="")  # a scheduler; blank: forecast on this machine
FORECAST_COMPARED_SERIES = env.int("FORECAST_COMPARED_SERIES", default=1_000)  # of each segment, at most 1,000; 0: none
FORECAST_COMPARISON_SECONDS = env.int("FORECAST_COMPARISON_SECONDS", default=120)  # of CPU, for the slow families
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_FOLDER / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "write when API keys were last used": {"task": "stocksense.accounts.tasks.write_key_usage", "schedule": 60.0},
    "remove sign-ins, tickets and counts past their time": {
        "task": "stocksense.accounts.tasks.remove_expired_access",
        "schedule": crontab(minute=20),
    },
    "seal past days of history and access log": {
        "task": "stocksense.audit.tasks.seal_past_days",
        "schedule": crontab(minute=35),
    },
    "let the access log age out": {
        "task": "stocksense.audit.tasks.drop_old_access_log",
        "schedule": crontab(minute=15, hour=4),
    },
    "start the nightly cycle when the company's night has come": {
        "task": "planning.tasks.start_nightly_cycle",
        "schedule": crontab(minute="*/10"),
    },
    "train the forecast once a week": {
        "task": "forecasting.tasks.start_weekly_training",
        "schedule": crontab(minute=45),
    },
    "remove messages delivered long ago": {
        "task": "stocksense.messaging.tasks.remove_delivered",
        "schedule": crontab(minute=50, hour=3),
    },
    "remove answers kept for idempotency keys": {
        "task": "stocksense.messaging.tasks.remove_old_keys",
        "schedule": crontab(minute=15),
    },
    "remove the files of old uploads": {
        "task": "stocksense.ingestion.tasks.remove_old_uploads",
        "schedule": crontab(minute=40, hour=3),
    },
    "requeue jobs whose worker is gone": {"task": "stocksense.jobs.tasks.requeue_lost_jobs", "schedule": 20.0},
    "let run outputs age out": {
        "task": "stocksense.company.tasks.drop_old_runs",
        "schedule": crontab(minute=25, hour="*/6"),
    },
    "deliver the outbox": {"task": "stocksense.messaging.tasks.deliver_outbox", "schedule": 15.0},
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # our own words are English: a page in two languages helps nobody
FORMAT_MODULE_PATH = ["stocksense.settings.formats"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
MEDIA_ROOT = DATA_FOLDER / "uploads"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

ACCESS_LOG_THREAD = True
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # what Prometheus sends to read /metrics; blank: nobody reads
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "stocksense.core.logs.configuration.configure"
LOGGING = logging_settings(form="readable", level=LOG_LEVEL)
