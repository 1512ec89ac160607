"""The training page: what the forecast learned last, how each candidate did, and a button to learn anew."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from forecasting.admin import candidates, wording
from forecasting.engine.comparison import ALL_ZERO, BLEND
from forecasting.models import ForecastModel
from forecasting.services import training
from forecasting.services.comparison import compared_model
from stocksense.core.admin import formats
from stocksense.core.admin.pages import render
from stocksense.core.errors import DomainError
from stocksense.jobs.models import Job, JobState

TRAIN: Final = "forecasting.train_forecast"
HEADINGS: Final = (
    ("series", "Series", "Series that the score rests on"),
    ("pinball", "Pinball", "Scaled pinball loss: less is better"),
    ("apart", "to the blend", "Loss against the blend's on the same series"),
    ("wape", "WAPE", "Absolute errors over demand; a forecast of nothing wins it where demand is rare"),
    ("bias", "Bias", "Forecast over demand; sorted by its size"),
    ("rmsse", "RMSSE", "Root mean square error over that of no change"),
)


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
        members=_members(evidence.get("segments", {})),
        shares=_shares(evidence.get("segments", {})),
        compared=_compared(request, model),
    )


def _compared(request: HttpRequest, newest: ForecastModel) -> dict[str, Any] | None:
    """The newest comparison: one table, over all series or of the segment asked for, and a line per segment."""
    model = compared_model()
    found = model.evidence["comparison"] if model else {}
    if model is None or not found.get("segments"):
        return None
    asked, sort = request.GET.get("segment", ""), request.GET.get("sort", "")
    sort = sort if sort in candidates.SORTS else "apart"
    chosen = asked if asked in found["segments"] else ""
    scores = found["segments"][chosen] if chosen else found["all"]
    weights = model.evidence.get("segments", {}).get(chosen, {}).get("weights", {})
    return {
        "segment": chosen,
        "series": formats.count(scores["series"], "series", "series"),
        "origins": found["origins"],
        "horizon": found["horizon"],
        "made": "" if model.pk == newest.pk else formats.day(model.created_at.date()),
        "reason": scores["reason"],
        "rows": candidates.rows(scores["candidates"], weights, sort),
        "headings": [_heading(*heading, chosen, sort) for heading in HEADINGS],
        "failures": [
            {"name": name, "series": formats.count(one["series"], "series", "series"), "error": one["error"]}
            for name, one in found["failures"].items()
        ],
        "segments": [_segment(name, one) for name, one in sorted(found["segments"].items())],
    }


def _heading(sort: str, title: str, hint: str, segment: str, sorted_by: str) -> dict[str, Any]:
    asked = {**({"segment": segment} if segment else {}), "sort": sort}
    return {"title": title, "hint": hint, "url": f"?{urlencode(asked)}", "sorted": sort == sorted_by}


def _segment(name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    losses = {one: found["scaled_pinball"] for one, found in scores["candidates"].items()}
    nearest = candidates.nearest(scores["candidates"])
    return {
        "name": name,
        "url": f"?{urlencode({'segment': name})}",
        "series": formats.quantity(scores["series"]),
        "blend": wording.score(losses.get(BLEND)),
        "zero": wording.score(losses.get(ALL_ZERO)),
        "nearest": nearest[0] if nearest else "",
        "apart": wording.signed_share(nearest[1]) if nearest else "",
        "better": ", ".join(scores["clearly_better"]),
    }


def _members(segments: Mapping[str, Any]) -> list[str]:
    """Members of the blend."""
    return sorted({name for found in segments.values() for name in found["weights"]})


def _shares(segments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Per segment each member's share in the blend."""
    members = _members(segments)
    return [
        {
            "name": name,
            "buckets": formats.quantity(found["buckets"]),
            "cells": [(member, wording.percent(found["weights"].get(member))) for member in members],
        }
        for name, found in sorted(segments.items())
    ]


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a training and show its job."""
    try:
        job = training.start_training(actor=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:forecasting_training"))
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
