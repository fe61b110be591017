"""Tell what became of learns."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Engine

from centralcloud_client import wire
from centralcloud_client.messages.replies import LearnDecision, LearnStatusesReply, LearnStatusReply
from models import learns
from models.base import AnyRow

#: Bytes of one outcome beside its texts.
_AROUND: Final = 200


def learn_status(database: Engine, learn_id: str) -> LearnStatusReply:
    """Return the outcome of one learn; `unknown` while it has not been decided, or was never sent."""
    [outcome] = _outcomes(database, [learn_id])
    return LearnStatusReply(v=wire.VERSION, ok=True, **outcome)


def learn_statuses(database: Engine, learn_ids: Sequence[str]) -> LearnStatusesReply:
    """Return the outcomes of many learns, in their order; of the first ones that a reply has room for."""
    room = wire.MAX_REPLY_BYTES
    told: list[LearnDecision] = []
    for outcome in _outcomes(database, learn_ids):
        # A character takes six bytes at most.
        room -= _AROUND + 6 * sum(len(text) for text in outcome.values() if isinstance(text, str))
        if room < 0 and told:
            break
        told.append(LearnDecision(**outcome))
    return LearnStatusesReply(v=wire.VERSION, ok=True, outcomes=tuple(told))


def _outcomes(database: Engine, learn_ids: Sequence[str]) -> list[dict[str, Any]]:
    with database.connect() as connection:
        rows = learns.known(connection, learn_ids)
        undecided = [learn_id for learn_id in learn_ids if learn_id not in rows]
        # What failed and will be tried again came through NATS.
        came = learns.attempted(connection, undecided) if undecided else set()
    return [_outcome(learn_id, rows, "accepted" if learn_id in came else "unknown") for learn_id in learn_ids]


def _outcome(learn_id: str, rows: Mapping[str, AnyRow], otherwise: str) -> dict[str, Any]:
    row = rows.get(learn_id)
    if row is None:
        return {"learn_id": learn_id, "state": otherwise}
    return {
        "learn_id": learn_id,
        "state": row.state,
        "code": row.code,
        "message": row.message,
        "type": row.type,
        "slug": row.slug,
        "seq": row.seq,
    }
