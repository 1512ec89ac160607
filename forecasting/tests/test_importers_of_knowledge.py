"""Files of demand corrections and of item analogues: the same rules as on the pages, refused line by line."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from forecasting.models import DemandCorrection, ItemAnalogue
from forecasting.services.corrections import undo_correction
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


def test_an_undone_correction_stays_so_when_the_same_file_comes_again(tea, tmp_path):
    planner, line = person(), f"TEA,NORTH,{weeks_ago(1)},-30,One wedding"
    load(tmp_path, CORRECTIONS, line, actor=planner)
    undo_correction(correction_id=DemandCorrection.objects.get().pk, actor=planner)
    report = load(tmp_path, CORRECTIONS, line, actor=person())
    assert (report.same, report.changed, report.new) == (1, 0, 0)
    assert "1 corrections were undone and stay so; apply them on the page if they count." in report.warnings
    assert kept() == [(weeks_ago(1), "manual", "undone", Decimal(-30), planner.pk)]
    assert load(tmp_path, CORRECTIONS, f"TEA,NORTH,{weeks_ago(1)},-20,One wedding", actor=planner).changed == 1
    assert kept() == [(weeks_ago(1), "manual", "applied", Decimal(-20), planner.pk)]


def test_two_days_of_one_bucket_are_refused_and_an_exact_repetition_counts_once(tea, tmp_path):
    monday, tuesday = weeks_ago(1), weeks_ago(1) + timedelta(days=1)
    lines = [f"TEA,NORTH,{day},5,Tasting" for day in (monday, tuesday)]
    report = load(tmp_path, CORRECTIONS, *lines, actor=person())
    assert [reject.reason for reject in report.rejects] == [
        "Line 3 is of the same week; one correction of each, please: add them up.",
        "Line 2 is of the same week; one correction of each, please: add them up.",
    ]
    assert not kept()
    report = load(tmp_path, CORRECTIONS, lines[1], lines[1], actor=person())
    assert (report.new, report.repeated, report.rejected) == (1, 1, 0)
    assert [row[3] for row in kept()] == [5]


def test_from_the_command_line_it_is_said_whose_word_it_is(tea, tmp_path):
    ann = person()
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "demand_corrections.csv").write_text(f"{CORRECTIONS[1]}\nTEA,NORTH,{weeks_ago(1)},5,Tasting\n")
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_data", str(folder))
    with pytest.raises(CommandError, match="There is nobody who signs in as nobody@"):
        call_command("import_data", str(folder), "--as", "nobody@example.com")
    assert not kept()
    call_command("import_data", str(folder), "--as", ann.email.upper())
    assert [row[4] for row in kept()] == [ann.pk]


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
