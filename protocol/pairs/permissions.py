"""What NATS itself refuses when an instance says it."""

from typing import Final

from centralcloud_client import subjects
from protocol.pair import Json, Pair

_FORGED: Final[dict[str, Json]] = {
    subjects.SYNC_PUBLISH: {"v": 1, "kind": "pattern", "epoch": "forged", "seq": 1, "op": "retire"},
    subjects.SYNC_HEARTBEAT: {"v": 1, "epoch": "forged", "head": 1, "at": "2026-01-01T00:00:00Z"},
    subjects.TEMPLATES_STORE: {"name": "forged", "kind": "prompt", "body": "forged"},
    f"$JS.API.STREAM.DELETE.{subjects.LEARN_STREAM}": {},
    f"$JS.ACK.{subjects.LEARN_STREAM}.gateway.1.1.1.0.0": "+ACK",
}

PAIRS: Final[tuple[Pair, ...]] = tuple(
    {"name": f"an instance may not publish {subject}", "subject": subject, "request": body, "denied": True}
    for subject, body in _FORGED.items()
)
