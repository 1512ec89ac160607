"""Sessions: listed for their owner, ended by their owner, and a mail when a new browser appears."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core.cache import cache
from django.test import Client
from django_redis.exceptions import ConnectionInterrupted

from stocksense.accounts.devices import describe
from stocksense.accounts.sessions import COPY_SECONDS, SessionStore
from stocksense.accounts.tests.factories import UserFactory
from stocksense.accounts.tests.pages.conftest import is_signed_in, signed_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def browser(agent: str) -> Client:
    return Client(headers={"user-agent": agent})


def test_the_owner_sees_each_session_with_device_address_and_time(ada):
    signed_in(ada, Client(headers={"user-agent": PHONE}, REMOTE_ADDR="203.0.113.9"))
    page = signed_in(ada, browser(FIREFOX)).get("/account/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "203.0.113.9" in page
    assert page.count("This browser") == 1


def test_one_session_is_ended_by_its_owner(ada):
    phone, desk = signed_in(ada, browser(PHONE)), signed_in(ada, browser(FIREFOX))
    row = UserSession.objects.get(session_key=phone.session.session_key)
    assert desk.get(f"/account/sessions/{row.pk}/end/").status_code == 405
    assert phone.get("/account/").status_code == 200
    assert desk.post(f"/account/sessions/{row.pk}/end/").url == "/account/"
    assert [phone.get("/account/").status_code, desk.get("/account/").status_code] == [302, 200]


def test_nobody_ends_a_session_of_somebody_else(ada):
    other = signed_in(UserFactory())
    row = UserSession.objects.get(session_key=other.session.session_key)
    signed_in(ada).post(f"/account/sessions/{row.pk}/end/")
    assert other.get("/account/").status_code == 200


def test_all_other_sessions_are_ended_at_once(ada):
    others = [signed_in(ada), signed_in(ada)]
    own, stranger = signed_in(ada), signed_in(UserFactory())
    own.post("/account/sessions/end/")
    assert [client.get("/account/").status_code for client in (*others, own, stranger)] == [302, 302, 200, 200]


def test_deactivation_ends_sessions_and_activation_does_not_bring_them_back(ada):
    from stocksense.accounts import services
    from stocksense.accounts.roles import Role

    boss, client = UserFactory(role=Role.ADMIN), signed_in(ada)
    services.change_person(user=ada, role=Role.VIEWER, is_active=False, actor=boss)
    assert client.get("/admin/").status_code == 302
    services.change_person(user=ada, role=Role.VIEWER, is_active=True, actor=boss)
    assert client.get("/admin/").status_code == 302


def test_a_session_notes_when_it_was_last_seen_every_few_minutes_only(ada, django_assert_num_queries):
    client = signed_in(ada)
    client.get("/account/two-factor/")
    row = UserSession.objects.get()
    UserSession.objects.update(last_seen_at=row.created_at.replace(year=2020), ip="192.0.2.1")
    client.get("/account/two-factor/")
    assert UserSession.objects.get().last_seen_at.year == 2020
    cache.delete(f"session-seen:{row.session_key}")
    client.get("/account/two-factor/")
    assert (UserSession.objects.get().last_seen_at.year != 2020, UserSession.objects.get().ip) == (True, "127.0.0.1")


def test_a_new_browser_is_told_by_mail_and_a_known_one_is_not(ada, mails):
    desk, phone = browser(FIREFOX), browser(PHONE)
    assert mails(lambda: signed_in(ada, desk)) == []  # the first sign-in ever
    (mail,) = mails(lambda: signed_in(ada, phone))
    assert (mail.subject, mail.to) == ("New sign-in to StockSense", [ada.email])
    assert "From: 127.0.0.1, Safari on iPhone" in mail.body
    desk.post("/account/sign-out/")
    assert mails(lambda: signed_in(ada, desk)) == []
    assert is_signed_in(desk)


def test_a_forged_device_cookie_is_no_known_browser(ada, mails):
    mails(lambda: signed_in(ada, browser(FIREFOX)))
    forged = browser(PHONE)
    forged.cookies["device"] = "WyJ4Il0:1abc:forged"
    assert len(mails(lambda: signed_in(ada, forged))) == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile Safari/537.36", "Chrome on Android"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_called_by_words_people_know(agent, words):
    assert describe(agent) == words


def test_pages_are_answered_and_people_sign_in_while_the_cache_is_down(ada, monkeypatch):
    client = signed_in(ada)

    def gone(*_, **__):
        raise ConnectionInterrupted(None)

    for name in ("add", "get", "set", "delete"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, gone)
    assert client.get("/account/").status_code == 200
    assert is_signed_in(signed_in(ada))


def test_a_password_link_is_asked_for_while_the_cache_is_down_and_counted(ada, monkeypatch, mails, no_redis):
    def gone(*_, **__):
        raise ConnectionInterrupted(None)

    for name in ("add", "get", "set", "delete"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, gone)
    stranger = browser(FIREFOX)
    ask = {"email": ada.email}
    assert len(mails(lambda: stranger.post("/account/password/reset/", ask))) == 1
    statuses = [stranger.post("/account/password/reset/", ask).status_code for _ in range(5)]
    assert statuses == [302, 302, 302, 302, 429]
    others = [stranger.post("/account/password/reset/", {"email": "no@example.com"}).status_code for _ in range(6)]
    assert others == [302, 302, 302, 302, 302, 429]


def test_a_session_that_ended_unheard_by_the_cache_is_good_for_a_minute_at_most(ada):
    client = signed_in(ada)
    client.get("/account/")
    store = SessionStore(client.session.session_key)
    assert 0 < cache.ttl(store.cache_key) <= COPY_SECONDS
    DatabaseStore(store.session_key).delete()
    cache.expire(store.cache_key, 0)
    assert client.get("/account/").status_code == 302


def test_a_copy_is_read_from_the_database_again_and_kept_for_another_minute(ada):
    client = signed_in(ada)
    store = SessionStore(client.session.session_key)
    cache.expire(store.cache_key, 0)
    assert client.get("/account/").status_code == 200
    assert 0 < cache.ttl(store.cache_key) <= COPY_SECONDS
