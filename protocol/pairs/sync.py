"""Following the feed by request: the state from 0, the changes after a sequence number, another epoch."""

from typing import Final

from centralcloud_client import subjects
from protocol.pair import Json, Pair, any_boolean, any_integer, any_string, at_least, contains, exchange, failure, ok

CHANGE: Final = {
    "v": 1,
    "kind": "pattern",
    "epoch": any_string,
    "seq": at_least(1),
    "op": "upsert",
    "at": any_string,
    "hash": any_string,
    "pattern": {"type": any_string, "slug": any_string, "name": any_string, "revision": at_least(1)},
}


def _page(name: str, request: Json, **fields: Json) -> Pair:
    reply = ok(**{"epoch": any_string, "next": any_integer, "head": any_integer, **fields})
    return exchange(name, subjects.SYNC_REQUEST, request, reply, schemas=("sync-request", "sync-reply"))


PAIRS: Final = (
    _page("the first page of everything", {"since": 0, "limit": 2}, changes=[CHANGE, CHANGE], complete=False),
    _page("an empty request means the same", {}, changes=contains(CHANGE)),
    _page("a page from the middle", {"since": 1, "limit": 1}, changes=[{"seq": at_least(2)}], complete=False),
    _page(
        "one type only",
        {"since": 0, "limit": 1, "types": ["technology"]},
        changes=[{**CHANGE, "pattern": {"type": "technology"}}],
    ),
    _page("the epoch does not matter at 0", {"since": 0, "epoch": "another", "limit": 1}, changes=[CHANGE]),
    failure(
        "another epoch",
        subjects.SYNC_REQUEST,
        {"since": 1, "epoch": "another"},
        "resync_required",
        retryable=any_boolean,
    ),
    failure(
        "a sequence that is still to come",
        subjects.SYNC_REQUEST,
        {"since": 2**50},
        "resync_required",
        retryable=any_boolean,
    ),
)
