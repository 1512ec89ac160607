"""Files of demand corrections and of item analogues: the same rules as on the pages, refused line by line."""

from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting.models import DemandCorrection, ItemAnalogue
from forecasting.tests.records import MONDAY, person, place, sold, weeks_ago
from stocksense.accounts.roles import Role
from stocksense.company import services as company
from stocksense.ingestion import exports, importers
from stocksense.ingestion.services import import_folder

pytestmark = pytest.mark.django_db

CORRECTIONS = ("demand_corrections", "sku,location,date,quantity,reason")
ANALOGUES = ("item_analogues", "sku,analogue,weight,scale")


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(company, "today", lambda: MONDAY)


@pytest.fixture
def tea():
    at = place("TEA")
    sold(at, [5, 5, 40])
    return at


def load(folder, kind, *lines, actor=None):
    name, header = kind
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text("\n".join((header, *lines)) + "\n")
    return import_folder(folder=folder, actor=actor).of(name)


def kept():
    return list(DemandCorrection.objects.order_by("date").values_list("date", "kind", "state", "quantity", "author_id"))


def test_a_correction_counts_for_the_bucket_of_its_day_and_is_corrected_by_its_key(tea, tmp_path):
    ann, ben = person(), person()
    wednesday = weeks_ago(1) + timedelta(days=2)
    assert load(tmp_path, CORRECTIONS, f"TEA,NORTH,{wednesday},-30,One wedding", actor=ann).new == 1
    assert kept() == [(weeks_ago(1), "manual", "applied", Decimal(-30), ann.pk)]
    report = load(tmp_path, CORRECTIONS, f"TEA,NORTH,{weeks_ago(1)},-30,One wedding", actor=ben)
    assert (report.same, report.changed) == (1, 0)
    load(tmp_path, CORRECTIONS, f"TEA,NORTH,{weeks_ago(1)},-35,One wedding", actor=ben)
    assert kept() == [(weeks_ago(1), "manual", "applied", Decimal(-35), ben.pk)]


def test_an_undone_correction_counts_again_when_it_is_imported_again(tea, tmp_path):
    planner, line = person(), f"TEA,NORTH,{weeks_ago(1)},-30,One wedding"
    load(tmp_path, CORRECTIONS, line, actor=planner)
    DemandCorrection.objects.update(state="undone")
    assert load(tmp_path, CORRECTIONS, line, actor=planner).changed == 1
    assert kept()[0][2] == "applied"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"TEA,NORTH,{MONDAY},5,Because", "for days to come there are overrides"),
        (f"TEA,NORTH,{weeks_ago(1)},0,Because", "changes nothing"),
        (f"TEA,NORTH,{weeks_ago(1)},-40.001,Because", "Not that much was recorded"),
        (f"TEA,NORTH,{weeks_ago(9)},-1,Because", "Not that much was recorded"),
        (f"TEA,SOUTH,{weeks_ago(1)},5,Because", "not kept there"),
        (f"TEA,NORTH,{weeks_ago(1)},5,", "reason"),
        (f"NONE,NORTH,{weeks_ago(1)},5,Because", "not known"),
    ],
)
def test_corrections_that_make_no_sense_are_rejected(tea, tmp_path, line, says):
    place("MUG", "SOUTH")
    report = load(tmp_path, CORRECTIONS, line, f"TEA,NORTH,{weeks_ago(2)},1,Fair", actor=person())
    assert report.new == 1
    (reject,) = report.rejects
    assert reject.line == 2
    assert says in reject.reason


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_without_a_person_who_may_nothing_is_corrected(tea, tmp_path, role):
    actor = None if role is None else person(role)
    report = load(tmp_path, CORRECTIONS, f"TEA,NORTH,{weeks_ago(1)},5,Because", actor=actor)
    assert ["import it signed in" in reject.reason for reject in report.rejects] == [True]
    assert not kept()


def test_analogues_are_added_and_corrected(tea, tmp_path):
    place("NEW")
    planner = person()
    assert load(tmp_path, ANALOGUES, "NEW,TEA,,0.5", actor=planner).new == 1
    row = ItemAnalogue.objects.get()
    assert (row.item.sku, row.analogue.sku, row.weight, row.scale) == ("NEW", "TEA", 1, Decimal("0.5"))
    assert row.chosen_by == planner
    assert load(tmp_path, ANALOGUES, "NEW,TEA,2,0.5").changed == 1
    row.refresh_from_db()
    assert (row.weight, row.chosen_by) == (2, planner)


@pytest.mark.parametrize(
    ("line", "says"),
    [("TEA,TEA,1,1", "no analogue of itself"), ("NEW,TEA,0,1", "weight"), ("NEW,GONE,1,1", "not known")],
)
def test_analogues_that_make_no_sense_are_rejected(tea, tmp_path, line, says):
    place("NEW")
    report = load(tmp_path, ANALOGUES, line)
    assert [says in reject.reason for reject in report.rejects] == [True]
    assert not ItemAnalogue.objects.exists()


@pytest.mark.parametrize(
    ("kind", "line"),
    [(CORRECTIONS, f"TEA,NORTH,{weeks_ago(1)},-30,One wedding"), (ANALOGUES, "NEW,TEA,1,0.5")],
    ids=["corrections", "analogues"],
)
def test_what_is_exported_imports_back_as_the_same(tea, tmp_path, kind, line):
    place("NEW")
    planner = person()
    load(tmp_path, kind, line, actor=planner)
    path = tmp_path / "again" / f"{kind[0]}.csv"
    path.parent.mkdir()
    assert exports.export(kind[0], path) == 1
    report = import_folder(folder=path.parent, actor=planner).of(kind[0])
    assert (report.same, report.new, report.changed) == (1, 0, 0)
    assert path.read_text().splitlines()[0] == ",".join(importers.importer_of(kind[0]).names)
