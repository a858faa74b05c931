"""All settings, from the environment; docs/settings.md lists them.

`mpr` and `manage.py` start the embedded PostgreSQL and Valkey and set DATABASE_URL and REDIS_URL when they are unset.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from mpr.env import env_bool, env_choice, env_int, env_list, env_str, env_url
from mpr.storage.environment import browser_origins, storage_from_env
from mpr.web.policy import add_headers

BASE_DIR = Path(__file__).resolve().parent.parent
HOME_DIR = Path(env_str("MPR_HOME", str(BASE_DIR / ".mpr"))).resolve()

DEBUG = env_bool("MPR_DEBUG")
ALLOWED_HOSTS = env_list("MPR_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env_list("MPR_TRUSTED_ORIGINS")
SECRET_KEY = env_str("MPR_SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured("MPR_SECRET_KEY is not set; set it to a long random text, or start through `mpr`.")

INSTALLED_APPS = [
    "mpr.web.admin_apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "channels",
    "csp",
    "django_celery_results",
    "django_svelte_jsoneditor",
    "tree_queries",
    "mpr.operation",
    "mpr.api",
    "mpr.web",
    "mpr.workspaces",
    "mpr.assets",
    "mpr.jobs",
    "mpr.events",
    "profiles",
    "brands",
    "detection",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mpr.web.middleware.DomainErrorMiddleware",
]

# --- Storage: local folders, or S3 when a bucket is named; the same code either way ---

STORAGES = {
    "default": storage_from_env("media_out", HOME_DIR),
    "media_in": storage_from_env("media_in", HOME_DIR),
    "media_out": storage_from_env("media_out", HOME_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# The S3 server as browsers reach it, where that is another address than the one this machine uses.
MPR_S3_PUBLIC_ENDPOINT = env_url("MPR_S3_PUBLIC_ENDPOINT", ("http", "https"))
_BUCKET_ORIGINS = sorted(
    {
        origin
        for alias in ("media_in", "media_out")
        for origin in browser_origins(STORAGES[alias], MPR_S3_PUBLIC_ENDPOINT)
    }
)

# A page loads nothing from elsewhere and runs no script or style that stands in it; for the admin see mpr.web.site.
# Videos are played from S3, and footage is sent there, by addresses that we sign.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF, *_BUCKET_ORIGINS],
        "connect-src": [SELF, *_BUCKET_ORIGINS],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

ROOT_URLCONF = "mpr.urls"
ASGI_APPLICATION = "mpr.asgi.application"
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
            ]
        },
    }
]

# --- PostgreSQL and Redis or Valkey ---


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A database host that vanished is noticed within a lease, not after the kernel's hours.
        "OPTIONS": {
            "connect_timeout": 5,
            "keepalives_idle": 20,
            "keepalives_interval": 5,
            "keepalives_count": 4,
            "tcp_user_timeout": 30_000,
            **query,
        },
    }


DATABASE_URL = env_url("DATABASE_URL", ("postgresql", "postgres"))
if not DATABASE_URL:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set; set it to postgresql://user:password@host/database, or start through `mpr`, "
        "which brings its own PostgreSQL."
    )
DATABASES = {"default": _database(DATABASE_URL)}

REDIS_URL = env_url("REDIS_URL", ("redis", "rediss", "unix"))
if not REDIS_URL:
    raise ImproperlyConfigured(
        "REDIS_URL is not set; set it to redis://host:6379/0, or start through `mpr`, which brings its own Valkey."
    )
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}

# --- Celery: messages only; the database decides what is done ---

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Celery would close the database connection before and after every task, which costs more than all else that is done
# for a shard; mpr.jobs.worker sees to its age and health, as CONN_MAX_AGE and CONN_HEALTH_CHECKS ask.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 5,
    "socket_timeout": 30,
    "socket_keepalive": True,
    "max_retries": 3,
}
CELERY_TASK_SERIALIZER = "json"
# Tasks of the families; those of the platform are found by mpr.celery.
CELERY_IMPORTS = ("detection.review.tasks",)

# --- The API ---

MPR_WEB_CONNECTIONS = env_int("MPR_WEB_CONNECTIONS", 20, at_least=2)
MPR_API_PER_MINUTE = env_int("MPR_API_PER_MINUTE", 600, at_least=10)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["mpr.api.throttles.PerPerson", "mpr.api.throttles.PerAddress"],
    "DEFAULT_PAGINATION_CLASS": "mpr.api.paging.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "mpr.api.schema.Schema",
    "EXCEPTION_HANDLER": "mpr.api.errors.answer_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MPR",
    "DESCRIPTION": "Video in, sponsorship reports out: run and steer jobs, replay them, read what they gave.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/detect/",
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "mpr.jobs.models.JobStatus",
        "FootageStatus": "mpr.assets.models.AssetStatus",
    },
}

STATIC_URL = "static/"
STATIC_ROOT = HOME_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ADD_HEADERS_FUNCTION = add_headers

# --- What runs ---

MPR_FAMILIES = ("mpr.assets.family.FAMILY", "detection.family.FAMILY")
# The rail, what the search over everything looks through, and who counts the workers; see mpr.web.shell.
MPR_PLACES = (
    "mpr.assets.shell.LIBRARY",
    "mpr.jobs.shell.JOBS",
    "detection.review.shell.REVIEW",
    "detection.shell.BRANDS",
    "mpr.jobs.shell.PROFILES",
    "mpr.operation.shell.SYSTEM",
    "mpr.web.shell.ADMIN",
)
MPR_SEARCHES = (
    "mpr.assets.shell.FOOTAGE",
    "mpr.jobs.shell.LABELLED_JOBS",
    "detection.shell.KNOWN_BRANDS",
    "mpr.jobs.shell.KNOWN_PROFILES",
    "detection.shell.AIRED",
)
MPR_WORKERS_ONLINE = "mpr.jobs.presence.online"
# The stage whose output tells where shots begin, for splitting footage there.
MPR_SHOT_STAGE = "filter_scenes"
MPR_DEFAULT_PROFILE = env_str("MPR_DEFAULT_PROFILE", "soccer_broadcast")
MPR_LEASE_S = env_int("MPR_LEASE_S", 60, at_least=5)
MPR_SHARD_ATTEMPTS = env_int("MPR_SHARD_ATTEMPTS", 5, at_least=1)
MPR_SWEEP_S = env_int("MPR_SWEEP_S", 10, at_least=1)
MPR_EVENTS_KEEP_DAYS = env_int("MPR_EVENTS_KEEP_DAYS", 30, at_least=1)
MPR_UPLOADS_KEEP_DAYS = env_int("MPR_UPLOADS_KEEP_DAYS", 3, at_least=1)
MPR_DELETED_KEEP_DAYS = env_int("MPR_DELETED_KEEP_DAYS", 7, at_least=0)

# --- People ---

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
CSRF_FAILURE_VIEW = "mpr.web.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("MPR_HTTPS")
if env_bool("MPR_HTTPS"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_choice("MPR_LOG_LEVEL", _LOG_LEVELS, "INFO")},
}
