"""The gateway as a process: its micro service, its probes, several of it, and how it leaves."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError

from centralcloud_client.subjects import FIGURES, REQUESTS
from stack.servers import EmbeddedServers
from tests.gateway.conftest import Gateway, started
from tests.gateway.stand_in import StandIn

QUERY = "patterns.framework.query"


async def _srv(client: Client, subject: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((await client.request(subject, b"", timeout=2)).data)
    return answer


async def test_the_micro_service_tells_the_truth(gateway: Gateway, worker: StandIn) -> None:
    ping = await _srv(gateway.client, "$SRV.PING")
    assert ping == await _srv(gateway.client, f"$SRV.PING.centralcloud.{ping['id']}")
    assert (ping["type"], ping["name"], ping["metadata"]) == ("io.nats.micro.v1.ping_response", "centralcloud", {})

    info = await _srv(gateway.client, "$SRV.INFO.centralcloud")
    assert {endpoint["subject"] for endpoint in info["endpoints"]} == set(REQUESTS)
    assert {endpoint["queue_group"] for endpoint in info["endpoints"]} == {"centralcloud"}

    await gateway.ask(QUERY, {"name": "a"})
    await gateway.ask(QUERY, {"name": "a"})
    await gateway.error(QUERY, b"{")
    stats = await _srv(gateway.client, "$SRV.STATS.centralcloud")
    (query,) = [endpoint for endpoint in stats["endpoints"] if endpoint["name"] == "patterns-query"]
    assert (query["num_requests"], query["num_errors"]) == (3, 1)
    assert query["processing_time"] > 1_000_000
    assert query["last_error"]


async def test_figures_of_the_centre_are_told_to_whoever_asks(gateway: Gateway, worker: StandIn) -> None:
    assert "knowledge" not in await _srv(gateway.client, "$SRV.STATS.centralcloud")
    figures = {"patterns": [{"type": "code", "state": "active", "patterns": 3}], "misses": 1}
    await worker.nats.publish(FIGURES, json.dumps(figures).encode())
    await worker.nats.flush()
    await gateway.ask(QUERY, {"name": "a"})
    stats = await _srv(gateway.client, "$SRV.STATS.centralcloud")
    assert stats["knowledge"] == figures
    (query,) = [endpoint for endpoint in stats["endpoints"] if endpoint["name"] == "patterns-query"]
    assert query["data"] == {"outcomes": {"not_found": 1}}
    for broken in (b"[1", b"7", b"\xff"):
        await worker.nats.publish(FIGURES, broken)
    await worker.nats.flush()
    await gateway.ask(QUERY, {"name": "a"})
    assert "knowledge" not in await _srv(gateway.client, "$SRV.STATS.centralcloud")


async def test_a_gateway_that_hangs_leaves_the_others_its_share(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn, tmp_path: Path
) -> None:
    worker.knows("framework", "Hono")
    async with started(servers, tmp_path) as other:
        other.process.send_signal(signal.SIGSTOP)
        answered = 0
        async with asyncio.timeout(40):
            while answered < 20:
                try:
                    await gateway.ask(QUERY, {"name": "Hono"}, seconds=0.5)
                except NatsTimeoutError:
                    answered = 0
                else:
                    answered += 1


async def test_metrics_tell_what_happened(gateway: Gateway, worker: StandIn) -> None:
    await gateway.ask(QUERY, {"name": "a"})
    await gateway.ask(QUERY, {"name": "a"})
    await gateway.error(QUERY, b"{")
    prefix = "centralcloud_gateway"
    subject = 'subject="centralcloud.patterns.*.query"'
    assert await gateway.metric(f'{prefix}_requests_total{{outcome="not_found",{subject}}}') == 2
    assert await gateway.metric(f'{prefix}_requests_total{{outcome="bad_json",{subject}}}') == 1
    assert await gateway.metric(f'{prefix}_cache_lookups_total{{result="hit"}}') == 1
    assert await gateway.metric(f'{prefix}_cache_lookups_total{{result="miss"}}') == 1
    assert await gateway.metric(f"{prefix}_request_seconds_count") == 3
    assert await gateway.metric(f"{prefix}_lookup_batch_names_sum") == 1
    assert await gateway.metric(f'{prefix}_queue_depth{{queue="learn"}}') == 0
    assert (await gateway.get("/live"))[0] == 200
    assert (await gateway.get("/nothing"))[0] == 404


async def test_two_gateways_share_the_work_and_one_may_go(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    async with started(servers, tmp_path / "second") as second:
        await asyncio.gather(*(gateway.ask(QUERY, {"name": f"n{number}"}) for number in range(200)))
        for each in (gateway, second):
            assert await each.metric("centralcloud_gateway_request_seconds_count") > 20
        second.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(
            *(gateway.ask(QUERY, {"name": f"m{number}"}, seconds=3) for number in range(200))
        )
        assert all(answer["ok"] for answer in answers)
        assert await second.ended() == 0


async def test_it_leaves_after_it_finished_what_is_in_flight(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")
    worker.gate.clear()
    asking = asyncio.create_task(gateway.ask(QUERY, {"name": "rails"}))
    await asyncio.sleep(0.2)
    gateway.process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.5)
    worker.gate.set()
    assert (await asking)["status"] == "found"
    assert await gateway.ended() == 0


async def test_what_cannot_be_finished_is_told_so(gateway: Gateway) -> None:
    asking = asyncio.create_task(gateway.error(QUERY, {"name": "rails"}))
    await asyncio.sleep(0.2)
    gateway.process.send_signal(signal.SIGINT)
    error = await asking
    assert (error["code"], error["retryable"]) == ("unavailable", True)
    assert await gateway.ended() == 0


async def test_it_leaves_at_once_while_nats_is_down(servers: EmbeddedServers, gateway: Gateway) -> None:
    servers.stop("nats")
    try:
        await asyncio.sleep(0.3)
        gateway.process.send_signal(signal.SIGTERM)
        assert await gateway.ended(6) == 0
    finally:
        await asyncio.to_thread(servers.start, "nats")
