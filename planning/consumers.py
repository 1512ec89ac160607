"""News for open planning pages: which plan is current, and which lines were just decided."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from channels.db import database_sync_to_async
from django.db.models import Q

from planning.models import DecisionBatch
from stocksense.company import services as company
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core import clock
from stocksense.core.database import prepared
from stocksense.realtime import hints
from stocksense.realtime.consumers import SignedInConsumer
from stocksense.realtime.shared import Shared

MOST_LINES = 500
"""Lines named in one message; of a larger act the page is told to look at all of its own."""
LOOK_BACK = timedelta(minutes=2)
"""An act bears the time at which it began: it may be committed after a later one was told of."""

Act = tuple[int, bool]
"""A batch, and whether it has been undone."""


class PlanConsumer(SignedInConsumer):
    """Sends the current run on connecting, and after each hint what was decided or undone, to who may see plans."""

    permission = "planning.view_plannedorder"
    scenario_id: int
    connected_at: datetime
    told: set[Act]

    async def opened(self) -> None:
        """Join the baseline's group and send what is current."""
        self.scenario_id = await database_sync_to_async(_baseline)()
        self.connected_at, self.told = clock.now(), set()
        await self.join(hints.planning_group(self.scenario_id))
        await self._send_news()

    async def changed(self, event: dict[str, Any]) -> None:
        """A hint came: look at what is new and send it."""
        await self._send_news()

    async def _send_news(self) -> None:
        since = max(self.connected_at, clock.now() - LOOK_BACK)
        recent = await _recent.of(self.scenario_id)
        acts = recent.acts(since)
        message = recent.text(acts - self.told)
        self.told = acts
        await self.send_text(message)


def _baseline() -> int:
    return company.scenario_named(None).pk


@dataclass(frozen=True)
class Recent:
    """What happened within `LOOK_BACK`: the same for all sockets of a scenario, each of which tells what is new to it.

    `lines` are the (planned order, exception) ids of each batch, at most one more than a message names.
    """

    run_id: int | None
    batches: dict[int, tuple[datetime, datetime | None]]
    """Batch → when it was decided, and when it was undone."""
    lines: dict[int, list[tuple[int | None, int | None]]]
    _texts: dict[frozenset[Act], str] = field(default_factory=dict)

    def acts(self, since: datetime) -> set[Act]:
        """The acts since then."""
        return {
            (batch, undone_at is not None)
            for batch, (created_at, undone_at) in self.batches.items()
            if created_at >= since or (undone_at is not None and undone_at >= since)
        }

    def message(self, fresh: Collection[Act]) -> dict[str, Any]:
        """The current run and the lines decided or given back by these acts; `reload` where they are too many."""
        found = [line for batch, _ in fresh for line in self.lines.get(batch, ())]
        many = len(found) > MOST_LINES
        return {
            "run": {"id": self.run_id} if self.run_id is not None else None,
            "orders": [] if many else sorted({order for order, _ in found if order}),
            "exceptions": [] if many else sorted({exception for _, exception in found if exception}),
            "reload": many,
        }

    def text(self, fresh: Collection[Act]) -> str:
        """The same as JSON, made once for all who lack the same acts."""
        name = frozenset(fresh)
        if name not in self._texts:
            self._texts[name] = orjson.dumps(self.message(name)).decode()
        return self._texts[name]


def news(scenario_id: int, *, since: datetime, told: Collection[Act]) -> tuple[dict[str, Any], set[Act]]:
    """The current run and the lines decided or given back since then, and the acts that this tells of.

    Acts in `told` are left out; `reload` stands where the lines are too many to name.
    """
    recent = recent_acts(scenario_id, since=since)
    acts = recent.acts(since)
    return recent.message(acts - set(told)), acts


_LINES = """
SELECT batch, planned_order_id, exception_id FROM unnest(%s::bigint[]) AS batch,
LATERAL (SELECT planned_order_id, exception_id FROM planning_decisionentry WHERE batch_id = batch LIMIT %s) AS line
"""


def recent_acts(scenario_id: int, *, since: datetime | None = None) -> Recent:
    """What was decided or undone in a scenario since then (`LOOK_BACK` unless given), read in three queries."""
    since = since or clock.now() - LOOK_BACK
    current = (
        CurrentRun.objects.filter(scenario=scenario_id, kind=RunKind.PLAN).values_list("run_id", flat=True).first()
    )
    recent = DecisionBatch.objects.filter(Q(created_at__gte=since) | Q(undone_at__gte=since), scenario=scenario_id)
    batches = {pk: (made, undone) for pk, made, undone in recent.values_list("pk", "created_at", "undone_at")}
    lines: dict[int, list[tuple[int | None, int | None]]] = {}
    if batches:
        for batch, order, exception in prepared.rows(_LINES, [list(batches), MOST_LINES + 1]):
            lines.setdefault(batch, []).append((order, exception))
    return Recent(current, batches, lines)


_recent = Shared(recent_acts)
