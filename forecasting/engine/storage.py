"""A training as bytes and back: plain arrays and the boosters' own text, nothing that runs code when read."""

import io
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from forecasting.engine.blends import Blend
from forecasting.engine.cumulative import CumulativePools
from forecasting.engine.global_model import GlobalModel
from forecasting.engine.ratio_pools import RatioPools
from forecasting.engine.training import Members, Season, Trained

if TYPE_CHECKING:
    from lightgbm import Booster

FORMAT: Final = 1


def to_bytes(trained: Trained) -> bytes:
    """Everything `forecast` needs, compressed."""
    members, blend = trained.members, trained.blend
    boosters: dict[str, Any] = {}
    if members.model is not None:
        boosters = {
            "mean": members.model.mean.model_to_string(),
            "quantiles": [booster.model_to_string() for booster in members.model.quantiles],
            "ratios": [[booster.model_to_string() for booster in fold] for fold in members.ratios],
        }
    header = {
        "format": FORMAT, "horizon": trained.horizon, "bucket_days": trained.bucket_days,
        "feature_names": trained.feature_names, "bias": trained.bias, "evidence": trained.evidence,
        "members": blend.members, "mean_members": blend.mean_members, "boosters": boosters,
        "season": [members.season.group_column, members.season.strength], "boosted_factor": members.boosted_factor,
    }  # fmt: skip
    arrays = {
        "volume_edges": trained.volume_edges, "corrections": trained.corrections,
        "blend_quantile": blend.quantile, "blend_mean": blend.mean, "blend_rows": blend.rows,
        "sum_edges": trained.cumulative.edges, "sum_errors": trained.cumulative.errors,
        "level_centres": members.level_pools.centres, "level_ratios": members.level_pools.ratios,
    }  # fmt: skip
    if members.model is not None:
        arrays["plain"] = members.model.plain
    if members.mean_pools is not None:
        arrays |= {"mean_centres": members.mean_pools.centres, "mean_ratios": members.mean_pools.ratios}
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, header=text, **arrays)
    return buffer.getvalue()


def from_bytes(data: bytes) -> Trained:
    """The training that `to_bytes` wrote. Raises ValueError for another format."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop("header").tobytes())
    if header["format"] != FORMAT:
        raise ValueError(f"a training of format {header['format']}, not {FORMAT}: train again")
    return Trained(
        horizon=header["horizon"],
        bucket_days=header["bucket_days"],
        feature_names=tuple(header["feature_names"]),
        members=_members(header, arrays),
        blend=Blend(
            tuple(header["members"]), tuple(header["mean_members"]),
            arrays["blend_quantile"], arrays["blend_mean"], arrays["blend_rows"],
        ),
        volume_edges=arrays["volume_edges"],
        bias=header["bias"],
        corrections=arrays["corrections"],
        cumulative=CumulativePools(arrays["sum_edges"], arrays["sum_errors"]),
        evidence=header["evidence"],
    )  # fmt: skip


def _members(header: dict[str, Any], arrays: dict[str, Any]) -> Members:
    model: GlobalModel | None = None
    ratios: tuple[tuple[Booster, ...], ...] = ()
    pools: RatioPools | None = None
    if header["boosters"]:
        found = header["boosters"]
        model = GlobalModel(_booster(found["mean"]), tuple(map(_booster, found["quantiles"])), arrays["plain"])
        ratios = tuple(tuple(map(_booster, fold)) for fold in found["ratios"])
        pools = RatioPools(arrays["mean_centres"], arrays["mean_ratios"])
    column, strength = header["season"]
    level_pools = RatioPools(arrays["level_centres"], arrays["level_ratios"])
    return Members(model, ratios, pools, level_pools, Season(column, strength), header["boosted_factor"])


def _booster(text: str) -> "Booster":
    from lightgbm import Booster

    return Booster(model_str=text)
