"""Trainings and chunks of runs as bytes and back: arrays, boosters as text and names, so that reading runs no code."""

import hashlib
import io
import zipfile
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import orjson

from forecasting.engine.blends import Blend
from forecasting.engine.cumulative import ON_GRID, CumulativePools
from forecasting.engine.global_model import GlobalModel
from forecasting.engine.level_backtest import BackTest
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import PanelForecast, forecast
from forecasting.engine.ratio_pools import RatioPools
from forecasting.engine.training import Members, Season, Trained
from stocksense.core.numeric import FloatArray, IntArray

FORMAT: Final = 1


@dataclass(frozen=True)
class ChunkForecast:
    """Forecasts of a chunk of series by a training, as a run stores them: what PanelForecast has, on the grid alone.

    mean [n, h]; quantiles, cumulative [n, h, 11]; segment [n].
    """

    mean: FloatArray
    quantiles: FloatArray
    cumulative: FloatArray
    segment: IntArray


_KINDS: Final[dict[str, type]] = {
    kind.__name__: kind
    for kind in (
        Trained, Members, Season, GlobalModel, RatioPools, Blend, CumulativePools, BackTest, ChunkForecast,
    )
}  # fmt: skip


class UnreadableTraining(ValueError):
    """The bytes are not a training of this version."""


def to_bytes(trained: Trained) -> bytes:
    """The training as a compressed archive: a JSON document that names the arrays and boosters beside it."""
    return _written(trained, zipfile.ZIP_DEFLATED)


def from_bytes(content: bytes) -> Trained:
    """What to_bytes was given. Raises UnreadableTraining for anything else, another format included."""
    try:
        trained = _read(content)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise UnreadableTraining(f"not a readable training: {error}") from error
    if not isinstance(trained, Trained):
        raise UnreadableTraining("not a training")
    return trained


def result_to_bytes(result: BackTest | ChunkForecast) -> bytes:
    """The result of a chunk, not compressed: it is kept for minutes."""
    return _written(result, zipfile.ZIP_STORED)


def result_from_bytes(content: bytes) -> Any:
    """What result_to_bytes was given."""
    return _read(content)


def fingerprint(*values: Any) -> str:
    """A digest of arrays, dataclasses of them, bytes and plain values: the same for the same content and format."""
    digest = hashlib.sha256(f"{FORMAT}".encode())
    _digest(values, digest)
    return digest.hexdigest()


def forecast_stored(content: bytes, panel: Panel) -> PanelForecast:
    """The forecast of some series by a stored training, of which the last one is kept: what a cluster is sent."""
    return forecast(remembered(content), panel)


def forecast_chunk(content: bytes, panel: Panel) -> ChunkForecast:
    """forecast_stored as a run stores it."""
    found = forecast_stored(content, panel)
    return ChunkForecast(found.mean, found.quantiles, found.cumulative_dense[..., ON_GRID], found.segment)


@lru_cache(maxsize=1)
def remembered(content: bytes) -> Trained:
    """from_bytes, once for the same content."""
    return from_bytes(content)


def _written(value: Any, compression: int) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", compression) as archive:
        document = {"format": FORMAT, "trained": _packed(value, archive)}
        archive.writestr("document.json", orjson.dumps(document))
    return memory.getvalue()


def _read(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        document = orjson.loads(archive.read("document.json"))
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}, not {FORMAT}")
        return _unpacked(document["trained"], archive)


def _digest(value: Any, digest: Any) -> None:
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
    elif isinstance(value, bytes):
        digest.update(f"bytes {len(value)}".encode())
        digest.update(value)
    elif is_dataclass(value):
        digest.update(type(value).__name__.encode())
        for field in fields(value):
            _digest(getattr(value, field.name), digest)
    elif isinstance(value, tuple | list):
        digest.update(f"{len(value)} of".encode())
        for one in value:
            _digest(one, digest)
    else:
        digest.update(f"{type(value).__name__} {value!r};".encode())


def _packed(value: Any, archive: zipfile.ZipFile) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        memory = io.BytesIO()
        np.save(memory, value, allow_pickle=False)
        return {"array": _stored(memory.getvalue(), "npy", archive)}
    if is_dataclass(value):
        packed = {field.name: _packed(getattr(value, field.name), archive) for field in fields(value)}
        return {"is": type(value).__name__, "fields": packed}
    if isinstance(value, tuple | list):
        return {"tuple" if isinstance(value, tuple) else "list": [_packed(one, archive) for one in value]}
    if isinstance(value, dict):
        return {"dict": {str(name): _packed(one, archive) for name, one in value.items()}}
    return {"booster": _stored(value.model_to_string().encode(), "txt", archive)}


def _stored(content: bytes, ending: str, archive: zipfile.ZipFile) -> str:
    name = f"{len(archive.namelist())}.{ending}"
    archive.writestr(name, content)
    return name


def _unpacked(value: Any, archive: zipfile.ZipFile) -> Any:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return np.load(io.BytesIO(archive.read(value["array"])), allow_pickle=False)
    if "booster" in value:
        from lightgbm import Booster

        return Booster(model_str=archive.read(value["booster"]).decode())
    if "is" in value:
        return _KINDS[value["is"]](**{name: _unpacked(one, archive) for name, one in value["fields"].items()})
    if "tuple" in value:
        return tuple(_unpacked(one, archive) for one in value["tuple"])
    if "list" in value:
        return [_unpacked(one, archive) for one in value["list"]]
    return {name: _unpacked(one, archive) for name, one in value["dict"].items()}
