"""Every request subject: what is validated, and who answers.

Owns the table of subjects. A handler reads the message, checks that it asks in exactly one way, and dispatches; it
never waits for a worker, because nats-py hands it one message after the other.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any, Final, TypeVar

import structlog
from nats.aio.msg import Msg

from centralcloud_client import headers, subjects
from centralcloud_client.messages.requests import (
    Detect,
    LearnStatus,
    Query,
    SyncRequest,
    TemplatesGet,
    TemplatesSearch,
    TemplatesStore,
)
from centralcloud_client.wire import WireError, decode
from gateway.asked_names import AskedName, AskedNames
from gateway.lookups import Lookups
from gateway.relays import Relays
from gateway.request import Request
from gateway.responder import Responder, unavailable
from gateway.service import Endpoint, Service
from tasks import names

#: Larger bodies are unpacked and checked in a thread, so that nobody else waits for it.
_LARGE_BYTES: Final = 32 * 1024
#: Large bodies being checked at any time; each may unpack to megabytes.
_LARGE_AT_ONCE: Final = 2
_MAX_LARGE_WAITING: Final = 64
_NAMES: Final = ("name", "framework", "technology", "microservice", "pattern")
_WAYS: Final = (*_NAMES, "path", "evidence", "code", "search")
_ways_values: Final = attrgetter(*_WAYS)

T = TypeVar("T")
Read = Callable[[Request], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Handlers:
    """The handlers of one gateway."""

    def __init__(self, lookups: Lookups, relays: Relays, responder: Responder) -> None:
        self._lookups = lookups
        self._relays = relays
        self._responder = responder
        self._names = AskedNames()
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    async def serve(self, service: Service) -> None:
        """Subscribe every request subject."""
        table: dict[str, Read] = {
            subjects.ANY_QUERY: self._query,
            subjects.DETECT: self._detect,
            subjects.LEARN_STATUS: self._learn_status,
            subjects.SYNC_REQUEST: self._sync_request,
            subjects.TEMPLATES_GET: self._templates_get,
            subjects.TEMPLATES_SEARCH: self._templates_search,
            subjects.TEMPLATES_STORE: self._templates_store,
        }
        for subject in subjects.REQUESTS:
            name = subject.removeprefix("centralcloud.").replace(".", "-").replace("-*", "")
            await service.serve(name, subject, self._handler(table[subject]))

    @property
    def busy(self) -> bool:
        """Whether requests are being read that do not wait for a worker yet."""
        return bool(self._running)

    def _handler(self, read: Read) -> Callable[[Endpoint, Msg], Awaitable[None]]:
        async def handle(endpoint: Endpoint, message: Msg) -> None:
            request = Request.read(endpoint, message)
            if len(request.packed) <= _LARGE_BYTES and not request.is_packed:
                # Nothing below waits: answered or queued without a switch of tasks.
                await self._guarded(read, request)
            elif len(self._running) >= _MAX_LARGE_WAITING:
                await self._responder.refuse(request, _busy())
            else:
                task = asyncio.get_running_loop().create_task(self._guarded(read, request))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

        return handle

    async def _guarded(self, read: Read, request: Request) -> None:
        """Answer whatever happens."""
        try:
            await read(request)
        except WireError as error:
            await self._responder.refuse(request, error)
        except Exception:  # noqa: BLE001 - silence is the one thing that must not be
            _log.exception("a request could not be handled", subject=request.subject, trace=request.trace)
            await self._responder.refuse(request, unavailable("the gateway failed; the error is in its log"))

    async def _read(self, request: Request, type_: type[T]) -> tuple[T, bytes]:
        """Return the message and its unpacked body; raises WireError."""
        if len(request.packed) <= _LARGE_BYTES and not request.is_packed:
            return _take_and_decode(request, type_)
        if not request.due:
            request.set_deadline(headers.DEFAULT_DEADLINE_MS)
        self._responder.admit(request, len(request.packed))
        async with self._large:
            return await asyncio.to_thread(_take_and_decode, request, type_)

    async def _query(self, request: Request) -> None:
        if not request.is_packed:
            recalled = self._names.recall(request.subject, request.packed)
            if recalled is not None:
                await self._lookups.ask(request, recalled)
                return
        pattern_type = subjects.type_of(request.subject)
        _require_type(pattern_type)
        packed = request.gzipped
        query, body = await self._read(request, Query)
        way = _way_of(query)
        if way in _NAMES:
            asked = AskedName.of(pattern_type, getattr(query, way), query)
            self._names.remember(request.subject, body, asked)
            await self._lookups.ask(request, asked)
            return
        request.set_deadline(headers.DEFAULT_DEADLINE_MS)
        if way == "evidence":
            self._evidence(request, pattern_type, body, packed, query.min_confidence)
        elif way == "path":
            self._path(request, pattern_type, query)
        elif way == "code":
            kwargs = {field: getattr(query, field) for field in ("code", "language", "min_confidence")}
            self._relays.pass_on(request, names.MATCH_CODE, kwargs, len(body))
        else:
            fields = ("search", "category", "language", "limit", "cursor", "min_confidence")
            kwargs = {"type": pattern_type, **{field: getattr(query, field) for field in fields}}
            self._relays.pass_on(request, names.SEARCH, kwargs)

    async def _detect(self, request: Request) -> None:
        request.set_deadline(headers.DETECT_DEADLINE_MS)
        packed = request.gzipped
        detect, body = await self._read(request, Detect)
        if (detect.evidence is None) == (detect.path is None):
            raise WireError("bad_schema", "expected exactly one of evidence, path", "$")
        if detect.evidence is not None:
            self._evidence(request, None, body, packed, detect.min_confidence)
        else:
            self._path(request, None, detect)

    def _evidence(
        self,
        request: Request,
        pattern_type: str | None,
        body: bytes,
        packed: bytes | None,
        min_confidence: float | None,
    ) -> None:
        kwargs: dict[str, Any] = {
            "type": pattern_type,
            # As it came: the broker's two layers of encoding cost more on the whole text than the worker's unpacking.
            **({"body": body.decode()} if packed is None else {"packed": base64.b64encode(packed).decode()}),
            "min_confidence": min_confidence,
            "instance": request.instance,
        }
        self._relays.pass_on(request, names.DETECT, kwargs, len(body))

    def _path(self, request: Request, pattern_type: str | None, asked: Query | Detect) -> None:
        kwargs: dict[str, Any] = {
            "type": pattern_type,
            "path": asked.path,
            "languages": list(asked.languages),
            "min_confidence": asked.min_confidence,
            "instance": request.instance,
        }
        self._relays.pass_on(request, names.DETECT_PATH, kwargs)

    async def _learn_status(self, request: Request) -> None:
        asked, _ = await self._read_with_deadline(request, LearnStatus)
        if (asked.learn_id is None) == (not asked.learn_ids):
            raise WireError("bad_schema", "expected exactly one of learn_id, learn_ids", "$")
        one, many = {"learn_id": asked.learn_id}, {"learn_ids": list(asked.learn_ids)}
        self._relays.pass_on(request, names.LEARN_STATUS, many if asked.learn_ids else one)

    async def _sync_request(self, request: Request) -> None:
        asked, _ = await self._read_with_deadline(request, SyncRequest)
        for place, pattern_type in enumerate(asked.types):
            _require_type(pattern_type, f"$.types[{place}]")
        kwargs: dict[str, Any] = {
            "since": asked.since,
            "epoch": asked.epoch,
            "types": list(asked.types),
            "limit": asked.limit,
        }
        if request.instance:
            kwargs["instance"] = request.instance
        self._relays.pass_on(request, names.SYNC_REQUEST, kwargs)

    async def _templates_get(self, request: Request) -> None:
        asked, _ = await self._read_with_deadline(request, TemplatesGet)
        kwargs = {"name": asked.name, "version": asked.version}
        self._relays.pass_on(request, names.TEMPLATES_GET, kwargs)

    async def _templates_search(self, request: Request) -> None:
        asked, _ = await self._read_with_deadline(request, TemplatesSearch)
        fields = ("search", "kind", "language", "limit", "cursor")
        self._relays.pass_on(request, names.TEMPLATES_SEARCH, {field: getattr(asked, field) for field in fields})

    async def _templates_store(self, request: Request) -> None:
        _, body = await self._read_with_deadline(request, TemplatesStore)
        self._relays.pass_on(request, names.STORE_TEMPLATE, {"body": body.decode()}, len(body))

    async def _read_with_deadline(self, request: Request, type_: type[T]) -> tuple[T, bytes]:
        request.set_deadline(headers.DEFAULT_DEADLINE_MS)
        return await self._read(request, type_)


def _take_and_decode(request: Request, type_: type[T]) -> tuple[T, bytes]:
    body = request.take_body()
    return decode(body, type_), body


def _require_type(pattern_type: str, path: str | None = None) -> None:
    if pattern_type not in subjects.TYPES:
        raise WireError("unknown_type", f"there is no pattern type {pattern_type[:64]!r}", path)


def _way_of(query: Query) -> str:
    values = _ways_values(query)
    if len(values) - values.count(None) != 1:
        ways = [way for way, value in zip(_WAYS, values, strict=True) if value is not None]
        given = f", not {' and '.join(ways)}" if ways else ""
        raise WireError("bad_schema", f"expected exactly one of {', '.join(_WAYS)}{given}", "$")
    place = 0
    while values[place] is None:
        place += 1
    return _WAYS[place]


def _busy() -> WireError:
    return WireError("backpressure", "too many large requests are being read", retryable=True)
