"""Telling sockets something, from wherever a commit happens."""

import asyncio

from channels.layers import get_channel_layer

from stocksense.core import channel


def test_told_inside_a_running_event_loop():
    """Where code runs in a loop that cannot wait for itself, the message goes out all the same."""

    async def scenario() -> dict[str, str]:
        layer = get_channel_layer()
        name = await layer.new_channel()
        await layer.group_add("told", name)
        channel.tell("told", {"type": "changed"})
        return await asyncio.wait_for(layer.receive(name), timeout=10)

    assert asyncio.run(scenario()) == {"type": "changed"}
