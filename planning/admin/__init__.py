"""The planner's pages and the planning tables in the admin."""

from django.contrib import admin

from planning.admin import basket, compare, dashboard, desk, item_location, item_locations, models, rules
from planning.admin.decisions import proposals
from planning.admin.exceptions import acts
from planning.admin.exceptions import page as exceptions
from planning.admin.worklist import page as worklist
from planning.services.cycle import KIND as CYCLE
from stocksense.core.admin.site import StockSenseAdminSite
from stocksense.jobs import pages
from stocksense.jobs.models import Job

__all__ = ["models", "rules"]

SEE_ORDERS, SEE_EXCEPTIONS = "planning.view_plannedorder", "planning.view_planexception"
SEE_ITEMS, DECIDE, APPROVE = "inventory.view_itemlocation", "planning.decide", "planning.approve"
ITEM_PAGE = "item-location/<int:item_id>/<int:location_id>/"
BASKET = "basket/<int:supplier_id>/<int:location_id>/"

PAGES = (
    ("run/", dashboard.run_now, "planning_run_now", "planning.run_cycle"),
    ("worklist/", worklist.page, "planning_worklist", SEE_ORDERS),
    ("worklist/why/<int:order_id>/", worklist.why, "planning_why", SEE_ORDERS),
    ("worklist/lines/", proposals.lines, "planning_lines", SEE_ORDERS),
    ("rules/<int:rule_id>/dry-run/", rules.dry_run_page, "planning_rule_dry_run", "planning.view_autoapproverule"),
    ("approve/", proposals.approve, "planning_approve", APPROVE),
    ("reject/", proposals.reject, "planning_reject", DECIDE),
    ("snooze/", proposals.snooze, "planning_snooze", DECIDE),
    ("edit/", proposals.edit, "planning_edit", DECIDE),
    ("undo/", proposals.undo, "planning_undo", DECIDE),
    ("exceptions/", exceptions.page, "planning_exceptions", SEE_EXCEPTIONS),
    ("exceptions/lines/", acts.lines, "planning_exception_lines", SEE_EXCEPTIONS),
    ("exceptions/done/", acts.mark_done, "planning_exception_done", DECIDE),
    ("exceptions/dismiss/", acts.dismiss, "planning_exception_dismiss", DECIDE),
    ("exceptions/snooze/", acts.snooze, "planning_exception_snooze", DECIDE),
    ("exceptions/approve/", acts.approve_answer, "planning_exception_approve", APPROVE),
    ("views/save/", desk.save_view, "planning_view_save", SEE_ORDERS),
    ("views/rename/", desk.rename_view, "planning_view_rename", SEE_ORDERS),
    ("views/delete/", desk.delete_view, "planning_view_delete", SEE_ORDERS),
    ("views/default/", desk.set_default_view, "planning_view_default", SEE_ORDERS),
    ("skus/", desk.paste_skus, "planning_paste", SEE_ORDERS),
    ("keys/", desk.set_single_keys, "planning_keys", SEE_ORDERS),
    ("baskets/", basket.overview, "planning_baskets", SEE_ORDERS),
    (BASKET, basket.page, "planning_basket", SEE_ORDERS),
    (f"{BASKET}approve/", basket.approve, "planning_basket_approve", APPROVE),
    (f"{BASKET}undo/", basket.undo, "planning_basket_undo", APPROVE),
    ("compare/", compare.page, "planning_compare", "planning.view_planrun"),
    ("item-locations/", item_locations.page, "planning_item_locations", SEE_ITEMS),
    (ITEM_PAGE, item_location.page, "planning_item_location", SEE_ITEMS),
    (f"{ITEM_PAGE}what-if/", item_location.what_if, "planning_item_location_what_if", SEE_ITEMS),
    (f"{ITEM_PAGE}supply/", item_location.supply, "planning_item_location_trees", SEE_ITEMS),
)
"""Address below planning/, view, name and permission of every work page."""


RUNS = (
    ("plan_run", "Plan run", "planning_planrun", "planning.view_planrun"),
    ("policy_run", "Policy run", "policies_policyrun", "policies.view_policyrun"),
    ("forecast_run", "Forecast run", "forecasting_forecastrun", "forecasting.view_forecastrun"),
)
"""What a cycle's result names: key, label, model's pages, permission."""


def _pages_of(job: Job) -> list[pages.Page]:
    found = [
        pages.Page(f"{label} {job.result[key]}", f"admin:{model}_change", permission, (job.result[key],))
        for key, label, model, permission in RUNS
        if key in job.result
    ]
    worklist_page = pages.Page("Worklist", "admin:planning_worklist", SEE_ORDERS)
    return [worklist_page, *found] if "plan_run" in job.result else found


def _add_pages(site: StockSenseAdminSite) -> None:
    for route, view, name, permission in PAGES:
        site.add_page(f"planning/{route}", view, name=name, permission=permission)


_add_pages(admin.site)  # type: ignore[arg-type]
pages.register(CYCLE, _pages_of)
