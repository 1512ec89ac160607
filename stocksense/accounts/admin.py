"""People who sign in: one role each, passwords by Django's own forms."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role
from stocksense.core.admin.base import StockSenseModelAdmin

ROLES = [(role.value, role.label) for role in Role]


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(choices=ROLES, widget=UnfoldAdminSelectWidget, initial=Role.VIEWER)


class AddUserForm(UserCreationForm):
    """A new person with a role."""

    role = _role_field()

    class Meta:
        model = User
        fields = ("email", "name")


class ChangeUserForm(UserChangeForm):
    """A person with the role they have."""

    role = _role_field()

    class Meta:
        model = User
        fields = ("email", "name", "is_active", "is_staff")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [role.value for role in Role]
        group = self.instance.groups.filter(name__in=names).first()
        if "role" in self.fields:
            self.fields["role"].initial = group.name if group else Role.VIEWER.value


admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, StockSenseModelAdmin):
    """People by e-mail, with their role."""

    form = ChangeUserForm
    add_form = AddUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "role", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("email__istartswith", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("role", ("is_active", "is_staff"))}),
        ("History", {"fields": (("last_login", "created_at"),)}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "role", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        """Roles are read with the list."""
        return super().get_queryset(request).prefetch_related(Prefetch("groups", to_attr="role_groups"))

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """The role's name; superusers may do everything."""
        names = [group.name for group in getattr(user, "role_groups", [])]
        return "superuser" if user.is_superuser else ", ".join(names)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """Roles of the house open the admin; suppliers never do."""
        is_supplier = form.cleaned_data.get("role") == Role.SUPPLIER
        if not change or is_supplier:
            obj.is_staff = not is_supplier
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        """Give the chosen role."""
        super().save_related(request, form, formsets, change)
        if "role" in form.cleaned_data:
            assign_role(user=form.instance, role=Role(form.cleaned_data["role"]))
