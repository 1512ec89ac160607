"""One sentence per kind of exception, as a planner reads it."""

from datetime import date

import pytest

from planning.engine.exceptions.reasons import REASONS
from planning.models import ExceptionKind
from planning.services import messages

MONDAY = date(2026, 11, 16)
THURSDAY = date(2026, 11, 19)

LATE = {
    "reason": "lead_time", "days_of_stock": 3, "lead_time_days": 5, "closed_days": 0, "days_late": 2,
    "next_receipt_day": 5, "open_orders": 0, "elsewhere": 0.0,
}  # fmt: skip

SENTENCES = [
    (
        ExceptionKind.STOCK_OUT,
        {"available": 0, "next_receipt_day": 4, "reason": "order_day", "first_order_day": 2, "elsewhere": 7.0},
        "Nothing is available because the next order day is Wed 18 Nov; a new order can arrive Fri 20 Nov."
        " Other locations can spare 7 pcs: move some here.",
    ),
    (
        ExceptionKind.STOCK_OUT,
        {"available": -1250.0, "next_receipt_day": None, "reason": "supplier_late", "order_number": "PO-7",
         "receipt_quantity": 2000.0, "receipt_days_late": 3, "open_orders": 1},
        "1,250 pcs are owed because PO-7 (2,000 pcs) is 3 d overdue; no new order can arrive within the horizon."
        " Ask the supplier for a date.",
    ),
    (
        ExceptionKind.LATE_ORDER, LATE,
        "Short from Thu 19 Nov because the supplier's lead time of 5 d is longer than the 3 d of stock left;"
        " a new order can arrive Sat 21 Nov, 2 d too late. Find another source, or accept the shortage.",
    ),
    (
        ExceptionKind.LATE_ORDER, {**LATE, "by_lane": 1, "closed_days": 2, "open_orders": 1},
        "Short from Thu 19 Nov because the lane's lead time of 5 d is longer than the 3 d of stock left; another 2 d"
        " are closures; a new order can arrive Sat 21 Nov, 2 d too late. Expedite an open order.",
    ),
    (
        ExceptionKind.STOCK_OUT_RISK,
        {"available": 4.5, "next_receipt_day": 7, "reason": "calendar", "closed_days": 3, "lead_time_days": 4},
        "4.50 pcs available may not last beyond Thu 19 Nov because closures add 3 d to the 4 d of lead time;"
        " a new order can arrive Mon 23 Nov.",
    ),
    (
        ExceptionKind.OVERDUE_RECEIPT, {"order_number": "PO-7", "quantity": 30.0, "stated_day": -3},
        "30 pcs of PO-7 are 3 d overdue; the plan expects them Thu 19 Nov. Ask for a date.",
    ),
    (
        ExceptionKind.SOURCE_SHORT,
        {"granted": 10.0, "requested": 25.0, "remainder": 15.0, "remainder_ship_day": 7, "expected_units_short": 3.0,
         "elsewhere": 40.0},
        "DC can send 10 of 25 pcs from Thu 19 Nov on; the remaining 15 can leave by Mon 23 Nov, and about 3 will be"
        " short until then. Other locations can spare 40 pcs: move some here.",
    ),
    (
        ExceptionKind.SOURCE_SHORT,
        {"granted": 0.0, "requested": 25.0, "remainder": 25.0, "remainder_ship_day": None, "expected_units_short": 9.0},
        "DC can send 0 of 25 pcs from Thu 19 Nov on; the remaining 25 cannot follow within the horizon, and about 9"
        " will be short until then. Find another source, or accept the shortage.",
    ),
    (
        ExceptionKind.SOURCE_SHORT,
        {"granted": 10.0, "requested": 25.0, "remainder": 15.0, "remainder_ship_day": 7, "expected_units_short": 9.0,
         "reason": "supplier_late", "order_number": "PO-7", "receipt_quantity": 40.0, "receipt_days_late": 3},
        "DC can send 10 of 25 pcs from Thu 19 Nov on; the remaining 15 can leave by Mon 23 Nov, and about 9"
        " will be short until then. Ask the supplier for a date.",
    ),
    (
        ExceptionKind.SOURCE_SHORT,
        {"order_number": "TO-7", "promised": 12.0, "covered": 4.0, "remainder": 8.0, "remainder_ship_day": 7,
         "remainder_due_day": 9, "expected_units_short": 3.0},
        "DC has only 4 of the 12 pcs that TO-7 is to bring Thu 19 Nov; the rest can leave on Mon 23 Nov and arrive"
        " Wed 25 Nov; about 3 will be short until then. The plan still counts on all of it: change the transfer,"
        " or find the rest elsewhere.",
    ),
    (
        ExceptionKind.SOURCE_SHORT,
        {"order_number": "TO-7", "promised": 12.0, "covered": 0.0, "remainder": 12.0, "remainder_ship_day": None,
         "remainder_due_day": None, "expected_units_short": 0.0},
        "DC has none of the 12 pcs that TO-7 is to bring Thu 19 Nov; the rest cannot leave within the horizon."
        " The plan still counts on all of it: change the transfer, or find the rest elsewhere.",
    ),
    (
        ExceptionKind.EXCESS, {"units": 640.0, "max_cover_days": 120, "days_of_cover": 150},
        "640 pcs of the stock are left after 120 days of demand; it lasts until Thu 15 Apr."
        " Move it to where it sells, or sell it off.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity_needed": 12.0, "reason": "no_source"},
        "12 pcs are needed from Thu 19 Nov, but there is no source. Add a lane or a supplier's terms.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity_needed": 12.0, "reason": "source_inactive"},
        "12 pcs are needed from Thu 19 Nov, but DC, its source, does not plan the item."
        " Activate it there, or choose another source.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity_needed": 12.0, "reason": "origin_does_not_carry"},
        "12 pcs are needed from Thu 19 Nov, but DC does not carry the item."
        " Add the item to DC, or a supplier's terms.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity_needed": 12.0, "reason": "supplier_inactive"},
        "12 pcs are needed from Thu 19 Nov, but the supplier DC is not active. Activate it, or add another source.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity_needed": 12.0, "reason": "terms_ended"},
        "12 pcs are needed from Thu 19 Nov, but the terms of DC are not valid today."
        " Add terms that are valid, or another source.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity": 12.0, "reason": "ended", "order_number": "PO-7"},
        "The item has ended here, but 12 pcs are still on order (PO-7)."
        " Cancel what is open, or extend the item's life.",
    ),
    (
        ExceptionKind.HORIZON_TOO_SHORT, {"days_needed": 200, "days": 182},
        "Orders take up to 200 days to come through, but only 182 are planned."
        " Lengthen the planning horizon in the company settings.",
    ),
    (
        ExceptionKind.EXPEDITE,
        {"order_number": "PO-7", "quantity": 40.0, "arrival_day": 7, "wanted_day": 3, "units_saved": 12.0},
        "PO-7 (40 pcs) arrives Mon 23 Nov, but stock runs out Thu 19 Nov."
        " Ask the supplier for it by Thu 19 Nov: that saves about 12 pcs.",
    ),
    (
        ExceptionKind.PAST_DUE_RELEASE,
        {"order_number": "PO-7", "quantity": 40.0, "release_day": -4, "arrival_day": 7, "stated_day": 3},
        "PO-7 (40 pcs) should have been sent Thu 12 Nov. Sent today it arrives Mon 23 Nov;"
        " the plan still expects it Thu 19 Nov.",
    ),
    (
        ExceptionKind.PAST_DUE_RELEASE, {"quantity": 40.0, "release_day": -7, "arrival_day": 7},
        "The order day Mon 9 Nov passed without a decision on 40 pcs. Ordered today they arrive Mon 23 Nov.",
    ),
    (
        ExceptionKind.DEFER, {"order_number": "PO-7", "quantity": 40.0, "arrival_day": 7, "wanted_day": 28},
        "PO-7 (40 pcs) arrives Mon 23 Nov and is not needed before Mon 14 Dec. Ask the supplier to deliver later.",
    ),
    (
        ExceptionKind.CANCEL,
        {"order_number": "PO-7", "quantity": 40.0, "units": 15.0, "arrival_day": 7, "max_cover_days": 120},
        "15 of the 40 pcs of PO-7 last longer than 120 days after they arrive Mon 23 Nov. Reduce or cancel the order.",
    ),
    (
        ExceptionKind.EXPIRING, {"lot": "L-9", "quantity": 30.0, "units": 12.0},
        "12 of the 30 pcs of lot L-9 will not be used before they expire Thu 19 Nov."
        " Sell them off or move them to where they sell.",
    ),
    (
        ExceptionKind.BELOW_MINIMUM, {"reason": "order_value", "value": 380.0, "shortfall": 120.0},
        "The lines due at DC on Thu 19 Nov are worth 380, 120 less than its minimum order."
        " Add lines, wait, or ask for an exception.",
    ),
    (
        ExceptionKind.BELOW_MINIMUM,
        {"reason": "min_quantity", "min_quantity": 200.0, "units": 60.0, "limit": "max_cover", "limit_days": 120},
        "DC sells no less than 200 pcs: 60 more than can be used in 120 days."
        " Ask for a smaller order or another source.",
    ),
    (
        ExceptionKind.BELOW_MINIMUM,
        {"reason": "min_quantity", "min_quantity": 200.0, "units": 60.0, "limit": "shelf_life", "limit_days": 30},
        "DC sells no less than 200 pcs: 60 more than can be used before they expire."
        " Ask for a smaller order or another source.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "details", "sentence"), SENTENCES)
def test_an_exception_says_what_happens_when_and_what_to_do(kind, details, sentence):
    assert messages.sentence(kind.value, details, day=THURSDAY, as_of=MONDAY, unit="pcs", source="DC") == sentence


WHYS = [
    (
        {"reason": "lead_time", "days_of_stock": 0, "lead_time_days": 9},
        "the supplier's lead time of 9 d is still to pass",
    ),
    ({"reason": "order_day", "first_order_day": None}, "there is no order day within the horizon"),
    ({"reason": "frozen", "frozen_days": 5}, "no order may be released in the frozen period of 5 d"),
    ({"reason": "source_short", "cut": 15.0, "source_covers_on": 7}, "DC is 15 pcs short until Mon 23 Nov"),
    (
        {"reason": "source_short", "cut": 15.0, "source_covers_on": None},
        "DC is 15 pcs short and cannot send them within the horizon",
    ),
    ({"reason": "no_stock_in_network", "cut": 15.0}, "DC is 15 pcs short and no other location can spare any"),
    (
        {"reason": "minimum_quantity", "cut": 3.0, "min_quantity": 8.0},
        "the 3 pcs missing from DC are below its minimum of 8",
    ),
    ({"reason": "demand_above_forecast", "firm_units": 6.0}, "customers have ordered 6 pcs more than forecast"),
    ({"reason": "reorder_point"}, "the reorder point does not cover the demand until the next order arrives"),
    ({}, ""),
]


@pytest.mark.parametrize(("details", "reason"), WHYS)
def test_a_shortage_says_why(details, reason):
    assert messages.why(details, as_of=MONDAY, unit="pcs", source="DC") == reason


def test_every_reason_has_its_words():
    named = {details.get("reason") for _, details, _ in SENTENCES} | {details.get("reason") for details, _ in WHYS}
    assert set(REASONS) <= named


def test_every_kind_has_its_sentence():
    assert {kind for kind, _, _ in SENTENCES} == set(ExceptionKind)
