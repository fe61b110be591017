"""Teaching: kept by NATS, applied soon, known by its id; refusals as outcomes; feedback."""

from typing import Final

from centralcloud_client import headers, subjects
from protocol.pair import (
    INBOX,
    RUN,
    Body,
    Heard,
    Json,
    Pair,
    answer,
    any_integer,
    any_string,
    contains,
    exchange,
    first,
    hearing,
    ok,
    patient,
    query,
    requiring,
    with_body,
    with_headers,
)

_SCHEMAS: Final = ("learn", "pub-ack")
_PATIENCE_MS: Final = 10_000
_ACK: Final = {"stream": subjects.LEARN_STREAM, "seq": any_integer}
_LEARN: Final = {
    "learn_id": f"golden-{RUN}",
    "instance_id": "golden-instance",
    "codebase_id": f"codebase-{RUN}",
    "name": f"Golden {RUN}",
    "indicators": [f"package.json has golden-{RUN}", {"kind": "dependency", "ecosystem": "npm", "name": f"gold-{RUN}"}],
    "examples": ["import golden"],
    "description": "A framework that exists in this exchange only.",
    "category": "web-framework",
    "languages": ["typescript"],
    "at": "2026-01-01T00:00:00Z",
}


def learn(name: str, request: Json) -> Pair:
    """Return a learn of a framework, sent as a request: NATS answers."""
    return exchange(name, subjects.learn("framework"), request, _ACK, schemas=_SCHEMAS)


def _becomes(name: str, learn_id: str, **outcome: Json) -> Pair:
    reply = ok(learn_id=learn_id, **outcome)
    schemas = ("learn-status", "learn-status-reply")
    pair = exchange(name, subjects.LEARN_STATUS, {"learn_id": learn_id}, reply, schemas=schemas)
    return patient(pair, _PATIENCE_MS)


def _with_result(pair: Pair, **outcome: Json) -> Pair:
    """Ask for the outcome to be published to an inbox, and expect it there."""
    heard = Heard(subject=INBOX, within_ms=_PATIENCE_MS, message=ok(**outcome))
    return hearing(with_headers(pair, {headers.RESULT: INBOX}), heard)


def _refused(name: str, learn_id: str, body: Body, type_: str = "framework") -> Pair:
    """Return a learn that cannot be applied; NATS keeps it all the same."""
    pair = with_body(Pair(name=name, subject=subjects.learn(type_)), body)
    pair["reply"] = _ACK
    pair["reply_schema"] = "pub-ack"
    return with_headers(pair, {headers.LEARN_ID: learn_id})


def _feedback(name: str, slug: str, request: Json) -> Pair:
    pair = exchange(
        name, subjects.feedback("framework"), {**request, "slug": slug}, _ACK, schemas=("feedback", "pub-ack")
    )
    return requiring(pair, slug)


PAIRS: Final = (
    _becomes("a learn nobody sent", f"never-{RUN}", state="unknown"),
    _with_result(
        learn("a learn", _LEARN),
        learn_id=f"golden-{RUN}",
        state="applied",
        type="framework",
        slug=any_string,
        seq=any_integer,
    ),
    _becomes("is applied", f"golden-{RUN}", state="applied", type="framework", slug=any_string, seq=any_integer),
    patient(
        query(
            "and known to everybody",
            "framework",
            {"framework": f"golden {RUN}", "wait_ms": 0},
            answer(
                "found",
                patterns=first(
                    {"name": f"Golden {RUN}", "state": "candidate", "support": {"codebases": 1, "instances": 1}}
                ),
            ),
        ),
        _PATIENCE_MS,
    ),
    query(
        "and found by words",
        "framework",
        {"search": f"golden {RUN}"},
        answer("found", patterns=contains({"name": f"Golden {RUN}"})),
    ),
    learn("the same learn again changes nothing", _LEARN),
    _with_result(
        learn("other content under the same id", {**_LEARN, "description": "Another."}),
        learn_id=f"golden-{RUN}",
        state="rejected",
        code="conflict",
    ),
    _becomes("leaves the first outcome as it was", f"golden-{RUN}", state="applied"),
    with_headers(
        learn("the least that a learn needs", {"name": f"Least {RUN}", "indicators": ["file least.toml"]}),
        {headers.LEARN_ID: f"least-{RUN}"},
    ),
    _becomes("with its id in the header", f"least-{RUN}", state="applied"),
    _refused("a learn that is no JSON", f"json-{RUN}", "{"),
    _becomes("is rejected: bad_json", f"json-{RUN}", state="rejected", code="bad_json", message=any_string),
    _refused("a learn without a name", f"schema-{RUN}", {"indicators": ["file x"]}),
    _becomes("is rejected: bad_schema", f"schema-{RUN}", state="rejected", code="bad_schema"),
    _refused("a learn of nothing", f"nothing-{RUN}", {"name": f"Nothing {RUN}"}),
    _becomes("is rejected, too", f"nothing-{RUN}", state="rejected", code="bad_schema"),
    _refused("a learn of a type that is none", f"type-{RUN}", {"name": "x", "examples": ["x"]}, "gadget"),
    _becomes("is rejected: unknown_type", f"type-{RUN}", state="rejected", code="unknown_type"),
    _refused(
        "an expression that RE2 refuses",
        f"regex-{RUN}",
        {"name": f"Regex {RUN}", "indicators": [{"kind": "content", "glob": "*.txt", "regex": "(?=x"}]},
    ),
    _becomes("is rejected: bad_regex", f"regex-{RUN}", state="rejected", code="bad_regex"),
    _feedback(
        "feedback",
        "nextjs",
        {
            "learn_id": f"feedback-{RUN}",
            "instance_id": "golden-instance",
            "codebase_id": f"codebase-{RUN}",
            "verdict": "confirmed",
            "why": "next.config.js is there",
        },
    ),
    _becomes("is applied as a learn is", f"feedback-{RUN}", state="applied"),
    exchange(
        "what became of many at once, in the order asked",
        subjects.LEARN_STATUS,
        {"learn_ids": [f"regex-{RUN}", f"never-{RUN}", f"golden-{RUN}"]},
        ok(
            outcomes=[
                {"learn_id": f"regex-{RUN}", "state": "rejected", "code": "bad_regex", "message": any_string},
                {"learn_id": f"never-{RUN}", "state": "unknown"},
                {"learn_id": f"golden-{RUN}", "state": "applied", "slug": any_string, "seq": any_integer},
            ]
        ),
        schemas=("learn-status", "learn-status-reply"),
    ),
)
