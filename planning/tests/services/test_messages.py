"""One sentence per kind of exception, as a planner reads it."""

from datetime import date

import pytest

from planning.models import ExceptionKind
from planning.services import messages

MONDAY = date(2026, 11, 16)
THURSDAY = date(2026, 11, 19)

SENTENCES = [
    (
        ExceptionKind.STOCK_OUT, {"available": 0, "next_receipt_day": 4},
        "Nothing is available and a new order can arrive Fri 20 Nov.",
    ),
    (
        ExceptionKind.STOCK_OUT, {"available": -1250.0, "next_receipt_day": None},
        "1,250 pcs are owed and no new order can arrive within the horizon.",
    ),
    (
        ExceptionKind.LATE_ORDER, {"days_late": 2, "next_receipt_day": 5},
        "Runs out Thu 19 Nov; a new order can arrive Sat 21 Nov, 2 d too late."
        " Expedite an open order or find another source.",
    ),
    (
        ExceptionKind.STOCK_OUT_RISK, {"available": 4.5, "next_receipt_day": 7},
        "4.50 pcs available may not last beyond Thu 19 Nov; a new order can arrive Mon 23 Nov.",
    ),
    (
        ExceptionKind.OVERDUE_RECEIPT, {"order_number": "PO-7", "quantity": 30.0, "stated_day": -3},
        "30 pcs of PO-7 are 3 d overdue; the plan expects them Thu 19 Nov. Ask for a date.",
    ),
    (
        ExceptionKind.SOURCE_SHORT, {"granted": 10.0, "requested": 25.0, "remainder": 15.0, "remainder_ship_day": 7},
        "DC can send 10 of 25 pcs on Thu 19 Nov; the remaining 15 can leave Mon 23 Nov.",
    ),
    (
        ExceptionKind.SOURCE_SHORT, {"granted": 0.0, "requested": 25.0, "remainder": 25.0, "remainder_ship_day": None},
        "DC can send 0 of 25 pcs on Thu 19 Nov; the remaining 25 cannot follow within the horizon.",
    ),
    (
        ExceptionKind.EXCESS, {"units": 640.0, "max_cover_days": 120},
        "640 pcs are left after 120 days of demand. Reduce or cancel open orders.",
    ),
    (
        ExceptionKind.CANNOT_PLAN, {"quantity_needed": 12.0},
        "12 pcs are needed from Thu 19 Nov, but there is no source. Add a lane or a supplier's terms.",
    ),
    (
        ExceptionKind.HORIZON_TOO_SHORT, {"days_needed": 200, "days": 182},
        "Orders take up to 200 days to come through, but only 182 are planned."
        " Lengthen the planning horizon in the company settings.",
    ),
    (
        ExceptionKind.EXPEDITE,
        {"order_number": "PO-7", "quantity": 40.0, "arrival_day": 7, "wanted_day": 3, "units_saved": 12.0},
        "PO-7 (40 pcs) arrives Mon 23 Nov, but stock runs out Thu 19 Nov. Ask for it by Thu 19 Nov: it saves 12 pcs.",
    ),
    (
        ExceptionKind.PAST_DUE_RELEASE,
        {"order_number": "PO-7", "quantity": 40.0, "release_day": -4, "arrival_day": 7},
        "PO-7 (40 pcs) should have been sent Thu 12 Nov. Sent today it arrives Mon 23 Nov.",
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
        {"reason": "min_quantity", "min_quantity": 200.0, "units": 60.0, "max_cover_days": 120},
        "DC sells no less than 200 pcs: 60 more than can be used in 120 days."
        " Ask for a smaller order or another source.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "details", "sentence"), SENTENCES)
def test_an_exception_says_what_happens_when_and_what_to_do(kind, details, sentence):
    assert messages.sentence(kind.value, details, day=THURSDAY, as_of=MONDAY, unit="pcs", source="DC") == sentence


def test_every_kind_has_its_sentence():
    assert {kind for kind, _, _ in SENTENCES} == set(ExceptionKind)
