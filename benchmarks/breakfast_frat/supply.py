"""The supply side that the sales data lacks, built from the stated assumptions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from stocksense.company.demo.files import Cell, Row

Tables = dict[str, Sequence[Row]]
KILOGRAMS_PER_OUNCE = 0.0283495
OUT, AT_RISK, HEALTHY, EXCESS = range(4)


def code_of(name: str) -> str:
    """A manufacturer's or category's name as a code."""
    return re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")


class SupplyChain:
    """Places, suppliers, terms, stock and orders for the sold items.

    stores, items: the published tables (items with price, on_sale, active_to); series: one row per store and item.
    """

    def __init__(
        self, assumptions: dict[str, Any], stores: pl.DataFrame, items: pl.DataFrame, series: pl.DataFrame, as_of: date
    ) -> None:
        self.assumptions, self.as_of, self.series = assumptions, as_of, series
        self.rng = np.random.default_rng(assumptions["seed"])
        self.stores = {f"ST-{row['store_id']}": row for row in stores.iter_rows(named=True)}
        self.items = {row["upc"]: row for row in items.iter_rows(named=True)}
        self.home = {code: self._depot(row) for code, row in self.stores.items()}
        self.depots = [depot for depot in assumptions["depots"] if depot in self.home.values()]
        self.median_baskets = float(np.median(stores["avg_weekly_baskets"].to_numpy()))
        self.lead_days = self._supplier_lead_days()
        self.terms = {sku: self._term(row) for sku, row in self.items.items()}
        self.weekly = self._weekly()

    def tables(self) -> Tables:
        """Rows per kind of file, all of it repeatable for the same assumptions."""
        stock = self._stock()
        return {
            "items": list(self._items()),
            "locations": list(self._locations()),
            "item_locations": list(self._item_locations()),
            "suppliers": list(self._suppliers()),
            "supplier_items": list(self._supplier_items()),
            "lanes": [self._lane(store) for store in self.stores],
            "stock": [
                {"sku": sku, "location": place, "on_hand": on_hand, "as_of": self.as_of}
                for (sku, place), (_, on_hand) in stock.items()
            ],
            "open_orders": [*self._purchases(stock), *self._transfers(stock)],
        }

    def _depot(self, store: Mapping[str, Any]) -> dict[str, Any]:
        for depot in self.assumptions["depots"]:
            if store["msa_code"] in depot["msa_codes"] or store["address_state_prov_code"] in depot["states"]:
                return dict(depot)
        raise ValueError(f"no depot serves store {store['store_id']} in {store['address_state_prov_code']}")

    def _supplier_lead_days(self) -> dict[str, int]:
        low, high = self.assumptions["suppliers"]["lead_time_days"]
        makers = sorted({row["manufacturer"] for row in self.items.values()})
        return {maker: int(self.rng.integers(low, high + 1)) for maker in makers}

    def _term(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Cost, case and order sizes of an item."""
        costs, suppliers = self.assumptions["costs"], self.assumptions["suppliers"]
        private = item["manufacturer"] == "PRIVATE LABEL"
        share = costs["private_label_share_of_price" if private else "brand_share_of_price"]
        share += self.rng.uniform(-costs["share_spread"], costs["share_spread"])
        multiple = int(self.rng.choice(suppliers["order_multiple_cases"]))
        moq = int(self.rng.choice(suppliers["moq_cases"]))
        return {
            "unit_cost": round(item["price"] * share, 2),
            "units_per_case": self.assumptions["categories"][item["category"]]["units_per_case"],
            "order_multiple": multiple,
            "moq": -(-moq // multiple) * multiple,
        }

    def _weekly(self) -> dict[tuple[str, str], float]:
        """Units per week now, by (sku, location); a DC's is the sum of its stores'."""
        weekly: dict[tuple[str, str], float] = {}
        for sku, place, rate, active_to in self.series.select("sku", "location", "weekly", "active_to").iter_rows():
            weekly[sku, place] = 0.0 if active_to else rate
        for (sku, place), rate in list(weekly.items()):
            depot = self.home[place]["code"]
            weekly[sku, depot] = weekly.get((sku, depot), 0.0) + rate
        return weekly

    def _items(self) -> Iterator[Row]:
        for sku, item in self.items.items():
            category = self.assumptions["categories"][item["category"]]
            millilitres, ounces = item["volume_ml"], item["mass_oz"]
            litres = millilitres / 1000 if millilitres else category["litres"]
            kilograms = ounces * KILOGRAMS_PER_OUNCE if ounces else litres
            parts = [item["category"], item["sub_category"]]
            yield {
                "sku": sku, "name": f"{item['description']} {item['product_size']}",
                "category": "/".join(part.replace("/", " - ").capitalize() for part in parts), "uom": "EA",
                "uom_decimals": 0, "unit_cost": self.terms[sku]["unit_cost"], "unit_price": item["price"],
                "unit_volume_m3": round(litres / 1000, 5), "unit_weight_kg": round(kilograms, 3),
                "shelf_life_days": category.get("shelf_life_days"),
                "status": "active" if item["on_sale"] else "ended",
                "active_to": None if item["on_sale"] else item["active_to"],
            }  # fmt: skip

    def _locations(self) -> Iterator[Row]:
        depot_terms = self.assumptions["depot_terms"]
        for depot in self.depots:
            yield {
                "code": depot["code"], "name": depot["name"], "kind": "dc", "region": depot["code"].removeprefix("DC-"),
                "storage_capacity_m3": depot_terms["storage_capacity_m3"], "time_zone": depot["time_zone"],
                "unmet_demand": depot_terms["unmet_demand"],
            }  # fmt: skip
        for code, store in self.stores.items():
            name = f"{store['store_name']} ({store['address_city_name']}, {store['address_state_prov_code']})"
            yield {
                "code": code, "name": name, "kind": "store",
                "region": self.home[code]["code"].removeprefix("DC-"),
                "storage_capacity_m3": self.assumptions["store_terms"]["storage_capacity_m3"],
                "time_zone": self.home[code]["time_zone"], "unmet_demand": self.assumptions["company"]["unmet_demand"],
            }  # fmt: skip

    def _review(self, place: str) -> tuple[int, str]:
        """Review days and order weekdays of a place."""
        if place not in self.stores:
            return self.assumptions["depot_terms"]["review_days"], ""
        pace = "busy" if self.stores[place]["avg_weekly_baskets"] > self.median_baskets else "quiet"
        terms = self.assumptions["store_terms"]
        return terms[f"{pace}_review_days"], terms[f"{pace}_order_weekdays"]

    def _item_locations(self) -> Iterator[Row]:
        for sku, place in self.weekly:
            if place not in self.stores:
                yield {"sku": sku, "location": place, "review_days": self._review(place)[0]}
        for row in self.series.iter_rows(named=True):
            days, weekdays = self._review(row["location"])
            yield {
                "sku": row["sku"], "location": row["location"], "active_from": row["active_from"],
                "active_to": row["active_to"], "review_days": days, "order_weekdays": weekdays,
            }  # fmt: skip

    def _suppliers(self) -> Iterator[Row]:
        terms = self.assumptions["suppliers"]
        for maker in self.lead_days:
            yield {
                "code": code_of(maker), "name": maker.title(), "currency": self.assumptions["company"]["currency"],
                "order_cost": terms["order_cost"], "min_order_value": int(self.rng.choice(terms["min_order_values"])),
            }  # fmt: skip

    def _supplier_items(self) -> Iterator[Row]:
        start = date(self.as_of.year - 4, 1, 1)
        for sku, item in self.items.items():
            term, lead = self.terms[sku], self.lead_days[item["manufacturer"]]
            for depot in self.depots if item["on_sale"] else ():
                if (sku, depot["code"]) in self.weekly:
                    yield {
                        "supplier": code_of(item["manufacturer"]), "sku": sku, "location": depot["code"],
                        "valid_from": start, "lead_time_days": lead,
                        "lead_time_sd_days": round(lead * self.assumptions["suppliers"]["lead_time_sd_share"], 1),
                        "order_uom": "CASE", "units_per_order_uom": term["units_per_case"], "moq": term["moq"],
                        "order_multiple": term["order_multiple"],
                        "unit_price": round(term["unit_cost"] * term["units_per_case"], 2), "priority": 1,
                    }  # fmt: skip

    def _lane_days(self, store: str) -> int:
        near = self.home[store]["code"].removeprefix("DC-") == self.stores[store]["address_city_name"]
        return int(self.assumptions["lanes"]["lead_time_days" if near else "far_lead_time_days"])

    def _lane(self, store: str) -> Row:
        lanes = self.assumptions["lanes"]
        row: dict[str, Cell] = {
            key: lanes[key] for key in ("lead_time_sd_days", "order_multiple", "cost_per_unit", "cost_per_shipment")
        }
        ends = {"origin": self.home[store]["code"], "destination": store}
        return row | ends | {"lead_time_days": self._lane_days(store), "priority": 1}

    def _lead_days(self, sku: str, place: str) -> int:
        return self._lane_days(place) if place in self.stores else self.lead_days[self.items[sku]["manufacturer"]]

    def _stock(self) -> dict[tuple[str, str], tuple[int, int]]:
        """State and units on hand by (sku, location)."""
        stock = self.assumptions["stock"]
        result = {}
        for (sku, place), weekly in self.weekly.items():
            state, draw = int(self.rng.choice(4, p=stock["shares"])), float(self.rng.random())
            lead, review, daily = self._lead_days(sku, place), self._review(place)[0], weekly / 7

            def between(name: str, position: float = draw) -> float:
                low, high = stock[name]
                return float(low + (high - low) * position)

            safety = stock["safety_factor"] * np.sqrt(2 * daily * (lead + review))
            units = {
                OUT: 0.0,
                AT_RISK: daily * lead * between("at_risk_share_of_lead_time"),
                HEALTHY: daily * (lead + review * between("healthy_review_periods")) + safety,
                EXCESS: weekly * between("excess_weeks"),
            }[state]
            result[sku, place] = (state, round(units))
        return result

    def _need(self, sku: str, place: str) -> float:
        """Units that a protection interval takes."""
        return self.weekly[sku, place] / 7 * (self._lead_days(sku, place) + self._review(place)[0])

    def _purchases(self, stock: Mapping[tuple[str, str], tuple[int, int]]) -> Iterator[Row]:
        orders: dict[tuple[str, str], list[str]] = {}
        chances = self.assumptions["open_orders"]
        for (sku, place), (state, _) in stock.items():
            if place in self.stores or self.weekly[sku, place] == 0:
                continue
            chance = chances["share_when_short"] if state in (OUT, AT_RISK) else chances["share_otherwise"]
            if self.rng.random() < chance:
                orders.setdefault((self.items[sku]["manufacturer"], place), []).append(sku)
        for number, ((maker, place), skus) in enumerate(sorted(orders.items()), start=1):
            late = self.rng.random() < chances["late_share"]
            days = int(self.rng.integers(-6, -1) if late else self.rng.integers(1, max(3, self.lead_days[maker])))
            due = self.as_of + timedelta(days=days)
            for line, sku in enumerate(skus, start=1):
                term = self.terms[sku]
                step = term["units_per_case"] * term["order_multiple"]
                quantity = max(int(np.ceil(self._need(sku, place) / step)) * step, term["moq"] * term["units_per_case"])
                yield {
                    "kind": "purchase", "source_system": "assumed", "external_number": f"PO-{number:04d}", "line": line,
                    "schedule": 1, "supplier": code_of(maker), "destination": place, "sku": sku, "quantity": quantity,
                    "received_quantity": 0, "ordered_on": due - timedelta(days=self.lead_days[maker]),
                    "requested_on": due, "promised_on": due, "status": "acknowledged",
                }  # fmt: skip

    def _transfers(self, stock: Mapping[tuple[str, str], tuple[int, int]]) -> Iterator[Row]:
        lines: dict[str, list[str]] = {}
        chances = self.assumptions["open_orders"]
        for (sku, place), (state, _) in stock.items():
            short = state in (OUT, AT_RISK)
            chance = chances["transfer_share_when_short" if short else "transfer_share_otherwise"]
            if place in self.stores and self.weekly[sku, place] > 0 and self.rng.random() < chance:
                lines.setdefault(place, []).append(sku)
        for number, (place, skus) in enumerate(sorted(lines.items()), start=1):
            due = self.as_of + timedelta(days=int(self.rng.integers(0, 3)))
            for line, sku in enumerate(skus, start=1):
                yield {
                    "kind": "transfer", "source_system": "assumed", "external_number": f"TR-{number:04d}", "line": line,
                    "schedule": 1, "origin": self.home[place]["code"], "destination": place, "sku": sku,
                    "quantity": max(1, int(np.ceil(self._need(sku, place)))), "received_quantity": 0,
                    "ordered_on": due - timedelta(days=self._lane_days(place) + 1), "requested_on": due,
                    "promised_on": due, "status": "shipped",
                }  # fmt: skip
