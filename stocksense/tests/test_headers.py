"""What browsers are told on each kind of page, and what production does not start with."""

import os
import subprocess
import sys

import pytest

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.settings.env import BASE_DIR

STRICT = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "frame-src 'none'",
    "worker-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
ADMIN = STRICT - {"script-src 'self'", "style-src 'self'", "img-src 'self'"} | {
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
}


def policy(answer) -> set[str]:
    return set(answer["Content-Security-Policy"].split("; "))


@pytest.mark.django_db
def test_every_page_but_the_admins_has_the_strict_policy(client):
    for path in ("/account/sign-in/", "/account/password/reset/", "/healthz", "/nowhere", "/admin/login/", "/"):
        assert (path, policy(client.get(path))) == (path, STRICT)
    client.force_login(UserFactory())
    for path in ("/account/", "/account/password/", "/admin/nowhere/", "/api/v1/items"):
        assert (path, policy(client.get(path))) == (path, STRICT)
    for path in ("/admin/", "/admin/planning/worklist/", "/admin/jobs/job/"):
        assert (path, policy(client.get(path))) == (path, ADMIN)


@pytest.mark.django_db
def test_other_sites_neither_frame_embed_nor_learn_from_pages(client):
    answer = client.get("/account/sign-in/")
    assert {
        name: answer[name]
        for name in (
            "X-Frame-Options",
            "X-Content-Type-Options",
            "Referrer-Policy",
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Resource-Policy",
        )
    } == {
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    granted = dict(part.split("=") for part in answer["Permissions-Policy"].split(", "))
    assert granted["camera"] == granted["geolocation"] == granted["microphone"] == "()"
    assert granted["publickey-credentials-get"] == "(self)"


def preflight(client, path, origin):
    asked = {"origin": origin, "access-control-request-method": "POST"}
    return client.options(path, headers={**asked, "access-control-request-headers": "authorization, idempotency-key"})


@pytest.mark.django_db
def test_no_other_site_may_call_the_api_unless_it_is_named(client, settings):
    here, there = "https://portal.example.com", "https://evil.example"
    assert "Access-Control-Allow-Origin" not in preflight(client, "/api/v1/items", here)
    settings.CORS_ALLOWED_ORIGINS = [here]
    allowed = preflight(client, "/api/v1/items", here)
    assert (allowed.status_code, allowed["Access-Control-Allow-Origin"]) == (200, here)
    assert {"authorization", "idempotency-key"} <= set(allowed["Access-Control-Allow-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in allowed
    assert "Access-Control-Allow-Origin" not in preflight(client, "/api/v1/items", there)
    assert "Access-Control-Allow-Origin" not in preflight(client, "/account/sign-in/", here)
    answer = client.get("/api/v1/items", headers={"origin": here})
    assert "ETag" in answer["Access-Control-Expose-Headers"].split(", ")
    assert "origin" in answer["Vary"].lower().split(", ")


GOOD = {
    "DJANGO_SETTINGS_MODULE": "stocksense.settings.production",
    "SECRET_KEY": "8c1f0d5b7a9e42e3b6f4a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2",
    "ALLOWED_HOSTS": "stock.example.com",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "TRUSTED_PROXIES": "10.0.0.0/8",
}


def start(code: str, **changes: str | None) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], **GOOD, **changes}
    given = {name: value for name, value in environment.items() if value is not None}
    arguments = [sys.executable, *code.split("\0")] if "\0" in code else [sys.executable, "-c", code]
    return subprocess.run(arguments, env=given, cwd=BASE_DIR, capture_output=True, text=True, check=False)


LOAD = "import django.conf; django.conf.settings.DEBUG"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be at least 50 random characters"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY must be at least 50 random characters"),
        ({"SECRET_KEY": "django-insecure-" + GOOD["SECRET_KEY"]}, "SECRET_KEY must be at least 50 random characters"),
        ({"SECRET_KEY": "changeme" + GOOD["SECRET_KEY"]}, "SECRET_KEY must be at least 50 random characters"),
        ({"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY_FALLBACKS must be at least 50 random characters"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "stock.example.com,*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "."}, "ALLOWED_HOSTS must name the hosts"),
        ({"CSRF_TRUSTED_ORIGINS": "http://stock.example.com"}, "CSRF_TRUSTED_ORIGINS holds 'http://stock.example.com'"),
        ({"CSRF_TRUSTED_ORIGINS": "https://*"}, "CSRF_TRUSTED_ORIGINS holds 'https://*'"),
        ({"CORS_ALLOWED_ORIGINS": "https://*.example.com"}, "CORS_ALLOWED_ORIGINS holds 'https://*.example.com'"),
        ({"CORS_ALLOWED_ORIGINS": "http://app.example.com"}, "CORS_ALLOWED_ORIGINS holds 'http://app.example.com'"),
        ({"PUBLIC_URL": "http://stock.example.com"}, "PUBLIC_URL is 'http://stock.example.com'"),
        ({"DEBUG": "true"}, "DEBUG is set"),
        ({"PASSWORD_MIN_LENGTH": "7"}, "PASSWORD_MIN_LENGTH is 7; it must be at least 8."),
        ({"DATABASE_URL": None}, "Production needs DATABASE_URL and REDIS_URL"),
    ],
)
def test_production_does_not_start_with_what_is_not_safe(change, told):
    result = start(LOAD, **change)
    assert result.returncode != 0
    assert told in result.stderr.splitlines()[-1]


SHOW = """
from django.conf import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME, s.PUBLIC_URL, s.CSRF_TRUSTED_ORIGINS)
print(s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SECURE)
print(s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_SSL_REDIRECT, s.PASSWORD_HASHERS[0])
print(s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_DOMAIN, s.CSRF_COOKIE_PATH)
"""


def test_production_s_cookies_are_bound_to_this_host_and_tls():
    result = start(SHOW, ALLOWED_HOSTS=".example.com,other.example.org")
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "__Host-session __Host-csrf __Host-device https://example.com "
        "['https://*.example.com', 'https://other.example.org']",
        "True True Lax True",
        "31536000 True True django.contrib.auth.hashers.Argon2PasswordHasher",
        "None / None /",
    ]


def test_the_deployment_check_finds_nothing():
    result = start("manage.py\0check\0--deploy\0--fail-level\0WARNING")
    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n"), result.stderr


def test_the_deployment_check_asks_for_the_proxies_that_end_tls():
    result = start("manage.py\0check\0--deploy\0--fail-level\0WARNING", TRUSTED_PROXIES="")
    assert result.returncode == 1
    assert "TRUSTED_PROXIES is empty" in result.stderr


FORWARDED = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "evil.example"}


@pytest.mark.django_db
def test_only_our_own_proxies_say_that_a_request_came_over_tls(client, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert client.get("/account/sign-in/", REMOTE_ADDR="203.0.113.9", **FORWARDED).status_code == 301
    assert client.get("/account/sign-in/", REMOTE_ADDR="10.1.2.3", **FORWARDED).status_code == 200
    settings.TRUSTED_PROXIES = []
    assert client.get("/account/sign-in/", REMOTE_ADDR="10.1.2.3", **FORWARDED).status_code == 301


@pytest.mark.django_db
def test_suppliers_see_the_strict_policy_when_they_are_refused(client):
    client.force_login(UserFactory(role=Role.SUPPLIER, is_staff=False))
    answer = client.get("/admin/", follow=True)
    assert (answer.status_code, policy(answer)) == (403, STRICT)
