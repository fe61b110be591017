"""Answers to name queries as bytes: what a worker says becomes what an asker reads, its patterns never decoded.

Owns the layout of a query reply by name. Leaving out what an asker does not want is `narrowing`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Raw, Struct

from centralcloud_client.messages.replies import Error, Source, Status
from centralcloud_client.naming import normalise
from centralcloud_client.wire import MAX_REPLY_BYTES, VERSION, WireError, encode

#: Room for everything of a reply that is not its patterns.
_ENVELOPE_BYTES: Final = 4096
_NONE: Final = b"[]"


#: An absent name's suggestions may be beside the truth for so long.
ABSENT_SECONDS: Final = 30.0


class Discovery(Struct, frozen=True, gc=False):
    """What a worker says about finding out an unknown name."""

    id: str = ""
    #: Why it is not found out, or not now.
    reason: str = ""
    #: Whether an outcome is to come.
    runs: bool = False
    #: When it is tried (again), in milliseconds from now.
    due_ms: int = 0


class Answer(Struct, frozen=True, gc=False):
    """One ready answer: `tail` is everything of the reply behind the value of `as_of`."""

    found: bool
    tail: bytes
    #: Comparison keys of the slugs in it, by which changes find it.
    slugs: tuple[str, ...] = ()
    #: Seconds for which an absent name may be remembered as such.
    lasts: float = ABSENT_SECONDS
    #: The discovery that runs; the tail is what is said without one.
    discovery: Discovery | None = None


class _WorkersAnswer(Struct):
    patterns: Raw = Raw()
    suggestions: Raw = Raw()
    slugs: tuple[str, ...] = ()
    discovery: Discovery | None = None


class WorkersReply(Struct):
    """What `lookup_many` sends: as many answers as names were asked, in their order, or one error for all."""

    epoch: str = ""
    as_of: int = 0
    answers: list[_WorkersAnswer] = []
    error: Error | None = None


_reply_decoder: Final = msgspec.json.Decoder(WorkersReply)
_pattern_list: Final = msgspec.json.Decoder(list[Raw])
_text_list: Final = msgspec.json.Decoder(list[str])


def decode_workers_reply(data: bytes) -> WorkersReply:
    """Return a worker's reply; raises msgspec.DecodeError when it is none."""
    return _reply_decoder.decode(data)


def from_worker(said: _WorkersAnswer, absent_reason: str) -> Answer:
    """Return the answer a worker gave; `absent_reason` is said where it knows nothing."""
    patterns = bytes(said.patterns).strip()
    if not patterns or patterns == _NONE:
        return _absent(said.discovery, absent_reason, bytes(said.suggestions).strip() or _NONE)
    if len(patterns) > MAX_REPLY_BYTES - _ENVELOPE_BYTES:
        patterns = _cut(_pattern_list.decode(patterns))
    return Answer(found=True, tail=b',"patterns":' + patterns + b"}", slugs=tuple(map(_key_of, said.slugs)))


def found(patterns: Sequence[Raw], slugs: tuple[str, ...]) -> Answer:
    """Return the answer that is these patterns, best first; `slugs` are their comparison keys."""
    return Answer(found=True, tail=b',"patterns":' + _array(patterns) + b"}", slugs=slugs)


#: The same slugs come again and again.
_key_of = lru_cache(maxsize=16_384)(normalise)


def not_found(reason: str, suggestions: bytes = _NONE) -> Answer:
    """Return the answer about a name nobody knows; `suggestions` is a JSON array of names."""
    tail = b',"patterns":[],"reason":' + encode(reason) + b',"suggestions":' + suggestions + b"}"
    return Answer(found=False, tail=tail)


def failed(discovery: Discovery, absent_reason: str, suggestions: bytes = _NONE) -> Answer:
    """Return the answer about a name that is not found out, for the reason of its discovery."""
    more = {"discovery_id": discovery.id, "retry_after_ms": discovery.due_ms} if discovery.id else {}
    plain = not_found(discovery.reason or absent_reason, suggestions)
    tail = plain.tail[:-1] + b"," + encode(more)[1:] if more else plain.tail
    lasts = min(ABSENT_SECONDS, discovery.due_ms / 1000) if discovery.id else ABSENT_SECONDS
    return Answer(found=False, tail=tail, lasts=lasts)


def _absent(discovery: Discovery | None, absent_reason: str, suggestions: bytes) -> Answer:
    if discovery is None:
        return not_found(absent_reason, suggestions)
    if not discovery.runs:
        return failed(discovery, absent_reason, suggestions)
    plain = not_found(absent_reason, suggestions)
    return Answer(found=False, tail=plain.tail, lasts=0.0, discovery=discovery)


def reply(answer: Answer, source: Source, epoch: str, as_of: int) -> bytes:
    """Return the bytes of a reply."""
    return b"%b%d%b" % (_head("found" if answer.found else "not_found", source, epoch), as_of, answer.tail)


def pending(answer: Answer, retry_after_ms: int, source: Source, epoch: str, as_of: int) -> bytes:
    """Return the bytes of a reply that tells of the discovery in `answer`."""
    assert answer.discovery is not None
    told: dict[str, str | int] = {"discovery_id": answer.discovery.id, "retry_after_ms": retry_after_ms}
    if answer.discovery.reason:
        told["reason"] = answer.discovery.reason
    suggestions = b',"suggestions":' + answer.tail.rpartition(b',"suggestions":')[2]
    return b'%b%d,"patterns":[],%b%b' % (
        _head("pending", source, epoch),
        as_of,
        encode(told)[1:-1],
        suggestions,
    )


@lru_cache(maxsize=64)
def _head(status: Status, source: Source, epoch: str) -> bytes:
    opening = {"v": VERSION, "ok": True, "status": status, "source": source, "epoch": epoch}
    return encode(opening)[:-1] + b',"as_of":'


def _cut(patterns: Sequence[Raw]) -> bytes:
    """Keep the best patterns that fit into one reply."""
    kept: list[Raw] = []
    size = _ENVELOPE_BYTES
    for pattern in patterns:
        size += len(bytes(pattern)) + 1
        if size > MAX_REPLY_BYTES:
            break
        kept.append(pattern)
    if not kept:
        raise WireError("too_large", f"the pattern alone is larger than a reply of {MAX_REPLY_BYTES} bytes")
    return _array(kept)


def _array(items: Sequence[Raw]) -> bytes:
    return b"[" + b",".join(bytes(item) for item in items) + b"]"
