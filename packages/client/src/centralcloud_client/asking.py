"""Queries, detections and searches: from the cache, from the centre, or from the cache for want of the centre.

Owns who answers. How a question travels is `exchange`'s work.
"""

import os
from typing import Any, Final

from centralcloud_client import answers, subjects
from centralcloud_client.aside import aside
from centralcloud_client.cache import Cache
from centralcloud_client.collect import Collected, collect
from centralcloud_client.errors import RefusedError, UnreachableError
from centralcloud_client.exchange import Exchange
from centralcloud_client.feed import Feed
from centralcloud_client.headers import DEFAULT_DEADLINE_MS, DETECT_DEADLINE_MS
from centralcloud_client.messages.replies import QueryReply
from centralcloud_client.messages.requests import Evidence
from centralcloud_client.offline import NotInstalledError, Offline
from centralcloud_client.options import Options
from centralcloud_client.results import QueryResult, from_reply

#: A query for a name has this long beyond what it may wait for a discovery.
_NAME_MARGIN_MS: Final = 500
#: A name that the cache holds needs no discovery: so long is waited before the cache answers instead.
_KNOWN_WAIT_MS: Final = 1_500
#: Most results that one page of a search holds.
_SEARCH_PAGE: Final = 200

#: What can be shown: a directory, evidence made by hand, or collected before.
Showable = str | os.PathLike[str] | Evidence | Collected


class Asking:
    """The asking half of a client."""

    def __init__(self, options: Options, cache: Cache, feed: Feed, exchange: Exchange) -> None:
        self._options = options
        self._cache = cache
        self._feed = feed
        self._exchange = exchange
        self._offline = Offline(cache.bodies)

    async def query(
        self, pattern_type: str, ask: dict[str, Any], *, prefer_cache: bool | None, deadline_ms: int | None
    ) -> QueryResult:
        """Answer from the cache while it is live and knows, else from the centre, else from the cache as stale."""
        answers.require_type(pattern_type)
        name = answers.asked_name(ask)
        known = self._from_cache(pattern_type, name, ask) if name is not None else None
        prefers = self._options.prefer_cache if prefer_cache is None else prefer_cache
        if known is not None and prefers and not known.stale and answers.is_plain(ask):
            return known
        question = answers.question(ask, self._options.wait_ms if known is None else _KNOWN_WAIT_MS)
        try:
            return await self._ask(subjects.query(pattern_type), question, _deadline(question, deadline_ms))
        except (UnreachableError, RefusedError) as error:
            if known is None or (isinstance(error, RefusedError) and not error.retryable):
                raise
            return answers.aged(known, self._cache.position(), stale=True)

    async def microservices(self, name_or_path: Showable, ask: dict[str, Any]) -> QueryResult:
        """Ask by name, with the evidence of a directory here, or by a path that only the server has."""
        if isinstance(name_or_path, Evidence | Collected):
            said: dict[str, Any] = {"evidence": _evidence(name_or_path)}
        else:
            text = os.fspath(name_or_path)
            if not (os.sep in text or isinstance(name_or_path, os.PathLike)):
                said = {"name": text}
            elif await aside(os.path.isdir, text):
                said = {"evidence": (await aside(collect, text)).evidence}
            else:
                said = {"path": text}
        prefer_cache, deadline_ms = ask.pop("prefer_cache", None), ask.pop("deadline_ms", None)
        return await self.query("microservice", said | ask, prefer_cache=prefer_cache, deadline_ms=deadline_ms)

    async def detect(self, shown: Showable, ask: dict[str, Any], *, on_server: bool) -> QueryResult:
        """Ask for everything about a codebase; without the centre, match the cache's patterns here."""
        deadline_ms = _deadline({"evidence": None}, ask.pop("deadline_ms", None))
        if on_server:
            if isinstance(shown, Evidence | Collected):
                raise TypeError("on_server takes a path")
            return await self._ask(subjects.DETECT, {"path": os.fspath(shown), **ask}, deadline_ms)
        if not isinstance(shown, Evidence | Collected):
            shown = await aside(collect, shown)
        evidence = _evidence(shown)
        try:
            return await self._ask(subjects.DETECT, {"evidence": evidence, **ask}, deadline_ms)
        except UnreachableError as error:
            return await aside(self._detect_here, evidence, ask.get("min_confidence"), error)

    def _detect_here(self, evidence: Evidence, min_confidence: float | None, why: UnreachableError) -> QueryResult:
        if not self._cache.count():
            raise why
        at = self._cache.position()
        try:
            found = self._offline.detect(evidence, min_confidence, version=(at.epoch, at.last_seq))
        except NotInstalledError as error:
            raise UnreachableError(f"{why}; {error}") from why
        return answers.aged(found, at, stale=True)

    async def search(self, pattern_type: str, text: str, *, limit: int, ask: dict[str, Any]) -> QueryResult:
        """Put pages together until there are `limit` patterns."""
        deadline_ms = ask.pop("deadline_ms", None)
        limit = int(answers.number(limit, "limit", above=0))
        found: list[Any] = []
        cursor: str | None = ask.pop("cursor", None)
        while True:
            page = {"search": text, "limit": min(limit - len(found), _SEARCH_PAGE), "cursor": cursor, **ask}
            result = await self.query(pattern_type, page, prefer_cache=False, deadline_ms=deadline_ms)
            found.extend(result.patterns)
            cursor = result.next
            if cursor is None or len(found) >= limit or not result.patterns:
                return answers.together(result, found)

    async def _ask(self, subject: str, question: dict[str, Any], deadline_ms: int) -> QueryResult:
        reply, answer = await self._exchange.ask(subject, question, QueryReply, deadline_ms=deadline_ms)
        return from_reply(reply, answers.plain(answer))

    def _from_cache(self, pattern_type: str, name: str, ask: dict[str, Any]) -> QueryResult | None:
        least = 0.0 if ask.get("min_confidence") is None else answers.number(ask["min_confidence"], "min_confidence")
        found = tuple(one for one in self._cache.find(pattern_type, name) if one.confidence >= least)
        if not found:
            return None
        result = QueryResult(status="found", source="local", epoch=None, as_of=0, patterns=found)
        return answers.aged(result, self._cache.position(), stale=not self._feed.live)


def _deadline(question: dict[str, Any], told: float | None) -> int:
    """Return the milliseconds that an answer may take: as told, or as the question needs."""
    if told is not None:
        return int(answers.number(told, "deadline_ms", above=0))
    if "wait_ms" in question:
        return int(answers.number(question["wait_ms"], "wait_ms")) + _NAME_MARGIN_MS
    return DETECT_DEADLINE_MS if "evidence" in question or "path" in question else DEFAULT_DEADLINE_MS


def _evidence(shown: Evidence | Collected) -> Evidence:
    return shown.evidence if isinstance(shown, Collected) else shown
