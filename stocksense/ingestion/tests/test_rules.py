"""What an import takes, rejects and refuses, and what it leaves as it is."""

import csv
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from forecasting.models import DemandEvent
from inventory.models import Category, Item, ItemLocation, ItemLocationState, Lane
from stocksense.company.models import CalendarDay, CalendarWeekday, CompanySettings
from stocksense.core.errors import InvalidInput
from stocksense.ingestion.errors import ImportRunning, NothingToImport
from stocksense.ingestion.models import DataFeed, ImportBatch, ImportState
from stocksense.ingestion.tests.conftest import counts

pytestmark = pytest.mark.django_db


def good(count, text="{},1"):
    return [text.format(f"G{number:03}") for number in range(count)]


def test_new_changed_and_same_rows_are_counted_exactly(folder):
    folder.write("items", "sku,name,unit_cost", "A,Alpha,1", "B,Beta,2", "C,Gamma,3")
    assert counts(folder.ok(), "items") == (3, 0, 0, 0, 0)
    folder.write("items", "sku,name,unit_cost", "A,Alpha,1.0", "B,Better,2", "D,Delta,4")
    report = folder.ok()
    assert counts(report, "items") == (1, 1, 1, 0, 0)
    (change,) = report.of("items").changes
    assert (change.key, change.column, change.before, change.after) == ("B", "name", "Beta", "Better")


def test_an_empty_cell_leaves_what_is_stored(folder):
    folder.write("items", "sku,name,unit_cost,status", "A,Alpha,1,phase_out")
    folder.ok()
    folder.write("items", "sku,name,unit_cost,status", "A,,,")
    assert counts(folder.ok(), "items") == (0, 0, 1, 0, 0)
    assert Item.objects.values_list("name", "unit_cost", "status").get() == ("Alpha", Decimal(1), "phase_out")


def test_categories_come_to_be_from_their_paths(folder):
    folder.write("items", "sku,category", "A,Coffee / Beans/", "B,Coffee", "C,Tea/Green/China")
    folder.ok()
    assert list(Category.objects.values_list("path", "parent__path")) == [
        ("Coffee", None), ("Coffee/Beans", "Coffee"), ("Tea", None), ("Tea/Green", "Tea"),
        ("Tea/Green/China", "Tea/Green"),
    ]  # fmt: skip
    assert counts(folder.ok(), "items") == (0, 0, 3, 0, 0)


def test_a_successor_may_stand_further_down(folder):
    folder.write("items", "sku,successor", "OLD,NEW", "NEW,")
    folder.ok()
    assert Item.objects.get(sku="OLD").successor.sku == "NEW"
    assert counts(folder.ok(), "items") == (0, 0, 2, 0, 0)


def test_an_unknown_successor_takes_those_before_it_along(folder):
    folder.write("items", "sku,successor", "A,B", "B,C", "C,GHOST", "D,D", *good(100, "{},"))
    report = folder.ok()
    assert [(reject.line, reject.value) for reject in report.of("items").rejects] == [
        (2, "B"), (3, "C"), (4, "GHOST"), (5, "D"),
    ]  # fmt: skip
    assert Item.objects.count() == 100


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("-1", "unit_cost cannot be negative."),
        ("nan", "unit_cost is not a finite number."),
        ("inf", "unit_cost is not a finite number."),
        ("abc", "unit_cost is not a number; in this file write it like 1234.5."),
        ("1e14", "unit_cost is too large."),
    ],
)
def test_a_number_that_cannot_be_is_rejected_with_its_place(folder, value, reason):
    folder.write("items", "sku,unit_cost", *good(30), f"BAD,{value}")
    report = folder.ok()
    (reject,) = report.of("items").rejects
    assert (reject.file, reject.line, reject.column, reject.value, reject.reason) == (
        "items.csv", 32, "unit_cost", value, reason,
    )  # fmt: skip
    assert counts(report, "items") == (30, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("kind", "head", "taken", "rejected", "reason"),
    [
        (
            "lanes", "origin,destination,order_multiple", "DC,S1,0.001", "DC,S2,0.0005",
            "Rounded to 3 decimals order_multiple is 0, and it must be above that.",
        ),
        (
            "item_locations", "location,sku,service_target", "S1,A,0.9999", "S2,A,0.99995",
            "Rounded to 4 decimals service_target is 1, and it must be below that.",
        ),
        (
            "stock", "location,sku,on_hand", "S1,A,999999999999.999", "S2,A,999999999999.9996",
            "on_hand is too large.",
        ),
    ],
)  # fmt: skip
def test_a_number_that_only_rounding_takes_out_of_its_limits_is_rejected(folder, kind, head, taken, rejected, reason):
    folder.masters(places=("DC", *(f"S{number}" for number in range(30))))
    folder.ok()
    folder.clear()
    start, _, value = taken.rpartition(",")
    others = [start.replace("S1", f"S{number}") + f",{value}" for number in range(3, 30)]
    folder.write(kind, head, taken, rejected, *others)
    report = folder.ok()
    assert counts(report, kind) == (28, 0, 0, 0, 1)
    assert report.of(kind).rejects[0].reason == reason


def test_rows_that_depend_on_a_rejected_row_are_rejected_and_say_so(folder):
    folder.write("items", "sku,unit_cost", *good(30), "BAD,-1")
    folder.write("locations", "code", "S1")
    folder.write("item_locations", "sku,location", *good(30, "{},S1"), "BAD,S1")
    report = folder.ok()
    (reject,) = report.of("item_locations").rejects
    assert (reject.line, reject.column, reject.value) == (32, "sku", "BAD")
    assert reject.reason == "The row of BAD in items was rejected; correct that one first."


def test_an_unknown_reference_is_rejected(folder):
    folder.masters(*(f"G{number:03}" for number in range(30)))
    folder.write("item_locations", "sku,location", *good(30, "{},S1"), "G001,MOON")
    (reject,) = folder.ok().of("item_locations").rejects
    assert reject.reason == "location MOON is not known; add it to locations or correct it."


def test_equal_repeats_count_once_and_contradicting_ones_are_all_rejected(folder):
    folder.write("items", "sku,unit_cost", *good(60), "A,1", "A,1.0", "B,1", "B,2", "B,1")
    report = folder.ok()
    items = report.of("items")
    assert (items.new, items.repeated, items.rejected, items.rows) == (61, 1, 3, 65)
    assert [reject.line for reject in items.rejects] == [64, 65, 66]
    assert items.rejects[0].reason == "The same sku stands on line 65, 66 with other values; keep one of them."
    assert not Item.objects.filter(sku="B").exists()


def test_above_five_percent_nothing_is_written(folder):
    folder.write("items", "sku,unit_cost", *good(18), "BAD,-1", "WORSE,-1")
    report = folder.run()
    assert report.refused
    assert report.reason == "items.csv: 2 of 20 rows were rejected; the limit is 5 %."
    assert not Item.objects.exists()
    assert not DataFeed.objects.exists()
    batch = ImportBatch.objects.get(pk=report.batch_id)
    assert (batch.state, batch.report["files"][0]["rejected"]) == (ImportState.REFUSED, 2)
    folder.write("items", "sku,unit_cost", *good(19), "BAD,-1")
    assert not folder.run().refused


def test_strict_refuses_a_single_rejected_row(folder):
    folder.write("items", "sku,unit_cost", *good(99), "BAD,-1")
    assert folder.run(strict=True).refused
    assert not Item.objects.exists()
    assert not folder.run().refused


def test_a_dry_run_says_everything_and_writes_nothing(folder):
    folder.masters("A", "B")
    report = folder.ok(dry_run=True)
    assert counts(report, "items") == (2, 0, 0, 0, 0)
    assert not Item.objects.exists()
    assert ImportBatch.objects.get().state == ImportState.PREVIEWED
    folder.ok()
    folder.write("items", "sku,name", "A,Other", "B,Item B")
    assert folder.ok(dry_run=True).of("items").changes[0].after == "Other"
    assert Item.objects.get(sku="A").name == "Item A"


def test_only_the_chosen_kinds_are_imported(folder):
    folder.masters("A")
    assert [file.kind for file in folder.ok(only=["items"]).files] == ["items"]
    with pytest.raises(InvalidInput, match="There is no kind thingies"):
        folder.run(only=["thingies"])


def test_misuse_is_an_error(folder, tmp_path):
    with pytest.raises(NothingToImport, match="holds nothing to import"):
        folder.run()
    folder.folder = tmp_path / "nowhere"
    with pytest.raises(NothingToImport, match="There is no folder"):
        folder.run()


def test_the_errors_file_can_be_mended_and_imported(folder, tmp_path):
    folder.write("items", "sku,name,unit_cost", *(f"G{n},,1" for n in range(40)), '007,"Tea, green",-3')
    errors = tmp_path / "errors.csv"
    folder.ok(errors_to=errors)
    with errors.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row == {
        "error_file": "items.csv", "error_line": "42", "error_column": "unit_cost", "error_value": "-3",
        "error_reason": "unit_cost cannot be negative.", "sku": "007", "name": "Tea, green", "unit_cost": "-3",
    }  # fmt: skip
    folder.clear()
    (folder.folder / "items.csv").write_text(errors.read_text().replace('green",-3', 'green",3'))
    report = folder.ok()
    assert (counts(report, "items"), report.of("items").warnings) == ((1, 0, 0, 0, 0), ())


def test_a_span_that_ends_before_it_begins_is_rejected_also_against_what_is_stored(folder):
    folder.write("items", "sku,active_from", "A,2025-06-01")
    folder.ok()
    folder.write("items", "sku,active_from,active_to", *good(40, "{},,"), "A,,2025-05-01")
    (reject,) = folder.ok().of("items").rejects
    assert (reject.column, reject.reason) == ("active_to", "active_to lies before active_from.")


def test_company_settings_are_checked_each(folder):
    folder.write(
        "company", "key,value", "name,Pier", "week_start,sunday", "default_service_target,0.97", "currency,usd"
    )
    assert counts(folder.ok(), "company") == (0, 4, 0, 0, 0)
    settings = CompanySettings.objects.get()
    assert (settings.name, settings.week_start, settings.currency) == ("Pier", 6, "USD")
    folder.write("company", "key,value", "time_zone,Mars", "bucket,month", "default_service_target,2", "colour,red")
    report = folder.run()
    assert [reject.line for reject in report.of("company").rejects] == [2, 3, 4, 5]
    assert report.refused


def test_calendars_take_dates_and_weekdays(folder):
    folder.write("calendars", "calendar,date,closed,label", "c,sunday,1,", "c,Sat,no,", "c,2026-12-25,,Christmas")
    assert counts(folder.ok(), "calendars") == (3, 0, 0, 0, 0)
    assert list(CalendarWeekday.objects.order_by("weekday").values_list("weekday", "closed")) == [(5, False), (6, True)]
    assert CalendarDay.objects.values_list("date", "closed", "label").get() == (date(2026, 12, 25), True, "Christmas")
    assert counts(folder.ok(), "calendars") == (0, 0, 3, 0, 0)


def test_order_weekdays_are_read_by_name(folder):
    folder.masters("A")
    folder.write("item_locations", "sku,location,order_weekdays,service_target", "A,S1,thu Mon,0.98")
    folder.ok()
    assert ItemLocation.objects.values_list("order_weekdays", "service_target").get() == ([0, 3], Decimal("0.98"))
    assert counts(folder.ok(), "item_locations") == (0, 0, 1, 0, 0)


def test_events_are_known_by_kind_item_place_and_start(folder):
    folder.masters("A")
    folder.write(
        "events",
        "kind,sku,location,start_date,end_date",
        "Price cut,A,,2026-01-05,",
        "feature,A,S1,2026-01-05,2026-01-11",
    )
    assert counts(folder.ok(), "events") == (2, 0, 0, 0, 0)
    assert counts(folder.ok(), "events") == (0, 0, 2, 0, 0)
    assert DemandEvent.objects.filter(location=None).get().kind == "price_cut"


def test_events_of_a_category_of_a_place_and_of_all(folder):
    folder.masters("A")
    folder.write("items", "sku,category", "A,Drinks/Hot")
    folder.write(
        "events",
        "kind,sku,category,location,start_date,end_date",
        "promotion,,Drinks,,2026-01-05,2026-01-11",
        "closure,,,S1,2026-01-05,2026-01-06",
        "holiday,,,,2026-01-01,2026-01-01",
    )
    assert counts(folder.ok(), "events") == (3, 0, 0, 0, 0)
    assert counts(folder.ok(), "events") == (0, 0, 3, 0, 0)
    assert DemandEvent.objects.get(kind="promotion").category.path == "Drinks"
    assert DemandEvent.objects.get(kind="closure").location.code == "S1"


def test_events_of_goods_name_them_once(folder):
    folder.masters("A")
    folder.write("items", "sku,category", "A,Drinks")
    folder.write(
        "events",
        "kind,sku,category,start_date",
        "price_cut,A,Drinks,2026-01-05",
        "feature,,,2026-01-05",
    )
    assert counts(folder.run(), "events") == (0, 0, 0, 0, 2)


def test_absent_lanes_end_and_come_back(folder):
    folder.masters("A", places=("DC", "S1", "S2", "S3", "S4", "S5", "S6"))
    lanes = [f"DC,S{number},,2" for number in range(1, 7)]
    folder.write("lanes", "origin,destination,sku,lead_time_days", *lanes)
    assert counts(folder.ok(), "lanes") == (6, 0, 0, 0, 0)
    folder.write("lanes", "origin,destination,sku,lead_time_days", *lanes[:5])
    assert counts(folder.ok(), "lanes") == (0, 0, 5, 1, 0)
    assert not Lane.objects.get(destination__code="S6").is_active
    assert counts(folder.ok(), "lanes") == (0, 0, 5, 0, 0)
    folder.write("lanes", "origin,destination,sku,lead_time_days", *lanes)
    assert counts(folder.ok(), "lanes") == (0, 1, 5, 0, 0)


def test_a_snapshot_that_shrinks_too_much_is_refused_unless_told(folder):
    folder.masters("A", places=("DC", "S1", "S2", "S3"))
    folder.write("lanes", "origin,destination", "DC,S1", "DC,S2", "DC,S3")
    folder.ok()
    folder.write("lanes", "origin,destination", "DC,S1", "DC,S2")
    report = folder.run()
    assert report.refused
    assert "1 of 3 rows known until now are absent (those lanes would end)" in report.reason
    assert Lane.objects.filter(is_active=True).count() == 3
    assert counts(folder.ok(allow_shrink=True), "lanes") == (0, 0, 2, 1, 0)


def test_a_rejected_row_of_a_snapshot_does_not_count_as_absent(folder):
    places = [f"S{number:02}" for number in range(30)]
    folder.masters("A", places=("DC", *places))
    folder.write("lanes", "origin,destination,lead_time_days", *(f"DC,{place},2" for place in places))
    folder.ok()
    folder.write("lanes", "origin,destination,lead_time_days", "DC,S00,-1", *(f"DC,{place},2" for place in places[1:]))
    assert counts(folder.ok(), "lanes") == (0, 0, 29, 0, 1)
    assert Lane.objects.filter(is_active=True).count() == 30


def test_the_lane_that_closes_a_cycle_is_rejected_and_the_cycle_named(folder):
    places = [f"S{number:02}" for number in range(80)]
    folder.masters("A", "B", places=("DC", *places))
    folder.write(
        "lanes", "origin,destination,sku", *(f"DC,{place}," for place in places),
        "S00,S01,A", "S01,S00,A", "S01,S00,B", "S02,DC,", "S03,DC,B",
    )  # fmt: skip
    report = folder.ok()
    assert [(reject.line, reject.value) for reject in report.of("lanes").rejects] == [
        (83, "S01 → S00 → S01"), (85, "S02 → DC → S02"), (86, "S03 → DC → S03"),
    ]  # fmt: skip


def test_items_without_a_source_are_warned_of(folder):
    folder.masters("A", "B", places=("DC", "S1"))
    folder.write("item_locations", "sku,location", "A,DC", "B,DC", "A,S1")
    folder.write("suppliers", "code", "ACME")
    folder.write("supplier_items", "supplier,sku", "ACME,A")
    (warning,) = folder.ok().warnings
    assert warning.startswith("1 item-locations have no source, neither a lane nor a supplier's term: B at DC.")


def test_each_item_location_counts_a_change_of_its_inputs_once(folder):
    folder.masters("A", "B")
    folder.write("item_locations", "sku,location", "A,S1", "B,S1")
    folder.write("stock", "sku,location,on_hand", "A,S1,5", "B,S1,5")
    folder.ok()
    before = dict(ItemLocationState.objects.values_list("item_location__item__sku", "change_counter"))
    assert before == {"A": 1, "B": 1}
    folder.ok()
    folder.write("stock", "sku,location,on_hand", "A,S1,7", "B,S1,5")
    folder.write("items", "sku,name", "A,New name", "B,Item B")
    folder.ok()
    after = dict(ItemLocationState.objects.values_list("item_location__item__sku", "change_counter"))
    assert after == {"A": 2, "B": 1}


def test_feeds_say_how_fresh_each_kind_is(folder):
    folder.masters("A")
    folder.write("stock", "sku,location,on_hand,as_of", "A,S1,5,2025-03-02")
    folder.ok()
    assert DataFeed.objects.values_list("as_of", "rows").get(kind="stock") == (date(2025, 3, 2), 1)


def test_progress_is_told_by_kind(folder):
    folder.masters("A", "B")
    seen = []
    folder.ok(progress=lambda *step: seen.append(step))
    assert seen == [("items", 2, 2), ("locations", 2, 2)]


@pytest.mark.django_db(transaction=True)
def test_a_second_import_at_the_same_time_is_told_to_wait(folder):
    import psycopg

    folder.masters("A")
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('stocksense import'))")
        with pytest.raises(ImportRunning, match="Another import is running"):
            folder.run()
    folder.ok()


def test_the_command_prints_a_table_and_fails_when_refused(folder, capsys):
    folder.masters("A", "B")
    call_command("import_data", str(folder.folder))
    out = capsys.readouterr().out
    assert "items.csv                           2          2          0" in out
    assert "Imported." in out
    folder.write("items", "sku,unit_cost", "A,-1")
    with pytest.raises(CommandError, match=r"Nothing was written\. items\.csv: 1 of 1 rows were rejected"):
        call_command("import_data", str(folder.folder))
    assert "items.csv line 2, unit_cost '-1': unit_cost cannot be negative." in capsys.readouterr().out
