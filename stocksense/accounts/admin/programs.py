"""Service accounts: programs with a role, which work with API keys only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from stocksense.accounts import services
from stocksense.accounts.admin.people import ActedForm, role_field
from stocksense.accounts.models import ApiKey, ServiceAccount, User, UserKind
from stocksense.accounts.roles import Role
from stocksense.accounts.services.people import require_may_change, role_of
from stocksense.accounts.services.programs import create_service_account
from stocksense.core import clock
from stocksense.core.admin.base import ReadOnlyInline, StockSenseModelAdmin
from stocksense.core.errors import DomainError


class ServiceAccountForm(ActedForm, forms.ModelForm):  # type: ignore[type-arg]
    """What the program is called and what it is allowed at most."""

    role = role_field("Keys of the account may do no more than this role.")

    class Meta:
        model = ServiceAccount
        fields = ("name", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].help_text = "The program, such as “ERP export”."
        if self.instance.pk:
            self.fields["role"].initial = role_of(self.instance) or Role.VIEWER

    def clean(self) -> dict[str, Any]:
        """What the services would refuse is said at the form."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        role = Role(cleaned["role"])
        if not self.instance.pk:
            if not services.may_grant(actor=self.actor, role=role):
                self.add_error("role", "You cannot give a role that may do more than you.")
            return cleaned
        try:
            require_may_change(user=self.instance, role=role, is_active=cleaned["is_active"], actor=self.actor)
        except DomainError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return cleaned


class KeyInline(ReadOnlyInline):
    """The account's keys."""

    model = ApiKey
    fk_name = "owner"
    fields = ("key", "expires_at", "last_used_at", "revoked_at")
    readonly_fields = fields
    verbose_name_plural = "API keys"

    @admin.display(description="key")
    def key(self, key: ApiKey) -> str:
        """The way to it."""
        return format_html(
            '<a class="ss-link" href="{}">{}</a>', reverse("admin:accounts_apikey_change", args=[key.pk]), key
        )


@admin.register(ServiceAccount)
class ServiceAccountAdmin(StockSenseModelAdmin):
    """Programs that work here. They have no password: make a key for each place where one runs."""

    form = ServiceAccountForm
    list_display = ("name", "role", "good_keys", "is_active", "created_at")
    list_filter = ("is_active", "groups")
    search_fields = ("name",)
    ordering = ("name",)
    readonly_fields = ("created_at", "new_key")
    inlines = (KeyInline,)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ServiceAccount]":
        """With role and number of good keys, read with the list."""
        good = Q(api_keys__revoked_at=None, api_keys__expires_at__gt=clock.now())
        rows = super().get_queryset(request).filter(kind=UserKind.SERVICE).annotate(good=Count("api_keys", filter=good))
        return rows.prefetch_related(Prefetch("groups", to_attr="role_groups"))  # type: ignore[no-any-return]

    @admin.display(description="role")
    def role(self, account: ServiceAccount) -> str:
        """The role's name."""
        return ", ".join(group.name for group in getattr(account, "role_groups", []))

    @admin.display(description="good keys", ordering="good")
    def good_keys(self, account: Any) -> int:
        """Keys that work now."""
        return int(account.good)

    @admin.display(description="")
    def new_key(self, account: ServiceAccount) -> str:
        """The way to a new key."""
        address = f"{reverse('admin:accounts_apikey_add')}?owner={account.pk}"
        return format_html('<a class="ss-button ss-button-plain" href="{}">New API key</a>', address)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Of an account that is there also whether it works."""
        return ("name", "role", "is_active", "created_at", "new_key") if obj else ("name", "role")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        """Keys, of an account that is there."""
        return self.inlines if obj else ()

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that knows who acts."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def save_model(self, request: HttpRequest, obj: ServiceAccount, form: Any, change: bool) -> None:
        """By the services."""
        role = Role(form.cleaned_data["role"])
        if not change:
            made = create_service_account(name=obj.name, role=role, actor=request.user)
            obj.pk, obj.email = made.pk, made.email
            return
        services.change_person(user=obj, role=role, is_active=obj.is_active, actor=request.user)
        obj.save(update_fields=["name"])

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """As of people."""
        return request.user.has_perm("accounts.view_user") or request.user.has_perm("accounts.change_user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As of people."""
        return request.user.has_perm("accounts.add_user")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """As of people: not of programs that may do more than oneself."""
        may = request.user.has_perm("accounts.change_user")
        return may and (obj is None or services.may_manage(actor=request.user, user=obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: what it did keeps its name. Deactivate it instead."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As of people."""
        return self.has_view_permission(request)
