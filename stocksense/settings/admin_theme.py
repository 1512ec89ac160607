"""How the admin looks and how its menu is grouped. Everything it loads is served by ourselves."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy


def _asset(name: str) -> Any:
    return lazy(lambda: static(name), str)()


def _allowed(permission: str) -> Any:
    def check(request: HttpRequest) -> bool:
        return bool(request.user.has_perm(permission))

    return check


def _entry(title: str, icon: str, page: str, permission: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{page}"), "permission": _allowed(permission)}


NAVIGATION = [
    {
        "title": "Plan",
        "items": [
            _entry("Dashboard", "space_dashboard", "index", "planning.view_planrun"),
            _entry("Worklist", "checklist", "planning_worklist", "planning.view_plannedorder"),
            _entry("Exceptions", "warning", "planning_exceptions", "planning.view_planexception"),
            _entry("Baskets", "shopping_basket", "planning_baskets", "planning.view_plannedorder"),
            _entry("Compare runs", "difference", "planning_compare", "planning.view_planrun"),
            _entry("Item-locations", "monitoring", "planning_item_locations", "inventory.view_itemlocation"),
        ],
    },
    {
        "title": "Orders",
        "items": [
            _entry(
                "Purchase orders", "shopping_cart", "vendors_purchaseorder_changelist", "vendors.view_purchaseorder"
            ),
            _entry(
                "Transfer orders",
                "local_shipping",
                "inventory_transferorder_changelist",
                "inventory.view_transferorder",
            ),
            _entry("Decisions", "gavel", "planning_plandecision_changelist", "planning.view_plandecision"),
        ],
    },
    {
        "title": "Data",
        "collapsible": True,
        "items": [
            _entry("Items", "inventory_2", "inventory_item_changelist", "inventory.view_item"),
            _entry("Locations", "warehouse", "inventory_location_changelist", "inventory.view_location"),
            _entry("Lanes", "route", "inventory_lane_changelist", "inventory.view_lane"),
            _entry("Item settings", "tune", "inventory_itemlocation_changelist", "inventory.view_itemlocation"),
            _entry("Suppliers", "factory", "vendors_supplier_changelist", "vendors.view_supplier"),
            _entry("Supplier terms", "contract", "vendors_supplieritem_changelist", "vendors.view_supplieritem"),
            _entry("Events", "campaign", "forecasting_demandevent_changelist", "forecasting.view_demandevent"),
            _entry(
                "Demand corrections",
                "healing",
                "forecasting_demandcorrection_changelist",
                "forecasting.view_demandcorrection",
            ),
            _entry(
                "Analogues", "compare_arrows", "forecasting_itemanalogue_changelist", "forecasting.view_itemanalogue"
            ),
            _entry(
                "Stock movements", "swap_vert", "inventory_stockmovement_changelist", "inventory.view_stockmovement"
            ),
            _entry("Data feeds", "rss_feed", "ingestion_datafeed_changelist", "ingestion.view_datafeed"),
            _entry("Imports", "upload_file", "ingestion_imports", "ingestion.view_importbatch"),
        ],
    },
    {
        "title": "Runs",
        "collapsible": True,
        "items": [
            _entry("Jobs", "pending_actions", "jobs_job_changelist", "jobs.view_job"),
            _entry("Plan runs", "event_repeat", "planning_planrun_changelist", "planning.view_planrun"),
            _entry("Decisions", "history", "planning_decisionbatch_changelist", "planning.view_decisionbatch"),
            _entry("Policy runs", "rule", "policies_policyrun_changelist", "policies.view_policyrun"),
            _entry(
                "Forecast runs", "query_stats", "forecasting_forecastrun_changelist", "forecasting.view_forecastrun"
            ),
        ],
    },
    {
        "title": "Set-up",
        "collapsible": True,
        "items": [
            _entry("Company", "apartment", "company_companysettings_changelist", "company.view_companysettings"),
            _entry("Calendars", "calendar_month", "company_calendar_changelist", "company.view_calendar"),
            _entry(
                "Exchange rates", "currency_exchange", "company_exchangerate_changelist", "company.view_exchangerate"
            ),
            _entry("Scenarios", "account_tree", "company_scenario_changelist", "company.view_scenario"),
            _entry("Policy rules", "policy", "policies_policyrule_changelist", "policies.view_policyrule"),
            _entry(
                "Auto-approve rules",
                "fact_check",
                "planning_autoapproverule_changelist",
                "planning.view_autoapproverule",
            ),
            _entry(
                "Approval limits", "price_check", "planning_approvallimit_changelist", "planning.view_approvallimit"
            ),
            _entry("Users", "group", "accounts_user_changelist", "accounts.view_user"),
            _entry("Webhooks", "webhook", "messaging_webhookendpoint_changelist", "messaging.view_webhookendpoint"),
            _entry("Audit", "history", "audit_search", "audit.view_history"),
            _entry("Access log", "travel_explore", "audit_access", "audit.view_accessentry"),
            _entry("Outbox", "outbox", "messaging_outboxmessage_changelist", "messaging.view_outboxmessage"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "StockSense",
    "SITE_HEADER": "StockSense",
    "SITE_SUBHEADER": "Inventory planning",
    "SITE_SYMBOL": "inventory",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("stocksense/favicon.svg")}],
    "STYLES": [_asset("stocksense/app.css")],
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {"navigation": [{"title": "My account", "link": reverse_lazy("account_overview")}]},
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "planning.admin.dashboard.add_dashboard",
    "COMMAND": {"search_models": False, "search_callback": "planning.admin.palette.find", "show_history": False},
    "SIDEBAR": {"show_search": True, "command_search": True, "show_all_applications": False, "navigation": NAVIGATION},
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .018 185)",
            "100": "oklch(94% .04 185)",
            "200": "oklch(88% .075 185)",
            "300": "oklch(80% .105 185)",
            "400": "oklch(72% .115 186)",
            "500": "oklch(70% .11 188)",
            "600": "oklch(48% .088 194)",
            "700": "oklch(43% .08 196)",
            "800": "oklch(37% .066 198)",
            "900": "oklch(32% .055 200)",
            "950": "oklch(24% .04 204)",
        },
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
}
