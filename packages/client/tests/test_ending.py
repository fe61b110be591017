"""A task that swallows a cancellation ends all the same."""

import asyncio

from centralcloud_client.ending import end


async def test_a_swallowed_cancellation_is_repeated() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(end(task), 5)
    assert task.cancelled()
    assert swallowed == 3


async def test_what_it_raised_is_dropped() -> None:
    async def failing() -> None:
        raise ValueError("nobody asks")

    task = asyncio.create_task(failing())
    await end(task)
    assert task.done()
