"""One read of the database for all sockets that one event wakes."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

Read = TypeVar("Read")


class Shared(Generic[Read]):
    """Reads for many askers at once: whoever asks is answered by a read that began after they asked.

    While one read runs, all who ask wait for one further read together, so that an event costs two reads at most
    however many sockets hear of it.
    """

    def __init__(self, read: Callable[..., Read]) -> None:
        self._read = read
        self._waiting: WeakKeyDictionary[Any, dict[Hashable, asyncio.Task[Read]]] = WeakKeyDictionary()
        self._running: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()

    async def of(self, *about: Hashable) -> Read:
        """What `read(*about)` returns, begun after this call."""
        loop = asyncio.get_running_loop()
        waiting = self._waiting.setdefault(loop, {})
        task = waiting.get(about)
        if task is None:
            lock = self._running.setdefault(loop, asyncio.Lock())
            task = waiting[about] = asyncio.create_task(self._begin(waiting, lock, about))
        return await asyncio.shield(task)  # a socket that closes does not end the read of the others

    async def _begin(self, waiting: dict[Hashable, Any], lock: asyncio.Lock, about: tuple[Hashable, ...]) -> Read:
        async with lock:
            del waiting[about]
            found: Read = await database_sync_to_async(self._read)(*about)
            return found
