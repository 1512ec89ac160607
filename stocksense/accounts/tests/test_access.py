"""Ending a person's access takes every session at once."""

import pytest
from django.contrib.auth import update_session_auth_hash
from django.test import Client, RequestFactory

from stocksense.accounts import services
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_session_of_the_person_ends_and_nobody_elses():
    ada, other = UserFactory(), UserFactory()
    sessions, others = [signed_in(ada), signed_in(ada)], signed_in(other)
    assert [client.get("/admin/").status_code for client in (*sessions, others)] == [200, 200, 200]
    services.end_access(user=ada, reason="deactivated")
    assert [client.get("/admin/").status_code for client in (*sessions, others)] == [302, 302, 200]


def test_the_caller_may_keep_its_own_session():
    ada = UserFactory()
    own, stolen = signed_in(ada), signed_in(ada)
    request = RequestFactory().get("/")
    request.session, request.user = own.session, ada
    services.end_access(user=ada, reason="password_changed")
    update_session_auth_hash(request, ada)
    request.session.save()
    own.cookies["sessionid"] = request.session.session_key
    assert [own.get("/admin/").status_code, stolen.get("/admin/").status_code] == [200, 302]
