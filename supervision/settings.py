"""Settings. Everything that differs between machines comes from the environment.

DATABASE_URL      sqlite:///relative.sqlite3, sqlite:////absolute.sqlite3, postgres://user:password@host:port/name
                  (a unix socket: postgres://user@/name?host=/socket/folder). Default: var/portal.sqlite3.
REDIS_URL         redis://… or unix:///path. Without it the broker is a folder under PORTAL_VAR.
PORTAL_VAR        folder for database, media, broker and secret of the embedded portal. Default: ./var.
PORTAL_SECRET     Django's secret key. Without it one is made and kept in PORTAL_VAR.
PORTAL_HOSTS      comma-separated host names the portal answers to.
PORTAL_DEBUG      1 for tracebacks in the browser.
PORTAL_HTTPS      1 behind a TLS-terminating proxy: secure cookies, HSTS.
PORTAL_PROXIES    how many of our own proxies stand before the portal, whose X-Forwarded-For is then believed.
                  Default: 1 with PORTAL_HTTPS, else 0.
PORTAL_REQUIRE_TOTP   0 lets the three administrators in without a second factor. Default: 1. Only the
                  demonstration (`manage.py portal`) sets it to 0, through the environment of what it starts.
PORTAL_CREDIT_KEY     the key that signs exported credit results. Without it they are not exported.
PORTAL_CREDIT_WEBHOOK the address that is told of a published change of credit. Default: none, nothing is sent.
PORTAL_PASSWORD_DAYS  days until a password must be changed, 0 for never. Default: 90.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PORTAL_VAR", BASE_DIR / "var")).resolve()
VAR.mkdir(parents=True, exist_ok=True)


def secret_key() -> str:
    """The secret from the environment, or one made at first start and kept for the next."""
    if given := os.environ.get("PORTAL_SECRET"):
        return given
    path = VAR / "secret"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


def database(url: str) -> dict:
    """Turn a DATABASE_URL into Django's dictionary.

    Raises ValueError naming the scheme when it is neither sqlite nor postgres.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(BASE_DIR / path[1:]) if not path.startswith("//") else path[1:],
            "OPTIONS": {
                # WAL alone loses transactions between processes; IMMEDIATE takes the write lock at
                # BEGIN, so a waiting writer waits instead of failing half-way.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or query.pop("port", "")),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": query,
        }
    raise ValueError(f"DATABASE_URL: unknown scheme {parts.scheme!r}")


SECRET_KEY = secret_key()
DEBUG = os.environ.get("PORTAL_DEBUG") == "1"
HTTPS = os.environ.get("PORTAL_HTTPS") == "1"
ALLOWED_HOSTS = [
    host.strip()
    for host in os.environ.get("PORTAL_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]
# Where people reach the portal from outside: printed as QR codes on papers.
PORTAL_PUBLIC_URL = (
    os.environ.get("PORTAL_PUBLIC_URL")
    or f"{'https' if HTTPS else 'http'}://{[*ALLOWED_HOSTS, 'localhost'][0]}"
).rstrip("/")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "supervision.rules",
    "supervision.people",
    "supervision.jobs",
    "supervision.flows",
    "supervision.papers",
    "supervision.ledgers",
    "supervision.plan",
    "projects",
    "safety",
    "quality",
    "integrity",
    "supervision.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "supervision.people.middleware.GateMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "supervision.urls"
WSGI_APPLICATION = "supervision.wsgi.application"
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
                "supervision.desk.context.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'portal.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "supervision.caching.PatientRedisCache", "LOCATION": REDIS_URL}}
    if not REDIS_URL.startswith("unix:"):
        # Of a machine that does not answer at all no page waits for minutes.
        CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 2}
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
    # Whoever enqueues must not wait for a broker that is away: the sweep sends the job later.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "socket_connect_timeout": 2,
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": VAR / "cache",
        }
    }
    _queue = VAR / "queue"
    for _folder in ("in", "processed", "control"):
        (_queue / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "files://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "in"),
        "data_folder_out": str(_queue / "in"),
        "processed_folder": str(_queue / "processed"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker that finds the broker away keeps asking, however long it takes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A running job that gave no sign of life for so long counts as interrupted (heartbeats come every 5 s).
JOBS_STALE_SECONDS = 60

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# 本系统设定: the figures below are this portal's own; see supervision/people/passwords.py.
PORTAL_PASSWORD_DAYS = int(os.environ.get("PORTAL_PASSWORD_DAYS", "90"))
PORTAL_PASSWORD_MEMORY = 5
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "supervision.people.passwords.ClassesValidator"},
    {"NAME": "supervision.people.passwords.UsernameValidator"},
    {"NAME": "supervision.people.passwords.CommonValidator"},
    {"NAME": "supervision.people.passwords.FormerValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workbench"
# Exchange of credit results: the key shared with whoever checks our signatures, and the one address that is told of
# a published change. Without an address nothing is sent anywhere.
PORTAL_CREDIT_KEY = os.environ.get("PORTAL_CREDIT_KEY", "")
PORTAL_CREDIT_WEBHOOK = os.environ.get("PORTAL_CREDIT_WEBHOOK", "")
PORTAL_PROXIES = int(os.environ.get("PORTAL_PROXIES", "1" if HTTPS else "0"))
PORTAL_REQUIRE_TOTP = os.environ.get("PORTAL_REQUIRE_TOTP", "1") != "0"
OTP_TOTP_ISSUER = "三个工程监管平台"
AXES_HANDLER = "supervision.people.lockout.LockoutHandler"
AXES_FAILURE_LIMIT = 5  # for one name, from wherever
PORTAL_ADDRESS_FAILURE_LIMIT = 20  # from one address, on whatever names
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# Knocking at a locked door does not keep it locked: nobody can shut a colleague out for a whole day.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "supervision.people.lockout.locked_response"
AXES_CLIENT_IP_CALLABLE = "supervision.people.middleware.client_address"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "old_password"]
AXES_SENSITIVE_PARAMETERS += ["new_password1", "new_password2"]
AXES_DISABLE_ACCESS_LOG = True  # people.SignIn is the log

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

SESSION_COOKIE_AGE = 12 * 60 * 60  # however busy
PORTAL_IDLE_SECONDS = 30 * 60
PORTAL_SEEN_SECONDS = 60  # how often a session in use is written
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "supervision.people.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "supervision.ledgers.rest.Pages",
    "PAGE_SIZE": 20,
    "EXCEPTION_HANDLER": "supervision.ledgers.rest.problem",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "1200/min"},
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "三个工程监管平台 API",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Choices stand where they are used: shared ones would want a name of their own for every list of every ledger.
    "POSTPROCESSING_HOOKS": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Every refusal is answered to whoever asked; the log is for what the portal itself did wrong.
    "loggers": {"django.request": {"level": "ERROR"}},
}
