"""The import pages in a real browser: without JavaScript, on a phone, and to assistive technology."""

import pytest

from inventory.models import Item
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import PASSWORD, UserFactory
from stocksense.ingestion.models import ImportBatch
from stocksense.testing.browser import PHONE, chromium, every_look, log_in, look_at, open_page

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def files(tmp_path):
    rows = "".join(f"S{number},A fairly long name of an item {number},1\n" for number in range(30))
    Item.objects.create(sku="S1", name="An older name")
    items, locations = tmp_path / "items.csv", tmp_path / "locations.csv"
    items.write_text(f"sku,name,unit_cost\n{rows}BAD-SKU-WITH-A-RATHER-LONG-CODE-TO-BREAK,Thing,minus two\n")
    locations.write_text("code,name\nS1,Store\n")
    return [str(items), str(locations)]


def test_files_are_uploaded_previewed_and_imported_without_javascript(chromium, live_server, files):
    planner = UserFactory(role=Role.PLANNER)
    page = chromium.new_context(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/admin/login/?next=/admin/imports/")
    page.fill("input[name=login]", planner.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.set_input_files("input[type=file]", files)
    page.click("text=Upload and preview")
    batch = ImportBatch.objects.get()
    page.wait_for_url(f"**/admin/imports/{batch.pk}/")
    assert "A preview: nothing is written yet." in page.content()
    assert Item.objects.count() == 1
    with page.expect_download() as download:
        page.click("text=Download the rejected rows")
    assert "minus two" in download.value.path().read_text()
    page.click("button:text-is('Import')")
    assert "The next planning cycle uses the new data." in page.content()
    assert Item.objects.count() == 30


@pytest.mark.slow
@every_look()
def test_import_pages_are_accessible_and_fit_the_screen(viewport, dark, chromium, live_server, files):
    planner = UserFactory(role=Role.PLANNER)
    page = open_page(chromium, viewport=viewport, dark=dark)
    log_in(page, live_server.url, planner.email)

    def check(name):
        page.wait_for_timeout(300)
        look_at(page, name)

    page.goto(f"{live_server.url}/admin/imports/")
    check("imports-empty")
    page.set_input_files("input[type=file]", files)
    page.click("text=Upload and preview")
    page.wait_for_url("**/admin/imports/*/")
    check("import-preview")
    page.click("button:text-is('Import')")
    page.get_by_text("The next planning cycle uses the new data.").wait_for()
    check("import-done")
    page.goto(f"{live_server.url}/admin/imports/")
    check("imports")
