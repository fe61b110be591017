"""A gateway process of its own for each test, on one NATS and one Valkey; the workers' part is played by `StandIn`."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from redis.asyncio import Redis

from stack.ports import Ports
from stack.servers import EmbeddedServers
from tests.gateway.stand_in import StandIn

ROOT = Path(__file__).resolve().parents[2]
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Gateway:
    """A running gateway and a client that asks it as an instance does."""

    process: subprocess.Popen[bytes]
    port: int
    client: Client

    async def ask(
        self, subject: str, body: Any, headers: dict[str, str] | None = None, seconds: float = 15.0
    ) -> dict[str, Any]:
        reply = await self.raw(subject, body, headers, seconds)
        answer: dict[str, Any] = json.loads(reply.data)
        mirrored = (reply.headers or {}).get("Nats-Service-Error-Code")
        assert mirrored == (answer["error"]["code"] if "error" in answer else None)
        return answer

    async def raw(self, subject: str, body: Any, headers: dict[str, str] | None = None, seconds: float = 15.0) -> Msg:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.request(f"centralcloud.{subject}", data, timeout=seconds, headers=headers)

    async def error(self, subject: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.ask(subject, body, headers)
        assert answer["ok"] is False
        error: dict[str, Any] = answer["error"]
        return error

    async def get(self, path: str) -> tuple[int, str]:
        def fetch() -> tuple[int, str]:
            try:
                with _direct.open(f"http://127.0.0.1:{self.port}{path}", timeout=5) as reply:
                    return reply.status, reply.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        return await asyncio.to_thread(fetch)

    async def until_ready(self, seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while True:
                assert self.process.poll() is None, "the gateway ended"
                try:
                    if (await self.get("/ready"))[0] == 200:
                        return
                except (OSError, urllib.error.URLError):
                    pass
                await asyncio.sleep(0.05)

    async def metric(self, name: str) -> float:
        _, text = await self.get("/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    async def ended(self, seconds: float = 10.0) -> int:
        return await asyncio.to_thread(self.process.wait, seconds)


@pytest.fixture(scope="session")
def broker_servers() -> Iterator[EmbeddedServers]:
    with EmbeddedServers(only=("nats", "valkey")) as servers:
        yield servers


@pytest.fixture
async def servers(broker_servers: EmbeddedServers) -> EmbeddedServers:
    """The session's NATS and Valkey, emptied."""
    redis = Redis.from_url(broker_servers.redis_url)
    await redis.flushall()
    await redis.aclose()
    client = await nats.connect(broker_servers.centre_url)
    for stream in await client.jetstream().streams_info():
        assert stream.config.name
        await client.jetstream().delete_stream(stream.config.name)
    await client.close()
    return broker_servers


@pytest.fixture
async def centre(servers: EmbeddedServers) -> AsyncIterator[Client]:
    """A connection as the centre's own processes have it."""
    client = await nats.connect(servers.centre_url, reconnect_time_wait=0.1, max_reconnect_attempts=-1)
    yield client
    await client.close()


@asynccontextmanager
async def started(servers: EmbeddedServers, folder: Path, *, ready: bool = True, **env: str) -> AsyncIterator[Gateway]:
    """Run a gateway for a while."""
    port = Ports(folder / "ports.json").choose("health")
    log = (folder / f"gateway-{port}.log").open("wb")
    process = subprocess.Popen(  # noqa: ASYNC220  returns at once
        (sys.executable, "-m", "gateway"),
        cwd=ROOT,
        stderr=log,
        env={
            **os.environ,
            "CENTRALCLOUD_NATS_URL": servers.nats_url,
            "CENTRALCLOUD_NATS_PASSWORD": servers.nats_password,
            "CENTRALCLOUD_REDIS_URL": servers.redis_url,
            "CENTRALCLOUD_HEALTH_PORT": str(port),
            "CENTRALCLOUD_LEARN_STREAM_BYTES": str(64 * 1024 * 1024),
            **env,
        },
    )
    log.close()
    client = Client()
    gateway = Gateway(process, port, client)
    try:
        if ready:
            await gateway.until_ready()
            await client.connect(
                servers.nats_url,
                reconnect_time_wait=0.1,  # type: ignore[arg-type]  # typed int, but a float works
                max_reconnect_attempts=-1,
            )
        yield gateway
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        if ready:
            await client.close()


@pytest.fixture
async def gateway(servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with started(servers, tmp_path) as running:
        yield running


@asynccontextmanager
async def playing(stand_in: StandIn) -> AsyncIterator[StandIn]:
    task = asyncio.create_task(stand_in.run())
    try:
        yield stand_in
    finally:
        # The Redis client turns a cancellation into a timeout of its own now and then.
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=0.5)


@pytest.fixture
async def worker(servers: EmbeddedServers, centre: Client) -> AsyncIterator[StandIn]:
    """Every queue's worker."""
    async with playing(StandIn(servers.redis_url, centre)) as stand_in:
        yield stand_in
