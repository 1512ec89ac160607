"""API keys: made, rotated and revoked here; the text of a key is shown on one page, once."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from stocksense.accounts.keys import services
from stocksense.accounts.models import ApiKey, User, UserKind
from stocksense.core import clock
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import StockSenseModelAdmin
from stocksense.core.errors import DomainError

CHANGE = "accounts.change_apikey"
USUAL_LIFE = timedelta(days=90)


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What uses the key, for whom it acts, what it may do and until when."""

    actor: User

    permissions = forms.MultipleChoiceField(
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Give it what the program needs and no more. Only what you and the owner may is offered.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "owner", "permissions", "expires_at", "rate_per_minute")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.instance.owner if self.instance.pk else self.actor
        if "permissions" in self.fields:
            self.fields["permissions"].choices = _choices(owner=held, actor=self.actor)
        if "owner" in self.fields:
            mine = Q(kind=UserKind.SERVICE) | Q(pk=self.actor.pk)
            self.fields["owner"].queryset = User.objects.filter(mine, is_active=True).order_by("-kind", "name")
            self.fields["owner"].help_text = "A service account, or yourself."
        if "expires_at" in self.fields:
            self.fields["expires_at"].help_text = f"Within {settings.API_KEY_MAX_AGE.days} days."

    def clean(self) -> dict[str, Any]:
        """What the service would refuse is said at the form."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            services.require_possible(
                owner=self.instance.owner if self.instance.pk else cleaned["owner"],
                actor=self.actor,
                permissions=cleaned["permissions"],
                expires_at=cleaned["expires_at"],
            )
        except DomainError as error:
            field = error.fields.get("field")
            self.add_error(field if field in self.fields else None, error.message)
        return cleaned


def _choices(*, owner: User, actor: User) -> list[tuple[str, list[tuple[str, str]]]]:
    """Permissions by app."""
    names = services.grantable(owner=owner, actor=actor)
    apps = groupby(names, key=lambda name: name.partition(".")[0])
    return [(app, [(name, name) for name in found]) for app, found in apps]


@admin.register(ApiKey)
class ApiKeyAdmin(StockSenseModelAdmin):
    """Keys with which programs act, within a list of permissions and until a day."""

    form = ApiKeyForm
    list_display = ("name", "owner", "begins_with", "state", "expires_at", "last_used_at", "created_by")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "expires_at")
    list_select_related = ("owner", "created_by")
    search_fields = ("name__icontains", "public_id__startswith", "owner__name__icontains", "owner__email__istartswith")
    search_help_text = "Name, beginning after ssk_, or owner"
    ordering = ("-id",)
    post_actions = ("rotate", "revoke")

    @admin.display(description="begins with")
    def begins_with(self, key: ApiKey) -> str:
        """By what it is recognised in a configuration."""
        return f"ssk_{key.public_id}_…"

    @admin.display(description="state")
    def state(self, key: ApiKey) -> str:
        """Whether it works, and for how long a secret that was rotated away does."""
        now = clock.now()
        if key.revoked_at:
            return "revoked"
        if key.expires_at <= now:
            return "expired"
        if not key.owner.is_active:
            return "owner is not active"
        both = key.previous_expires_at is not None and key.previous_expires_at > now
        return f"good; the old secret until {key.previous_expires_at:%-d %b %H:%M} UTC" if both else "good"

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """The form; of a key that is there also how it does."""
        shown = ("state", "begins_with", "created_by", "created_at", "rotated_at", "last_used_at", "revoked_at")
        return (*ApiKeyForm.Meta.fields, *(shown if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """A key keeps its owner."""
        return ("owner", *self.get_fields(request, obj)[len(ApiKeyForm.Meta.fields) :]) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A usual life; the owner may come with the address."""
        owner = request.GET.get("owner", "")
        return {"expires_at": clock.now() + USUAL_LIFE} | ({"owner": owner} if owner.isdecimal() else {})

    def get_form(self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that knows who acts."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Not of keys that ended, nor of those that may do more than oneself."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or (
            obj.revoked_at is None and obj.expires_at > clock.now() and request.user.has_perms(obj.permissions)
        )

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Never: revoke it instead, so that what it did stays explained."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """By the services: they make the secret and tell the security events."""
        given = {name: form.cleaned_data[name] for name in ("name", "permissions", "expires_at", "rate_per_minute")}
        if change:
            services.change_key(key=obj, actor=request.user, own_rate=given["rate_per_minute"] is not None, **given)
            return
        key, text = services.create_key(owner=obj.owner, actor=request.user, **given)
        obj.pk, obj.public_id, obj._shown_once = key.pk, key.public_id, text

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The new key's text, this once."""
        return self._shown(request, obj, obj._shown_once)

    @post_action(
        label="New secret",
        permission=CHANGE,
        confirm="The program gets a new text for this key. The present one stays good for a day, so that you can "
        "change it over; then it ends.",
        available=lambda key: key.revoked_at is None and key.expires_at > clock.now(),
    )
    def rotate(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        """A new text, shown this once."""
        key, text = services.rotate_key(key=key, actor=request.user)
        return self._shown(request, key, text)

    @post_action(
        label="Revoke",
        permission="accounts.delete_apikey",
        tone="danger",
        confirm="The key ends at once and for good. Whatever uses it is refused from now on.",
        available=lambda key: key.revoked_at is None,
    )
    def revoke(self, request: HttpRequest, key: ApiKey) -> str:
        """End it."""
        services.revoke_key(key=key, actor=request.user)
        return "The key was revoked."

    def _shown(self, request: HttpRequest, key: ApiKey, text: str) -> HttpResponse:
        return self.secret_page(
            request,
            title="API key",
            heading=f"Key “{key.name}” of {key.owner}",
            said="Copy it to the program now: it is shown this once. It goes into the header Authorization: Bearer …",
            secret=text,
            back_url=reverse("admin:accounts_apikey_change", args=[key.pk]),
        )
