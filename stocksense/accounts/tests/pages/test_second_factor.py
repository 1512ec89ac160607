"""Second factors: whose role must have one, what is closed until then, and how codes are kept from being guessed."""

import json
import time

import pytest
from allauth.mfa.models import Authenticator
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from stocksense.accounts import second_factor, services
from stocksense.accounts.middleware import SECOND_FACTOR_NEEDED
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.accounts.tests.pages.conftest import (
    SECRET,
    code,
    confirmed,
    is_signed_in,
    recovery_codes,
    require_of,
    signed_in,
    with_app,
    wrong_code,
)
from stocksense.core.errors import NotAllowed
from stocksense.jobs.models import Job

SIGN_IN, CODE, ENROL = "/account/sign-in/", "/account/two-factor/sign-in/", "/account/two-factor/set-up/"


@pytest.fixture
def approver():
    """An approver without a second factor in a company where approvers must have one."""
    require_of(Role.APPROVER, Role.ADMIN)
    return UserFactory(role=Role.APPROVER)


def test_no_role_must_have_one_unless_the_company_says_so():
    assert [second_factor.must_enrol(UserFactory(role=role)) for role in Role] == [False] * 5
    require_of(Role.APPROVER, Role.ADMIN)
    assert [second_factor.must_enrol(UserFactory(role=role)) for role in Role] == [False, False, True, True, False]
    assert second_factor.must_enrol(UserFactory(is_superuser=True))


def test_until_it_is_set_up_every_page_leads_to_the_enrolment(approver):
    client = signed_in(approver)
    for path in ("/admin/", "/admin/planning/worklist/", "/admin/jobs/job/?q=1", "/account/password/", "/account/"):
        answer = client.get(path)
        assert (path, answer.status_code, answer.url.partition("?")[0]) == (path, 302, ENROL)
    assert client.get(ENROL).status_code == 200
    assert client.get("/healthz").status_code == 200
    assert client.post("/account/sign-out/").status_code == 302
    assert not is_signed_in(client)


def test_what_would_change_something_is_refused_and_changes_nothing(approver):
    client, before = signed_in(approver), Job.objects.count()
    page = client.post("/admin/planning/run/")
    assert (page.status_code, b"nothing was changed" in page.content) == (403, True)
    change = f"/admin/accounts/user/{approver.pk}/change/"
    assert client.post(change, {"name": "Someone Else"}).status_code == 403
    approver.refresh_from_db()
    assert approver.name != "Someone Else"
    assert Job.objects.count() == before


def test_an_htmx_request_leads_the_whole_page_there(approver):
    answer = signed_in(approver).get("/admin/planning/worklist/", headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (403, ENROL)


@pytest.mark.parametrize(
    ("path", "headers"), [("/api/v1/items", {}), ("/admin/planning/worklist/", {"accept": "application/json"})]
)
def test_a_program_with_the_session_gets_a_problem_document(approver, path, headers):
    client = signed_in(approver)
    for answer in (client.get(path, headers=headers), client.post(path, headers=headers)):
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        problem = json.loads(answer.content)
        assert (problem["code"], problem["detail"]) == ("second_factor_required", SECOND_FACTOR_NEEDED)


@pytest.mark.django_db(transaction=True)
async def test_websockets_are_refused(approver):
    from asgiref.sync import sync_to_async

    from stocksense.asgi import application

    client = await sync_to_async(signed_in)(approver)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    headers = [(b"cookie", cookie.encode()), (b"origin", b"http://testserver"), (b"host", b"testserver")]
    for path in ("/ws/planning/", "/ws/jobs/1/"):
        socket = WebsocketCommunicator(application, path, headers=headers)
        assert (await socket.connect()) == (False, 4403)


def test_enrolment_opens_the_way_and_goes_on_to_the_page_asked_for(approver):
    client = signed_in(approver)
    asked = client.get("/admin/planning/worklist/?tab=late").url
    assert client.get("/account/two-factor/app/").url.startswith("/account/confirm/")
    confirmed(client)
    client.get("/account/two-factor/app/")
    secret = client.session["mfa.totp.secret"]
    done = client.post("/account/two-factor/app/", {"code": code(secret=secret)})
    assert done.url == "/account/two-factor/codes/"
    shown = client.get(done.url).content.decode()
    assert all(text in shown for text in recovery_codes(approver))
    assert recovery_codes(approver)[0] not in client.get(done.url).content.decode()
    assert client.get(asked).url == "/admin/planning/worklist/?tab=late"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example"])
def test_enrolment_leads_nobody_to_another_site(approver, wanted):
    with_app(approver)
    client = Client()
    client.force_login(approver)
    assert client.get(ENROL, {"next": wanted}).url == "/account/"


def test_the_password_alone_does_not_sign_in_somebody_with_an_app(ada):
    with_app(ada)
    client = signed_in(ada)
    assert not is_signed_in(client)
    assert client.get("/admin/").status_code == 302
    assert client.get("/account/").status_code == 302
    client.post(CODE, {"code": code()})
    assert is_signed_in(client)


def test_a_code_signs_in_once(ada):
    with_app(ada)
    shown = code()
    first, second = signed_in(ada), signed_in(ada)
    first.post(CODE, {"code": shown})
    answer = second.post(CODE, {"code": shown[:3] + " " + shown[3:]})
    assert [is_signed_in(first), is_signed_in(second)] == [True, False]
    assert "was used already" in answer.content.decode()


def test_the_code_that_set_the_app_up_does_not_sign_in_as_well(ada):
    client = confirmed(signed_in(ada))
    client.get("/account/two-factor/app/")
    shown = code(secret=client.session["mfa.totp.secret"])
    client.post("/account/two-factor/app/", {"code": shown})
    thief = signed_in(ada)
    thief.post(CODE, {"code": shown})
    assert not is_signed_in(thief)


def test_codes_of_other_times_are_refused(ada):
    with_app(ada)
    for step in (-2, -1, 1, 2):
        client = signed_in(ada)
        client.post(CODE, {"code": code(time.time() + 30 * step)})
        assert not is_signed_in(client)


def test_after_five_wrong_codes_even_the_right_one_is_refused(ada):
    with_app(ada)
    client = signed_in(ada)
    for _ in range(5):
        assert "That code is not right" in client.post(CODE, {"code": wrong_code()}).content.decode()
    answer = client.post(CODE, {"code": code()})
    assert "Too many" in answer.content.decode()
    assert not is_signed_in(client)
    elsewhere = signed_in(ada, Client(REMOTE_ADDR="203.0.113.9"))
    elsewhere.post(CODE, {"code": code()})
    assert not is_signed_in(elsewhere)


def test_a_recovery_code_signs_in_once(ada):
    with_app(ada)
    spare = recovery_codes(ada)[0]
    for expected in (True, False):
        client = signed_in(ada)
        client.post(CODE, {"code": spare})
        assert is_signed_in(client) is expected


def test_secrets_are_not_kept_in_clear(ada):
    with_app(ada)
    kept = json.dumps(list(Authenticator.objects.filter(user=ada).values_list("data", flat=True)))
    assert SECRET not in kept
    assert Authenticator.objects.get(user=ada, type="totp").wrap().validate_code(code())


def test_secrets_outlive_a_new_secret_key_while_the_old_one_is_a_fallback(ada, settings):
    with_app(ada)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    assert Authenticator.objects.get(user=ada, type="totp").wrap().validate_code(code())


CHANGES = [
    "/account/two-factor/app/",
    "/account/two-factor/app/remove/",
    "/account/two-factor/codes/new/",
    "/account/passkeys/add/",
]


@pytest.mark.parametrize("path", CHANGES)
def test_factors_change_only_after_confirming_who_it_is(ada, path):
    with_app(ada)
    client = Client()
    client.force_login(ada)
    before = list(Authenticator.objects.order_by("pk").values())
    for answer in (client.get(path), client.post(path, {"code": code()})):
        assert answer.status_code == 302
        assert "/confirm/" in answer.url or path.endswith("app/")
    assert list(Authenticator.objects.order_by("pk").values()) == before


def test_the_last_factor_stays_where_the_role_needs_one(mails):
    require_of(Role.APPROVER)
    approver = with_app(UserFactory(role=Role.APPROVER))
    client = signed_in(approver)
    client.post(CODE, {"code": code()})
    confirmed(client)
    page = client.post("/account/two-factor/app/remove/")
    assert "Your role needs two-factor sign-in" in page.content.decode()
    assert Authenticator.objects.filter(user=approver, type="totp").exists()
    require_of()
    sent = mails(lambda: client.post("/account/two-factor/app/remove/"))
    assert [message.subject for message in sent] == ["Authenticator app removed"]
    assert not Authenticator.objects.filter(user=approver).exists()


def test_the_last_passkey_stays_where_the_role_needs_one():
    require_of(Role.APPROVER)
    approver = UserFactory(role=Role.APPROVER)
    key = Authenticator.objects.create(user=approver, type="webauthn", data={"name": "Key", "credential": {}})
    client = Client()
    client.force_login(approver)
    confirmed(client)
    assert client.post(f"/account/passkeys/{key.pk}/remove/").url == "/account/"
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_nobody_removes_somebody_elses_passkey(ada):
    other = UserFactory()
    key = Authenticator.objects.create(user=other, type="webauthn", data={"name": "Key", "credential": {}})
    client = confirmed(signed_in(ada))
    assert client.post(f"/account/passkeys/{key.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_an_admin_resets_the_factors_of_somebody_who_lost_them(mails):
    require_of(Role.APPROVER)
    boss, approver = UserFactory(role=Role.ADMIN), with_app(UserFactory(role=Role.APPROVER))
    session = signed_in(approver)
    session.post(CODE, {"code": code()})
    sent = mails(lambda: services.reset_second_factor(user=approver, actor=boss))
    assert [(message.subject, message.to) for message in sent] == [
        ("Your two-factor sign-in was reset", [approver.email])
    ]
    assert session.get("/admin/").status_code == 302
    assert second_factor.must_enrol(approver)


@pytest.mark.parametrize(("actor", "of"), [(Role.PLANNER, Role.APPROVER), (Role.VIEWER, Role.ADMIN)])
def test_nobody_resets_the_factors_of_people_who_may_do_more(actor, of):
    person = with_app(UserFactory(role=of))
    with pytest.raises(NotAllowed):
        services.reset_second_factor(user=person, actor=UserFactory(role=actor))
    with pytest.raises(NotAllowed):
        services.reset_second_factor(user=person, actor=person)
    assert Authenticator.objects.filter(user=person).count() == 2


def test_garbage_in_a_passkey_form_is_answered(ada, client):
    for credential in ("", "{}", "[]", "null", '{"id": 1}', '{"rawId": "x", "response": {}}', "x" * 1000):
        answer = client.post("/account/passkeys/sign-in/", {"credential": credential})
        assert answer.status_code == 302, credential
        assert not is_signed_in(client)
