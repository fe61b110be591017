"""The AsyncAPI 3 document: every subject as a channel, seen from the centre, with the messages that travel there.

Payloads are the files in schemas/; nothing is described twice.
"""

from dataclasses import dataclass
from typing import Any, Final, get_args

from centralcloud_client import headers, subjects
from centralcloud_client.messages.replies import ErrorCode
from centralcloud_client.wire import MAX_BYTES, VERSION
from protocol.messages import MESSAGES

Document = dict[str, Any]
_TYPE: Final = "{type}"
_TEXT: Final = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Request:
    """One subject that answers."""

    key: str
    subject: str
    request: str
    reply: str
    summary: str
    #: Errors come as replies of ours; not where NATS itself answers.
    errors: bool = True


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One subject that the centre publishes."""

    key: str
    subject: str
    message: str
    summary: str


REQUESTS: Final = (
    Request("query", subjects.query(_TYPE), "query", "query-reply", "Patterns of one type."),
    Request("detect", subjects.DETECT, "detect", "query-reply", "Everything about one body of evidence."),
    Request("learn", subjects.learn(_TYPE), "learn", "pub-ack", "Kept by stream LEARN, applied soon after.", False),
    Request("feedback", subjects.feedback(_TYPE), "feedback", "pub-ack", "Kept and applied as a learn.", False),
    Request("learnStatus", subjects.LEARN_STATUS, "learn-status", "learn-status-reply", "What became of a learn."),
    Request("syncRequest", subjects.SYNC_REQUEST, "sync-request", "sync-reply", "Changes since a sequence number."),
    Request("templatesGet", subjects.TEMPLATES_GET, "templates-get", "templates-reply", "One template."),
    Request("templatesSearch", subjects.TEMPLATES_SEARCH, "templates-search", "templates-reply", "Find templates."),
    Request("templatesStore", subjects.TEMPLATES_STORE, "templates-store", "templates-reply", "For operators only."),
    Request("servicePing", "$SRV.PING", "service-request", "service-reply", "Who serves, by NATS micro.", False),
    Request("serviceInfo", "$SRV.INFO", "service-request", "service-reply", "Endpoints, by NATS micro.", False),
    Request(
        "serviceStats",
        "$SRV.STATS",
        "service-request",
        "service-reply",
        "Counters, by NATS micro, and figures about the knowledge.",
        False,
    ),
)
BROADCASTS: Final = (
    Broadcast("syncPublish", subjects.SYNC_PUBLISH, "change", "Every change, in order, gapless by `seq`."),
    Broadcast("syncHeartbeat", subjects.SYNC_HEARTBEAT, "heartbeat", "How far an instance could be."),
)
REQUEST_HEADERS: Final[Document] = {
    "type": "object",
    "description": "All optional.",
    "properties": {
        headers.INSTANCE: {**_TEXT, "description": "Who asks or teaches, where the body does not say."},
        headers.DEADLINE: {
            **_TEXT,
            "pattern": "^[0-9]+$",
            "description": f"Milliseconds from receipt until the asker stops waiting; by default"
            f" {headers.DEFAULT_DEADLINE_MS}, for detect {headers.DETECT_DEADLINE_MS}, for a query by name"
            " `wait_ms` + 500.",
        },
        headers.LEARN_ID: {**_TEXT, "description": "Id of a learn whose body has none."},
        headers.RESULT: {**_TEXT, "description": "Subject that wants to hear what became of a learn."},
        headers.TRACE: {**_TEXT, "description": "W3C trace context."},
        headers.ENCODING: {"enum": ["gzip", "identity"], "description": "Bodies over 64 KiB should use gzip."},
    },
}
ERROR_HEADERS: Final[Document] = {
    "type": "object",
    "properties": {
        headers.ERROR_CODE: {"enum": list(get_args(ErrorCode))},
        headers.ERROR: {**_TEXT, "description": "The error's message."},
    },
}


def asyncapi() -> Document:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {name: _message(name) for name in (*MESSAGES, "service-request", "service-reply")},
            "schemas": {"requestHeaders": REQUEST_HEADERS, "errorHeaders": ERROR_HEADERS},
            "securitySchemes": {
                "centre": {"type": "userPassword", "description": "The centre's own processes; instances need none."}
            },
        },
    }


def _info() -> Document:
    return {
        "title": "CentralCloud",
        "version": f"{VERSION}.0.0",
        "description": "One authority for what instances learn about software. UTF-8 JSON over NATS, at most"
        f" {MAX_BYTES} bytes unpacked a message; unknown fields are ignored, every optional field has a default.",
    }


def _servers() -> Document:
    return {
        "embedded": {
            "host": "127.0.0.1:4222",
            "protocol": "nats",
            "description": "NATS with JetStream. Instances connect without credentials, or as the user they are given.",
        }
    }


def _channels() -> Document:
    channels: Document = {}
    for request in REQUESTS:
        channel = _channel(request.subject, [request.request], request.summary)
        channels[request.key] = channel
        names = [request.reply, *(["error-reply"] if request.errors else [])]
        channels[f"{request.key}Reply"] = _channel(None, names, "The asker's inbox.")
    for broadcast in BROADCASTS:
        channels[broadcast.key] = _channel(broadcast.subject, [broadcast.message], broadcast.summary)
    return channels


def _channel(address: str | None, messages: list[str], summary: str) -> Document:
    channel: Document = {
        "address": address,
        "description": summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }
    if address and _TYPE in address:
        channel["parameters"] = {"type": {"enum": list(subjects.TYPES), "description": "What kind of pattern."}}
    return channel


def _operations() -> Document:
    answered = {request.key: _answered(request) for request in REQUESTS}
    return answered | {
        broadcast.key: {
            "action": "send",
            "channel": {"$ref": f"#/channels/{broadcast.key}"},
            "summary": broadcast.summary,
            "messages": [{"$ref": f"#/channels/{broadcast.key}/messages/{broadcast.message}"}],
        }
        for broadcast in BROADCASTS
    }


def _answered(request: Request) -> Document:
    names = [request.reply, *(["error-reply"] if request.errors else [])]
    operation: Document = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{request.key}"},
        "summary": request.summary,
        "messages": [{"$ref": f"#/channels/{request.key}/messages/{request.request}"}],
        "reply": {
            "address": {"location": "$message.header#/replyTo", "description": "The reply subject of the request."},
            "channel": {"$ref": f"#/channels/{request.key}Reply"},
            "messages": [{"$ref": f"#/channels/{request.key}Reply/messages/{name}"} for name in names],
        },
    }
    if request.subject == subjects.TEMPLATES_STORE:
        operation["security"] = [{"$ref": "#/components/securitySchemes/centre"}]
    return operation


def _message(name: str) -> Document:
    if name in ("service-request", "service-reply"):
        payload: Document = {"description": "As NATS micro services have it (ADR-32)."}
        return {"name": name, "contentType": "application/json", "payload": payload}
    message: Document = {
        "name": name,
        "summary": MESSAGES[name].summary,
        "contentType": "application/json",
        "payload": {"$ref": f"schemas/{name}.json"},
    }
    if any(request.request == name for request in REQUESTS):
        message["headers"] = {"$ref": "#/components/schemas/requestHeaders"}
    if name == "error-reply":
        message["headers"] = {"$ref": "#/components/schemas/errorHeaders"}
    return message
