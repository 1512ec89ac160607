"""Items planned together: their inputs joined are one network of several items, and nothing else changes."""

import dataclasses

import numpy as np
import pytest

from planning.engine.columns import empty_table
from planning.engine.inputs import OrderMinimums
from planning.engine.joined import joined
from planning.engine.plan import make_plan
from planning.tests.engine.random_plans import random_input
from planning.tests.engine.test_simulation import assert_agreement, orders_of


def of_item(seed: int, item: int, nodes: int = 4):
    """A random network of one item; the calendars are everybody's."""
    made = random_input(seed, nodes, 2, scarce=bool(seed % 2))
    table = np.tile(np.arange(20) % 7 < 6, (2, 1))
    items = np.full(nodes, item, dtype=np.int64)
    ties = made.order_minimums
    return dataclasses.replace(
        made,
        calendar_open=table,
        nodes=dataclasses.replace(made.nodes, item_index=items),
        order_minimums=dataclasses.replace(ties, min_value=ties.group * 12.5),  # a group's minimum is everybody's
    )


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_what_minimums_tie_together_is_planned_as_the_simulator_does(seed):
    both = joined([of_item(seed, 0), of_item(seed + 1, 1), of_item(seed + 2, 2)])
    assert both.size == 12
    assert_agreement(make_plan(both))


def test_without_ties_each_item_is_planned_as_alone():
    alone = [dataclasses.replace(of_item(seed, seed), order_minimums=empty_table(OrderMinimums)) for seed in (5, 9)]
    together = orders_of(make_plan(joined(alone)))
    first, second = (orders_of(make_plan(one)) for one in alone)
    moved = [(node + 4, source + 4 if source >= 0 else -1, *rest) for node, source, *rest in second]
    splits = len(alone[0].splits.node)
    moved = [(node, source, split + splits if split >= 0 else -1, *rest) for node, source, split, *rest in moved]
    assert together == sorted([*first, *moved])


def test_one_input_is_itself_and_none_or_different_horizons_are_refused():
    one = of_item(3, 0)
    assert orders_of(make_plan(joined([one]))) == orders_of(make_plan(one))
    with pytest.raises(ValueError, match="one horizon"):
        joined([])
