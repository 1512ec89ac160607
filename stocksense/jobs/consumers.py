"""A job's progress, live."""

from contextlib import suppress
from typing import Any

from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from stocksense.jobs.api import jobs
from stocksense.jobs.models import ENDED
from stocksense.realtime import hints


class JobConsumer(AsyncJsonWebsocketConsumer):
    """Sends the job's state on connecting and after each hint, to people who may see jobs."""

    group: str

    async def connect(self) -> None:
        """Join the job's group, or close with 4403 (not allowed) or 4404 (no such job)."""
        job_id = int(self.scope["url_route"]["kwargs"]["job_id"])
        await self.accept()
        if not await _may_see(self.scope["user"]):
            await self.close(code=4403)
            return
        self.group = hints.job_group(job_id)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self._send_state(job_id)

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def changed(self, event: dict[str, Any]) -> None:
        """A hint came: read the job again and send it."""
        await self._send_state(int(self.scope["url_route"]["kwargs"]["job_id"]))

    async def _send_state(self, job_id: int) -> None:
        state = await database_sync_to_async(job_state)(job_id)
        if state is None:
            await self.close(code=4404)
            return
        with suppress(Disconnected):  # the page was closed while the job was read
            await self.send_json(state)
            if state["job"]["state"] in ENDED:
                await self.close(code=1000)


@database_sync_to_async
def _may_see(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active and user.has_perm("jobs.view_job"))


def job_state(job_id: int) -> dict[str, Any] | None:
    """The job as `GET /api/v1/jobs/{id}` shows it, with its steps; None where there is no such job."""
    found = jobs.shown(job_id)
    if found is None:
        return None
    job = jobs.wire(found)
    return {"job": job, "steps": job["steps"]}
