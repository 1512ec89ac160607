"""A headless Chromium for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
PASSWORD = "a long pass phrase"


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


def open_page(chromium: Any, *, viewport: dict[str, int] = DESK, dark: bool = False) -> Any:
    """A fresh page in its own context."""
    context = chromium.new_context(viewport=viewport, color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def log_in(page: Any, address: str, email: str) -> None:
    """Through the login form, as a person does."""
    page.goto(f"{address}/admin/login/?next=/admin/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{address}/admin/")


def picture(page: Any, name: str) -> None:
    """A full-page screenshot where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
