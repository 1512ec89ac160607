"""Which supply serves which demand, by hand."""


def units(run, layers, kind):
    pegs = run.plan.pegging
    return [(int(pegs.kind[layer]), float(pegs.quantity[layer])) for layer in layers]


def test_the_parts_of_a_cut_transfer_come_from_what_was_there_on_their_day(plan):
    plan.node("dc", on_hand=6)
    plan.node("store", demand=[0, 0, 0, 0, 9], reorder_point=9, order_up_to=10, review=[0], source="dc")
    plan.receipt("dc", day=3, quantity=20)
    run = plan.run()
    pegs = run.plan.pegging
    assert run.orders() == [("dc", "store", 0, 1, 6), ("dc", "store", 3, 4, 4)]
    stock, receipt = 0, 1
    ((first, first_units),) = [
        (int(pegs.kind[layer]), float(given))
        for layer, order, given in zip(pegs.link_layer, pegs.link_order, pegs.link_quantity, strict=True)
        if order == 0
    ]
    assert (first, first_units) == (stock, 6)
    assert units(run, pegs.layers_into_order(1), receipt) == [(receipt, 20)]
    # At the store the 6 serve day 4 whole, the 4 its last 3 units.
    layers = [int(layer) for order in (0, 1) for layer in pegs.layers_of_order(order)]
    assert [(int(pegs.first_day[layer]), float(pegs.own[layer])) for layer in layers] == [(4, 6), (4, 3)]


def test_an_open_transfer_takes_the_stock_that_is_allocated_to_it(plan):
    plan.node("dc", on_hand=12, demand=[3, 3])
    plan.node("store", demand=[0, 0, 5], source="dc")
    plan.transfer("dc", "store", day=2, quantity=8, shipped=False)
    pegs = plan.run().plan.pegging
    (layer,) = pegs.layers_into_receipt(0)
    assert (pegs.node[layer], pegs.quantity[layer], pegs.own[layer], pegs.consumed[layer]) == (0, 12, 4, 12)
    (arrived,) = pegs.layers_for_demand(node=1, day=2)
    assert (pegs.row[arrived], pegs.own[arrived]) == (0, 5)


def test_what_is_allocated_beyond_the_stock_waits_for_the_next_receipt(plan):
    plan.node("dc", on_hand=5)
    plan.node("store", source="dc")
    plan.transfer("dc", "store", day=4, quantity=8, shipped=False)
    plan.receipt("dc", day=1, quantity=10)
    pegs = plan.run().plan.pegging
    taken = [(int(pegs.arrival_day[layer]), float(given))
             for layer, given in zip(pegs.link_layer, pegs.link_quantity, strict=True)]  # fmt: skip
    assert taken == [(-1, 5), (1, 3)]
