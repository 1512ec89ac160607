"""Weak settings of tokens stop every process."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from stocksense.accounts import checks


def test_the_settings_as_they_are_pass():
    assert checks.token_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("ALGORITHM", "none", "E002"),
        ("ALGORITHM", "RS256", "E002"),
        ("ISSUER", "", "E003"),
        ("AUDIENCE", None, "E003"),
        ("ACCESS_TOKEN_LIFETIME", timedelta(hours=2), "E004"),
        ("REFRESH_TOKEN_LIFETIME", timedelta(days=8), "E005"),
        ("LEEWAY", 300, "E007"),
        ("USER_ID_CLAIM", "user_id", "E010"),
    ],
)
def test_a_weaker_token_is_refused(settings, name, value, code):
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, name: value}
    assert code in {error.id.partition(".")[2] for error in checks.token_settings()}
    with pytest.raises(ImproperlyConfigured, match="SIMPLE_JWT"):
        checks.refuse_weak_settings()


def test_short_keys_and_the_secret_key_itself_are_refused(settings):
    settings.JWT_KEYS = ["short", settings.SECRET_KEY]
    assert [error.id for error in checks.token_settings()] == ["accounts.E008", "accounts.E009"]


def test_without_the_store_of_used_tokens_nothing_starts(monkeypatch):
    monkeypatch.setattr(checks.apps, "app_configs", {})
    assert [error.id for error in checks.token_settings()] == ["accounts.E001"]
