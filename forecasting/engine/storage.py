"""A training as bytes and back: arrays, text of boosters and names only, so that reading runs no code."""

import io
import zipfile
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import orjson

from forecasting.engine.blends import Blend
from forecasting.engine.cumulative import CumulativePools
from forecasting.engine.global_model import GlobalModel
from forecasting.engine.panel import Panel
from forecasting.engine.ratio_pools import RatioPools
from forecasting.engine.training import Members, PanelForecast, Season, Trained, forecast

FORMAT: Final = 1
_KINDS: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (Trained, Members, Season, GlobalModel, RatioPools, Blend, CumulativePools)
}


class UnreadableTraining(ValueError):
    """The bytes are not a training of this version."""


def to_bytes(trained: Trained) -> bytes:
    """The training as a compressed archive: a JSON document that names the arrays and boosters beside it."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        document = {"format": FORMAT, "trained": _packed(trained, archive)}
        archive.writestr("document.json", orjson.dumps(document))
    return memory.getvalue()


def from_bytes(content: bytes) -> Trained:
    """What to_bytes was given. Raises UnreadableTraining for anything else, another format included."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            document = orjson.loads(archive.read("document.json"))
            if document["format"] != FORMAT:
                raise UnreadableTraining(f"a training of format {document['format']}, not {FORMAT}")
            trained = _unpacked(document["trained"], archive)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise UnreadableTraining(f"not a readable training: {error}") from error
    if not isinstance(trained, Trained):
        raise UnreadableTraining("not a training")
    return trained


def forecast_stored(content: bytes, panel: Panel) -> PanelForecast:
    """The forecast of some series by a stored training, of which the last one is kept: what a cluster is sent."""
    return forecast(remembered(content), panel)


@lru_cache(maxsize=1)
def remembered(content: bytes) -> Trained:
    """from_bytes, once for the same content."""
    return from_bytes(content)


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
