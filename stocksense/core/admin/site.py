"""The admin site: one shell for masters, work pages and jobs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.sites import UnfoldAdminSite

PageView = Callable[..., HttpResponse]


class StockSenseAdminSite(UnfoldAdminSite):
    """Unfold's site under our name, with work pages that apps add beside their models."""

    site_title = "StockSense"
    site_header = "StockSense"
    index_title = "Today"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[URLPattern] = []

    def add_page(self, route: str, view: PageView, *, name: str, permission: str) -> None:
        """Serve `view` at `route` below the admin, to staff who have `permission`. Call while apps load."""
        self._pages.append(path(route, self.admin_view(_guarded(view, permission)), name=name))

    def extra_urls(self) -> list[URLPattern]:
        """The pages added by apps (read by Unfold when the URLs are built)."""
        return self._pages

    def page_context(self, request: HttpRequest, *, title: str, **context: Any) -> dict[str, Any]:
        """What the shell needs around a work page, and the page's own context."""
        request.current_app = self.name  # type: ignore[attr-defined]
        return {**self.each_context(request), "title": title, **context}


def _guarded(view: PageView, permission: str) -> PageView:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
