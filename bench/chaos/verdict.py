"""Count, after the last fault healed: is every acknowledged learn decided once, is the feed one order everywhere."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import nats
from sqlalchemy import Engine, text

from bench.chaos.faults import applied
from bench.chaos.load import Load
from centralcloud_client import CentralPatternsClient, subjects
from stack.system import System

#: G4: everything has arrived this long after the last fault healed. Some seconds more for a busy machine.
SETTLE_SECONDS: Final = 45.0
#: With stream LEARN empty, tasks under way are done after this long without a decision.
_SILENCE_SECONDS: Final = 3.0


def judge(
    system: System, engine: Engine, load: Load, followers: Sequence[CentralPatternsClient], *, seconds: float
) -> list[str]:
    """Return every broken promise in words; empty when all are kept."""
    asyncio.run(_settle(system, engine, load, seconds))
    for name in system.names_of("consolidate"):
        # Patterns are derived anew on schedule; what is compared below is read in several steps.
        system.hold(name)
    broken = _learns(engine, load)
    broken += _feed(engine)
    broken += asyncio.run(_stream(system, engine))
    for number, follower in enumerate(followers):
        broken += _follower(engine, follower, number)
    return broken


async def _settle(system: System, engine: Engine, load: Load, seconds: float) -> None:
    """Wait until all is decided; or until nothing is on its way any more, because what is missing then never comes.

    Gives up when nothing was decided for `seconds`: a long run leaves a backlog that takes longer than that as a whole.
    """
    client = await nats.connect(system.servers.centre_url)
    manager = client.jetstream()
    moved = quiet_since = time.monotonic()
    before = -1
    while time.monotonic() - moved < seconds:
        held = (await manager.stream_info(subjects.LEARN_STREAM)).state.messages
        done = applied(engine)
        if done != before:
            moved, before = time.monotonic(), done
        quiet_since = time.monotonic() if held else max(quiet_since, moved)
        if not held and (done >= len(load.acknowledged) or time.monotonic() - quiet_since > _SILENCE_SECONDS):
            break
        await asyncio.sleep(0.1)
    await client.close()


def _learns(engine: Engine, load: Load) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT learn_id, count(*), min(state) FROM learns WHERE learn_id LIKE 'chaos-%' GROUP BY learn_id")
        ).all()
    found = {row[0]: row[1] for row in rows}
    lost = load.acknowledged.keys() - found.keys()
    doubled = [learn_id for learn_id, count in found.items() if count > 1]
    rejected = [row[0] for row in rows if row[2] != "applied"]
    broken = []
    if lost:
        broken.append(f"G1: {len(lost)} of {len(load.acknowledged)} acknowledged learns are lost")
    if doubled:
        broken.append(f"G2: {len(doubled)} learns were applied more than once")
    if rejected:
        broken.append(f"G1: {len(rejected)} good learns were rejected")
    return broken


def _feed(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        count, first, last, head = connection.execute(
            text("SELECT count(*), min(seq), max(seq), (SELECT seq FROM feed_head) FROM feed")
        ).one()
        revisions = connection.execute(
            text(
                "SELECT count(*) FROM patterns JOIN (SELECT type, slug, count(*) AS changes FROM feed"
                " WHERE kind = 'pattern' GROUP BY type, slug) AS written USING (type, slug)"
                " WHERE changes <> revision"
            )
        ).scalar_one()
    broken = []
    if count != last - first + 1 or last != head:
        broken.append(f"G3: the feed has gaps: {count} rows from {first} to {last}, head {head}")
    if revisions:
        broken.append(f"G3: {revisions} patterns have another revision than they have changes")
    return broken


async def _stream(system: System, engine: Engine) -> list[str]:
    client = await nats.connect(system.servers.centre_url)
    manager = client.jetstream()
    with engine.connect() as connection:
        rows = {row.seq: row.hash for row in connection.execute(text("SELECT seq, hash FROM feed"))}
    deadline = time.monotonic() + 10
    while (state := (await manager.stream_info(subjects.SYNC_STREAM)).state).last_seq < max(rows):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.2)
    seen: dict[int, str] = {}
    consumer = await manager.subscribe(subjects.SYNC_PUBLISH, ordered_consumer=True)
    while len(seen) < state.messages:
        message = await consumer.next_msg(timeout=10)
        change: dict[str, Any] = msgspec.json.decode(message.data)
        if change["seq"] != message.metadata.sequence.stream:
            await client.close()
            return [f"G3: change {change['seq']} stands at {message.metadata.sequence.stream} in the stream"]
        seen[change["seq"]] = change["hash"]
    await client.close()
    expected = {seq: hash_ for seq, hash_ in rows.items() if seq >= state.first_seq}
    return [] if seen == expected else [f"G3: stream and feed differ in {len(seen.items() ^ expected.items())} changes"]


def _follower(engine: Engine, follower: CentralPatternsClient, number: int) -> list[str]:
    with engine.connect() as connection:
        head = connection.execute(text("SELECT seq FROM feed_head")).scalar_one()
        rows = connection.execute(text("SELECT type, slug, seq, revision FROM patterns WHERE NOT retired")).all()
    if not follower.wait_synced(30.0, seq=head):
        return [
            f"G4: follower {number} is at {follower.status().last_seq} of {head} half a minute after the last fault"
        ]
    wrong = 0
    for row in rows:
        found = follower.query(row.type, name=row.slug, prefer_cache=True)
        known = {(one.slug, one.seq, one.revision) for one in found.patterns}
        wrong += (row.slug, row.seq, row.revision) not in known or found.source != "local"
    held = follower.status().patterns
    broken = [f"G3: follower {number} holds {wrong} patterns other than the database has them"] if wrong else []
    if held != len(rows):
        broken.append(f"G3: follower {number} holds {held} patterns, the database {len(rows)}")
    return broken
