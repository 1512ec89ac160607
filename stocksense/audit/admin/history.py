"""The History tab of an object."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from stocksense.audit.admin import paging
from stocksense.audit.services import reads


def object_page(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse | None:
    """Changes of one object and of its parts, newest first; None where its history is not kept."""
    if not reads.has_history(model_admin.model):
        return None
    obj = model_admin.get_object(request, object_id)
    if obj is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)  # type: ignore[no-any-return]
    if not model_admin.has_view_permission(request, obj):
        raise PermissionDenied
    found = reads.of_object(obj, before=paging.position(request), size=reads.PAGE + 1)
    context = model_admin.admin_site.page_context(
        request,
        title=f"History of {obj}",
        changes=found[: reads.PAGE],
        next_query=paging.next_query(request, found),
        own_kind=reads.parts_of(obj, depth=0)[0][0],
        may_search=request.user.has_perm("audit.view_history"),
        opts=model_admin.opts,
        object=obj,
        back_url=reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change", args=[obj.pk]),
    )
    return TemplateResponse(request, "audit/history.html", context)
