"""Jobs: the list, and the page that shows one live."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyAdmin
from stocksense.jobs import pages, services
from stocksense.jobs.models import ENDED, Job, JobState


def _can_stop(job: Job) -> bool:
    return job.state not in ENDED and job.cancel_requested_at is None


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Long work, newest first."""

    list_display = ("id", "title", "state", "created_by", "created_at", "started_at", "finished_at")
    list_display_links = ("id", "title")
    list_filter = ("state", "kind")
    list_select_related = ("created_by",)
    post_actions = ("cancel",)

    @post_action(label="Cancel", permission="jobs.change_job", tone="danger", available=_can_stop)
    def cancel(self, request: HttpRequest, job: Job) -> str:
        """Ask the job to stop."""
        services.request_cancel(job_id=job.pk, actor=request.user)
        return f"Job {job.pk} was asked to stop."

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The job's page: steps with bars, state, error, cancel."""
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404(f"There is no job {object_id}.")
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        context = self.admin_site.page_context(
            request,
            title=job.title,
            job=job,
            state=JobState(job.state).label,
            steps=list(job.steps.order_by("position")),
            ended=job.state in ENDED,
            post_actions=self.offered_actions(request, job),
            post_action_url="admin:jobs_job_do",
            original=job,
            result=sorted(_flat(job.result)),
            links=pages.links(job, request.user),
        )
        return TemplateResponse(request, "jobs/job.html", context)


def _flat(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The result's plain values with readable names."""
    return [
        (name.replace("_", " "), str(value)) for name, value in result.items() if not isinstance(value, dict | list)
    ]
