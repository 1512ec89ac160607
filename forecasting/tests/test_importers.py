"""Files of overrides: added and corrected by their reference, refused line by line, the same again when exported."""

from decimal import Decimal

import pytest

from forecasting.models import ForecastOverride
from forecasting.tests.builder import MONDAY, WEEK, Shop
from stocksense.accounts.tests.factories import UserFactory
from stocksense.ingestion import exports
from stocksense.ingestion.services import import_folder

pytestmark = pytest.mark.django_db

HEADER = "reference,sku,category,location,start_date,end_date,mode,value,reason"


def load(folder, *lines, actor=None):
    (folder / "forecast_overrides.csv").write_text("\n".join((HEADER, *lines)) + "\n")
    return import_folder(folder=folder, actor=actor)


@pytest.fixture
def tea():
    shop = Shop()
    found = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {found: [10.0, 10.0]})
    return found


def test_overrides_are_added_and_corrected_by_their_reference(tea, tmp_path):
    ann = UserFactory()
    load(tmp_path, "A,TEA,,NORTH,2026-11-16,2026-11-29,add,30,promotion", actor=ann)
    made = ForecastOverride.objects.get()
    assert (made.reference, made.item, made.value, made.author) == ("A", tea.item, 30, ann)
    load(tmp_path, "A,TEA,,NORTH,2026-11-16,2026-11-29,scale,1.25,judgement")
    made.refresh_from_db()
    assert (made.mode, made.value, made.reason.code) == ("scale", Decimal("1.25"), "judgement")


def test_what_is_exported_imports_back_as_the_same(tea, tmp_path):
    load(tmp_path, "A,TEA,,NORTH,2026-11-16,2026-11-29,add,-3.5,promotion")
    path = tmp_path / "again" / "forecast_overrides.csv"
    path.parent.mkdir()
    assert exports.export("forecast_overrides", path) == 1
    assert "A,TEA,,NORTH,2026-11-16,2026-11-29,add,-3.5,promotion" in path.read_text()
    report = import_folder(folder=path.parent, actor=None)
    assert (report.of("forecast_overrides").same, report.of("forecast_overrides").new) == (1, 0)


def test_a_file_that_is_sent_again_is_not_refused_for_its_age(tea, tmp_path):
    line = "A,TEA,,NORTH,2026-11-16,2026-11-22,add,5,promotion"
    load(tmp_path, line)
    Shop().frozen(MONDAY + WEEK, {tea: [10.0, 10.0]})
    report = load(tmp_path, line)
    assert (report.of("forecast_overrides").same, report.of("forecast_overrides").rejected) == (1, 0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("A,,,,2026-11-16,2026-11-29,add,30,promotion", "Say what it is about"),
        ("A,TEA,,NORTH,2026-01-05,2026-01-11,add,30,promotion", "lies in the past"),
        ("A,TEA,,NORTH,2026-11-29,2026-11-16,add,30,promotion", "lies before start_date"),
        ("A,TEA,,NORTH,2026-11-16,2026-11-29,scale,120,promotion", "for 20 % more write 1.2"),
        ("A,TEA,,NORTH,2026-11-16,2026-11-29,replace,-1,promotion", "Only what is added"),
        ("A,TEA,,NORTH,2026-11-16,2026-11-29,add,30,mood", "not known"),
        ("A,MUG,,NORTH,2026-11-16,2026-11-29,add,30,promotion", "no such series"),
    ],
)
def test_lines_that_make_no_sense_are_rejected(line, says, tea, tmp_path):
    Shop().place("MUG", "SOUTH")
    report = load(tmp_path, line, "B,TEA,,,2026-11-16,2026-11-29,add,1,promotion")
    rejected = [reject.reason for reject in report.of("forecast_overrides").rejects]
    assert any(says in reason for reason in rejected), rejected
