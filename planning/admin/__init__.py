"""The planner's pages and the planning tables in the admin."""

from django.contrib import admin

from planning.admin import (
    compare,
    dashboard,
    decisions,
    exceptions,
    item_location,
    item_locations,
    models,
    rules,
    worklist,
)
from stocksense.core.admin.site import StockSenseAdminSite

__all__ = ["models", "rules"]


def _add_pages(site: StockSenseAdminSite) -> None:
    see_orders, see_items = "planning.view_plannedorder", "inventory.view_itemlocation"
    site.add_page("planning/run/", dashboard.run_now, name="planning_run_now", permission="planning.run_cycle")
    site.add_page("planning/worklist/", worklist.page, name="planning_worklist", permission=see_orders)
    site.add_page(
        "planning/rules/<int:rule_id>/dry-run/",
        rules.dry_run_page,
        name="planning_rule_dry_run",
        permission="planning.view_autoapproverule",
    )
    site.add_page("planning/approve/", decisions.approve, name="planning_approve", permission="planning.approve")
    site.add_page("planning/reject/", decisions.reject, name="planning_reject", permission="planning.decide")
    site.add_page(
        "planning/exceptions/", exceptions.page, name="planning_exceptions", permission="planning.view_planexception"
    )
    site.add_page("planning/compare/", compare.page, name="planning_compare", permission="planning.view_planrun")
    site.add_page("planning/item-locations/", item_locations.page, name="planning_item_locations", permission=see_items)
    site.add_page(
        "planning/item-location/<int:item_id>/<int:location_id>/",
        item_location.page,
        name="planning_item_location",
        permission=see_items,
    )
    site.add_page(
        "planning/item-location/<int:item_id>/<int:location_id>/what-if/",
        item_location.what_if,
        name="planning_item_location_what_if",
        permission=see_items,
    )
    site.add_page(
        "planning/item-location/<int:item_id>/<int:location_id>/supply/",
        item_location.supply,
        name="planning_item_location_trees",
        permission=see_items,
    )


_add_pages(admin.site)  # type: ignore[arg-type]
