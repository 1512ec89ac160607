"""Hints to open pages may be lost; the work that sends them may not."""

import pytest
from django.db import transaction
from redis.exceptions import ConnectionError as RedisConnectionError

from stocksense.core import channel
from stocksense.realtime import hints


@pytest.mark.parametrize("error", [RedisConnectionError("no route"), TimeoutError("no answer")])
@pytest.mark.django_db
def test_without_redis_a_hint_is_logged_and_forgotten(monkeypatch, caplog, django_capture_on_commit_callbacks, error):
    class Layer:
        async def group_send(self, group, message):
            raise error

    monkeypatch.setattr(channel, "get_channel_layer", Layer)
    with django_capture_on_commit_callbacks(execute=True):
        hints.publish_after_commit(hints.job_group(7))
        assert not caplog.records
    assert [record.getMessage() for record in caplog.records] == [f"open pages were not told about job.7: {error}"]


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_is_down_costs_a_line_in_the_log(settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    hints.publish_after_commit(hints.job_group(7))
    assert "open pages were not told about job.7" in caplog.text


@pytest.mark.django_db
def test_a_hint_of_a_transaction_that_fails_is_never_sent(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(channel, "tell", lambda *told: sent.append(told))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        hints.publish_after_commit("job.7")
        transaction.set_rollback(True)
    assert sent == []
