"""People who sign in: one role each. They set their own passwords, from an invitation or a reset mail."""

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from stocksense.accounts import links, mail, services
from stocksense.accounts.models import User, UserKind
from stocksense.accounts.roles import Role
from stocksense.accounts.services.people import require_may_change, role_of
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import StockSenseModelAdmin
from stocksense.core.errors import DomainError

for hidden in (Group, Authenticator, UserSession, EmailAddress, EmailConfirmation):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)  # they hold secrets, or would let an address sign in that is not the person's


def role_field(help_text: str = "") -> forms.ChoiceField:
    """A choice of one of the five roles."""
    return forms.ChoiceField(
        choices=Role.choices, widget=UnfoldAdminSelectWidget, initial=Role.VIEWER, help_text=help_text
    )


class ActedForm:
    """Forms that ask the people services; the admin sets `actor` for each request."""

    actor: User


class AddUserForm(ActedForm, UserCreationForm):
    """A new person with a role; without a password they are invited by mail."""

    role = role_field()

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_role(self) -> str:
        """Roles that the actor may give."""
        role = Role(self.cleaned_data["role"])
        if not services.may_grant(actor=self.actor, role=role):
            raise forms.ValidationError("You cannot give a role that may do more than you.")
        return role.value


class ChangeUserForm(ActedForm, UserChangeForm):
    """A person with the role they have."""

    role = role_field()

    class Meta:
        model = User
        fields = ("email", "name", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].initial = role_of(self.instance) or Role.VIEWER

    def clean(self) -> dict[str, Any]:
        """What the service would refuse is said at the form."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or "role" not in cleaned:
            return cleaned
        role, is_active = Role(cleaned["role"]), cleaned.get("is_active", self.instance.is_active)
        try:
            require_may_change(user=self.instance, role=role, is_active=is_active, actor=self.actor)
        except DomainError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return cleaned


class SetPasswordForm(AdminPasswordChangeForm):
    """Ends what the person has open."""

    def save(self, commit: bool = True) -> User:
        """Set the password."""
        user: User = super().save(commit)
        services.end_access(user=user, reason="password_set_by_admin")
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin, StockSenseModelAdmin):
    """People by e-mail, with their role."""

    form = ChangeUserForm
    add_form = AddUserForm
    change_password_form = SetPasswordForm
    list_display = ("email", "name", "role", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("email__istartswith", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("role", "is_active")}),
        ("History", {"fields": (("last_login", "created_at"),)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "name", "role", "usable_password", "password1", "password2"),
                "description": "Choose “Disabled” for the password to send an invitation: the person sets their own.",
            },
        ),
    )
    post_actions = ("send_link", "lost_second_factor", "end_sessions")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        """Roles are read with the list."""
        people = super().get_queryset(request).filter(kind=UserKind.PERSON)  # programs have a page of their own
        return people.prefetch_related(Prefetch("groups", to_attr="role_groups"))

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """What apps above say of people of some role (`role` of the inline), such as their supplier."""
        role = role_of(obj) if obj is not None else None
        return [inline for inline in self.inlines if role is not None and getattr(inline, "role", role) is role]

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """The role's name; superusers may do everything."""
        names = [group.name for group in getattr(user, "role_groups", [])]
        return "superuser" if user.is_superuser else ", ".join(names)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not of people who may do more than oneself."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or obj.pk == request.user.pk or services.may_manage(actor=request.user, user=obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: what a person did keeps their name. Deactivate them instead."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody changes their own access, nor their address without its owner's confirmation."""
        own = ("is_active", "email") if obj is not None and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Without the role on one's own page."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or obj.pk != request.user.pk:
            return sets
        return [(name, {**options, "fields": _without(options["fields"], "role")}) for name, options in sets]

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        """A form that knows who acts."""
        form: type[forms.ModelForm] = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """One's own password is changed on the account page, where the old one is asked for."""
        if str(request.user.pk) == id:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """New people get their role with their row; a changed address is told to the old one."""
        if not change:
            services.create_person(user=obj, role=Role(form.cleaned_data["role"]), actor=request.user)
            if not obj.has_usable_password():
                services.invite(user=obj, address=links.site_address(request), actor=request.user)
                self.message_user(request, f"An invitation was sent to {obj.email}.", messages.SUCCESS)
            return
        before = form.initial.get("email", obj.email)
        if "role" in form.cleaned_data:
            role, is_active = Role(form.cleaned_data["role"]), obj.is_active
            services.change_person(user=obj, role=role, is_active=is_active, actor=request.user)
        obj.save(update_fields=[name for name in form.changed_data if name in ("email", "name")] or ["name"])
        if before.lower() != obj.email.lower():
            services.end_access(user=obj, reason="address_changed")
            mail.send(template="account/email/address_changed", to=before, user=obj, actor=request.user)

    @post_action(label="Send a password link", permission="accounts.change_user")
    def send_link(self, request: HttpRequest, user: User) -> str:
        """A reset link, or the invitation again."""
        services.send_password_link(email=user.email, address=links.site_address(request))
        return f"A link was sent to {user.email}."

    @post_action(
        label="Reset two-factor sign-in",
        permission="accounts.change_user",
        confirm="The person lost their phone or key: their factors and sessions end, and the password alone signs in "
        "until they set up a new one. Make sure it is really them who asks.",
    )
    def lost_second_factor(self, request: HttpRequest, user: User) -> str:
        """For somebody who lost phone or key."""
        removed = services.reset_second_factor(user=user, actor=request.user)
        return f"{removed} second factor{'' if removed == 1 else 's'} removed."

    @post_action(label="End all sessions", permission="accounts.change_user")
    def end_sessions(self, request: HttpRequest, user: User) -> str:
        """Sign somebody out everywhere."""
        services.end_access(user=user, reason="ended_by_admin")
        return "All sessions were ended."

    def offered_actions(self, request: HttpRequest, obj: User) -> list[Any]:
        """For active people whom one may manage; one's own account has a page of its own."""
        if obj.pk == request.user.pk or not obj.is_active or not services.may_manage(actor=request.user, user=obj):
            return []
        return super().offered_actions(request, obj)

    def post_action_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Refuses what is not offered: the actions reach into somebody's account."""
        obj = self.get_object(request, object_id)
        if obj is not None and name not in [action.name for action in self.offered_actions(request, obj)]:
            raise PermissionDenied
        return super().post_action_view(request, object_id, name)


def _without(fields: Any, name: str) -> tuple[Any, ...]:
    return tuple(field for field in fields if field != name)
