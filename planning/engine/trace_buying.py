"""The parts of a trace about what is bought, and the way back from each: shelf life, shares, price breaks, minimums."""

from typing import Any

import numpy as np

from planning.engine.inputs import TOLERANCE
from planning.engine.order_value import Lines, added_until
from planning.engine.plan import Plan
from planning.engine.price_breaks import Offers, PriceList, find_offers
from planning.engine.requirements import within_limit
from planning.engine.rounding import round_up, smallest_order
from planning.engine.splits import share_out
from stocksense.core.numeric import FloatArray, IntArray

Section = dict[str, Any]


def limit_section(plan: Plan, request: int) -> Section | None:
    """How much can be used before it expires; None where goods keep.

    usable: units used from the order day until until_day, the day on which what arrives now expires. need: what the
    order may bring by that. beyond_limit: units above, because the smallest order is larger.
    """
    requests, node = plan.requests, int(plan.requests.node[request])
    if not np.isfinite(requests.usable[request]):
        return None
    keeps = int(plan.plan_input.nodes.shelf_life_days[node])
    return {
        "shelf_life_days": keeps,
        "until_day": int(requests.due_day[request]) + keeps,
        "usable": float(requests.usable[request]),
        "need": float(requests.need[request]),
        "after_limit": float(requests.after_limit[request]),
        "beyond_limit": float(requests.beyond_limit[request]),
    }


def split_section(plan: Plan, order: int) -> Section | None:
    """How the need was divided among suppliers; None where the node has one.

    part: which of `others` delivers this order, -1 for the node's own source. wanted: units of the need that fell
    to this part, before rounding.
    """
    requests, request, split = plan.requests, int(plan.orders.request[order]), int(plan.orders.split[order])
    splits = plan.plan_input.splits
    rows = np.flatnonzero(splits.node == requests.node[request])
    if not rows.size or requests.source_node[request] >= 0 or requests.raw[request] <= 0:
        return None
    return {
        "own_share": float(1.0 - splits.share[rows].sum()),
        "need": float(requests.need[request]),
        "own_quantity": float(requests.after_limit[request]),
        "part": -1 if split < 0 else int(np.flatnonzero(rows == split)[0]),
        "wanted": float(requests.own_need[request]) if split < 0 else _wanted(plan, order, rows),
        "others": [
            {
                "share": float(splits.share[row]),
                "min_quantity": float(splits.min_quantity[row]),
                "multiple": float(splits.multiple[row]),
            }
            for row in rows.tolist()
        ],
    }


def split_rounding(plan: Plan, order: int) -> Section:
    """Roundings of a further supplier's part by its own minimum and multiple."""
    splits, split = plan.plan_input.splits, int(plan.orders.split[order])
    rows = np.flatnonzero(splits.node == plan.orders.node[order])
    rounded = round_up(np.array(_wanted(plan, order, rows)), splits.min_quantity[split], splits.multiple[split])
    return {
        "min_quantity": float(splits.min_quantity[split]),
        "after_minimum": float(rounded.after_minimum),
        "multiple": float(splits.multiple[split]),
        "after_multiple": float(rounded.after_multiple),
    }


def _wanted(plan: Plan, order: int, rows: IntArray) -> float:
    """What falls to a further supplier: its share, or what the ones before it left of the need."""
    orders, requests, request = plan.orders, plan.requests, int(plan.orders.request[order])
    split = int(orders.split[order])
    before = (orders.request == request) & (orders.split >= 0) & (orders.split < split)
    left = float(requests.need[request] - requests.after_limit[request] - orders.quantity[before].sum())
    share = float(plan.plan_input.splits.share[split] * requests.need[request])
    return left if split == rows[-1] else min(share, left)


def price_section(plan: Plan, request: int) -> Section | None:
    """The prices the own source's part could have; None where its price does not depend on the quantity.

    largest: most units that maximum cover and shelf life allow. offers: the need itself, then every break above it that
    is allowed, with the cost of a unit including ordering and holding; chosen: which one was taken.
    """
    requests, node = plan.requests, int(plan.requests.node[request])
    table, costs = plan.plan_input.price_breaks, plan.plan_input.costs
    rows = slice(*np.searchsorted(table.node, [node, node + 1]))
    if rows.start == rows.stop or requests.source_node[request] >= 0 or requests.raw[request] <= 0:
        return None
    position = requests.net_stock[request] + requests.on_order[request] - requests.owed[request]
    section: Section = {
        "unit_cost": float(plan.plan_input.sourcing.unit_cost[node]),
        "breaks": [
            {"min_quantity": float(minimum), "unit_cost": float(price)}
            for minimum, price in zip(table.min_quantity[rows], table.unit_cost[rows], strict=True)
        ],
        "order_cost": float(costs.order_cost[node]),
        "holding_per_day": float(costs.holding_per_day[node]),
        "daily_use": float(requests.daily_use[request]),
        "largest": float(requests.coverable[request] - position - requests.split_quantity[request]),
    }
    multiple = float(plan.plan_input.sourcing.multiple[node])
    offers = _offers(section, float(requests.after_limit[request]), multiple)
    allowed = np.isfinite(offers.cost_per_unit[0])
    section["chosen"] = int(allowed[: offers.cheapest()[0]].sum())
    section["offers"] = [
        {"quantity": float(quantity), "unit_cost": float(price), "cost_per_unit": float(cost)}
        for quantity, price, cost in zip(offers.quantity[0], offers.unit_cost[0], offers.cost_per_unit[0], strict=True)
        if np.isfinite(cost)
    ]
    return section


def minimum_section(plan: Plan, request: int) -> Section | None:
    """How the order that goes out together reached its minimum value; None where it had enough by itself.

    value: money before anything was added, value_after: with it. Lines were filled by lowest days of cover:
    position and daily_use give this line's; last_cover is where filling stopped (-1: nothing was added), at the line
    of last_node; before_last: of equal covers this line went first.
    """
    requests, joins, join = plan.requests, plan.joins, int(plan.requests.join[request])
    if join < 0:
        return None
    node, sourcing = int(requests.node[request]), plan.plan_input.sourcing
    ordered = float(requests.after_price[request] + requests.split_quantity[request])
    position = float(requests.net_stock[request] + requests.on_order[request] - requests.owed[request]) + ordered
    multiple = float(sourcing.multiple[node])
    smallest = float(smallest_order(sourcing.min_quantity[node], sourcing.multiple[node]))
    return {
        "group": int(joins.group[join]),
        "value": float(joins.value[join]),
        "min_value": float(joins.min_value[join]),
        "value_after": float(joins.value_after[join]),
        "reached": bool(joins.reached[join]),
        "added": float(requests.added[request]),
        "position": position,
        "daily_use": float(requests.daily_use[request]),
        "unit_cost": float(requests.unit_cost[request]),
        "first": multiple if requests.after_price[request] > TOLERANCE else smallest,
        "multiple": multiple,
        "limit": float(requests.coverable[request]) - position,
        "last_cover": float(joins.last_cover[join]),
        "last_node": int(joins.last_node[join]),
        "before_last": bool(node <= joins.last_node[join]),
    }


def own_part(trace: Section, raw: float, position: float) -> float:
    """What the node's own source was asked for, before price breaks and minimum order values."""
    rounding, limit, split = trace["rounding"], trace["limit"], trace["split"]
    room = np.inf if limit is None else limit["usable"] - position
    minimum, multiple = np.array([rounding["min_quantity"]]), np.array([rounding["multiple"]])
    need = min(raw, max(room, 0.0)) * (1.0 if split is None else split["own_share"])
    asked = round_up(np.array([need]), minimum, multiple).after_multiple
    return float(within_limit(asked, np.array([room]), minimum, multiple)[0])


def other_part(trace: Section, raw: float, position: float, own: float) -> float:
    """What a further supplier was asked for, given the own source's part."""
    split, limit = trace["split"], trace["limit"]
    room = np.inf if limit is None else limit["usable"] - position
    need = min(raw, max(room, 0.0))

    def term(name: str) -> FloatArray:
        return np.array([[other[name] for other in split["others"]]])

    parts = share_out(
        np.array([need]), np.array([own]), term("share"), term("min_quantity"), term("multiple"), np.array([room - own])
    )
    return float(parts[0, split["part"]])


def at_best_price(trace: Section, quantity: float) -> float:
    """The own source's part after the choice among price breaks."""
    section = trace["price_break"]
    if section is None:
        return quantity
    offers = _offers(section, quantity, trace["rounding"]["multiple"])
    return float(offers.quantity[0, offers.cheapest()[0]])


def top_up_part(trace: Section) -> float:
    """What was added so that the order reaches its minimum value."""
    section = trace["order_minimum"]
    if section is None or section["last_cover"] < 0:
        return 0.0
    line = Lines(
        group=np.zeros(1, dtype=np.int64),
        position=np.array([section["position"]]),
        daily_use=np.array([section["daily_use"]]),
        unit_cost=np.array([section["unit_cost"]]),
        first=np.array([section["first"]]),
        multiple=np.array([section["multiple"]]),
        limit=np.array([section["limit"]]),
    )
    earlier = np.array([section["before_last"]])
    return float(added_until(line, np.array([section["last_cover"]]), earlier)[0])


def _offers(section: Section, quantity: float, multiple: float) -> Offers:
    breaks = section["breaks"]
    prices = PriceList.from_rows(
        np.array([section["unit_cost"]]),
        np.zeros(len(breaks), dtype=np.int64),
        np.array([each["min_quantity"] for each in breaks]),
        np.array([each["unit_cost"] for each in breaks]),
    )
    return find_offers(
        np.array([quantity]),
        prices,
        multiple=np.array([multiple]),
        order_cost=np.array([section["order_cost"]]),
        holding_per_day=np.array([section["holding_per_day"]]),
        daily_use=np.array([section["daily_use"]]),
        limit=np.array([section["largest"]]),
    )
