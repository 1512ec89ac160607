"""The account pages: what belongs to the person who is signed in."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from stocksense.accounts import second_factor
from stocksense.accounts.devices import describe
from stocksense.accounts.models import User
from stocksense.accounts.services.access import end_sessions

View = Callable[..., HttpResponse]


def later(dotted_path: str) -> View:
    """A view that is imported when it is first asked for: passkeys and QR codes bring heavy libraries."""

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found: View = import_string(dotted_path)
        return found(request, *args, **kwargs)

    return never_cache(view)


def start(request: HttpRequest) -> HttpResponse:
    """The front door: the admin, or the account of those who may not open the admin."""
    outside = request.user.is_authenticated and not getattr(request.user, "is_staff", False)
    return HttpResponseRedirect(reverse("account_overview" if outside else "admin:index"))


@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Password, factors and sessions of the person."""
    user = _person(request)
    return render(
        request,
        "account/overview.html",
        {
            **factors_of(user),
            "sessions": sessions_of(request),
            "second_factor_required": second_factor.is_required_of(user),
            "has_second_factor": second_factor.has_second_factor(user),
        },
    )


@never_cache
@login_required
def enrol(request: HttpRequest) -> HttpResponse:
    """Where somebody lands who must set up a second factor; those who have one go on to `next`."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    if not second_factor.must_enrol(request.user):
        return HttpResponseRedirect(wanted if safe else reverse("account_overview"))
    return render(request, "account/enrol.html")


@require_POST
@login_required
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one other session of the person."""
    ended = end_sessions(user=_person(request), only=pk, keep=request.session.session_key or "")
    messages.success(request, "The session was ended." if ended else "That session had ended already.")
    return HttpResponseRedirect(reverse("account_overview"))


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all sessions of the person but this one."""
    ended = end_sessions(user=_person(request), keep=request.session.session_key or "")
    told = f"{ended} other session{'s' if ended > 1 else ''} ended." if ended else "There was no other session."
    messages.success(request, told)
    return HttpResponseRedirect(reverse("account_overview"))


def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a passkey, unless it is the last factor of somebody whose role needs one."""
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator
    from allauth.mfa.webauthn.views import remove_webauthn

    mine = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN, pk=pk).first()
    adapter = get_adapter()
    if mine is not None and not adapter.can_delete_authenticator(mine):
        messages.error(request, str(adapter.error_messages["cannot_delete_authenticator"]))
        return HttpResponseRedirect(reverse("account_overview"))
    answer: HttpResponse = remove_webauthn(request, pk=pk)
    return answer


def factors_of(user: User) -> dict[str, Any]:
    """The authenticator app, the passkeys by name, and how many recovery codes are left (None: none were made)."""
    from allauth.mfa.models import Authenticator

    rows = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    by_type = {row.type: row for row in rows}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    keys = [row for row in rows if row.type == Authenticator.Type.WEBAUTHN]
    return {
        "app": by_type.get(Authenticator.Type.TOTP),
        "passkeys": [{"pk": row.pk, "name": row.data.get("name", "Passkey"), "row": row} for row in keys],
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
    }


def sessions_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The live sessions of the person, this one first, then the one seen last."""
    from allauth.usersessions.models import UserSession

    rows = UserSession.objects.purge_and_list(request.user)
    current = request.session.session_key
    rows.sort(key=lambda row: (row.session_key != current, -row.last_seen_at.timestamp()))
    return [{"row": row, "device": describe(row.user_agent), "current": row.session_key == current} for row in rows]


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)
