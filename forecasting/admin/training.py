"""The training page: what the forecast learned last, how each candidate did, and a button to learn anew."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from forecasting.admin import wording
from forecasting.models import ForecastModel
from forecasting.services import training
from stocksense.core.admin import formats
from stocksense.core.admin.pages import render
from stocksense.core.errors import DomainError
from stocksense.jobs.models import Job, JobState

TRAIN: Final = "forecasting.train_forecast"
ALL_ZERO, BLEND = "all-zero", "blend"


def page(request: HttpRequest) -> HttpResponse:
    """The newest training and its evidence."""
    jobs = Job.objects.filter(kind=training.KIND).order_by("-id")
    under_way = jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).first()
    latest = jobs.first()
    shared = {
        "title": "Training of the forecast",
        "may_train": request.user.has_perm(TRAIN),
        "under_way": under_way,
        "failed": latest if latest is not None and latest.state == JobState.FAILED else None,
    }
    model = ForecastModel.objects.defer("content").first()
    if model is None:
        return render(request, "forecasting/training.html", **shared, model=None)
    evidence = model.evidence
    everything = evidence.get("all", {})
    candidates = _candidates(everything)
    return render(
        request,
        "forecasting/training.html",
        **shared,
        model=model,
        series=formats.count(model.series, "series", "series"),
        cutoff=formats.day(model.cutoff),
        origins=evidence.get("origins", 0),
        bucket="day" if model.bucket_days == 1 else "week",
        reach=model.horizon_buckets,
        covariates=[name.replace("_", " ") for name in model.vocabulary.get("known", [])],
        candidates=[_row(name, everything) for name in candidates],
        names=candidates,
        segments=[
            {"name": name, "buckets": formats.quantity(found["buckets"]), "cells": _cells(found, candidates)}
            for name, found in sorted(evidence.get("segments", {}).items())
        ],
    )


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a training and show its job."""
    try:
        job = training.start_training(actor=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:forecasting_training"))
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))


def _candidates(scores: Mapping[str, Any]) -> list[str]:
    """The best first; the forecast of nothing at all last."""
    losses = {name: loss for name, loss in scores.get("scaled_pinball", {}).items() if loss is not None}
    return sorted(losses, key=lambda name: (name == ALL_ZERO, losses[name]))


def _row(name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    bias = scores.get("bias", {}).get(name)
    return {
        "name": name,
        "says": wording.CANDIDATES.get(name, ""),
        "is_used": name == BLEND,
        "pinball": wording.score(scores["scaled_pinball"][name]),
        "bias": "" if bias is None else formats.share(bias),
    }


def _cells(scores: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """A segment's loss of every candidate, and how much of the blend it is."""
    losses, weights = scores["scaled_pinball"], scores.get("weights", {})
    return [
        {
            "name": name,
            "pinball": "" if losses.get(name) is None else wording.score(losses[name]),
            "weight": f"{weights[name]:.0%}" if weights.get(name) else "",
        }
        for name in names
    ]
