"""Demand that successors take over: once, along chains, from the handover on."""

import numpy as np

from forecasting.engine.supersession import succeed


def taken_over(quantity, successor, handover, *, in_stock=None, scale=None):
    quantity = np.array(quantity, dtype=float)
    sold = quantity > 0
    return succeed(
        quantity,
        np.ones(quantity.shape, dtype=bool) if in_stock is None else np.array(in_stock),
        np.where(sold.any(axis=1), sold.argmax(axis=1), quantity.shape[1]),
        successor=np.array(successor),
        handover=np.array(handover),
        scale=np.ones(len(quantity)) if scale is None else np.array(scale),
    )


def test_demand_before_the_handover_is_the_successors():
    found = taken_over([[5, 6, 7, 1], [0, 0, 2, 8]], [1, -1], [3, 0])
    assert found.quantity.tolist() == [[5, 6, 7, 1], [5, 6, 9, 8]]
    assert found.first.tolist() == [0, 0]
    assert found.share.tolist() == [1, 10 / 28]


def test_a_chain_counts_each_unit_once():
    """A sold 1 until B came (column 2), B 10 until C came (column 4)."""
    found = taken_over(
        [[1, 1, 0, 0, 0], [0, 0, 10, 10, 0], [0, 0, 0, 0, 100]], [1, 2, -1], [2, 4, 0]
    )  # fmt: skip
    assert found.quantity.tolist() == [[1, 1, 0, 0, 0], [1, 1, 10, 10, 0], [1, 1, 10, 10, 100]]
    assert found.first.tolist() == [0, 0, 0]


def test_a_chain_is_followed_whatever_the_order_of_items():
    found = taken_over([[0, 0, 100], [1, 0, 0], [0, 10, 0]], [-1, 2, 0], [0, 1, 2])
    assert found.quantity[0].tolist() == [1, 10, 100]


def test_two_predecessors_are_added():
    found = taken_over([[4, 0], [3, 0], [0, 9]], [2, 2, -1], [1, 1, 0])
    assert found.quantity[2].tolist() == [7, 9]


def test_a_handover_to_come_moves_all_there_is():
    found = taken_over([[4, 4], [0, 0]], [1, -1], [7, 0])
    assert found.quantity[1].tolist() == [4, 4]
    assert found.share.tolist() == [1, 0]


def test_a_handover_before_any_demand_moves_nothing():
    found = taken_over([[4, 4], [0, 2]], [1, -1], [-3, 0])
    assert (found.quantity[1].tolist(), found.first[1]) == ([0, 2], 1)


def test_stock_outs_and_units_go_over_too():
    found = taken_over(
        [[4, 2, 0], [0, 0, 3]], [1, -1], [2, 0], in_stock=[[True, False, True], [True] * 3], scale=[0.5, 1]
    )  # fmt: skip
    assert found.quantity[1].tolist() == [2, 1, 3]
    assert found.in_stock[1].tolist() == [True, False, True]


def test_a_circle_hands_over_nothing():
    found = taken_over([[4, 0], [0, 2], [1, 1]], [1, 0, 0], [1, 1, 1])
    assert found.quantity.tolist() == [[4, 0], [0, 2], [1, 1]]
