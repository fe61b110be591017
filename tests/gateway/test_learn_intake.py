"""Learns from the stream into tasks: batches, no ack by the gateway, redelivery, and a Redis that goes away."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from stack.servers import EmbeddedServers
from tests.gateway.conftest import Gateway, playing, started
from tests.gateway.stand_in import StandIn, Task

LEARN = "centralcloud.patterns.framework.learn"
APPLY = "tasks.learning.apply_learns"


async def _publish(client: Client, *bodies: bytes) -> None:
    for body in bodies:
        reply = await client.request(LEARN, body, timeout=5)
        assert json.loads(reply.data)["stream"] == "LEARN"


async def _publish_once_kept(client: Client, body: bytes) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                return await _publish(client, body)
            except Exception:  # noqa: BLE001  nobody keeps it yet
                await asyncio.sleep(0.1)


async def _until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _messages(worker: StandIn) -> list[list[object]]:
    return [message for task in worker.named(APPLY) for message in task.kwargs["messages"]]


async def _left(centre: Client) -> int:
    return (await centre.jetstream().stream_info("LEARN")).state.messages


async def _until_none_is_left(centre: Client) -> None:
    async with asyncio.timeout(5):
        while await _left(centre):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_the_stream_is_as_promised(gateway: Gateway, centre: Client) -> None:
    js = centre.jetstream()
    async with asyncio.timeout(5):
        while True:
            try:
                consumer = (await js.consumer_info("LEARN", "gateway")).config
                break
            except NotFoundError:
                await asyncio.sleep(0.05)
    stream = (await js.stream_info("LEARN")).config
    assert (stream.retention, stream.storage, stream.discard) == ("workqueue", "file", "new")
    assert stream.subjects == ["centralcloud.patterns.*.learn", "centralcloud.patterns.*.feedback"]
    assert (stream.max_bytes, stream.max_msg_size, stream.duplicate_window) == (64 * 1024**2, 8 * 1024**2, 0.1)
    assert (consumer.ack_policy, consumer.ack_wait, consumer.max_deliver) == ("explicit", 30, -1)


async def test_a_learn_reaches_the_task_with_all_it_needs(gateway: Gateway, worker: StandIn) -> None:
    reply = await gateway.client.request(LEARN, b'{"name":"x"}', timeout=5, headers={"CC-Learn-Id": "l1"})
    seq = json.loads(reply.data)["seq"]
    await _publish(gateway.client, b"\xff\x00")
    await _until(lambda: len(_messages(worker)) == 2)
    first, second = _messages(worker)
    assert str(first[0]).startswith("$JS.ACK.LEARN.gateway.")
    assert first[1:] == [LEARN, seq, {"CC-Learn-Id": "l1"}, '{"name":"x"}']
    assert second[2:] == [seq + 1, {}, {"b64": base64.b64encode(b"\xff\x00").decode()}]


async def test_many_learns_are_few_tasks_and_each_comes_once(gateway: Gateway, worker: StandIn) -> None:
    await asyncio.gather(
        *(_publish(gateway.client, *(b'{"name":"n%d-%d"}' % (client, n) for n in range(50))) for client in range(20))
    )
    await _until(lambda: len(_messages(worker)) >= 1000)
    await _until_none_is_left(worker.nats)
    assert len({str(message[4]) for message in _messages(worker)}) == len(_messages(worker)) == 1000
    sizes = [len(task.kwargs["messages"]) for task in worker.named(APPLY)]
    assert max(sizes) <= 200
    assert len(sizes) < 500


async def test_learns_larger_than_a_batch_pass_one_by_one(gateway: Gateway, worker: StandIn) -> None:
    large = json.dumps({"name": "x" * 3_000_000}).encode()
    await _publish(gateway.client, large, b'{"name":"small"}', large)
    await _until(lambda: len(_messages(worker)) >= 3, 20)
    assert sorted(len(str(message[4])) for message in _messages(worker)) == [16, len(large), len(large)]


async def test_the_gateway_never_acknowledges(gateway: Gateway, centre: Client, worker: StandIn) -> None:
    async def forget(task: Task) -> None:
        return

    worker.plays[APPLY] = forget
    await _publish(gateway.client, b'{"name":"x"}')
    await _until(lambda: len(_messages(worker)) == 1)
    await asyncio.sleep(0.3)
    assert await _left(centre) == 1
    # What an overdue ack does after 30 s, asked for at once.
    await centre.publish(str(_messages(worker)[0][0]), b"-NAK")
    await _until(lambda: len(_messages(worker)) == 2)
    assert _messages(worker)[0][1:] == _messages(worker)[1][1:]


async def test_redis_down_hands_learns_back_and_they_come_again(
    servers: EmbeddedServers, gateway: Gateway, centre: Client
) -> None:
    servers.kill("valkey")
    try:
        await _publish(gateway.client, *(b'{"name":"n%d"}' % number for number in range(20)))
        async with asyncio.timeout(5):
            while await gateway.metric('centralcloud_gateway_learns_total{step="handed_back"}') < 20:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        await asyncio.to_thread(servers.start, "valkey")
    async with playing(StandIn(servers.redis_url, centre)) as worker:
        await _until(lambda: len({str(message[4]) for message in _messages(worker)}) == 20)
        await _until_none_is_left(centre)


async def test_a_long_queue_holds_learns_back(servers: EmbeddedServers, gateway: Gateway, centre: Client) -> None:
    js = centre.jetstream()
    for _ in range(80):
        await asyncio.gather(*(gateway.client.request(LEARN, b'{"name":"x"}', timeout=5) for _ in range(50)))
    await asyncio.sleep(1)
    first = (await js.consumer_info("LEARN", "gateway")).num_pending
    await asyncio.gather(*(gateway.client.request(LEARN, b'{"name":"x"}', timeout=5) for _ in range(4000)))
    # 50 tasks of at most 200, and what the gateway itself may hold.
    await _publish(gateway.client, *(b'{"name":"y"}' for _ in range(20)))
    await asyncio.sleep(0.5)
    info = await js.consumer_info("LEARN", "gateway")
    assert first is not None
    assert info.num_ack_pending is not None
    assert info.num_ack_pending <= 50 * 200 + 1000
    async with playing(StandIn(servers.redis_url, centre)) as worker:
        await _until(lambda: len(_messages(worker)) >= 8020, 20)


async def test_a_lost_stream_is_made_again(gateway: Gateway, worker: StandIn) -> None:
    await _publish(gateway.client, b'{"name":"x"}')
    await _until(lambda: len(_messages(worker)) == 1)
    await worker.nats.jetstream().delete_stream("LEARN")
    await _publish_once_kept(gateway.client, b'{"name":"y"}')
    await _until(lambda: len(_messages(worker)) == 2)


async def test_a_gateway_started_before_nats_serves_when_it_comes(servers: EmbeddedServers, tmp_path: Path) -> None:
    servers.stop("nats")
    try:
        async with started(servers, tmp_path, ready=False) as gateway:
            await asyncio.sleep(1.5)
            assert (await gateway.get("/live"))[0] == 200
            assert (await gateway.get("/ready"))[0] == 503
            await asyncio.to_thread(servers.start, "nats")
            await gateway.until_ready(5)
    finally:
        if not servers.children["nats"].alive:
            await asyncio.to_thread(servers.start, "nats")


async def test_learns_go_on_after_nats_was_killed(servers: EmbeddedServers, gateway: Gateway, worker: StandIn) -> None:
    await _publish(gateway.client, b'{"name":"before"}')
    await _until(lambda: len(_messages(worker)) == 1)
    servers.kill("nats")
    await asyncio.sleep(0.5)
    await asyncio.to_thread(servers.start, "nats")
    await gateway.until_ready(5)
    await _until(lambda: gateway.client.is_connected and worker.nats.is_connected)
    await _publish(gateway.client, b'{"name":"after"}')
    await _until(lambda: any("after" in str(message[4]) for message in _messages(worker)))


async def test_a_stream_whose_settings_were_cut_short_keeps_its_learns_and_is_whole_again(
    servers: EmbeddedServers, gateway: Gateway, centre: Client, worker: StandIn
) -> None:
    await asyncio.to_thread(servers.kill, "nats")
    next((servers.folder / "nats").rglob("LEARN/meta.sum")).unlink()
    await asyncio.to_thread(servers.start, "nats")
    await _publish_once_kept(gateway.client, b'{"name":"after"}')
    await asyncio.to_thread(servers.restart, "nats")
    await _until(lambda: centre.is_connected)
    assert (await centre.jetstream().stream_info("LEARN")).state.last_seq >= 1
