"""Tell what became of a learn."""

from sqlalchemy import Engine

from centralcloud_client import wire
from centralcloud_client.messages.replies import LearnStatusReply
from models import learns


def learn_status(database: Engine, learn_id: str) -> LearnStatusReply:
    """Return the outcome of one learn; `unknown` while it has not been decided, or was never sent."""
    with database.connect() as connection:
        row = learns.known(connection, [learn_id]).get(learn_id)
    if row is None:
        return LearnStatusReply(v=wire.VERSION, ok=True, learn_id=learn_id, state="unknown")
    return LearnStatusReply(
        v=wire.VERSION,
        ok=True,
        learn_id=learn_id,
        state=row.state,
        code=row.code,
        message=row.message,
        type=row.type,
        slug=row.slug,
        seq=row.seq,
    )
