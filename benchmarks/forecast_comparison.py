"""Prints how every candidate does beside the blend, as the weekly comparison judges them, and where one beats it.

Run: nice python -m benchmarks.forecast_comparison [SET …] [--cpu SECONDS]. The sets of benchmarks.forecast_quality.
The blend is trained before the first of three origins, each family is fitted at each of them. `apart` is the scaled
pinball loss against the blend's on the same series; ± two standard errors.
"""

import argparse
import time
from typing import Any

from benchmarks.forecast_quality import SETS, table_of
from forecasting.engine.comparison import CPU_SECONDS, compare, schedule
from forecasting.engine.training import train


def show(scores: dict[str, Any]) -> None:
    """One line per candidate, the best first."""
    for name, one in sorted(scores.items(), key=lambda pair: pair[1].get("difference", 0.0) or 0.0):
        cells = [f"{one[key]:9.3f}" if one[key] is not None else f"{'':9}" for key in ("wape", "bias", "rmsse")]
        apart = ""
        if one.get("blend"):
            share, error = one["difference"] / one["blend"], 2 * one["standard_error"] / one["blend"]
            apart = f"{share:+8.1%} ± {error:.1%}"
        print(f"  {name:24}{one['series']:7,}{one['scaled_pinball']:9.4f}{''.join(cells)}  {apart}", flush=True)


def main() -> int:
    """Print a table per set."""
    options = argparse.ArgumentParser()
    options.add_argument("sets", nargs="*", default=list(SETS))
    options.add_argument("--cpu", type=float, default=CPU_SECONDS)
    asked = options.parse_args()
    for name in asked.sets:
        table, horizon = table_of(name)
        panel = table.panel
        when = schedule(panel, horizon)
        if when is None:
            print(f"{name}: too short")
            continue
        started = time.process_time()
        blend = train(panel.until(when.origins[0]), horizon=when.horizon, seed=1)
        found = compare(panel, blend, when, seed=1, cpu_seconds=asked.cpu)
        print(f"{name}: origins {when.origins}, {when.horizon} ahead, {time.process_time() - started:.0f} s of CPU")
        print(f"  {'':24}{'series':>7}{'pinball':>9}{'WAPE':>9}{'bias':>9}{'RMSSE':>9}  apart")
        show(found.evidence["all"]["candidates"])
        for segment, scores in found.evidence["segments"].items():
            print(f"  {segment} ({scores['series']:,}): {scores['reason']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
