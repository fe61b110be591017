"""Answers to name queries as bytes: what a worker says becomes what an asker reads, its patterns never decoded.

Owns the layout of a query reply by name, and `min_confidence`, the one case where patterns are looked into.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Raw, Struct

from centralcloud_client.messages.replies import Error, Source
from centralcloud_client.naming import normalise
from centralcloud_client.wire import MAX_REPLY_BYTES, VERSION, WireError, encode

#: Room for everything of a reply that is not its patterns.
_ENVELOPE_BYTES: Final = 4096
_NONE: Final = b"[]"


class Answer(Struct, frozen=True, gc=False):
    """One ready answer: `tail` is everything of the reply behind the value of `as_of`."""

    found: bool
    tail: bytes
    #: Comparison keys of the slugs in it, by which changes find it.
    slugs: tuple[str, ...] = ()


class _WorkersAnswer(Struct):
    patterns: Raw = Raw()
    suggestions: Raw = Raw()
    slugs: tuple[str, ...] = ()


class WorkersReply(Struct):
    """What `lookup_many` sends: as many answers as names were asked, in their order, or one error for all."""

    epoch: str = ""
    as_of: int = 0
    answers: list[_WorkersAnswer] = []
    error: Error | None = None


class _Judged(Struct):
    confidence: float = 0.0


_reply_decoder: Final = msgspec.json.Decoder(WorkersReply)
_pattern_list: Final = msgspec.json.Decoder(list[Raw])
_judged: Final = msgspec.json.Decoder(_Judged)
_text_list: Final = msgspec.json.Decoder(list[str])


def decode_workers_reply(data: bytes) -> WorkersReply:
    """Return a worker's reply; raises msgspec.DecodeError when it is none."""
    return _reply_decoder.decode(data)


def from_worker(said: _WorkersAnswer, absent_reason: str) -> Answer:
    """Return the answer a worker gave; `absent_reason` is said where it knows nothing."""
    patterns = bytes(said.patterns).strip()
    if not patterns or patterns == _NONE:
        return not_found(absent_reason, bytes(said.suggestions).strip() or _NONE)
    if len(patterns) > MAX_REPLY_BYTES - _ENVELOPE_BYTES:
        patterns = _cut(_pattern_list.decode(patterns))
    return Answer(found=True, tail=b',"patterns":' + patterns + b"}", slugs=tuple(map(_key_of, said.slugs)))


#: The same slugs come again and again.
_key_of = lru_cache(maxsize=16_384)(normalise)


def not_found(reason: str, suggestions: bytes = _NONE) -> Answer:
    """Return the answer about a name nobody knows; `suggestions` is a JSON array of names."""
    tail = b',"patterns":[],"reason":' + encode(reason) + b',"suggestions":' + suggestions + b"}"
    return Answer(found=False, tail=tail)


def reply(answer: Answer, source: Source, epoch: str, as_of: int) -> bytes:
    """Return the bytes of a reply."""
    return b"%b%d%b" % (_head(answer.found, source, epoch), as_of, answer.tail)


def above(answer: Answer, min_confidence: float) -> Answer:
    """Return the answer without patterns below `min_confidence`; with none left it says so."""
    if not answer.found:
        return answer
    whole = msgspec.json.decode(b"{" + answer.tail[1:], type=dict[str, Raw])
    patterns = _pattern_list.decode(whole["patterns"])
    kept = [pattern for pattern in patterns if _judged.decode(pattern).confidence >= min_confidence]
    if not kept:
        return not_found("below_min_confidence")
    return Answer(found=True, tail=b',"patterns":' + _array(kept) + b"}", slugs=answer.slugs)


@lru_cache(maxsize=64)
def _head(found: bool, source: Source, epoch: str) -> bytes:
    status = "found" if found else "not_found"
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
