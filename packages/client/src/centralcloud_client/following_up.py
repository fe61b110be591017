"""What became of learns and feedback: on this disk still, on their way, or as the centre decided.

Asks about many at a time. Saying and sending them is `teaching`'s and `sender`'s work.
"""

from collections.abc import Sequence

from centralcloud_client import answers, subjects
from centralcloud_client.errors import UnreachableError
from centralcloud_client.exchange import Exchange
from centralcloud_client.headers import DEFAULT_DEADLINE_MS
from centralcloud_client.messages.replies import LearnDecision, LearnStatusesReply, LearnStatusReply
from centralcloud_client.messages.requests import MAX_LEARN_IDS
from centralcloud_client.results import LearnOutcome
from centralcloud_client.spool import Spool


class FollowingUp:
    """The half of teaching that looks back."""

    def __init__(self, spool: Spool, exchange: Exchange) -> None:
        self._spool = spool
        self._exchange = exchange

    async def one(self, learn_id: str) -> LearnOutcome:
        """Return one outcome; raises like Exchange.ask."""
        answers.encoded(learn_id)
        here = _on_disk(self._spool, learn_id)
        if here is not None:
            return here
        reply, _ = await self._exchange.ask(
            subjects.LEARN_STATUS, {"learn_id": learn_id}, LearnStatusReply, deadline_ms=DEFAULT_DEADLINE_MS
        )
        return _outcome(self._spool, reply)

    async def many(self, learn_ids: Sequence[str]) -> list[LearnOutcome]:
        """Return the outcomes in the order of the ids; raises like Exchange.ask."""
        answers.encoded(learn_ids)
        here = {learn_id: _on_disk(self._spool, learn_id) for learn_id in learn_ids}
        found = {learn_id: outcome for learn_id, outcome in here.items() if outcome is not None}
        waiting = [learn_id for learn_id, outcome in here.items() if outcome is None]
        while waiting:
            told = await self._ask(waiting[:MAX_LEARN_IDS])
            found |= {reply.learn_id: _outcome(self._spool, reply) for reply in told}
            del waiting[: len(told)]
        return [found[learn_id] for learn_id in learn_ids]

    async def _ask(self, learn_ids: Sequence[str]) -> Sequence[LearnDecision]:
        """Return what one reply has room for: the outcomes of the first ids, in their order."""
        reply, _ = await self._exchange.ask(
            subjects.LEARN_STATUS, {"learn_ids": learn_ids}, LearnStatusesReply, deadline_ms=DEFAULT_DEADLINE_MS
        )
        if not reply.outcomes or [one.learn_id for one in reply.outcomes] != learn_ids[: len(reply.outcomes)]:
            raise UnreachableError("the reply tells of other learns than were asked for")
        return reply.outcomes


def _on_disk(spool: Spool, learn_id: str) -> LearnOutcome | None:
    """Return the outcome of what has not left this machine, None when it is not in the spool."""
    try:
        error = spool.error_of(learn_id)
    except KeyError:
        return None
    if error:
        return LearnOutcome(learn_id=learn_id, state="kept_aside", message=error)
    return LearnOutcome(learn_id=learn_id, state="spooled")


def _outcome(spool: Spool, reply: LearnStatusReply | LearnDecision) -> LearnOutcome:
    """Turn the centre's word into a result; what it has not decided, and NATS has acknowledged, is `accepted`."""
    undecided = reply.state == "unknown" and spool.was_sent(reply.learn_id)
    return LearnOutcome(
        learn_id=reply.learn_id,
        state="accepted" if undecided else reply.state,
        code=reply.code,
        message=reply.message,
        type=reply.type,
        slug=reply.slug,
        seq=reply.seq,
    )
