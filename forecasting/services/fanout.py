"""One engine call over many chunks: in this process, or on a Dask cluster for companies past one machine."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from django.conf import settings

from stocksense.core.errors import DomainError

Result = TypeVar("Result")
CONNECT_SECONDS: Final = 20


class ClusterUnreachable(DomainError):
    """The Dask scheduler does not answer."""

    code = "cluster_unreachable"


def each(call: Callable[..., Result], chunks: Sequence[tuple[Any, ...]]) -> Iterator[Result]:
    """`call(*chunk)` for every chunk, in order. `call` is a function of a module, pure and without a database.

    With FORECAST_DASK_ADDRESS set the cluster computes, and results are taken in order as they come.
    Raises ClusterUnreachable where the scheduler does not answer, and what `call` raises.
    """
    address: str = settings.FORECAST_DASK_ADDRESS
    if not address or len(chunks) == 0:
        yield from (call(*chunk) for chunk in chunks)
        return
    import distributed

    connect: Any = distributed.Client

    try:
        client: Any = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise ClusterUnreachable(
            f"The Dask scheduler at {address} does not answer. Start it, or unset FORECAST_DASK_ADDRESS to forecast on "
            "this machine."
        ) from error
    with client:
        futures = [client.submit(call, *chunk, pure=False) for chunk in chunks]
        for future in futures:
            yield future.result()
            future.release()
