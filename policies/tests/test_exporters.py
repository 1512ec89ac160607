from datetime import date

import pytest

from forecasting.models import ForecastRun
from inventory.models import Item, Location
from policies.models import Policy, PolicyRun
from stocksense.company import services as company
from stocksense.company.models import RunKind
from stocksense.core.database.partitions import ensure_partitions
from stocksense.ingestion import exports

MONDAY = date(2026, 11, 16)

pytestmark = pytest.mark.django_db


def test_policies_are_exported_with_their_levels(tmp_path):
    base = {"scenario": company.scenario_named(None), "as_of": MONDAY, "run_date": MONDAY}
    source = ForecastRun.objects.create(**base, bucket_days=7, horizon_buckets=2)
    run = PolicyRun.objects.create(**base, forecast_run=source)
    ensure_partitions(Policy, [MONDAY])
    Policy.objects.bulk_create([
        Policy(
            run=run, run_date=MONDAY, item=Item.objects.create(sku="A"), location=Location.objects.create(code="S1"),
            method="rss", abc="A", xyz="X", demand_class="smooth", service_target=0.95, lead_time_days=7,
            review_days=3.5, reorder_point=38.12345, order_up_to=120, safety_stock=11.5, order_quantity=82,
            reorder_points=[], order_up_to_levels=[], trace={},
        )
    ])  # fmt: skip
    company.publish_run(kind=RunKind.POLICY, run=run)
    assert exports.export("policies", tmp_path / "p.csv") == 1
    assert (tmp_path / "p.csv").read_text() == (
        "sku,location,method,service_target,reorder_point,order_up_to,safety_stock,order_quantity,lead_time_days,"
        "review_days\nA,S1,rss,0.95,38.123,120,11.5,82,7,3.5\n"
    )
