"""Ending a person's access takes every session at once."""

import pytest
from django.test import Client

from stocksense.accounts import services
from stocksense.accounts.services.access import end_sessions
from stocksense.accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.post("/account/sign-in/", {"login": user.email, "password": PASSWORD})
    return client


def pages(*clients: Client) -> list[int]:
    return [client.get("/admin/").status_code for client in clients]


def test_every_session_of_the_person_ends_and_nobody_elses():
    ada, other = UserFactory(), UserFactory()
    sessions, others = [signed_in(ada), signed_in(ada)], signed_in(other)
    assert pages(*sessions, others) == [200, 200, 200]
    services.end_access(user=ada, reason="deactivated")
    assert pages(*sessions, others) == [302, 302, 200]


def test_the_caller_may_keep_its_own_session():
    ada = UserFactory()
    own, stolen = signed_in(ada), signed_in(ada)
    assert end_sessions(user=ada, keep=own.session.session_key) == 1
    assert pages(own, stolen) == [200, 302]
