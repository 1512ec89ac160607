"""The admin site: one shell for masters, work pages and jobs."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
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

    def admin_view(self, view: PageView, cacheable: bool = False) -> PageView:
        """As Django's, with the shell's own content security policy."""
        with_policy: PageView = csp(settings.ADMIN_CONTENT_SECURITY_POLICY)(super().admin_view(view, cacheable))
        return with_policy

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the sign-in page, which comes back to `next`. Refuses people who are signed in and may not enter."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        if request.user.is_authenticated:
            raise PermissionDenied
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index", current_app=self.name)
        return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the one place where people sign out (307: a POST stays a POST)."""
        return HttpResponseRedirect(reverse("account_logout"), status=307)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the account page, where a change also ends other sessions."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def extra_urls(self) -> list[URLPattern]:
        """The pages added by apps (read by Unfold when the URLs are built)."""
        return self._pages

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Unfold's search, at the nearest page there is: it fails on a page that is none."""
        asked = request.GET.get("page", "1")
        if not (asked.isascii() and asked.isdecimal() and int(asked[:9]) > 0):
            return self._search_at(request, "1", extra_context)
        try:
            return super().search(request, extra_context)
        except InvalidPage:
            return self._search_at(request, "1", extra_context)

    def _search_at(self, request: HttpRequest, page: str, extra_context: dict[str, Any] | None) -> HttpResponse:
        asked = request.GET.copy()
        asked["page"] = page
        request.GET = asked  # type: ignore[assignment]
        return super().search(request, extra_context)

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
