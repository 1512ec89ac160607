"""A run's engine calls, chunk by chunk; results are kept until it is published: a lost worker loses one chunk."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from forecasting import engine
from forecasting.models import ForecastChunk
from forecasting.services import fanout
from stocksense.core.database.copy import copy_rows
from stocksense.jobs import services as jobs
from stocksense.jobs.models import ENDED
from stocksense.jobs.services import Lease


def each(call: Callable[..., Any], chunks: Sequence[tuple[Any, ...]], *, lease: Lease) -> Iterator[Any]:
    """`call(*chunk)` for every chunk, in order, as `fanout.each`; what an earlier attempt of the job found is read.

    Results are BackTest or ChunkForecast. A result counts as found where the call, the engine's code and all input are
    the same: demand, or a release, that came in between is computed with. Raises JobLost where the lease is no longer
    held.
    """
    ForecastChunk.objects.filter(job__state__in=ENDED).delete()  # of jobs that failed or were given up
    digests = [engine.fingerprint(_code(), call.__name__, *chunk) for chunk in chunks]
    found = set(_of(lease).filter(digest__in=digests).values_list("digest", flat=True))
    missing = {digest: chunk for digest, chunk in zip(digests, chunks, strict=True) if digest not in found}
    computed = fanout.each(call, list(missing.values()))
    for digest in digests:
        if digest in found:
            yield engine.result_from_bytes(bytes(_of(lease).values_list("content", flat=True).get(digest=digest)))
            continue
        result = next(computed)
        with transaction.atomic():
            jobs.require_lease(lease)
            copy_rows(ForecastChunk, ("job_id", "digest", "content"), _row(lease, digest, result))
        found.add(digest)  # (a later chunk may be the same)
        yield result


def forget(lease: Lease) -> None:
    """Remove what was kept for this job."""
    _of(lease).delete()


@cache
def _code() -> str:
    """A digest of the engine as it is installed."""
    files = sorted(Path(engine.__file__).parent.glob("*.py"))
    return engine.fingerprint([file.read_bytes() for file in files])


def _of(lease: Lease) -> Any:
    return ForecastChunk.objects.filter(job_id=lease.job_id)


def _row(lease: Lease, digest: str, result: Any) -> list[tuple[int, str, bytes]]:
    return [(lease.job_id, digest, engine.result_to_bytes(result))]
