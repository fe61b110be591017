"""Ask one subject for a while with a fixed number of requests in flight, and count."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from nats.aio.client import Client


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured: answers per second, and the median answer time in seconds."""

    rate: float
    latency: float


@dataclass(frozen=True, slots=True)
class Question:
    """A subject and the bodies to ask, without end."""

    subject: str
    bodies: Iterator[bytes]
    #: Bytes every right answer contains.
    expects: bytes


async def ask_for(client: Client, question: Question, *, in_flight: int, seconds: float) -> Round:
    """Ask for about `seconds`; raises RuntimeError on an answer that is not what was expected."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def asker() -> None:
        while (began := time.perf_counter()) < end:
            reply = await client.request(question.subject, next(question.bodies), timeout=10)
            times.append(time.perf_counter() - began)
            if question.expects not in reply.data:
                raise RuntimeError(f"{question.subject} answered {reply.data[:200]!r}")

    began = time.perf_counter()
    await asyncio.gather(*(asker() for _ in range(in_flight)))
    return Round(len(times) / (time.perf_counter() - began), statistics.median(times))


def numbered(template: str, start: int = 0) -> Iterator[bytes]:
    """Yield bodies with a running number in place of NUMBER."""
    return (template.replace("NUMBER", str(number)).encode() for number in itertools.count(start))
