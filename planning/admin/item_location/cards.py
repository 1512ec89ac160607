"""The page's cards: header, proposals, exceptions, decisions, policy."""

from typing import Any

from planning.admin.decisions import words
from planning.models import DecisionEntry, ExceptionKind, PlannedOrder
from planning.services.decisions import Standing, standings
from planning.services.explain import explain_order
from planning.services.item_location import ItemAtLocation
from stocksense.core.admin import formats

MOST_ORDERS = 25


def order_numbers(facts: ItemAtLocation) -> set[str]:
    """Every order that the page names, so that all are looked up at once."""
    named = {row.order_number for row in (*facts.receipts, *facts.outgoing, *facts.decisions) if row.order_number}
    return named | {row.draft_number for row in facts.orders if row.draft_number}  # type: ignore[attr-defined]


def headline(facts: ItemAtLocation) -> list[tuple[str, str]]:
    """Name and value of each fact in the header."""
    policy, source = facts.policy, facts.supplier or facts.origin
    lines = [("SKU", facts.item.sku), ("Location", str(facts.location))]
    if policy:
        lines += [
            ("Class", f"{policy.abc}{policy.xyz}, {policy.demand_class or 'unclassified'}"),
            ("Service target", formats.share(policy.service_target)),
            ("Lead time", f"{policy.lead_time_days:g} d"),
            ("Review", f"every {policy.review_days:g} d"),
        ]
    if source:
        lines.append(("Supplier" if facts.supplier else "Supplied by", str(source)))
    return lines


def demand_of(facts: ItemAtLocation) -> str:
    """Whose demand the chart shows, where it is not the location's own alone."""
    if not facts.is_network:
        return ""
    below = formats.count(len(facts.below), "location") if facts.below else "the locations"
    own = facts.own_forecast.mean[0] if facts.own_forecast and facts.own_forecast.mean else 0.0
    span = "week" if facts.bucket_days == 7 else "day"
    rest = "It sells nothing itself." if own < 0.05 else f"Its own part of the first {span}'s forecast is {own:,.1f}."
    return f"Demand and forecast are of this location and the {below} supplied from it, together. {rest}"


def orders(facts: ItemAtLocation, urls: dict[str, str]) -> list[dict[str, Any]]:
    """The proposals of the plan with what stands on them, decided ones too."""
    if facts.plan is None:
        return []
    standing = standings(facts.plan.run, facts.orders[:MOST_ORDERS])
    return [_proposal(facts, row, standing[row.pk], urls) for row in facts.orders[:MOST_ORDERS]]


def _proposal(facts: ItemAtLocation, row: PlannedOrder, standing: Standing, urls: dict[str, str]) -> dict[str, Any]:
    unit, decimals = facts.item.uom, facts.item.uom_decimals
    word, planned = standing.decision, formats.quantity(row.quantity, unit, decimals)
    value = row.value if standing.quantity == row.quantity else standing.quantity * (row.unit_price or 0)
    draft = word.order_number if word and standing.is_settled else ""
    edited = f"planned {planned}, set by {word.decided_by}" if word and standing.is_edited else ""
    run, currency = facts.plan.run, facts.plan.company.currency  # type: ignore[union-attr]
    return {
        "id": row.pk,
        "source": str(row.supplier or row.origin),
        "quantity": formats.quantity(standing.quantity, unit, decimals),
        "planned": planned,
        "release": formats.day(row.release_on),
        "due": formats.day(row.due_on),
        "value": formats.money(value, currency),
        "why": explain_order(row, facts.policy, as_of=run.as_of, currency=currency) if row.trace else [],
        "settled": words.settled_says(word) if word and standing.is_settled else "",
        "edited": f"{edited}; the plan has moved since" if standing.moved else edited,
        "back": words.back_says(standing, row, currency),
        "draft": draft,
        "draft_url": urls.get(draft, ""),
    }


def exceptions(facts: ItemAtLocation) -> list[dict[str, Any]]:
    """What the plan warns of here."""
    currency = facts.plan.company.currency if facts.plan else ""
    return [
        {
            "id": row.pk,
            "kind": row.get_kind_display(),
            "group": row.kind,
            "message": row.message,
            "cost": formats.money(row.cost_of_inaction, currency) if row.cost_of_inaction else "",
            "due": formats.short_day(row.due_on),
        }
        for row in facts.exceptions
    ]


def decisions(facts: ItemAtLocation, urls: dict[str, str]) -> list[dict[str, str]]:
    """What people (and their rules) decided here, the newest first; what was undone says so."""
    return [_decided(facts, row, urls) for row in facts.decisions]


def _decided(facts: ItemAtLocation, row: DecisionEntry, urls: dict[str, str]) -> dict[str, str]:
    batch, unit, decimals = row.batch, facts.item.uom, facts.item.uom_decimals
    quantity = formats.quantity(row.proposed_quantity, unit, decimals) if row.proposed_quantity else ""
    if row.quantity is not None and row.quantity != row.proposed_quantity:
        quantity = f"{formats.quantity(row.quantity, unit, decimals)} (proposed {quantity})"
    source = row.supplier or row.origin
    about = f"order from {source} for {formats.day(row.need_on)}" if source else _warning(row)
    until = f" until {formats.day(row.snoozed_until)}" if row.snoozed_until else ""
    undone = f"undone by {batch.undone_by}, {formats.moment(batch.undone_at)}" if batch.undone_at else ""
    return {
        "when": formats.moment(batch.created_at),
        "what": f"{batch.get_verb_display()}{until}",
        "about": about,
        "quantity": quantity,
        "who": f"rule {batch.rule}" if batch.rule else str(batch.actor),
        "reason": row.reason or batch.reason,
        "order": row.order_number,
        "url": urls.get(row.order_number, ""),
        "undone": undone,
    }


def _warning(row: DecisionEntry) -> str:
    kind = dict(ExceptionKind.choices).get(row.exception_kind, row.exception_kind)
    return f"{kind}, {row.subject}" if row.subject else str(kind)


def policy(facts: ItemAtLocation) -> list[tuple[str, str]]:
    """Levels and what they are made of."""
    found, unit = facts.policy, facts.item.uom
    if found is None:
        return []
    return [
        ("Method", found.get_method_display()),
        ("Reorder point s", formats.quantity(found.reorder_point, unit)),
        ("Order up to S", formats.quantity(found.order_up_to, unit)),
        ("Safety stock, part of s", formats.quantity(found.safety_stock, unit)),
        ("Order quantity", formats.quantity(found.order_quantity, unit)),
        ("Protection interval", f"{found.lead_time_days + found.review_days:g} d"),
    ]


def policy_sentences(facts: ItemAtLocation) -> list[str]:
    """What the levels mean here, before any formula."""
    found, unit = facts.policy, facts.item.uom
    if found is None:
        return []
    if found.method == "none":
        return ["Nothing is planned here: the planning method is none."]
    days = found.lead_time_days + found.review_days
    expected = found.reorder_point - found.safety_stock
    whose = " by everything supplied from here" if facts.is_network else ""
    return [
        f"Stock is looked at every {found.review_days:g} d and an order takes {found.lead_time_days:g} d, so what is "
        f"there must last {days:g} d: {formats.quantity(expected, unit, 1)} are expected to be asked for{whose}.",
        f"Safety stock of {formats.quantity(found.safety_stock, unit, 1)} makes that "
        f"s = {formats.quantity(found.reorder_point, unit, 1)}, for a service target of "
        f"{formats.share(found.service_target)}.",
        f"When the position is at or below s at a review, an order brings it up to "
        f"S = {formats.quantity(found.order_up_to, unit, 1)}: s and an order quantity of "
        f"{formats.quantity(found.order_quantity, unit, 1)}, within the planner's limits.",
    ]
