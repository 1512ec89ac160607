"""Metrics: who may read them, and what they say."""

import pytest

from stocksense.core import metrics

TOKEN = "metrics-token-0123456789"


def count(route: str, method: str, status: int) -> float:
    return metrics.SECONDS.labels(route, method, status)._sum.get()


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN, f"Bearer {TOKEN} "])
def test_nobody_without_the_token_learns_that_they_are_there(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_a_request_is_counted_under_its_route_and_never_under_its_address(client, settings):
    settings.METRICS_TOKEN = TOKEN
    before = count("health", "GET", 200)
    client.get("/healthz")
    assert count("health", "GET", 200) > before
    client.get("/somebody/else/s/canary")
    client.generic("BREW", "/healthz")
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert page.status_code == 200
    text = page.content.decode()
    assert 'stocksense_request_seconds_count{method="GET",route="health",status="200"}' in text
    assert 'method="other",route="health"' in text
    assert "canary" not in text
    assert "BREW" not in text


def test_requests_of_programs_are_counted_too(client, settings, db):
    before = count("items-list", "GET", 401)
    assert client.get("/api/v1/items").status_code == 401
    assert count("items-list", "GET", 401) > before
