"""A job's progress, live."""

from typing import Any

from channels.db import database_sync_to_async

from stocksense.jobs.api import jobs
from stocksense.jobs.models import ENDED
from stocksense.realtime import hints
from stocksense.realtime.consumers import SignedInConsumer


class JobConsumer(SignedInConsumer):
    """Sends the job's state on connecting and after each hint, to people and programs that may see jobs."""

    permission = "jobs.view_job"

    async def opened(self) -> None:
        """Join the job's group and send its state, or close with 4404 where there is no such job."""
        await self.join(hints.job_group(self._job_id()))
        await self._send_state()

    async def changed(self, event: dict[str, Any]) -> None:
        """A hint came: read the job again and send it."""
        await self._send_state()

    async def _send_state(self) -> None:
        state = await database_sync_to_async(job_state)(self._job_id())
        if state is None:
            await self.close(code=4404)
            return
        await self.send_news(state)
        if state["job"]["state"] in ENDED:
            await self.close(code=1000)

    def _job_id(self) -> int:
        return int(self.scope["url_route"]["kwargs"]["job_id"])


def job_state(job_id: int) -> dict[str, Any] | None:
    """The job as `GET /api/v1/jobs/{id}` shows it, with its steps; None where there is no such job."""
    found = jobs.shown(job_id)
    if found is None:
        return None
    job = jobs.wire(found)
    return {"job": job, "steps": job["steps"]}
