"""News for open planning pages: which plan is current, and which lines were just decided."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import Q

from planning.models import DecisionBatch, DecisionEntry
from stocksense.company import services as company
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core import clock
from stocksense.realtime import hints
from stocksense.realtime.consumers import SignedInConsumer

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
        message, acts = await database_sync_to_async(news)(self.scenario_id, since=since, told=self.told)
        self.told = acts
        await self.send_news(message)


def _baseline() -> int:
    return company.scenario_named(None).pk


def news(scenario_id: int, *, since: datetime, told: Collection[Act]) -> tuple[dict[str, Any], set[Act]]:
    """The current run and the lines decided or given back since then, and the acts that this tells of.

    Acts in `told` are left out; `reload` stands where the lines are too many to name.
    """
    current = CurrentRun.objects.filter(scenario=scenario_id, kind=RunKind.PLAN).first()
    recent = DecisionBatch.objects.filter(Q(created_at__gte=since) | Q(undone_at__gte=since), scenario=scenario_id)
    acts = {(pk, undone_at is not None) for pk, undone_at in recent.values_list("pk", "undone_at")}
    fresh = [pk for pk, undone in acts if (pk, undone) not in told]
    entries = DecisionEntry.objects.filter(batch__in=fresh).values_list("planned_order_id", "exception_id")
    found = list(entries[: MOST_LINES + 1])
    many = len(found) > MOST_LINES
    message = {
        "run": {"id": current.run_id} if current else None,
        "orders": [] if many else sorted({order for order, _ in found if order}),
        "exceptions": [] if many else sorted({exception for _, exception in found if exception}),
        "reload": many,
    }
    return message, acts
