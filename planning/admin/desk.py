"""Setting up the lists: saved views, pasted SKUs, shortcuts of one key. POST only."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from planning.admin.decisions.forms import back_of, is_id
from planning.admin.worklist import asked as addresses
from planning.models import DeskPage, SavedView
from planning.services.desk import skus as pasted
from planning.services.desk import views as desk
from stocksense.core.errors import DomainError

LIST_PAGES = {DeskPage.WORKLIST: "planning_worklist", DeskPage.EXCEPTIONS: "planning_exceptions"}


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is filtered, sorted and laid out under a name."""
    page, query = _page(request), addresses.query_of(request.POST.get("query", ""))
    try:
        view = desk.save_view(
            name=request.POST.get("name", ""),
            page=page,
            query=addresses.canonical(query, page),
            is_shared=request.POST.get("shared") == "yes",
            actor=request.user,
        )
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, f"Saved the view “{view.name}”{' for the team' if view.is_shared else ''}.")
    return HttpResponseRedirect(_address(view))


@require_POST
def rename_view(request: HttpRequest) -> HttpResponse:
    """Give a view another name."""
    try:
        view = desk.rename_view(view_id=_view(request), name=request.POST.get("name", ""), actor=request.user)
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, f"The view is called “{view.name}” now.")
    return HttpResponseRedirect(_address(view))


@require_POST
def delete_view(request: HttpRequest) -> HttpResponse:
    """Forget a view; the list stays as it is."""
    try:
        view = desk.delete_view(view_id=_view(request), actor=request.user)
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, f"Deleted the view “{view.name}”.")
    return HttpResponseRedirect(back_of(request, LIST_PAGES[DeskPage(view.page)]))


@require_POST
def set_default_view(request: HttpRequest) -> HttpResponse:
    """Open the list with a view from now on, or plain again."""
    try:
        desk.set_default_view(page=_page(request), view_id=_view(request) or None, actor=request.user)
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, "The list opens with this view." if _view(request) else "The list opens plain.")
    return HttpResponseRedirect(back_of(request, LIST_PAGES[_page(request)]))


@require_POST
def paste_skus(request: HttpRequest) -> HttpResponse:
    """Open the list on a pasted column of SKUs: in the address where they are few, else under a token."""
    page, view = _page(request), addresses.query_of(request.POST.get("query", ""))
    here = reverse(f"admin:{LIST_PAGES[page]}")
    try:
        skus = pasted.parse_skus(request.POST.get("skus", ""))
        token = pasted.keep_skus(skus=skus, actor=request.user)
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(f"{here}?{addresses.canonical(view, page)}")
    short = len(skus) <= pasted.SHORT
    tab = addresses.ALL if page == DeskPage.WORKLIST else ""
    rest = addresses.canonical(view, page, skus="", list="", q="", tab=tab)
    named = urlencode({"skus": ",".join(skus)} if short else {"list": token})
    return HttpResponseRedirect(f"{here}?{rest}&{named}")


@require_POST
def set_single_keys(request: HttpRequest) -> HttpResponse:
    """Switch the shortcuts of one key on or off for this person."""
    on = request.POST.get("single_keys") == "on"
    desk.set_single_keys(on=on, actor=request.user)
    if request.headers.get("Accept", "") == "application/json":
        return JsonResponse({"single_keys": on})
    return HttpResponseRedirect(back_of(request, LIST_PAGES[DeskPage.WORKLIST]))


def _page(request: HttpRequest) -> DeskPage:
    return DeskPage.EXCEPTIONS if request.POST.get("page") == DeskPage.EXCEPTIONS else DeskPage.WORKLIST


def _view(request: HttpRequest) -> int:
    sent = request.POST.get("view", "")
    return int(sent) if is_id(sent) else 0


def _address(view: SavedView) -> str:
    return f"{reverse(f'admin:{LIST_PAGES[DeskPage(view.page)]}')}?{view.query}"


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    messages.error(request, error.message)
    return HttpResponseRedirect(back_of(request, LIST_PAGES[_page(request)]))
