"""Who may open a WebSocket, by what, and what closes it."""

import asyncio
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from stocksense import routing
from stocksense.accounts import services
from stocksense.accounts.models import OneTimeToken, User
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.tests.conftest import Program
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import clock
from stocksense.jobs.tests.conftest import make_job
from stocksense.realtime import consumers

pytestmark = pytest.mark.django_db(transaction=True)
OWN = b"https://localhost"
ENDED = {"type": "websocket.close", "code": 4401}


class Site:
    """A job to listen to, a viewer who may, a program of theirs and a page."""

    def __init__(self) -> None:
        self.user = UserFactory(role=Role.VIEWER)
        self.job = make_job()
        self.program = Program("198.51.100.77")
        assert self.program.login(self.user).status_code == 200
        self.client = Client()
        self.client.force_login(self.user)

    def ticket(self) -> str:
        return self.program.post("auth/ticket").json()["ticket"]

    @property
    def cookie(self) -> bytes:
        return f"sessionid={self.client.cookies['sessionid'].value}".encode()

    def socket(self, *, origin=None, cookie=b"", protocols=(), query="") -> WebsocketCommunicator:
        headers = [(b"host", b"localhost")]
        headers += [(b"origin", origin)] if origin else []
        headers += [(b"cookie", cookie)] if cookie else []
        path = f"/ws/jobs/{self.job.pk}/" + (f"?{query}" if query else "")
        return WebsocketCommunicator(routing.websocket_application, path, headers, subprotocols=list(protocols))


@pytest.fixture
async def site(settings):
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    return await database_sync_to_async(Site)()


def sync(function):
    return database_sync_to_async(function)


async def opened(socket) -> None:
    connected, _ = await socket.connect()
    assert connected
    assert (await socket.receive_json_from(timeout=10))["job"]["state"] == "queued"


async def test_a_program_signs_in_with_a_ticket_as_subprotocol(site):
    ticket = await sync(site.ticket)()
    socket = site.socket(protocols=["stocksense.v1", f"ticket.{ticket}"])
    assert await socket.connect() == (True, "stocksense.v1")
    assert (await socket.receive_json_from(timeout=10))["job"]["id"] == site.job.pk
    assert not await OneTimeToken.objects.aexists()
    await socket.disconnect()


async def test_a_program_signs_in_with_a_ticket_as_first_message(site):
    socket = site.socket()
    await socket.connect()
    assert await socket.receive_nothing(0.1)
    await socket.send_json_to({"ticket": await sync(site.ticket)()})
    assert (await socket.receive_json_from(timeout=10))["job"]["id"] == site.job.pk
    await socket.disconnect()


async def test_a_ticket_opens_one_socket(site):
    ticket = await sync(site.ticket)()
    sockets = [site.socket(protocols=["stocksense.v1", f"ticket.{ticket}"]) for _ in range(8)]
    for socket in sockets:
        await socket.connect()
    first = await asyncio.gather(*(socket.receive_output(timeout=20) for socket in sockets))
    assert sorted(message["type"] for message in first) == ["websocket.close"] * 7 + ["websocket.send"]
    for socket in sockets:
        await socket.disconnect()


async def test_a_ticket_is_good_for_thirty_seconds(site, monkeypatch):
    ticket = await sync(site.ticket)()
    now = clock.now()
    monkeypatch.setattr("stocksense.core.clock.now", lambda: now + timedelta(seconds=31))
    socket = site.socket(protocols=[f"ticket.{ticket}"])
    await socket.connect()
    assert await socket.receive_output(timeout=10) == ENDED
    await socket.disconnect()


@pytest.mark.parametrize("message", ["nonsense", "{}", "[]", '{"ticket": "no such ticket"}', "[" * 5000])
async def test_anything_but_a_ticket_is_sent_away(site, message):
    socket = site.socket()
    await socket.connect()
    await socket.send_to(text_data=message)
    assert (await socket.receive_output(timeout=10))["code"] in {4400, 4401}
    await socket.disconnect()


async def test_who_says_nothing_is_sent_away(site, monkeypatch):
    monkeypatch.setattr(consumers, "SECONDS_TO_SIGN_IN", 0.2)
    socket = site.socket()
    await socket.connect()
    assert await socket.receive_output(timeout=10) == ENDED
    await socket.disconnect()


@pytest.mark.parametrize("query", ["ticket=abc", "token=eyJ", "api_key=ssk_x", "a=1&KEY=2"])
async def test_credentials_in_the_address_are_refused(site, query):
    socket = site.socket(origin=OWN, cookie=site.cookie, query=query)
    connected, _ = await socket.connect()
    assert not connected
    await socket.disconnect()


async def test_a_session_counts_for_own_pages_only(site, settings):
    page = site.socket(origin=OWN, cookie=site.cookie)
    await opened(page)
    await page.disconnect()
    foreign = site.socket(origin=b"https://elsewhere.example", cookie=site.cookie)
    assert (await foreign.connect())[0] is False
    await foreign.disconnect()
    monkey = site.socket(cookie=site.cookie)  # no origin: no browser, so the cookie was put there by hand
    await monkey.connect()
    assert await monkey.receive_nothing(0.2)
    await monkey.disconnect()
    settings.CORS_ALLOWED_ORIGINS = ["https://partner.example"]
    partner = site.socket(origin=b"https://partner.example", cookie=site.cookie)
    await partner.connect()
    assert await partner.receive_nothing(0.2)
    await partner.send_json_to({"ticket": await sync(site.ticket)()})
    assert (await partner.receive_json_from(timeout=10))["job"]["id"] == site.job.pk
    await partner.disconnect()


def logout(site):
    assert site.program.post("auth/logout").status_code == 204


def reuse_of_a_refresh_token(site):
    old = site.program.tokens["refresh"]
    assert site.program.post("auth/refresh", {"refresh": old}).status_code == 200
    assert site.program.post("auth/refresh", {"refresh": old}).status_code == 401


def end_access(site):
    services.end_access(user=site.user, reason="test")


def deactivation(site):
    user = User.objects.get(pk=site.user.pk)
    user.is_active = False
    user.save()


def new_password(site):
    user = User.objects.get(pk=site.user.pk)
    user.set_password("another long pass phrase")
    user.save(update_fields=["password"])


def other_role(site):
    assign_role(user=site.user, role=Role.SUPPLIER)


@pytest.mark.parametrize("end", [logout, reuse_of_a_refresh_token, end_access, deactivation, new_password, other_role])
async def test_a_program_s_socket_closes_when_its_access_ends(site, end):
    ticket = await sync(site.ticket)()
    socket = site.socket(protocols=["stocksense.v1", f"ticket.{ticket}"])
    await opened(socket)
    await sync(end)(site)
    assert await socket.receive_output(timeout=10) == ENDED
    await socket.disconnect()


def sign_out(site):
    from django.contrib.auth import logout as sign_out_of
    from django.http import HttpRequest

    request = HttpRequest()
    request.session, request.user = site.client.session, site.user
    sign_out_of(request)


@pytest.mark.parametrize("end", [sign_out, end_access, deactivation, new_password, other_role])
async def test_a_page_s_socket_closes_when_its_access_ends(site, end):
    page = site.socket(origin=OWN, cookie=site.cookie)
    await opened(page)
    await sync(end)(site)
    assert await page.receive_output(timeout=10) == ENDED
    await page.disconnect()


async def test_a_change_of_name_closes_nothing(site):
    page = site.socket(origin=OWN, cookie=site.cookie)
    await opened(page)
    user = await User.objects.aget(pk=site.user.pk)
    user.name = "Another"
    await sync(user.save)()
    assert await page.receive_nothing(0.5)
    await page.disconnect()


async def test_a_socket_that_hears_nothing_looks_for_itself(site, monkeypatch):
    monkeypatch.setattr(consumers, "SECONDS_BETWEEN_CHECKS", 0.2)
    monkeypatch.setattr("stocksense.core.channel.tell", lambda *told: None)
    ticket = await sync(site.ticket)()
    page, program = site.socket(origin=OWN, cookie=site.cookie), site.socket(protocols=[f"ticket.{ticket}"])
    await opened(page)
    await opened(program)
    await sync(end_access)(site)
    assert await page.receive_output(timeout=10) == ENDED
    assert await program.receive_output(timeout=10) == ENDED
    await page.disconnect()
    await program.disconnect()


async def test_a_ticket_of_a_sign_in_that_ended_opens_nothing(site):
    ticket = await sync(site.ticket)()
    await sync(logout)(site)
    socket = site.socket(protocols=[f"ticket.{ticket}"])
    await socket.connect()
    assert await socket.receive_output(timeout=10) == ENDED
    await socket.disconnect()


async def test_a_ticket_gives_no_more_than_its_user_may(site):
    supplier = await sync(UserFactory)(role=Role.SUPPLIER)
    program = Program()
    await sync(program.login)(supplier)
    ticket = (await sync(program.post)("auth/ticket")).json()["ticket"]
    socket = site.socket(protocols=[f"ticket.{ticket}"])
    await socket.connect()
    assert await socket.receive_output(timeout=10) == {"type": "websocket.close", "code": 4403}
    await socket.disconnect()
