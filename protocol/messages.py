"""The list of messages that the contract publishes: each one's name, type and the ways it may be filled.

Owns names and rules that types cannot say ("one of these fields must be there"). The types are the client's.
"""

from dataclasses import dataclass
from typing import Final

from centralcloud_client.messages import learns, replies, requests, sync
from centralcloud_client.messages.pattern import Pattern

CHANGES: Final = (sync.PatternUpserted, sync.PatternRetired, sync.TemplateUpserted)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `name` is the file of its schema; exactly one field of `one_of`, and some of `some_of`, are set."""

    name: str
    #: A message struct, or several of which it is one.
    types: tuple[type, ...]
    summary: str
    one_of: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()


REQUESTS: Final = (
    Message(
        "query",
        (requests.Query,),
        "Ask about patterns of one type: by name, path, evidence, code or search.",
        ("name", "framework", "technology", "microservice", "pattern", "path", "evidence", "code", "search"),
    ),
    Message("detect", (requests.Detect,), "Ask for everything about one body of evidence.", ("evidence", "path")),
    Message("learn", (learns.Learn,), "Teach a pattern.", some_of=("indicators", "examples")),
    Message("feedback", (learns.Feedback,), "Confirm or reject a pattern as it showed in one codebase."),
    Message(
        "learn-status",
        (requests.LearnStatus,),
        "Ask what became of one learn, or of many.",
        ("learn_id", "learn_ids"),
    ),
    Message("sync-request", (requests.SyncRequest,), "Ask for the changes after a sequence number."),
    Message("templates-get", (requests.TemplatesGet,), "Ask for one template."),
    Message("templates-search", (requests.TemplatesSearch,), "Find templates."),
    Message("templates-store", (requests.TemplatesStore,), "Store a new version of a template."),
)
REPLIES: Final = (
    Message("query-reply", (replies.QueryReply,), "The answer to a query or to detect."),
    Message(
        "learn-status-reply",
        (replies.LearnStatusReply, replies.LearnStatusesReply),
        "What became of one learn, or of each of many.",
    ),
    Message("sync-reply", (sync.SyncReply,), "One page of changes."),
    Message("templates-reply", (sync.TemplatesReply,), "Templates found or stored."),
    Message("pub-ack", (replies.PubAck,), "NATS has kept the learn or feedback."),
    Message("error-reply", (replies.ErrorReply,), "A refusal or a failure."),
)
BROADCASTS: Final = (
    Message("change", CHANGES, "One change of the feed: a pattern or template, made, changed or retired."),
    Message("heartbeat", (sync.Heartbeat,), "The head of the feed, every ten seconds."),
)
MESSAGES: Final = {message.name: message for message in (*REQUESTS, *REPLIES, *BROADCASTS)}

#: Fields that travel as ready bytes inside the centre, with what those bytes hold: (struct, field) → item types.
RAW_ITEMS: Final[dict[tuple[str, str], tuple[type, ...]]] = {
    ("QueryReply", "patterns"): (Pattern,),
    ("SyncReply", "changes"): CHANGES,
}
