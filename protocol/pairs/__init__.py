"""The golden pairs, one module a topic; each becomes golden/<topic>.json."""

from collections.abc import Sequence

from protocol.pair import Pair
from protocol.pairs import broadcasts, errors, evidence, learns, permissions, queries, service, sync, templates


def pairs() -> dict[str, Sequence[Pair]]:
    """Return all pairs by topic; within a topic the order matters."""
    return {
        "queries": queries.PAIRS,
        "evidence": evidence.PAIRS,
        "errors": errors.PAIRS,
        "learns": learns.PAIRS,
        "sync": sync.PAIRS,
        "broadcasts": broadcasts.PAIRS,
        "templates": templates.PAIRS,
        "permissions": permissions.PAIRS,
        "service": service.PAIRS,
    }
