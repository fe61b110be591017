"""What everybody hears: each change once, and the heartbeat."""

from typing import Final

from centralcloud_client import subjects
from protocol.pair import RUN, Heard, Pair, any_integer, any_string, hearing
from protocol.pairs.learns import learn
from protocol.pairs.sync import CHANGE

PAIRS: Final[tuple[Pair, ...]] = (
    hearing(
        learn(
            "a learn is broadcast",
            {
                "learn_id": f"broadcast-{RUN}",
                "instance_id": "golden-instance",
                "name": f"Broadcast {RUN}",
                "indicators": [f"dependency npm:broadcast-{RUN}"],
            },
        ),
        Heard(
            subject=subjects.SYNC_PUBLISH,
            within_ms=10_000,
            message={**CHANGE, "pattern": {"type": "framework", "name": f"Broadcast {RUN}", "state": "candidate"}},
        ),
    ),
    {
        "name": "the heartbeat",
        "subject": subjects.SYNC_HEARTBEAT,
        "hears": [
            Heard(
                subject=subjects.SYNC_HEARTBEAT,
                within_ms=25_000,
                message={"v": 1, "epoch": any_string, "head": any_integer, "at": any_string},
            )
        ],
    },
)
