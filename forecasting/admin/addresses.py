"""Addresses that the workbench links to."""

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def series_url(item_id: int, location_id: int) -> str:
    """The page of a series."""
    return reverse("admin:forecasting_series_page", args=[item_id, location_id])


def plan_url(request: HttpRequest, item_id: int, location_id: int) -> str:
    """The page of the item at the location in the plan, which an app above this one has; blank where it has not."""
    if not request.user.has_perm("inventory.view_itemlocation"):
        return ""
    try:
        return reverse("admin:planning_item_location", args=[item_id, location_id])
    except NoReverseMatch:
        return ""


def list_url(request: HttpRequest) -> str:
    """The list of series as it was left, where the request says so in `from`."""
    here, back = reverse("admin:forecasting_series"), request.GET.get("from", "")
    inside = back.startswith(here) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if inside else here
