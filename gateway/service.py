"""The gateway as a NATS micro service named `centralcloud`: endpoints, and the answers of $SRV.PING, INFO and STATS.

Owns the subscriptions in the queue group and their figures. nats-py's own service counts a request as done when its
handler returns, which here is before the answer, and answers to any reply subject, which would let an instance write
where it may not; so only its shapes are used.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, get_args

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.micro.service import EndpointInfo, EndpointStats, ServiceInfo, ServicePing, ServiceStats
from nats.nuid import NUID

from centralcloud_client.messages.replies import ErrorCode
from centralcloud_client.subjects import FIGURES
from gateway import metrics
from gateway.tallies import Tally

NAME: Final = "centralcloud"
VERSION: Final = "1.0.0"
QUEUE_GROUP: Final = "centralcloud"
DESCRIPTION: Final = "What is known about frameworks, technologies, microservice architectures and code patterns."

#: Instances may hear nothing else, and the centre must not be led to write elsewhere.
_REPLY_PREFIX: Final = "_INBOX."
_ERRORS: Final = frozenset({*get_args(ErrorCode), "error"})


class Endpoint:
    """One served subject and its figures."""

    def __init__(self, name: str, subject: str) -> None:
        self.name = name
        self.subject = subject
        self.requests = 0
        self.errors = 0
        self.nanoseconds = 0
        self.last_error: str | None = None
        self._outcomes: dict[str, Tally] = {}
        self._seconds = metrics.SECONDS.labels(subject)

    def note(self, seconds: float, outcome: str) -> None:
        """Count one answered request."""
        self.nanoseconds += int(seconds * 1e9)
        if outcome in _ERRORS:
            self.errors += 1
        tally = self._outcomes.get(outcome)
        if tally is None:
            tally = self._outcomes[outcome] = metrics.REQUESTS.labels(self.subject, outcome)
        tally.value += 1
        self._seconds.observe(seconds)

    def stats(self) -> EndpointStats:
        """Return the figures as the micro protocol has them."""
        return EndpointStats(
            name=self.name,
            subject=self.subject,
            queue_group=QUEUE_GROUP,
            num_requests=self.requests,
            num_errors=self.errors,
            processing_time=self.nanoseconds,
            average_processing_time=self.nanoseconds // self.requests if self.requests else 0,
            last_error=self.last_error,
            data={"outcomes": {outcome: tally.value for outcome, tally in self._outcomes.items()}},
        )


Handler = Callable[[Endpoint, Msg], Awaitable[None]]


def may_answer(message: Msg) -> bool:
    """Say whether a message names a reply subject that instances may listen to."""
    if message.reply.startswith(_REPLY_PREFIX):
        return True
    metrics.REFUSED_REPLIES.inc()
    return False


class Service:
    """The endpoints of one gateway process and its answers about itself."""

    def __init__(self, nats: Client) -> None:
        self._nats = nats
        self._id = NUID().next().decode()
        self._started = datetime.now(UTC)
        self._endpoints: list[Endpoint] = []
        self._subscriptions: list[Subscription] = []
        self._control: list[Subscription] = []
        #: Figures about the knowledge, as a worker told them last.
        self._knowledge: dict[str, Any] | None = None

    @property
    def active(self) -> bool:
        """Whether requests are being taken."""
        return bool(self._subscriptions)

    async def serve(self, name: str, subject: str, handler: Handler) -> None:
        """Take requests on a subject, as one of the queue group; `handler` gets those that can be answered."""
        endpoint = Endpoint(name, subject)

        async def receive(message: Msg) -> None:
            if may_answer(message):
                endpoint.requests += 1
                await handler(endpoint, message)

        self._endpoints.append(endpoint)
        self._subscriptions.append(await self._nats.subscribe(subject, queue=QUEUE_GROUP, cb=receive))

    async def announce(self) -> None:
        """Answer $SRV.PING, INFO and STATS."""
        verbs: dict[str, Callable[[], dict[str, Any]]] = {"PING": self._ping, "INFO": self._info, "STATS": self._stats}
        for verb, describe in verbs.items():
            for subject in (f"$SRV.{verb}", f"$SRV.{verb}.{NAME}", f"$SRV.{verb}.{NAME}.{self._id}"):

                async def respond(message: Msg, describe: Callable[[], dict[str, Any]] = describe) -> None:
                    if may_answer(message):
                        await self._nats.publish(message.reply, json.dumps(describe()).encode())

                self._control.append(await self._nats.subscribe(subject, cb=respond))

        self._control.append(await self._nats.subscribe(FIGURES, cb=self._hear))

    async def _hear(self, message: Msg) -> None:
        """Keep figures that only the centre itself can tell."""
        try:
            self._knowledge = dict(json.loads(message.data))
        except (ValueError, TypeError):
            self._knowledge = None

    async def leave(self) -> None:
        """Leave the queue group; requests already received are still handed to their handlers."""
        leaving = [*self._subscriptions, *self._control]
        self._subscriptions, self._control = [], []
        for subscription in leaving:
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py's lacks an annotation

    def _ping(self) -> dict[str, Any]:
        return ServicePing(id=self._id, name=NAME, version=VERSION, metadata={}).to_dict()

    def _info(self) -> dict[str, Any]:
        endpoints = [EndpointInfo(each.name, each.subject, QUEUE_GROUP, {}) for each in self._endpoints]
        return ServiceInfo(
            name=NAME, id=self._id, version=VERSION, description=DESCRIPTION, endpoints=endpoints, metadata={}
        ).to_dict()

    def _stats(self) -> dict[str, Any]:
        endpoints = [each.stats() for each in self._endpoints]
        return ServiceStats(
            id=self._id, name=NAME, version=VERSION, started=self._started, endpoints=endpoints, metadata={}
        ).to_dict() | ({} if self._knowledge is None else {"knowledge": self._knowledge})
