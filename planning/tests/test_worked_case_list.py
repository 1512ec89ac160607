"""The cases that a plan must get right to the unit, and the hand-worked tests that hold each of them.

Expected orders and projections stand in those tests with the arithmetic beside them.
"""

from importlib import import_module

import pytest

CASES = {
    "review day": ["worked_cases.a_weekly_order_day_covers_lead_time_and_review"],
    "minimum quantity and packs": [
        "worked_cases.a_minimum_and_packs_bring_more_than_is_missing",
        "network.a_remainder_below_the_minimum_returns_to_the_next_order_day",
        "network.cut_transfers_keep_their_multiple",
    ],
    "open transfer": [
        "worked_allocation.open_transfers_in_and_out_count_once_each",
        "network.an_open_transfer_counts_once_at_each_end",
        "commitments.a_promise_beyond_the_stock_is_told_where_it_is_missed_and_not_moved",
    ],
    "DC short": [
        "worked_allocation.a_short_dc_gives_by_cost_of_shortage_then_by_need",
        "worked_allocation.where_not_all_shortages_can_be_avoided_the_dearer_one_weighs_more",
        "worked_allocation.a_short_dc_gives_whole_packs",
        "worked_allocation.a_cut_in_the_middle_of_three_levels_delays_the_last_one",
        "network.a_short_dc_shares_fairly_and_ships_the_rest_when_its_receipt_arrives",
    ],
    "backorder": [
        "worked_cases.customers_who_wait_come_before_transfers",
        "worked_cases.a_receipt_serves_the_waiting_before_it_ships_on",
        "worked_allocation.what_a_dc_and_its_store_owe_customers_comes_first",
    ],
    "partial bucket": [
        "worked_cases.what_is_left_of_the_running_week_is_all_that_counts",
        "worked_nights.the_rest_of_a_week_that_has_begun_is_planned",
    ],
    "price break": [
        "worked_cases.a_price_break_is_taken_where_it_makes_a_unit_cheaper",
        "worked_cases.a_price_break_is_left_where_holding_costs_more",
        "worked_cases.a_price_break_beyond_the_maximum_cover_is_no_offer",
    ],
    "minimum order value joins lines": [
        "worked_cases.lines_of_one_supplier_are_filled_up_by_days_of_cover",
        "worked_cases.a_line_off_its_order_day_is_not_added",
        "worked_cases.a_minimum_that_cannot_be_reached_changes_nothing_and_is_recorded",
        "worked_cases.a_price_break_reached_by_filling_up_lowers_the_value_again",
    ],
    "shelf life": [
        "worked_cases.no_more_is_ordered_than_can_be_used_before_it_expires",
        "worked_cases.the_smallest_order_stands_where_even_that_is_too_much",
        "lots.the_plan_orders_in_time_for_what_will_expire",
    ],
    "closure days": ["worked_cases.closed_days_move_shipping_and_arrival_not_the_release"],
    "ERP echo": ["worked_nights.an_order_that_the_erp_sends_back_is_there_once"],
    "decision kept over a run": [
        "worked_nights.an_approved_proposal_is_supply_before_anybody_sends_it",
        "worked_nights.a_rejected_proposal_stays_rejected_and_the_next_order_day_asks_for_all",
        "worked_nights.an_edited_proposal_waits_with_its_quantity_over_the_night",
    ],
    "two sources": [
        "worked_cases.two_sources_share_a_need_in_their_own_packs",
        "worked_cases.three_sources_and_a_price_break_of_the_first",
    ],
    "past due": [
        "worked_cases.a_missed_order_day_is_made_up_for_today_and_keeps_its_day",
        "single_location.an_overdue_receipt_is_expected_on_the_first_open_day_and_flagged",
        "network.an_overdue_transfer_that_has_not_left_needs_its_lead_time",
    ],
    "new item": ["worked_cases.a_new_item_orders_only_what_is_known_of_it"],
    "released and frozen": ["worked_cases.released_and_frozen_orders_stay_as_they_are"],
    "move between stores": ["rebalancing.a_move_that_pays_leaves_on_day_0_and_counts_at_both_ends"],
    "three levels": ["network.three_levels_pass_a_need_up_on_the_same_day"],
}


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_tests(case):
    for name in CASES[case]:
        module, test = name.split(".")
        room = "services" if module == "worked_nights" else "engine"
        assert callable(getattr(import_module(f"planning.tests.{room}.test_{module}"), f"test_{test}"))
