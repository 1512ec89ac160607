"""Sign-in and account pages in a real browser: under the strict policy, by keyboard, on a phone, light and dark."""

import pytest
from allauth.mfa.models import Authenticator

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import PASSWORD, UserFactory
from stocksense.accounts.tests.pages.conftest import code, require_of
from stocksense.testing.browser import chromium, every_look, look_at, open_page

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def watch(page) -> list[str]:
    """What the browser refuses or stumbles over from now on."""
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return troubles


def sign_in(page, address, user) -> None:
    page.goto(f"{address}/admin/")
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def confirm(page) -> None:
    page.wait_for_url("**/confirm/**")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.slow
@every_look()
def test_pages_are_accessible_fit_the_screen_and_keep_to_the_policy(viewport, dark, chromium, live_server):
    ada = UserFactory(role=Role.APPROVER, name="Ada Byron")
    require_of(Role.APPROVER)
    page = open_page(chromium, viewport=viewport, dark=dark)
    troubles = watch(page)

    def check(name):
        look_at(page, f"account-{name}", impacts=("minor", "moderate", "serious", "critical"))

    page.goto(f"{live_server.url}/account/sign-in/")
    check("sign-in")
    page.fill("input[name=login]", ada.email)
    page.fill("input[name=password]", "wrong")
    page.keyboard.press("Enter")
    page.get_by_text("do not belong together").wait_for()
    check("sign-in-refused")
    page.goto(f"{live_server.url}/account/password/reset/")
    check("reset")
    page.goto(f"{live_server.url}/account/password/reset/sent/")
    check("reset-sent")
    page.goto(f"{live_server.url}/account/password/link/1-abc-def/")
    check("bad-link")
    sign_in(page, live_server.url, ada)
    page.wait_for_url("**/two-factor/set-up/**")
    check("enrol")
    page.click("text=Set up an app")
    page.wait_for_url("**/confirm/**")
    check("confirm")
    confirm(page)
    page.wait_for_url("**/two-factor/app/")
    check("app")
    page.fill("input[name=code]", code(secret=page.locator(".ac-secret").text_content()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/two-factor/codes/")
    check("codes")
    with page.expect_download() as download:
        page.click("text=Download")
    assert len(download.value.path().read_text().splitlines()) == 13
    page.goto(f"{live_server.url}/account/")
    check("overview")
    page.goto(f"{live_server.url}/account/password/")
    check("password")
    page.goto(f"{live_server.url}/account/passkeys/add/")
    check("passkey")
    page.goto(f"{live_server.url}/account/two-factor/app/remove/")
    check("app-remove")
    page.goto(f"{live_server.url}/account/two-factor/codes/new/")
    check("codes-new")
    page.goto(f"{live_server.url}/account/sign-out/")
    check("sign-out")
    page.click("main button:has-text('Sign out')")
    page.wait_for_url("**/account/sign-in/")
    sign_in(page, live_server.url, ada)
    page.wait_for_url("**/two-factor/sign-in/")
    check("two-factor")
    assert troubles == []


def test_a_passkey_is_added_and_signs_in_without_a_password(chromium, live_server):
    ada = UserFactory(name="Ada Byron")
    address = live_server.url.replace("127.0.0.1", "localhost")
    page = open_page(chromium)
    troubles = watch(page)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    automatic = {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **automatic}})
    sign_in(page, address, ada)
    page.wait_for_url("**/admin/")
    page.goto(f"{address}/account/passkeys/add/")
    confirm(page)
    page.wait_for_url("**/passkeys/add/")
    page.fill("input[name=name]", "Ada's laptop")
    page.check("input[name=passwordless]")
    page.click("button:text-is('Add the passkey')")
    page.wait_for_url("**/two-factor/codes/")
    assert Authenticator.objects.filter(user=ada, type="webauthn").count() == 1
    page.goto(f"{address}/account/")
    assert page.get_by_role("strong").filter(has_text="Ada's laptop").is_visible()
    page.click("header >> text=Sign out")
    page.wait_for_url("**/account/sign-in/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/admin/")
    assert troubles == []


def test_pages_of_the_admin_keep_to_their_policy(chromium, live_server):
    ada = UserFactory(role=Role.ADMIN)
    page = open_page(chromium)
    troubles = watch(page)
    sign_in(page, live_server.url, ada)
    page.wait_for_url("**/admin/")
    for path in (
        "",
        "planning/worklist/",
        "planning/exceptions/",
        "planning/baskets/",
        "inventory/item/",
        "accounts/user/",
        "imports/",
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        page.wait_for_timeout(300)
    page.goto(f"{live_server.url}/admin/accounts/user/{ada.pk}/change/")
    page.wait_for_timeout(300)
    assert [text for text in troubles if "Content Security Policy" in text or "CSP" in text] == []
    page.goto(f"{live_server.url}/admin/")
    assert page.locator("a[href='/account/']").count() == 1


def test_sign_in_works_without_scripts(chromium, live_server):
    ada = UserFactory()
    page = chromium.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server.url, ada)
    page.wait_for_url("**/admin/")
    page.goto(f"{live_server.url}/account/")
    assert page.get_by_text("This browser").is_visible()
