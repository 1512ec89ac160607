"""Jobs: how far they are, stopping them, what they made."""

from typing import ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.accounts.models import User
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, TIME
from stocksense.core.api.renderers import dump
from stocksense.core.api.rows import Children, Json, Row, Shape, read
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.errors import Conflict
from stocksense.jobs import services
from stocksense.jobs.models import ENDED, Job, JobState, JobStep


class JobStepRow(Row):
    """One step of a job and how far it is."""

    class Meta:
        model = JobStep
        fields = ("position", "name", "state", "done", "total", "unit", "message", "started_at", "finished_at")


class JobRow(Row):
    """Long work."""

    created_by = serializers.CharField(
        source="created_by.email", allow_null=True, help_text="Who asked for it; null: it runs by itself."
    )
    children: ClassVar = {"steps": Children(JobStepRow, JobStep.objects.all, "job_id", ("position",))}

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "title",
            "state",
            "error",
            "attempt",
            "created_by",
            "created_at",
            "started_at",
            "finished_at",
            "cancel_requested_at",
        )


class JobResult(serializers.Serializer[None]):
    """What a job made: plain values, named as its kind names them."""


class JobView(Listed, Detailed):
    """Long work: imports, runs of the planning cycle, exports. `/ws/jobs/{id}/` sends the same while it goes on."""

    resource, model, row = "jobs", Job, JobRow
    permissions: ClassVar = {"list": "jobs.view_job", "retrieve": "jobs.view_job"}
    filter_fields: ClassVar = {"kind": CHOICE, "state": CHOICE, "created_at": TIME, "finished_at": TIME}
    ordering_fields = ("created_at", "finished_at")
    ordering = ("-created_at",)
    always_expanded = ("steps",)

    @command("jobs.change_job", answer=JobRow, if_match=False)
    def cancel(self, request: Request, pk: str) -> Response:
        """Ask a job to stop. At once where it waits, at its next report where it runs; 409 where it has ended."""
        self.valid()
        with self.locked(pk) as job:
            services.request_cancel(job_id=job.pk, actor=cast("User", request.user))
        return self.shown(pk)

    @command("jobs.view_job", answer=JobResult, methods=("get",))
    def result(self, request: Request, pk: str) -> Response:
        """Read what a job made. 409 while it has not ended, or where it failed."""
        self.refuse_body()
        job = self._one(pk).values_list("state", "result", "error").first()
        if job is None:
            self.not_found()
        state, result, error = job
        if state != JobState.SUCCEEDED:
            ended = f"It ended without a result: {error or state}." if state in ENDED else "It has not ended yet."
            raise Conflict(ended, state=state)
        return Response(result)


def shown(job_id: int) -> Json | None:
    """The job as GET shows it; None where there is none."""
    shape = Shape(JobRow, tuple(JobRow.columns()), ("steps",))
    found, _ = read(Job.objects.filter(pk=job_id), shape)
    return found[0] if found else None


def accepted(job: Job) -> Response:
    """The answer to a request for long work: 202, the job, and where to ask how far it is."""
    headers = {"Location": f"/api/v1/jobs/{job.pk}", "Retry-After": "1"}
    return Response(shown(job.pk), status=202, headers=headers)


def wire(body: Json) -> dict[str, object]:
    """The job as JSON's own values, for WebSockets."""
    import orjson

    return orjson.loads(dump(body))  # type: ignore[no-any-return]
