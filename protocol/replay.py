"""Replay the golden pairs against a running system: `python -m protocol.replay NATS_URL [FILE…]`.

Needs nats-py only, and plays an instance: no credentials, no knowledge of the centre's inside. replay.mjs does the same
for Node, without any package.
"""

import asyncio
import base64
import json
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from protocol.matching import differences

GOLDEN: Final = Path(__file__).resolve().parent / "golden"
_REQUEST_SECONDS: Final = 35.0
_PAUSE_SECONDS: Final = 0.1
Json = Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one pair went; `problems` is empty when all was as expected."""

    file: str
    name: str
    problems: Sequence[str]
    seconds: float
    #: The reply as JSON, where there was one.
    reply: Json = None
    reply_schema: str | None = None


@dataclass
class Replay:
    """One connection and one run: `$RUN` is the same in all of its pairs."""

    client: Client
    refusals: list[str] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(6))

    async def play(self, file: str, template: Json) -> Outcome:
        """Play one pair."""
        inbox = self.client.new_inbox()
        pair = _filled(template, {"$RUN": self.run, "$INBOX": inbox})
        began = time.monotonic()
        heard = [(wanted, await self.client.subscribe(wanted["subject"])) for wanted in pair.get("hears", ())]
        reply: Json = None
        try:
            if pair.get("denied"):
                problems = await self._refused(pair)
            elif "reply" in pair:
                reply, problems = await self._asked_until_it_matches(pair)
            else:
                problems = []
            for wanted, subscription in heard:
                problems += await _heard(wanted, subscription)
        finally:
            for _, subscription in heard:
                await subscription.unsubscribe()
        return Outcome(file, pair["name"], problems, time.monotonic() - began, reply, pair.get("reply_schema"))

    async def _refused(self, pair: Json) -> list[str]:
        """Publish, and expect NATS to say no; it tells so before it answers the flush."""
        await self.client.publish(pair["subject"], body(pair))
        await self.client.flush()
        await asyncio.sleep(_PAUSE_SECONDS)
        refused = any(pair["subject"].lower() in refusal.lower() for refusal in self.refusals)
        return [] if refused else ["NATS let it through"]

    async def _asked_until_it_matches(self, pair: Json) -> tuple[Json, list[str]]:
        deadline = time.monotonic() + pair.get("retry_ms", 0) / 1000
        while True:
            reply, problems = await self._asked(pair)
            if not problems or time.monotonic() > deadline:
                return reply, problems
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _asked(self, pair: Json) -> tuple[Json, list[str]]:
        try:
            message = await self.client.request(
                pair["subject"], body(pair), timeout=_REQUEST_SECONDS, headers=pair.get("headers")
            )
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError) as error:
            return None, [f"no reply: {type(error).__name__}"]
        try:
            reply = json.loads(message.data)
        except ValueError:
            return None, [f"the reply is no JSON: {message.data[:200]!r}"]
        problems = differences(pair["reply"], reply)
        problems += differences(pair.get("reply_headers", {}), dict(message.headers or {}), "headers")
        return reply, problems


def body(pair: Json) -> bytes:
    """Return the bytes that a pair sends."""
    if "raw_base64" in pair:
        return base64.b64decode(pair["raw_base64"])
    text: str = pair["raw_text"] if "raw_text" in pair else json.dumps(pair["request"], ensure_ascii=False)
    return text.encode()


async def _heard(wanted: Json, subscription: Subscription) -> list[str]:
    """Wait for a message that matches; others on the subject are none of ours."""
    deadline = time.monotonic() + wanted["within_ms"] / 1000
    last = "nothing"
    while (left := deadline - time.monotonic()) > 0:
        with suppress(nats.errors.TimeoutError):
            message: Msg = await subscription.next_msg(left)
            found = differences(wanted["message"], json.loads(message.data))
            if not found:
                return []
            last = "; ".join(found)
    return [f"not heard on {wanted['subject']} within {wanted['within_ms']} ms; last: {last}"]


def _filled(value: Json, words: dict[str, str]) -> Json:
    """Put the run's own texts in the place of `$RUN` and `$INBOX`."""
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(word, text)
        return value
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, words) for key, item in value.items()}
    return value


def golden_files() -> list[Path]:
    """Return the files of pairs, in the order in which they are played."""
    return sorted(path for path in GOLDEN.glob("*.json") if path.name != "names.json")


async def replay(
    nats_url: str, files: Sequence[Path] | None = None, told: Callable[[Outcome], None] = lambda _outcome: None
) -> list[Outcome]:
    """Play all pairs in order, and tell each outcome as it comes."""
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        refusals.append(str(error))

    client = await nats.connect(nats_url, error_cb=note, name="golden pairs")
    player = Replay(client, refusals)
    outcomes: list[Outcome] = []
    try:
        for path in files or golden_files():
            for pair in json.loads(path.read_text("utf-8")):
                outcomes.append(await player.play(path.stem, pair))
                told(outcomes[-1])
    finally:
        await client.close()
    return outcomes


def _print(outcome: Outcome) -> None:
    mark = "FAILED" if outcome.problems else "ok"
    print(f"{mark:6} {outcome.file}: {outcome.name} ({outcome.seconds * 1000:.0f} ms)", flush=True)
    for problem in outcome.problems:
        print(f"         {problem}")


def main(arguments: Sequence[str]) -> int:
    """Replay, print a line for each pair, and return 0 when all matched."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    files = [Path(argument) for argument in arguments[1:]] or None
    outcomes = asyncio.run(replay(arguments[0], files, _print))
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes) - failed} of {len(outcomes)} pairs matched")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
