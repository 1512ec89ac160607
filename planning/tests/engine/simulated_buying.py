"""The simulator's second opinion on what is bought: shelf life, shares, price breaks, minimum order values."""

import math

NEAR = 1e-6


class Buying:
    """Rules for quantities; reads the input, demand, sources, dates and expiring stock of the simulator."""

    def using(self, node):
        """Use per day of a node: its customers and everything it supplies."""
        below = [self.using(each) for each in self.supplied[node]]
        return [sum(one[day] for one in below) + self.demand[node][day] for day in range(self.days)]

    def used(self, node, first, end):
        """Use on the days first … end − 1; beyond the horizon as on average over its last 28 days."""
        recent = self.use[node][-28:]
        inside = sum(self.use[node][first : min(end, self.days)])
        return inside + max(end - self.days, 0) * sum(recent) / len(recent)

    def rate(self, node, day):
        ahead = self.use[node][day : day + 28]
        return sum(ahead) / len(ahead)

    def up(self, quantity, multiple):
        return math.ceil((quantity - NEAR) / multiple) * multiple if multiple else quantity

    def down(self, quantity, multiple):
        return math.floor((quantity + NEAR) / multiple) * multiple if multiple else quantity

    def least(self, minimum, multiple):
        return self.up(max(minimum, multiple), multiple)

    def fit(self, wanted, room, minimum, multiple):
        quantity = self.up(max(wanted, minimum), multiple)
        if quantity > room + NEAR:
            quantity = self.down(room, multiple)
        return max(quantity, self.least(minimum, multiple))

    def terms(self, node):
        return float(self.given.sourcing.min_quantity[node]), float(self.given.sourcing.multiple[node])

    def line(self, node, day, position, raw):
        """What a node asks of its source, and of the suppliers that share its orders."""
        ship, due = self.dates(node, day)
        shelf, cover = int(self.given.nodes.shelf_life_days[node]), int(self.given.costs.max_cover_days[node])
        lasting = position - self.expiring(node, day)
        usable = self.used(node, day, due + shelf) - lasting if shelf else math.inf
        need = min(raw, max(usable, 0.0))
        splits = self.given.splits
        sharing = self.rows["splits"].get(node, []) if self.origin(node) < 0 else []
        own_share = 1.0 - sum(float(splits.share[row]) for row in sharing)
        own = self.fit(own_share * need, usable, *self.terms(node)) if raw > 0 else 0.0
        parts = self.divide(need, own, sharing, usable - own) if own > NEAR else []
        return {
            "node": node, "ship": ship, "due": due, "own": own, "parts": parts, "added": 0.0, "new": raw == 0,
            "position": position + own + sum(part[1] for part in parts), "use": self.rate(node, day),
            "most": min(usable, self.used(node, day, due + cover) - lasting) - own - sum(p[1] for p in parts),
        }  # fmt: skip

    def divide(self, need, own, sharing, room):
        splits, left, parts = self.given.splits, need - own, []
        for row in sharing:
            wanted = left if row == sharing[-1] else min(float(splits.share[row]) * need, left)
            minimum, multiple = float(splits.min_quantity[row]), float(splits.multiple[row])
            quantity = self.up(max(wanted, minimum), multiple)
            if quantity > room + NEAR:
                quantity = self.down(room, multiple)
            if left > NEAR and quantity > NEAR and quantity >= self.least(minimum, multiple) - NEAR:
                parts.append((row, quantity))
                left -= quantity
                room -= quantity
        return parts

    # Prices ---------------------------------------------------------------------------------------------------

    def breaks(self, node):
        table = self.given.price_breaks
        rows = self.rows["price_breaks"].get(node, [])
        return sorted((float(table.min_quantity[row]), float(table.unit_cost[row])) for row in rows)

    def price(self, node, quantity):
        price = float(self.given.sourcing.unit_cost[node])
        for start, cheaper in self.breaks(node):
            if start <= quantity + NEAR:
                price = cheaper
        return price

    def cost_of_unit(self, line, quantity):
        node, costs = line["node"], self.given.costs
        price, base = self.price(node, quantity), float(self.given.sourcing.unit_cost[node])
        holding = float(costs.holding_per_day[node]) * (price / base if base else 1.0)
        waiting = holding * quantity / (2 * line["use"]) if line["use"] else 0.0
        return price + float(costs.order_cost[node]) / quantity + waiting

    def take_price_break(self, line):
        need, best = line["own"], line["own"]
        for start, _ in self.breaks(line["node"]):
            quantity = self.up(start, self.terms(line["node"])[1])
            if quantity <= need + NEAR or quantity > need + line["most"] + NEAR or not line["use"]:
                continue
            if self.cost_of_unit(line, quantity) < self.cost_of_unit(line, best) - 1e-9:
                best = quantity
        line["own"] = best
        line["position"] += best - need
        line["most"] -= best - need

    # Minimum order values -------------------------------------------------------------------------------------

    def worth(self, lines):
        return sum(line["own"] * self.price(line["node"], line["own"]) for line in lines)

    def reach_minimum(self, lines, minimum):
        """Add to lines one step at a time, the lowest days of cover first; take all back where it cannot be done."""
        before = [(line["own"], line["position"], line["most"]) for line in lines]
        while self.worth(lines) < minimum - NEAR:
            value = self.worth(lines)
            prices = [self.price(line["node"], line["own"] or self.least(*self.terms(line["node"]))) for line in lines]
            while value < minimum - NEAR:
                steps = self.possible_steps(lines, prices)
                if not steps:
                    for line, (own, position, most) in zip(lines, before, strict=True):
                        line.update(own=own, position=position, most=most, added=0.0)
                    return False
                _, _, i, units = min(steps)
                lines[i]["own"] += units
                lines[i]["added"] += units
                lines[i]["position"] += units
                lines[i]["most"] -= units
                value += units * prices[i]
        return True

    def possible_steps(self, lines, prices):
        steps = []
        for i, line in enumerate(lines):
            if not (line["use"] and prices[i]):
                continue
            minimum, multiple = self.terms(line["node"])
            units = (multiple if line["own"] else self.least(minimum, multiple)) or line["use"]
            if units <= line["most"] + NEAR:
                steps.append((round((line["position"] + units) / line["use"], 9), line["node"], i, units))
        return steps
