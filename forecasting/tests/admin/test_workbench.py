"""The forecast workbench: what its pages say, who may write, and how many queries they need."""

import json
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forecasting.admin import drawings
from forecasting.models import (
    DemandEvent,
    EventUplift,
    Forecast,
    ForecastModel,
    ForecastOverride,
    Layer,
)
from forecasting.services.layers import HistoryLayers
from forecasting.tests.builder import MONDAY, WEEK, compared, covered, override, reason
from inventory.models import Category
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory

LIST, ACCURACY = "/admin/forecasting/series/", "/admin/forecasting/accuracy/"
TRAINING = "/admin/forecasting/training/"
BLEND_SEGMENT = {"segment": "smooth, fast", "blend": {"own past year": 0.7, "boosted ratios": 0.3}}
SCORES = {"wape": 0.5, "bias": 0.1, "scaled_pinball": 0.3, "all_zero_wape": 1.0, "all_zero_scaled_pinball": 0.9}


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def queries_of(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def page_of(at) -> str:
    return f"{LIST}{at.item_id}/{at.location_id}/"


def sent(**changed):
    return {
        "mode": "add", "value": "30",
        "start": MONDAY.isoformat(), "end": (MONDAY + 2 * WEEK - timedelta(days=1)).isoformat(),
        "level": "series", "reason": str(reason().pk), "comment": "", "expires": "", "override": "0", "version": "",
        **changed,
    }  # fmt: skip


pytestmark = pytest.mark.django_db


@pytest.fixture
def planner():
    return UserFactory(role=Role.PLANNER)


@pytest.mark.parametrize("url", [LIST, ACCURACY])
def test_before_the_first_forecast_the_pages_say_what_to_do(url, sign_in, planner):
    page = text_of(sign_in(planner).get(url))
    assert "There is no forecast yet." in page
    assert "run the planning cycle" in page


def test_the_list_begins_where_a_better_forecast_is_worth_most(shop, sign_in, planner):
    tea, gold = shop.place("TEA", "NORTH"), shop.place("GOLD", "NORTH", unit_cost=90)
    shop.frozen(MONDAY, {tea: [40.0, 60.0], gold: [2.0, 2.0]}, scores=SCORES)
    override(item=tea.item, location=tea.location)
    page = text_of(sign_in(planner).get(LIST))
    assert page.index("GOLD") < page.index("TEA")
    assert '<td class="ss-number ss-strong" data-label="At stake">€ 90</td>' in page
    assert '<td class="ss-number ss-strong" data-label="At stake">€ 50</td>' in page
    assert '<td class="ss-number" data-label="MASE">12.50</td>' in page  # .5 × 50 / 2
    assert page.count("in the next run") == 1


def test_the_list_is_filtered_sorted_and_paged(shop, sign_in, planner, monkeypatch):
    hot = Category.objects.create(name="Hot", path="Drinks/Hot")
    Category.objects.create(name="Drinks", path="Drinks")
    tea, mug = shop.place("TEA", "NORTH", category=hot), shop.place("MUG", "SOUTH")
    shop.frozen(MONDAY, {tea: [5.0], mug: [7.0]}, scores=SCORES)
    Forecast.objects.filter(item=mug.item).update(fallback="too short", demand_class="lumpy")
    client = sign_in(planner)

    def shown(query: str) -> list[str]:
        rows = client.get(f"{LIST}?{query}").context.get("rows", [])
        return [row["sku"] for row in rows]

    assert shown("sort=mean") == ["TEA", "MUG"]
    assert shown("sort=-mean") == ["MUG", "TEA"]
    assert shown("category=Drinks") == ["TEA"]
    assert shown("class=lumpy") == ["MUG"]
    assert shown("location=NORTH") == ["TEA"]
    assert shown("fallback=yes") == ["MUG"]
    assert shown("overridden=yes") == []
    assert shown("q=mu") == ["MUG"]
    assert shown("sort=drop%20table&page=%C2%B2") == ["MUG", "TEA"]
    monkeypatch.setattr("forecasting.services.workbench.series_list.PER_PAGE", 1)
    assert shown("sort=mean&page=2") == ["MUG"]
    assert shown("sort=mean&page=99") == ["MUG"]
    assert "No series fits these filters." in text_of(client.get(f"{LIST}?q=zebra"))


@pytest.mark.parametrize("url", [LIST, "series"])
def test_query_counts_do_not_grow_with_rows(url, shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.sold(tea, [5] * 20)
    places = [tea, *(shop.place(f"I{number}", "NORTH") for number in range(8))]
    address = page_of(tea) if url == "series" else url
    client = sign_in(planner)
    shop.frozen(MONDAY, {tea: [5.0, 5.0]})
    override(item=tea.item)
    few = queries_of(client, address)
    shop.frozen(MONDAY, {key: [5.0, 5.0] for key in places})
    for _ in range(5):
        override(item=tea.item, author=planner)
    assert queries_of(client, address) == few
    assert few <= 22


def test_the_page_of_a_series_shows_its_history_forecast_and_why(shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.sold(tea, [5] * 20)
    shop.frozen(MONDAY, {tea: [5.0, 6.0]}, scores={**SCORES, **BLEND_SEGMENT})
    page = text_of(sign_in(planner).get(page_of(tea)))
    assert "Demand is smooth: demand comes in most buckets, in even amounts." in page
    assert "It is the blend of its segment (smooth, fast): 70% own past year" in page
    assert "its scaled pinball loss was 0.30, against 0.90 of a forecast of nothing at all." in page
    assert "Candidates were not compared for this series yet." in page
    data = json.loads(page.split('id="series-chart-data" type="application/json">')[1].split("</script>")[0])
    assert data["sold"][-1] == [(MONDAY - WEEK).isoformat(), 7, 5.0, False]
    assert data["expected"][1][:3] == [(MONDAY + WEEK).isoformat(), 7, 6.0]
    assert sign_in(planner).get(f"{LIST}0/0/").status_code == 404


def test_a_series_shows_candidates_beside_those_of_its_segment(shop, sign_in, planner):
    tea, mug = shop.place("TEA", "NORTH"), shop.place("MUG", "NORTH")
    judged = {"scaled_pinball": 0.31, "wape": 0.61, "all_zero_scaled_pinball": 0.93}  # (as the run found the blend's)
    run = shop.frozen(MONDAY, {tea: [5.0, 6.0], mug: [5.0, 6.0]}, scores={**SCORES, **BLEND_SEGMENT})
    Forecast.objects.filter(run=run, item=tea.item).update(scores={**SCORES, **BLEND_SEGMENT, **judged})
    compared(tea)
    client = sign_in(planner)
    page = text_of(client.get(page_of(tea)))
    rows = page[page.index("Candidates in the back-test") :]
    assert [row["name"] for row in client.get(page_of(tea)).context["candidates"]] == [
        "AutoETS", "blend", "own past year", "all-zero",
    ]  # fmt: skip
    assert 'blend <span class="ss-tag">used</span>' in rows
    assert '<td class="ss-number" data-label="Pinball">0.31</td>' in rows
    assert '<td class="ss-number" data-label="to the blend">−10.0 %</td>' in rows
    assert '<td class="ss-number" data-label="In the blend">70 %</td>' in rows
    assert "its scaled pinball loss was 0.31, against 0.93 of a forecast of nothing at all." in page
    assert "Compared in its segment, smooth, fast: AutoETS did clearly better than the blend" in page
    assert "<dt>WAPE</dt><dd>61.0 %</dd>" in page
    other = text_of(client.get(page_of(mug)))
    assert "This series was not judged itself" in other
    assert '<td class="ss-number" data-label="to the blend">−10.0 %</td>' in other
    assert "<dt>WAPE</dt><dd>50.0 %</dd>" in other


def test_the_training_page_compares_candidates_overall_and_by_segment(sign_in, planner):
    compared()
    client = sign_in(planner)
    page = text_of(client.get(TRAINING))
    assert "all segments: 300 series, 3 past origins, 4 weeks ahead" in page
    assert "AutoETS did clearly better than the blend: 10.0 % less loss on the same 40 series." in page
    assert "MSTL could not forecast 2 series, judged by the smoothers instead: KeyError: 7" in page
    assert '<a class="ss-link" href="?segment=smooth%2C+fast">smooth, fast</a>' in page
    assert "exponential smoothing with trend and season" in page
    assert '<td class="ss-number" data-label="own past year">70 %</td>' in page

    def order(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"{TRAINING}?{query}").context["compared"]["rows"]]

    assert order("") == order("sort=nonsense") == ["AutoETS", "blend", "own past year", "all-zero"]
    assert order("sort=bias") == ["blend", "own past year", "AutoETS", "all-zero"]
    assert order("sort=series") == ["blend", "own past year", "all-zero", "AutoETS"]
    chosen = client.get(f"{TRAINING}?segment=smooth%2C+fast&sort=wape")
    assert chosen.context["compared"]["rows"][2]["weight"] == "70 %"
    assert "?segment=smooth%2C+fast&amp;sort=rmsse" in text_of(chosen)
    assert "all segments" in text_of(client.get(f"{TRAINING}?segment=nowhere"))


def test_until_the_newest_training_is_compared_the_comparison_before_is_shown(sign_in, planner):
    compared()
    newest = {"cutoff": MONDAY, "bucket_days": 7, "horizon_buckets": 4, "series": 300, "seed": 1, "content": b""}
    ForecastModel.objects.create(**newest, evidence={"origins": 12, "segments": {}})
    client = sign_in(planner)
    assert "as the newest training’s is not done" in text_of(client.get(TRAINING))
    ForecastModel.objects.exclude(pk=ForecastModel.objects.first().pk).delete()
    assert "Candidates were not compared yet" in text_of(client.get(TRAINING))


def test_a_planner_writes_an_override_and_a_slip_comes_back_with_the_form(shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [5.0, 5.0]})
    client, save = sign_in(planner), f"{page_of(tea)}override/"
    refused = client.post(save, sent(value="-11", comment="kept"))
    assert refused.status_code == 422
    assert "Only 10 are expected there" in text_of(refused)
    assert 'name="value" value="-11"' in text_of(refused)
    assert not ForecastOverride.objects.exists()
    assert client.post(save, sent(value="zwölf")).status_code == 422
    assert client.post(save, sent(value="12,5")).status_code == 302
    made = ForecastOverride.objects.get()
    assert (made.value, made.item, made.location, made.author) == (Decimal("12.5"), tea.item, tea.location, planner)
    edit = client.get(f"{page_of(tea)}?edit={made.pk}").context["form"]
    assert (edit.override_id, edit.value) == (made.pk, "12.5")
    changed = sent(override=str(made.pk), version=edit.version, value="20", level="location")
    assert client.post(save, changed).status_code == 302
    assert client.post(save, changed).status_code == 409  # (the same form once more: it is about an older state)
    made.refresh_from_db()
    assert (made.value, made.item, made.location) == (20, None, tea.location)


def test_a_preview_shows_before_and_after_and_saves_nothing(shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [5.0, 5.0, 5.0]})
    client, url = sign_in(planner), f"{page_of(tea)}preview/"
    answer = client.post(url, sent(reason="")).json()
    assert "10 → 40 pcs in the buckets it touches." in answer["html"]
    assert "+15.0" in answer["html"]
    assert [row[2] for row in answer["line"]] == [20.0, 20.0, 5.0]
    assert "lies in the past" in client.post(url, sent(start="2020-01-01", end="2020-01-02")).json()["html"]
    assert not ForecastOverride.objects.exists()
    assert client.get(url).status_code == 405


def test_an_override_is_withdrawn_and_reinstated(shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [5.0, 5.0]})
    made = override(item=tea.item, location=tea.location)
    client = sign_in(planner)
    form = {"override": str(made.pk), "version": made.updated_at.isoformat()}
    client.post(f"{page_of(tea)}withdraw/", form)
    made.refresh_from_db()
    assert made.withdrawn_at is not None
    assert "withdrawn" in text_of(client.get(page_of(tea)))
    client.post(f"{page_of(tea)}reinstate/", {**form, "version": made.updated_at.isoformat()})
    made.refresh_from_db()
    assert made.withdrawn_at is None


@pytest.mark.parametrize("act", ["override", "withdraw", "reinstate"])
def test_a_viewer_may_look_and_try_but_change_nothing(act, shop, sign_in):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [5.0, 5.0]})
    made = override(item=tea.item, location=tea.location)
    client = sign_in(UserFactory(role=Role.VIEWER))
    assert "Write an override" not in text_of(client.get(page_of(tea)))
    before = ForecastOverride.objects.values().get()
    form = sent(override=str(made.pk), version=made.updated_at.isoformat())
    assert client.post(f"{page_of(tea)}{act}/", form).status_code == 403
    assert ForecastOverride.objects.values().get() == before


def test_the_model_admin_checks_as_the_service_does(shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [5.0, 5.0]})
    client, url = sign_in(planner), "/admin/forecasting/forecastoverride/add/"
    form = {
        "item": "", "category": "", "location": str(tea.location_id), "start_date": "2026-11-16",
        "end_date": "2026-11-29", "mode": "scale", "value": "120", "reason": str(reason().pk), "comment": "",
        "expires_on": "", "version": "",
    }  # fmt: skip
    assert "For 20 % more write 1.2" in text_of(client.post(url, form))
    assert client.post(url, {**form, "value": "1.2"}).status_code == 302
    made = ForecastOverride.objects.get()
    assert (made.author, made.value) == (planner, Decimal("1.2"))
    change = f"/admin/forecasting/forecastoverride/{made.pk}/change/"
    stale = {**form, "value": "1.3", "version": "older"}
    assert "Somebody changed this override meanwhile" in text_of(client.post(change, stale))
    client.post(change.replace("change/", "do/withdraw/"), {"confirmed": "yes"})
    made.refresh_from_db()
    assert made.withdrawn_at is not None


def test_the_accuracy_page_says_what_to_wait_for(shop, sign_in, planner):
    shop.frozen(MONDAY, {shop.place("TEA", "NORTH"): [5.0]})
    assert "No forecast bucket has closed yet." in text_of(sign_in(planner).get(ACCURACY))


def test_the_accuracy_page_shows_every_layer(shop, sign_in, planner):
    from forecasting.services.accuracy import score_closed_buckets

    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [8.0]}, scores={"wape": 0.1})
    Forecast.objects.update(naive_mean=[5.0], statistical_mean=[7.0])
    shop.sold(tea, [10], until=MONDAY + WEEK)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [1.0]}))
    client = sign_in(planner)
    page = text_of(client.get(ACCURACY))
    assert "WAPE by step: all zero 100.0 %, no change 50.0 %, statistical 30.0 %, with overrides 20.0 %" in page
    assert "−10.0 better" in page
    assert '<a class="ss-link" href="/admin/forecasting/series/' in page
    assert queries_of(client, ACCURACY) <= 20


def test_the_accuracy_page_says_how_upper_quantiles_held_and_what_is_added(shop, sign_in, planner):
    from forecasting.services.accuracy import score_closed_buckets

    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [8.0]})
    shop.sold(tea, [10], until=MONDAY + WEEK)
    score_closed_buckets(shop.frozen(MONDAY + WEEK, {tea: [1.0]}))
    covered((920, 0.004), (940, 0.012))
    client = sign_in(planner)
    rows = client.get(ACCURACY).context["covered"]
    assert [(row["of"], row["name"]) for row in rows] == [("one week", name) for name in ("P80", "P90", "P95", "P99")]
    assert rows[2] == {
        "of": "one week", "name": "P95", "asked": "95.0 %", "was": "93.0 %", "forecasts": "2,000", "added": "+1.2 %",
        "aim": "96.2 %",
    }  # fmt: skip
    assert '<td class="ss-number ss-strong">93.0 %</td>' in text_of(client.get(ACCURACY))


def test_stairs_and_lines_are_drawn_to_scale():
    drawn = drawings.staircase([(Layer.ZERO, 1.0), (Layer.NAIVE, None), (Layer.FINAL, 0.25)], width=224, height=166)
    zero, final = drawn.stairs
    assert (zero.height, final.height, drawn.floor) == (100, 25, 126)
    assert (final.step, final.verdict) == ("−75.0", "better")
    found = drawings.lines([("a", {"final": 0.2}), ("b", {"final": 0.4})], [Layer.FINAL], width=256, height=166)
    assert found.lines == [("final", "44,76 244,26")]
    assert [text for _, text in found.ticks] == ["0 %", "10 %", "20 %", "30 %", "40 %"]


def test_layers_are_shown_where_they_differ_from_the_one_before():
    sales, in_stock = np.array([4.0, 4.0, 1.0, 40.0]), np.array([True, True, False, True])

    def shown(unconstrained, corrected, inherited) -> dict[str, list[float]]:
        arrays = (np.array(one) for one in (unconstrained, corrected, inherited))
        layers = HistoryLayers(MONDAY, 7, sales, in_stock, *arrays, corrections=[])
        return {name: values.tolist() for name, values in layers.shown.items()}

    hidden, nothing = [4.0, 4.0, 4.5, 40.0], [0.0] * 4
    assert shown(sales, sales, nothing) == {"sales": [4, 4, 1, 40]}
    assert shown(hidden, [4.0, 4.0, 4.5, 10.0], [2.0, 0.0, 0.0, 0.0]) == {
        "sales": [4, 4, 1, 40], "unconstrained": [4, 4, 4.5, 40], "used": [6, 4, 4.5, 10],
    }  # fmt: skip
    assert shown(hidden, hidden, nothing) == {"sales": [4, 4, 1, 40], "unconstrained": [4, 4, 4.5, 40]}
    late = HistoryLayers(MONDAY, 7, sales, in_stock, sales, sales, sales, []).latest(3)
    assert (late.days[0], late.sales.tolist()) == (MONDAY + WEEK, [4, 1, 40])


def test_what_an_event_is_expected_to_add_is_said_on_its_list_and_beside_the_series(shop, sign_in, planner):
    tea = shop.place("TEA", "NORTH")
    shop.frozen(MONDAY, {tea: [40.0, 60.0]})
    known = {"kind": "feature", "item": tea.item, "start_date": MONDAY, "end_date": MONDAY + WEEK}
    event = DemandEvent.objects.create(**known, label="Spring sale")
    DemandEvent.objects.create(**known | {"kind": "display"}, label="Not forecast yet")
    EventUplift.objects.create(event=event, run_id=1, baseline=40, uplift=14, series=3)
    client = sign_in(planner)
    beside = text_of(client.get(page_of(tea)))
    assert "<td>Spring sale</td><td>16 Nov 2026</td><td>23 Nov 2026</td>" in beside
    assert '<td class="ss-number">+14 units (+35 %)</td>' in beside
    assert "3 item-locations" in beside
    assert "<td>Not forecast yet</td>" not in beside
    listed = text_of(client.get("/admin/forecasting/demandevent/"))
    assert listed.count("+14 units (+35 %)") == 1
    EventUplift.objects.update(baseline=0, uplift=-2)
    assert "−2 units</td>" in text_of(client.get(page_of(tea)))


def test_a_segment_without_anything_to_judge_by_and_candidates_of_too_few_series_are_dashes(sign_in, planner):
    model = compared()
    found = model.evidence["comparison"]
    one = {"series": 1, "scaled_pinball": 0.1, "wape": 0.5, "bias": 0.0, "rmsse": 0.7}
    found["segments"] |= {
        "smooth, slow": {"series": 1, "candidates": {}, "clearly_better": [], "reason": "Too few series."},
        "lumpy, slow": {"series": 1, "candidates": {"blend": one, "AutoETS": one}, "clearly_better": [], "reason": ""},
    }
    model.save()
    rows = {row["name"]: row for row in sign_in(planner).get(TRAINING).context["compared"]["segments"]}
    assert (rows["smooth, slow"]["blend"], rows["smooth, slow"]["nearest"]) == ("–", "")
    assert (rows["lumpy, slow"]["nearest"], rows["lumpy, slow"]["apart"]) == ("", "")
