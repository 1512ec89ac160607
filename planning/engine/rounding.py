"""From a raw need to a quantity that may be ordered."""

from dataclasses import dataclass

import numpy as np

from planning.engine.inputs import TOLERANCE
from stocksense.core.numeric import FloatArray


@dataclass(frozen=True)
class RoundedQuantity:
    """A raw need and the quantity after each rounding, all in stock units."""

    raw: FloatArray
    after_minimum: FloatArray
    after_multiple: FloatArray


def up_to_multiple(quantity: FloatArray, multiple: FloatArray) -> FloatArray:
    """Smallest multiple that is not below `quantity`; `quantity` itself where the multiple is 0."""
    step = np.where(multiple > 0, multiple, 1.0)
    return np.where(multiple > 0, np.ceil((quantity - TOLERANCE) / step) * step, quantity)


def down_to_multiple(quantity: FloatArray, multiple: FloatArray) -> FloatArray:
    """Largest multiple that is not above `quantity`; `quantity` itself where the multiple is 0."""
    step = np.where(multiple > 0, multiple, 1.0)
    return np.where(multiple > 0, np.floor((quantity + TOLERANCE) / step) * step, quantity)


def smallest_order(min_quantity: FloatArray, multiple: FloatArray) -> FloatArray:
    """Smallest quantity that meets both the minimum and the multiple."""
    return up_to_multiple(np.maximum(min_quantity, multiple), multiple)


def round_up(raw: FloatArray, min_quantity: FloatArray, multiple: FloatArray) -> RoundedQuantity:
    """Raise a need to the minimum order quantity, then to the order multiple; arguments broadcast."""
    after_minimum = np.maximum(raw, min_quantity)
    return RoundedQuantity(raw, after_minimum, up_to_multiple(after_minimum, multiple))
