"""The page that load balancers ask."""

import pytest
from django.db import OperationalError

from stocksense.core import health

pytestmark = pytest.mark.django_db


def test_a_site_whose_database_answers_is_well(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_site_without_its_database_says_so(client, monkeypatch):
    class Gone:
        def cursor(self):
            raise OperationalError("could not connect to server at 10.0.0.1")

    monkeypatch.setattr(health, "connection", Gone())
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "OperationalError"}
