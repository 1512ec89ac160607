"""Inventory policies: pure numbers, from forecast distributions to reorder points and order-up-to levels."""

from policies.engine.batching import batching_sd
from policies.engine.classification import (
    ABC_CLASSES,
    DEMAND_CLASSES,
    XYZ_CLASSES,
    DemandProfile,
    abc_class,
    demand_class,
    demand_profile,
    xyz_class,
)
from policies.engine.interval import cumulative_mean_at, interval_distribution, quantile_at
from policies.engine.levels import METHODS, LevelInput, ReorderLevels, method_codes, reorder_levels
from policies.engine.order_quantity import bounded_order_quantity, economic_order_quantity
from policies.engine.trace import OPTIONAL_INPUTS, level_steps, recompute_levels

__all__ = [
    "ABC_CLASSES",
    "DEMAND_CLASSES",
    "METHODS",
    "OPTIONAL_INPUTS",
    "XYZ_CLASSES",
    "DemandProfile",
    "LevelInput",
    "ReorderLevels",
    "abc_class",
    "batching_sd",
    "bounded_order_quantity",
    "cumulative_mean_at",
    "demand_class",
    "demand_profile",
    "economic_order_quantity",
    "interval_distribution",
    "level_steps",
    "method_codes",
    "quantile_at",
    "recompute_levels",
    "reorder_levels",
    "xyz_class",
]
