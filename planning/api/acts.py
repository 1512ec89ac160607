"""Deciding on lines of a plan over REST: what the commands of proposals and of exceptions share."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from rest_framework.response import Response

from planning.api.bodies import told
from planning.api.plans import RowsOfPlan
from planning.models import PlanRun
from planning.services.decisions import DecisionResult
from stocksense.core.api.rows import Json
from stocksense.core.errors import Conflict

Act = Callable[..., DecisionResult]


class Decides(RowsOfPlan):
    """A resource whose rows are decided on, one or many at a time: the services hold all rules."""

    ids_name: str
    """What the services call the ids."""

    def decide_many(self, act: Act, **more: Any) -> Response:
        """One act on the body's ids, with whatever else the body says."""
        body = self.valid()
        ids = body.pop("ids")
        result = act(**{self.ids_name: ids}, run_id=body.pop("run"), actor=self.request.user, **body, **more)
        return Response(told(result, ids))

    def decide_one(self, pk: str, act: Act, body: Json, **more: Any) -> Response:
        """One act on one line of the body's run. Raises Http404, Conflict where it had been decided before."""
        run_id = body.pop("run")
        number = self.line_of(pk, run_id)
        result = act(**{self.ids_name: [number]}, run_id=run_id, actor=self.request.user, **body, **more)
        if result.batch is None:
            words = [word.get_decision_display().lower() for word in result.skipped]
            raise Conflict(f"This line was {words[0] if words else 'decided'} already.", id=number, run=run_id)
        return Response(told(result, [number]))

    def line_of(self, pk: str, run_id: int) -> int:
        """The id as a number. Raises Http404 where the run has no such line; an unknown run is the service's to say."""
        if not (pk.isdecimal() and len(pk) < 19):
            raise Http404
        run = PlanRun.objects.filter(pk=run_id).values_list("run_date", flat=True).first()
        rows = self.model._default_manager.filter(run_id=run_id, run_date=run, pk=int(pk))
        if run is not None and not rows.exists():
            raise Http404
        return int(pk)
