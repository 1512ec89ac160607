"""A headless Chromium for tests of pages."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from stocksense.accounts.models import User

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


def chromium_path() -> str | None:
    """Where Chromium is, if it is anywhere."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser; the test skips where there is none.

    Its event loop lives in this thread, so it ends with the module: tests that bridge to async code come after.
    """
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium here (apt install chromium, or set CHROMIUM to its path)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def socket_server(transactional_db: None) -> Iterator[str]:
    """The address of a server that carries WebSockets too, over this test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name = connection.settings_dict["NAME"]
    process = subprocess.Popen([sys.executable, "-m", "stocksense.testing.server", name, str(port)])
    try:
        _wait_until_it_answers(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(300):
        asked = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            asked.request("GET", "/healthz")
            asked.getresponse()
        except (OSError, HTTPException):
            assert process.poll() is None, "the server ended"
            time.sleep(0.2)
        else:
            return
        finally:
            asked.close()
    raise AssertionError("the server does not answer")


def open_page(chromium: Any, *, viewport: dict[str, int] = DESK, dark: bool = False) -> Any:
    """A fresh page in its own context."""
    context = chromium.new_context(viewport=viewport, color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def every_look(desk: dict[str, int] = DESK) -> pytest.MarkDecorator:
    """The dark theme on a phone and the light one on a desk: each width and each theme's colours once."""
    return pytest.mark.parametrize(
        ("viewport", "dark"), [(PHONE, True), (desk, False)], ids=["phone-dark", "desk-light"]
    )


def look_at(page: Any, name: str, *, impacts: tuple[str, ...] = ("serious", "critical")) -> None:
    """Take the page's picture; require that it fits the screen and that axe finds nothing of these impacts in it."""
    from axe_playwright_python.sync_playwright import Axe

    width = page.viewport_size["width"]
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    look = f"{name}-{width}-{'dark' if dark else 'light'}"
    picture(page, look)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{look} is {wide} px wide"
    found = [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in impacts
        for node in rule["nodes"]
    ]
    assert not found, f"{look}:\n" + "\n".join(found)


def log_in(page: Any, address: str, email: str) -> None:
    """As somebody who has signed in already: the forms have tests of their own (`accounts/tests/pages`)."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


def picture(page: Any, name: str) -> None:
    """A full-page screenshot where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
