"""The ModelAdmin bases of every app: compact lists, state changes by POST only, read-only histories."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from stocksense.core import context
from stocksense.core.admin import formats, uses
from stocksense.core.admin.actions import PostAction
from stocksense.core.errors import DomainError

REASON = "_reason"
"""The field of forms that says why: it goes into the history, not into the row."""

DELETES = frozenset({"deleted_objects", "deletable_objects"})
"""What only Django's pages that ask before one row or several are deleted are given."""

Deletion = tuple[list[Any], dict[str, int], set[str], Sequence[Any]]
"""What goes with rows: their tree, how many by kind, kinds that the person may not delete, and what keeps them."""


def _reason(request: HttpRequest) -> str | None:
    return request.POST.get(REASON, "").strip() or None


def number_column(field: str, description: str) -> Any:
    """A list column of a decimal field without the zeros that its precision adds; sorts by the field."""

    @display(description=description, ordering=field)
    def column(self: Any, obj: Model) -> str:
        value = getattr(obj, field)
        return formats.NONE if value is None else f"{value:,f}".rstrip("0").rstrip(".")

    return column


class StockSenseModelAdmin(ModelAdmin):
    """Compact list, searched and paged without counting everything; object actions by POST with CSRF.

    Subclasses set `list_select_related` (lists have a fixed query count) and `post_actions`, names of
    methods marked with `post_action`.
    """

    post_actions: tuple[str, ...] = ()
    history_page: ClassVar[Callable[..., HttpResponse | None] | None] = None
    """Answers for `history_view` where a row has a history of its own (set by the audit app)."""

    keeps_history: ClassVar[Callable[[type[Model]], bool]] = staticmethod(lambda model: False)
    """Whether changes of a model's rows are kept (set by the audit app): then forms ask why."""

    instead: str = "Change or remove what refers to it first."
    """What to do with a row that cannot be deleted because it is in use."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/post_actions.html"
    change_form_after_template = "admin/reason.html"
    formfield_overrides = {TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})}}

    def get_urls(self) -> list[URLPattern]:
        """Adds `<object>/do/<action>/`, which answers POST only."""
        view = require_POST(self.admin_site.admin_view(self.post_action_view))
        return [path("<path:object_id>/do/<slug:name>/", view, name=self._url_name("do")), *super().get_urls()]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; what it changes is kept with the reason that was given."""
        with context.acting(reason=_reason(request)):
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Asks, also why, and deletes with the reason that was given."""
        with context.acting(reason=_reason(request)):
            try:
                return self._asking(request, super().delete_view(request, *args, **kwargs))
            except DomainError as error:
                return self._refused(request, error)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; where an action on its rows asks first, it asks why as well."""
        with context.acting(reason=_reason(request)):
            try:
                return self._asking(request, super().changelist_view(request, extra_context))
            except DomainError as error:
                return self._refused(request, error)

    def get_deleted_objects(self, objs: "Sequence[Model] | QuerySet[Any]", request: HttpRequest) -> Deletion:
        """What would go with these rows; of rows in use only what uses them, so that thousands are not collected."""
        if found := self.uses(list(objs), request):
            return [], {}, set(), found
        tree, counts, forbidden, kept = super().get_deleted_objects(objs, request)
        return tree, counts, forbidden - self._parts(), kept

    def uses(self, rows: Sequence[Any], request: HttpRequest) -> list[uses.Use]:
        """What keeps these rows from being deleted."""
        return uses.of(rows, request, self.admin_site)

    def _parts(self) -> set[str]:
        """Kinds that nobody deletes by themselves: where such rows go with another, its permission is what counts."""
        admins = self.admin_site._registry.items()
        return {str(model._meta.verbose_name) for model, admin in admins if isinstance(admin, ReadOnlyAdmin)}

    def _refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """Back to the page as it is now, with what a service said."""
        self.message_user(request, error.message, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def _asking(self, request: HttpRequest, page: HttpResponse) -> HttpResponse:
        shown = page.context_data if isinstance(page, TemplateResponse) else None
        if shown is None or not shown.keys() & DELETES:
            return page
        shown["asks_reason"] = type(self).keeps_history(self.model)
        if shown["protected"]:
            page.template_name = "admin/in_use.html"  # type: ignore[attr-defined]
            rows = shown["queryset"] if "queryset" in shown else [shown["object"]]
            kind = self.opts.verbose_name_plural if len(rows) > 1 else self.opts.verbose_name
            shown |= {
                "title": f"{capfirst(kind)} in use",
                "rows": uses.pages(rows, request, self.admin_site),
                "more": max(len(rows) - uses.EXAMPLES, 0),
                "instead": self.instead,
            }
        return page

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed what and why, to whoever may see the object."""
        page = type(self).history_page
        answer = page(self, request, object_id) if page is not None else None
        return answer or super().history_view(request, object_id, extra_context)

    def offered_actions(self, request: HttpRequest, obj: Model) -> list[PostAction]:
        """The actions this person may do to this object in its present state."""
        known = [getattr(self, name).post_action for name in self.post_actions]
        return [action for action in known if action.offered_to(request, obj)]

    def post_action_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Carry out one action and go back to the object; asks first where the action has a question."""
        obj = self.get_object(request, object_id)
        if obj is None or name not in self.post_actions or not self.has_view_permission(request, obj):
            raise Http404
        action: PostAction = getattr(self, name).post_action
        if not request.user.has_perm(action.permission):
            raise PermissionDenied
        if action.confirm and "confirmed" not in request.POST:
            return self._ask(request, obj, action)
        try:
            with context.acting(reason=_reason(request)):
                done = getattr(self, name)(request, obj)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            if isinstance(done, HttpResponse):  # a page of its own, such as a secret that is shown once
                self.log_change(request, obj, action.label)
                return done
            self.log_change(request, obj, f"{action.label}: {done}")
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=[obj.pk]))

    def render_change_form(
        self, request: HttpRequest, shown: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with the buttons of the offered actions above it."""
        obj = kwargs.get("obj")
        if obj is not None:
            shown["post_actions"] = self.offered_actions(request, obj)
            shown["post_action_url"] = f"admin:{self._url_name('do')}"
        may = self.has_change_permission(request, obj) if obj is not None else self.has_add_permission(request)
        shown |= {"asks_reason": may and type(self).keeps_history(self.model), "reason": _reason(request)}
        return super().render_change_form(request, shown, *args, **kwargs)

    def secret_page(
        self, request: HttpRequest, *, title: str, heading: str, said: str, secret: str, back_url: str
    ) -> HttpResponse:
        """A page that shows a secret, this once: nothing between us and the person may keep it."""
        shown = self.admin_site.page_context(  # type: ignore[attr-defined]
            request, title=title, heading=heading, said=said, secret=secret, back_url=back_url
        )
        page = TemplateResponse(request, "admin/secret.html", shown)
        page["Cache-Control"] = "no-store"
        return page

    def _ask(self, request: HttpRequest, obj: Model, action: PostAction) -> HttpResponse:
        shown = self.admin_site.page_context(  # type: ignore[attr-defined]
            request,
            title=action.label,
            action=action,
            object=obj,
            asks_reason=type(self).keeps_history(self.model),
            opts=self.opts,
            back_url=reverse(f"admin:{self._url_name('change')}", args=[obj.pk]),
        )
        return TemplateResponse(request, "admin/post_action_confirm.html", shown)

    def _url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"


class ReadOnlyAdmin(StockSenseModelAdmin):
    """For run outputs, ledgers and logs: nobody adds, changes or deletes them here."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


class SingletonAdmin(StockSenseModelAdmin):
    """A table of one row: its list opens the form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The row is made when the database is set up."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The row stays."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Straight to the row."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.model._default_manager.get()
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=[row.pk]))


class EditableInline(TabularInline):
    """Rows edited with their parent."""

    extra = 0
    hide_title = True


class ReadOnlyInline(TabularInline):
    """Rows shown with their parent."""

    extra = 0
    max_num = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False
