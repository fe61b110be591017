"""What gateways answered since they started, asked over NATS as any instance may: `$SRV.STATS` of the micro service."""

import asyncio
from typing import Any, Final

#: How long the first gateway may take, and how long after each answer others are waited for.
_FIRST_SECONDS: Final = 2.0
_MORE_SECONDS: Final = 0.3
_QUERIES: Final = ".query"
_ANSWERED: Final = ("found", "not_found", "pending")


def answered(url: str, password: str | None) -> dict[str, Any] | None:
    """Return how queries went at all gateways that run, and the share that found something; None when none answers."""
    from nats.errors import Error as NatsError

    try:
        said = asyncio.run(asyncio.wait_for(_ask(url, password), 20))
    except (NatsError, OSError, TimeoutError):
        return None
    return summed(said) if said else None


def summed(said: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up what gateways say of themselves."""
    outcomes = dict.fromkeys(_ANSWERED, 0)
    for gateway in said:
        for endpoint in gateway.get("endpoints") or ():
            if not str(endpoint.get("subject", "")).endswith(_QUERIES):
                continue
            for outcome, count in ((endpoint.get("data") or {}).get("outcomes") or {}).items():
                outcomes[outcome] = outcomes.get(outcome, 0) + count
    known = sum(outcomes[name] for name in _ANSWERED)
    return {"gateways": len(said), "outcomes": outcomes, "hit_rate": outcomes["found"] / known if known else None}


async def _ask(url: str, password: str | None) -> list[dict[str, Any]]:
    import msgspec
    from nats.errors import TimeoutError as NatsTimeoutError

    from cli.centre_connection import connect

    connection = await connect(url, password)
    said: list[dict[str, Any]] = []
    try:
        inbox = connection.new_inbox()
        answers = await connection.subscribe(inbox)
        await connection.publish("$SRV.STATS.centralcloud", b"", reply=inbox)
        while True:
            try:
                message = await answers.next_msg(timeout=_MORE_SECONDS if said else _FIRST_SECONDS)
            except NatsTimeoutError:
                return said
            if message.data:
                said.append(msgspec.json.decode(message.data, type=dict[str, Any]))
            else:
                # No gateway listens.
                return said
    finally:
        await connection.close()
