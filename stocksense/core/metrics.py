"""What Prometheus reads: how often each route was asked for, how long answers took, and what became of them."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import Histogram

SECONDS = Histogram(
    "stocksense_request_seconds",
    "Time from a request's arrival to its answer, by route, method and status.",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
ELSEWHERE = "none"
"""The route of addresses where nothing is, and of files: their names are the caller's, without end."""

Answer = Callable[[HttpRequest], HttpResponse]


def measure_requests(get_response: Answer) -> Answer:
    """Counts and times every request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        observe(match.view_name if match else "", request.method or "", response.status_code, started=started)
        return response

    return middleware


def observe(route: str, method: str, status: int, *, started: float) -> None:
    """Count an answer that was begun at `started` of `time.perf_counter`."""
    labels = route or ELSEWHERE, method if method in METHODS else "other", status
    SECONDS.labels(*labels).observe(time.perf_counter() - started)


def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics of this server's processes, for who sends METRICS_TOKEN; 404 for everybody else."""
    wanted, given = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if not wanted or not constant_time_compare(given, f"Bearer {wanted}"):
        raise Http404
    answer: HttpResponse = ExportToDjangoView(request)
    answer["Cache-Control"] = "no-store"
    return answer
