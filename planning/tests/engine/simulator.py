"""A second, slow opinion: the day-by-day rules in plain loops, sharing no code with the engine.

Reads a PlanInput as data only. One dictionary per node, one list per kind of event, one number at a time.
"""

import math

from planning.tests.engine.simulated_buying import Buying

NEAR = 1e-6


class Simulator(Buying):
    def __init__(self, plan_input):
        self.given = plan_input
        self.rows = {name: self.by_node(getattr(plan_input, name).node) for name in
                     ("receipts", "customer_orders", "lots", "splits", "price_breaks")}  # fmt: skip
        self.days = len(plan_input.demand.mean[0])
        self.count = len(plan_input.demand.mean)
        self.supplied = [[] for _ in range(self.count)]
        for node in range(self.count):
            if self.origin(node) >= 0:
                self.supplied[self.origin(node)].append(node)
        self.demand = self.customer_demand()
        self.use = [self.using(node) for node in range(self.count)]
        self.missed = {int(node): int(day) for node, day in zip(*vars(plan_input.missed_orders).values(), strict=True)}
        self.stock = [self.opening(node) for node in range(self.count)]
        self.coming = [[] for _ in range(self.count)]  # per node: (day, quantity)
        self.landing = {}  # nodes by day on which something comes
        self.claims = [[] for _ in range(self.count)]  # per origin: dictionaries, oldest first
        self.orders = []  # (node, source, split, release, ship, due, need day, reason, quantity, price)
        self.below_minimum = []  # (group, day, reached)
        self.closing = [[0.0] * self.days for _ in range(self.count)]
        self.lost = [[0.0] * self.days for _ in range(self.count)]
        self.expired = [[0.0] * self.days for _ in range(self.count)]
        self.lots = [self.opening_lots(node) for node in range(self.count)]
        self.first_lots = [[list(lot) for lot in lots] for lots in self.lots]
        receipts = plan_input.receipts
        for row in range(len(receipts.node)):
            self.expect(int(receipts.node[row]), self.receipt_day(row), float(receipts.quantity[row]))

    def run(self):
        height = [self.height(node) for node in range(self.count)]
        for day in range(self.days):
            self.today = day
            for node in range(self.count):
                self.expired[node][day] = self.throw_away(self.lots[node], day)
                self.stock[node] -= self.expired[node][day]
            self.arrive(day)
            if day == 0:
                self.rebalance()
            basket = []
            for node in sorted(range(self.count), key=lambda each: (height[each], each)):
                basket += self.ask(node, day)
            self.buy(sorted(basket, key=lambda line: line["node"]), day)
            for origin in sorted(range(self.count), key=lambda each: -height[each]):
                self.ship(origin, day)
                self.arrive(day)
            for node in range(self.count):
                self.serve(node, day)
        return self

    def band(self, node):
        """(P10, P90) of the stock at the end of each day: slow and fast demand with the supply that was planned."""
        arrivals, leaving = (flow.get(node, {}) for flow in self.flows())
        wanted = self.given.demand
        low = self.band_path(node, wanted.cumulative_p90[node], arrivals, leaving)
        high = self.band_path(node, wanted.cumulative_p10[node], arrivals, leaving)
        if self.anything_expires():
            mean = [max(units, 0.0) for units in self.closing[node]]
            low = [min(pair) for pair in zip(low, mean, strict=True)]
            high = [max(pair) for pair in zip(high, mean, strict=True)]
        return low, high

    def flows(self):
        """(Arrivals, shipments) by node and day, looked up once."""
        if not hasattr(self, "flow"):
            self.flow = ({}, {})
            receipts = self.given.receipts
            for row in range(len(receipts.node)):
                self.flowed(0, int(receipts.node[row]), self.receipt_day(row), float(receipts.quantity[row]))
            for to, source, _, _, ship, due, _, reason, quantity, _ in self.orders:
                self.flowed(0, to, due, quantity)
                self.flowed(1, source, 0 if reason == 3 else ship, quantity)  # a lateral move is set aside at once
        return self.flow

    def flowed(self, way, node, day, quantity):
        of_node = self.flow[way].setdefault(node, {})
        of_node[day] = of_node.get(day, 0.0) + quantity

    def band_path(self, node, cumulative, arrivals, leaving):
        net, lots, before, sent, path = self.opening(node), self.first_lots[node], 0.0, 0.0, []
        lots = [list(lot) for lot in lots]
        for day in range(self.days):
            leaves = leaving.get(day, 0.0)
            sent += leaves
            so_far = max(float(cumulative[day]), -sent)  # who wants less than planned leaves at most all of it
            wanted = so_far - before + self.excess[node][day]
            before = so_far
            net += arrivals.get(day, 0.0) - min(self.throw_away(lots, day), max(net, 0.0))
            lost = max(wanted - max(net, 0.0), 0.0) if self.given.nodes.lost_sales[node] else 0.0
            net -= wanted - lost + leaves
            self.pick(lots, max(wanted - lost + leaves, 0.0))
            path.append(max(net, 0.0))
        return path

    def anything_expires(self):
        lots = self.given.lots
        return any(
            0 < day < self.days and quantity > 0 for day, quantity in zip(lots.expires_day, lots.quantity, strict=True)
        )

    # Set-up ---------------------------------------------------------------------------------------------------

    def customer_demand(self):
        result = [[float(value) for value in row] for row in self.given.demand.mean]
        self.excess = [[0.0] * self.days for _ in range(self.count)]
        orders, width = self.given.customer_orders, self.given.firm_bucket_days
        for node in range(self.count):
            for start in range(0, self.days, width):
                bucket = range(start, min(start + width, self.days))
                forecast = sum(result[node][day] for day in bucket)
                firm = dict.fromkeys(bucket, 0.0)
                for at, day, quantity in zip(orders.node, orders.day, orders.quantity, strict=True):
                    if at == node and day in firm:
                        firm[int(day)] += float(quantity)
                above = sum(firm.values()) - forecast
                if above > 0:
                    for day in bucket:
                        extra = above * firm[day] / sum(firm.values())
                        self.excess[node][day] = extra
                        result[node][day] += extra
        return result

    @staticmethod
    def by_node(column):
        found = {}
        for row, node in enumerate(column.tolist()):
            found.setdefault(node, []).append(row)
        return found

    def leaving_rows(self):
        """Open transfers that have not left, by origin."""
        receipts, found = self.given.receipts, {}
        if not hasattr(self, "unshipped"):
            for row in range(len(receipts.node)):
                if receipts.kind[row] == 1 and not receipts.shipped[row]:
                    found.setdefault(int(receipts.origin[row]), []).append(row)
            self.unshipped = found
        return self.unshipped

    def opening(self, node):
        stock, receipts, orders = self.given.stock, self.given.receipts, self.given.customer_orders
        free = self.usable(node) - float(stock.allocated[node] + stock.backorders[node])
        for row in self.leaving_rows().get(node, []):
            free -= float(receipts.quantity[row])
        for row in self.rows["customer_orders"].get(node, []):
            if orders.day[row] < 0:
                free -= float(orders.quantity[row])
        return free

    def usable(self, node):
        lots, on_hand = self.given.lots, float(self.given.stock.on_hand[node])
        mine = self.rows["lots"].get(node, [])
        gone = [float(lots.quantity[row]) for row in mine]
        days = [int(lots.expires_day[row]) for row in mine]
        return on_hand - min(on_hand, sum(quantity for quantity, day in zip(gone, days, strict=True) if day <= 0))

    def opening_lots(self, node):
        """[expiry day, units], first expiring first; what is promised already has been picked from them."""
        lots, room, found = self.given.lots, self.usable(node), []
        rows = [row for row in self.rows["lots"].get(node, []) if lots.expires_day[row] > 0]
        for row in sorted(rows, key=lambda each: (int(lots.expires_day[each]), each)):
            found.append([int(lots.expires_day[row]), min(float(lots.quantity[row]), room)])
            room -= found[-1][1]
        self.pick(found, max(self.usable(node) - self.stock[node], 0.0))
        return found

    @staticmethod
    def pick(lots, quantity):
        for lot in lots:
            taken = min(lot[1], quantity)
            lot[1] -= taken
            quantity -= taken

    @staticmethod
    def throw_away(lots, day):
        gone = sum(lot[1] for lot in lots if lot[0] == day)
        for lot in lots:
            if lot[0] == day:
                lot[1] = 0.0
        return gone

    def use_below(self, node, day):
        """What the node's customers and everything supplied through it are expected to use on a day."""
        return self.demand[node][day] + sum(self.use_below(each, day) for each in self.supplied[node])

    def waste_ahead(self, node, day, until):
        """Units thrown away after `day` up to the opening of each day before `until`."""
        lots, gone, result = [list(lot) for lot in self.lots[node]], 0.0, {}
        for ahead in range(day, until):
            gone += self.throw_away(lots, ahead)
            result[ahead] = gone
            self.pick(lots, self.use_below(node, ahead) if lots else 0.0)
        return result

    def receipt_day(self, row):
        receipts = self.given.receipts
        if receipts.day[row] >= 0:
            return int(receipts.day[row])
        node = int(receipts.node[row])
        if receipts.kind[row] == 1 and not receipts.shipped[row]:
            leaves = self.open_day(int(receipts.ship_calendar[row]), 0)
            arrives = leaves + int(receipts.lead_time_days[row])
            return self.open_day(int(self.given.sourcing.receive_calendar[node]), arrives)
        return self.open_day(int(self.given.sourcing.receive_calendar[node]), 0)

    def height(self, node):
        return max((self.height(each) + 1 for each in self.supplied[node]), default=0)

    def origin(self, node):
        sourcing, active = self.given.sourcing, self.given.nodes.active
        usable = sourcing.kind[node] == 2 and active[node] and active[sourcing.node[node]]
        return int(sourcing.node[node]) if usable else -1

    def has_source(self, node):
        supplied = self.given.sourcing.kind[node] == 1 and bool(self.given.nodes.active[node])
        return supplied or self.origin(node) >= 0

    def open_day(self, calendar, day):
        table = self.given.calendar_open
        while calendar >= 0 and day < table.shape[1] and not table[calendar, day]:
            day += 1
        return day

    def dates(self, node, release):
        sourcing = self.given.sourcing
        ship = self.open_day(int(sourcing.ship_calendar[node]), release)
        return ship, self.open_day(int(sourcing.receive_calendar[node]), ship + int(sourcing.lead_time_days[node]))

    # One day --------------------------------------------------------------------------------------------------

    def expect(self, node, day, quantity):
        self.coming[node].append((day, quantity))
        self.landing.setdefault(day, []).append(node)

    def arrive(self, day):
        for node in self.landing.pop(day, []):
            for receipt in [each for each in self.coming[node] if each[0] == day]:
                self.coming[node].remove(receipt)
                self.stock[node] += receipt[1]

    def rebalance(self):
        """Take the best lateral move, then the next best as far as it still pays."""
        self.spare = [self.spare_units(node) for node in range(self.count)]
        self.taken = [0.0] * self.count
        lanes = self.given.lateral_lanes
        offers = [self.offer(lane) for lane in range(len(lanes.origin))]
        ranked = sorted(
            (-round(offer["gain"], 9), offer["to"], offer["from"], lane)
            for lane, offer in enumerate(offers)
            if offer and offer["gain"] > NEAR
        )
        for *_, lane in ranked:
            offer = self.offer(lane)
            if not offer or offer["gain"] <= NEAR:
                continue
            price = float(self.given.sourcing.unit_cost[offer["to"]])
            dates = (0, offer["ship"], offer["due"], 0)
            self.orders.append((offer["to"], offer["from"], -1, *dates, 3, offer["units"], price))
            self.stock[offer["from"]] -= offer["units"]
            self.pick(self.lots[offer["from"]], offer["units"])
            self.spare[offer["from"]] -= offer["units"]
            self.taken[offer["from"]] += offer["units"]
            self.expect(offer["to"], offer["due"], offer["units"])
            self.arrive(0)

    def first_due(self, node):
        return self.next_due(node, -1) if self.has_source(node) else self.days

    def spare_units(self, node):
        until = self.first_due(node)
        level = float(self.given.levels.order_up_to[node, 0]) + self.firm_ahead(node, 0)
        waste = max(self.waste_ahead(node, 0, self.next_due(node, 0)).values(), default=0.0)
        keep = max(level, sum(self.use_below(node, day) for day in range(until))) + waste
        return max(self.opening(node) - max(keep, 0.0), 0.0)

    def offer(self, lane):
        lanes, nodes, costs = self.given.lateral_lanes, self.given.nodes, self.given.costs
        origin, node = int(lanes.origin[lane]), int(lanes.destination[lane])
        if origin == node or not (nodes.active[origin] and nodes.active[node]) or nodes.frozen_days[node] > 0:
            return None
        ship = self.open_day(int(lanes.ship_calendar[lane]), 0)
        due = self.open_day(int(self.given.sourcing.receive_calendar[node]), ship + int(lanes.lead_time_days[lane]))
        if due >= self.first_due(node):
            return None
        short = list(self.short_between(node, 0, due, self.first_due(node)).values())
        multiple, minimum = float(lanes.multiple[lane]), float(lanes.min_quantity[lane])
        wanted, spare = max(max(short), minimum), self.spare[origin]
        least = max(minimum, multiple)
        if multiple:
            wanted = math.ceil((wanted - NEAR) / multiple) * multiple
            spare = math.floor((spare + NEAR) / multiple) * multiple
            least = math.ceil((least - NEAR) / multiple) * multiple
        units = min(wanted, spare)
        if max(short) <= NEAR or units < least - NEAR or units <= NEAR:
            return None
        served = [min(each, units) for each in short]
        avoided = max(served) if nodes.lost_sales[node] else sum(served)
        gain = avoided * float(costs.shortage[node]) - float(lanes.cost_per_shipment[lane])
        gain -= units * float(lanes.cost_per_unit[lane])
        left, receipts = self.opening(origin) - self.taken[origin], self.given.receipts
        rows = [row for row in range(len(receipts.node)) if receipts.node[row] == origin]
        for day in range(self.days):
            left += sum(float(receipts.quantity[row]) for row in rows if self.receipt_day(row) == day)
            left -= self.use_below(origin, day)
            if day >= costs.max_cover_days[origin]:
                gain += min(units, max(left, 0.0)) * float(costs.holding_per_day[origin])
        return {"from": origin, "to": node, "ship": ship, "due": due, "units": units, "gain": gain}

    def orders_today(self, node, day):
        nodes = self.given.nodes
        review = bool(self.given.levels.review[node, day]) or (day == 0 and node in self.missed)
        return review and bool(nodes.active[node]) and day >= nodes.frozen_days[node]

    def expiring(self, node, day):
        return max(self.waste_ahead(node, day, self.next_due(node, day)).values(), default=0.0)

    def need_day(self, node, day):
        return self.missed.get(node, 0) if day == 0 else day

    def position(self, node):
        on_order = sum(each[1] for each in self.coming[node])
        if self.origin(node) >= 0:
            on_order += sum(claim["left"] for claim in self.claims[self.origin(node)] if claim["node"] == node)
        owed = sum(claim["left"] for claim in self.claims[node])
        return self.stock[node] + on_order - owed

    def ask(self, node, day):
        """Claim stock at the origin, or return a line for the basket."""
        if not (self.orders_today(node, day) and self.has_source(node)):
            return []
        expiring = self.expiring(node, day)
        extra, position = self.firm_ahead(node, day) + expiring, self.position(node)
        need = float(self.given.levels.order_up_to[node, day]) + extra - position
        if position > float(self.given.levels.reorder_point[node, day]) + extra + NEAR or need <= NEAR:
            return []
        line = self.line(node, day, position, need)
        if line["own"] <= NEAR:
            return []
        if self.origin(node) < 0:
            return [line]
        claim = {"node": node, "origin": self.origin(node), "asked": day, "ship": line["ship"], "left": line["own"]}
        self.claims[self.origin(node)].append(claim)
        return []

    def buy(self, basket, day):
        for line in basket:
            self.take_price_break(line)
        for group, lines in self.below(basket):
            members = [int(node) for node, at in zip(*self.members(), strict=True) if at == group]
            idle = [node for node in members if node not in {line["node"] for line in lines}]
            idle = [node for node in idle if self.orders_today(node, day) and self.has_source(node)]
            new = [self.line(node, day, self.position(node), 0.0) for node in idle if self.origin(node) < 0]
            everything = sorted([*lines, *new], key=lambda line: line["node"])
            reached = self.reach_minimum(everything, self.minimum(group))
            self.below_minimum.append((group, day, reached))
            basket = basket + [line for line in new if line["own"] > 0]
        for line in basket:
            self.place(line, day)
        self.arrive(day)

    def members(self):
        return self.given.order_minimums.node, self.given.order_minimums.group

    def minimum(self, group):
        table = self.given.order_minimums
        return next(float(value) for value, at in zip(table.min_value, table.group, strict=True) if at == group)

    def below(self, basket):
        for group in sorted(set(self.members()[1].tolist())):
            nodes = {int(node) for node, at in zip(*self.members(), strict=True) if at == group}
            lines = [line for line in basket if line["node"] in nodes]
            if 0 < self.worth(lines) < self.minimum(group) - NEAR:
                yield group, lines

    def place(self, line, day):
        node, splits = line["node"], self.given.splits
        need, reason = self.need_day(node, day), 2 if line["new"] else 0
        price = self.price(node, line["own"])
        self.orders.append((node, -1, -1, day, line["ship"], line["due"], need, reason, line["own"], price))
        self.expect(node, line["due"], line["own"])
        for row, quantity in line["parts"]:
            ship = self.open_day(int(splits.ship_calendar[row]), day)
            due = self.open_day(int(self.given.sourcing.receive_calendar[node]), ship + int(splits.lead_time_days[row]))
            price = float(splits.unit_cost[row])
            self.orders.append((node, -1, row, day, ship, due, need, 0, quantity, price))
            self.expect(node, due, quantity)

    def firm_ahead(self, node, day):
        return sum(self.excess[node][day : self.next_due(node, day)])

    def next_due(self, node, day):
        for later in range(day + 1, self.days):
            if self.orders_today(node, later):
                return min(self.dates(node, later)[1], self.days)
        return self.days

    def round_up(self, quantity, node):
        multiple = float(self.given.sourcing.multiple[node])
        return math.ceil((quantity - NEAR) / multiple) * multiple if multiple else quantity

    def smallest(self, node):
        return self.round_up(max(float(self.given.sourcing.min_quantity[node]), self.multiple(node)), node)

    def multiple(self, node):
        return float(self.given.sourcing.multiple[node])

    def whole(self, quantity, node):
        multiple = self.multiple(node)
        return math.floor((quantity + NEAR) / multiple) * multiple if multiple else quantity

    def ship(self, origin, day):
        ready = [claim for claim in self.claims[origin] if claim["ship"] <= day]
        ready = [claim for claim in ready if self.dates(claim["node"], day)[0] == day]
        free = self.stock[origin] - self.demand[origin][day]
        if free <= NEAR or not ready:
            return
        if sum(claim["left"] for claim in ready) <= free + NEAR:
            gifts = [claim["left"] for claim in ready]
        else:
            gifts = self.share(ready, free)
        for claim, gift in zip(ready, gifts, strict=True):
            if gift > 0:
                self.send(claim, gift, day)
        self.claims[origin] = [claim for claim in self.claims[origin] if claim["left"] > NEAR]

    def share(self, ready, free):
        urgent, price = [], []
        for i, claim in enumerate(ready):
            short = self.short_ahead(claim["node"], self.today)
            before = sum(each["left"] for each in ready[:i] if each["node"] == claim["node"])
            urgent.append(max(min(max(short.values(), default=0.0) - before, claim["left"]), 0.0))
            days = 1 if self.given.nodes.lost_sales[claim["node"]] else sum(units > NEAR for units in short.values())
            price.append(float(self.given.costs.shortage[claim["node"]]) * days)
        first = self.pour(free, urgent, [u * p for u, p in zip(urgent, price, strict=True)])
        if not any(u > 0 and p == 0 and f == 0 for u, p, f in zip(urgent, price, first, strict=True)):
            unpriced = [0.0] * len(ready)
        else:
            unpriced = self.pour(
                free - sum(first),
                [0.0 if p > 0 else u for u, p in zip(urgent, price, strict=True)],
                [0.0 if p > 0 else u for u, p in zip(urgent, price, strict=True)],
            )
        first = [a + b for a, b in zip(first, unpriced, strict=True)]
        rest = [claim["left"] - part for claim, part in zip(ready, first, strict=True)]
        fraction = min(1.0, max(free - sum(first), 0.0) / sum(rest)) if sum(rest) > 0 else 1.0
        gifts = []
        for claim, part, need in zip(ready, first, rest, strict=True):
            gift = min(self.whole(part + need * fraction, claim["node"]), claim["left"])
            gifts.append(gift if gift >= max(self.smallest(claim["node"]) - NEAR, NEAR) else 0.0)
        free -= sum(gifts)

        def rank(i):
            missing = max(first[i] - gifts[i], 0.0)
            unmet = (ready[i]["left"] - gifts[i]) / ready[i]["left"]
            return [-round(key, 9) for key in (missing * price[i], missing, unmet, urgent[i] * price[i])]

        emptiest = sorted(range(len(ready)), key=rank)
        for i in emptiest:
            node, left = ready[i]["node"], ready[i]["left"]
            step = self.multiple(node) if gifts[i] > 0 else self.smallest(node)
            if free > NEAR and step <= free + NEAR and gifts[i] + step <= left + NEAR:
                gifts[i] += step
                free -= step
        for i in emptiest:
            node, left = ready[i]["node"], ready[i]["left"]
            step = self.whole(max(min(left - gifts[i], free), 0.0), node)
            if free > NEAR and gifts[i] + step >= self.smallest(node) - NEAR:
                gifts[i] += step
                free -= step
        return gifts

    def pour(self, free, most, weight):
        """Fill glasses of size `most` in proportion to `weight`; what runs over is poured again."""
        filled = [0.0] * len(most)
        thirsty = [i for i in range(len(most)) if weight[i] > 0]
        while thirsty and free > 0:
            total = sum(weight[i] for i in thirsty)
            full = [i for i in thirsty if free * weight[i] / total >= most[i]]
            if not full:
                for i in thirsty:
                    filled[i] = free * weight[i] / total
                return filled
            for i in full:
                filled[i] = most[i]
                free -= most[i]
            thirsty = [i for i in thirsty if i not in full]
        return filled

    def short_ahead(self, node, day):
        """Units short per day between today's arrival and that of an order of the next order day."""
        return self.short_between(node, day, self.dates(node, day)[1], self.next_due(node, day))

    def short_between(self, node, day, due, until):
        net, lost, short, waste = self.stock[node], 0.0, {}, self.waste_ahead(node, day, until)
        owed = sum(claim["left"] for claim in self.claims[node])
        for ahead in range(day, until):
            if ahead > day:
                net += sum(each[1] for each in self.coming[node] if each[0] == ahead)
            net -= self.demand[node][ahead]
            missing = waste[ahead] - net
            if ahead < due and self.given.nodes.lost_sales[node]:
                lost = max(lost, missing)
            elif ahead >= due:
                short[ahead] = max(missing + owed - lost, 0.0)
        return short

    def send(self, claim, gift, day):
        due = self.dates(claim["node"], day)[1]
        late = claim["ship"] < day
        release, need = day if late else claim["asked"], self.need_day(claim["node"], claim["asked"])
        price = float(self.given.sourcing.unit_cost[claim["node"]])
        self.orders.append((claim["node"], claim["origin"], -1, release, day, due, need, int(late), gift, price))
        self.stock[claim["origin"]] -= gift
        self.pick(self.lots[claim["origin"]], gift)
        self.expect(claim["node"], due, gift)
        claim["left"] -= gift
        if NEAR < claim["left"] < self.smallest(claim["node"]) - NEAR:
            claim["left"] = 0.0

    def serve(self, node, day):
        wanted = self.demand[node][day]
        if self.given.nodes.lost_sales[node]:
            sold = min(wanted, max(self.stock[node], 0.0))
            self.lost[node][day] = wanted - sold
            wanted = sold
        self.stock[node] -= wanted
        self.pick(self.lots[node], wanted)
        self.closing[node][day] = self.stock[node]
