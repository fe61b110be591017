"""Queries by name, in every spelling, and by words; misses and their suggestions; code."""

from typing import Final

from protocol.pair import (
    Json,
    Pair,
    absent,
    answer,
    any_array,
    any_integer,
    any_string,
    at_least,
    contains,
    first,
    one_of,
    query,
)


def pattern(type_: str, slug: str) -> Json:
    """Expect this pattern."""
    return {
        "type": type_,
        "slug": slug,
        "name": any_string,
        "state": one_of("active", "candidate"),
        "confidence": at_least(0),
        "support": {"codebases": any_integer, "instances": any_integer},
        "revision": at_least(1),
        "seq": at_least(1),
    }


def _found(name: str, type_: str, request: Json, slug: str) -> Pair:
    reply = answer("found", patterns=first(pattern(type_, slug)), suggestions=absent)
    return query(name, type_, request, reply, requires=[slug])


def _missing(name: str, type_: str, request: Json, suggestions: Json, requires: tuple[str, ...] = ()) -> Pair:
    """Expect no pattern: `pending` where a model may be asked, else `not_found`."""
    reply = answer(one_of("not_found", "pending"), patterns=[], suggestions=suggestions)
    return query(name, type_, request, reply, requires=requires)


def _nonsense(name: str, request: Json) -> Pair:
    """Expect an answer that costs nothing: what was asked for has not the form of a name."""
    reply = answer("not_found", patterns=[], reason="not_a_name", suggestions=[], discovery_id=absent)
    return query(name, "framework", request, reply)


SPELLINGS: Final = ("next.js", "Next.js", "nextjs", "NEXTJS", "next js", "next-js", "next")

PAIRS: Final = (
    *(_found(f"framework, spelled {name}", "framework", {"framework": name}, "nextjs") for name in SPELLINGS),
    _found("framework as name", "framework", {"name": "react"}, "react"),
    _found("framework as pattern", "framework", {"pattern": "django"}, "django"),
    _found("technology", "technology", {"technology": "PostgreSQL"}, "postgresql"),
    _found("technology by an alias", "technology", {"technology": "postgres"}, "postgresql"),
    _found("technology as name", "technology", {"name": "redis"}, "redis"),
    _found("a language is a technology", "technology", {"technology": "golang"}, "go"),
    _found("microservice as pattern", "microservice", {"pattern": "circuit breaker"}, "circuit-breaker"),
    _found("microservice as name", "microservice", {"name": "Circuit Breaker"}, "circuit-breaker"),
    _found("microservice by its own field", "microservice", {"microservice": "circuit_breaker"}, "circuit-breaker"),
    _found("code as pattern", "code", {"pattern": "singleton"}, "singleton"),
    _found("code as name", "code", {"name": "Singleton"}, "singleton"),
    _found(
        "fields nobody knows are ignored",
        "framework",
        {"framework": "next.js", "from_the_future": {"deep": [1, None, "x"]}, "wait_ms": 0},
        "nextjs",
    ),
    _found("null means absent", "framework", {"framework": "next.js", "version": None, "path": None}, "nextjs"),
    _missing(
        "a near miss has suggestions",
        "framework",
        {"framework": "nextjz", "wait_ms": 0},
        contains("Next.js"),
        ("nextjs",),
    ),
    _missing("a far miss", "technology", {"name": "nobody has heard of it", "wait_ms": 0}, any_array),
    _nonsense("a name of signs only", {"name": "…"}),
    _nonsense("a number is no name", {"name": "12345"}),
    _nonsense("a path is no name", {"name": "/etc/passwd"}),
    _nonsense("an address is no name", {"name": "https://example.org/next.js"}),
    _nonsense("a hash is no name", {"name": "9f86d081884c7d659a2feaa0c55ad015"}),
    _nonsense("a sentence is no name", {"name": "How do I install it? Tell me."}),
    query(
        "search finds by words",
        "framework",
        {"search": "react", "limit": 50},
        answer("found", source="store", patterns=contains({"type": "framework", "slug": "react"})),
        requires=["react"],
    ),
    query(
        "search pages by cursor",
        "technology",
        {"search": "language", "limit": 1},
        answer("found", source="store", patterns=[{"type": "technology"}], next=any_string),
    ),
    query(
        "search keeps to the category",
        "technology",
        {"search": "language", "category": "no-such-category"},
        answer("not_found", source="store", patterns=[], next=absent),
    ),
    query(
        "search that finds nothing",
        "framework",
        {"search": "qqqqzzzzxxxxwwww"},
        answer("not_found", source="store", patterns=[], reason=any_string),
    ),
    query(
        "code",
        "code",
        {"code": "defmodule Counter do\n  use GenServer\nend\n", "language": "elixir"},
        answer(one_of("found", "not_found"), patterns=any_array),
    ),
)
