"""The cycle on a slice of a real retailer's sales."""

import pytest

from benchmarks.breakfast_frat.convert import convert
from inventory.models import ItemLocation
from planning.models import PlannedOrder, PlanRun, Projection
from planning.services import cycle
from stocksense.ingestion.services import import_folder
from stocksense.jobs.models import Job
from vendors.models import SupplierItem

STORES, ITEMS = 6, 8


@pytest.mark.django_db
def test_a_slice_of_real_sales_is_imported_and_planned(shared_folder, tmp_path):
    rows = convert(tmp_path, shared_folder / "data" / "breakfast_frat", stores=STORES, items=ITEMS)
    report = import_folder(folder=tmp_path, actor=None)
    assert not report.refused, report.reason
    assert sum(file.rejected for file in report.files) == 0
    assert report.of("demand").new == rows["demand"]
    job = cycle.create_cycle(actor=None)
    cycle.run_cycle(job.pk)
    assert Job.objects.get(pk=job.pk).error == ""
    assert PlanRun.objects.get().summary["item_locations"] == ItemLocation.objects.count() == rows["item_locations"]
    assert Projection.objects.current().count() == rows["item_locations"]
    terms = {term.pk: term for term in SupplierItem.objects.all()}
    purchases = list(PlannedOrder.objects.current().filter(kind="purchase"))
    assert purchases
    for order in purchases:
        term = terms[order.source_id]
        multiple = (term.order_multiple or 1) * term.units_per_order_uom
        assert order.quantity % multiple == 0
        assert order.quantity >= (term.moq or 0) * term.units_per_order_uom
