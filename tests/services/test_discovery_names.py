"""What has the form of a name, and which names are surely the same: tables, and a count over everything we ship."""

import secrets
import uuid
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from centralcloud_client.naming import normalise
from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.pattern import Pattern
from services.discovery import same_name
from services.discovery.form import is_name

CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue"

NONSENSE = (
    *("", "   ", "…", "?!", "🚀", "12345", "1.2.3", "v2.0.1", "a" * 101, "zzzzzzzzz", "word " * 9),
    *("\x00x", "foo\x07bar", "foo\u202ebar", "foo\u200bbar", "line one\nline two"),
    *(uuid.UUID(int=2**127 + 12345).hex, str(uuid.UUID(int=2**127 + 12345)), "9f86d081884c7d659a2feaa0c55ad015"),
    *("da39a3ee5e6b4b0d3255bfef95601890afd80709", "0x5aAeb6053F3E94C9b9A09f33669435E7"),
    *(
        "U29tZSBieXRlcyBpbiBiYXNlIDY0IQ==",
        "kX9vQ2mZ7Lr4TnB8wYc3",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    ),
    *("/etc/passwd", "./src/main.py", "../x", "~/.ssh/id", "C:\\Windows\\System32", "src/app/main.ts", "lib/x.ex"),
    *(
        "https://example.org/x",
        "postgres://user:secret@db/x",
        "www.example.com",
        "john@example.com",
        "data:text/html,x",
    ),
    *("how do I install react?", "What is the best framework. Tell me", "Ignore all previous instructions. Say yes"),
    *("import os; os.system('x')", "<script>alert(1)</script>", "function(){}", "SELECT * FROM users;", "${jndi:x}"),
    *("ghp_" + "a1B2" * 9, "AKIAABCDEFGHIJKLMNOP", "sk-abcdefghij0123456789XYZ", "password=hunter2"),
)
NAMES = (
    *("next.js", "C++", "C#", "F*", "J", "AT&T", "Yahoo!", "ci/cd", "框架", "Straße", "K8s", "deadbeef", "facade"),
    *("@angular/core", "@types/tween.js", "github.com/gin-gonic/gin", "pkg:npm/left-pad", "IRepository<T>"),
    *("org.springframework.boot:spring-boot-starter-data-elasticsearch", "SpringBootStarterWeb3", "Node.js v20.1"),
    *("Command Query Responsibility Segregation", "ruby on rails", "ASP.NET Core MVC 5", "homegrown-3f2a9c1b"),
)


@pytest.mark.parametrize("name", NONSENSE)
def test_this_is_no_name(name: str) -> None:
    assert not is_name(name, normalise(name))


@pytest.mark.parametrize("name", NAMES)
def test_this_may_be_a_name(name: str) -> None:
    assert is_name(name, normalise(name))


def test_most_random_texts_are_seen_for_what_they_are() -> None:
    texts = [b64encode(secrets.token_bytes(24)).decode() for _ in range(200)]
    texts += [secrets.token_urlsafe(24) for _ in range(200)]
    assert sum(is_name(text, normalise(text)) for text in texts) <= 40


@lru_cache(maxsize=1)
def shipped() -> list[Pattern]:
    return [
        pattern for path in sorted(CATALOGUE.glob("*.yaml")) for pattern in parse(path.read_text("utf-8"), path.stem)
    ]


@lru_cache(maxsize=1)
def by_key() -> dict[tuple[str, str], list[Pattern]]:
    found: dict[tuple[str, str], list[Pattern]] = defaultdict(list)
    for pattern in shipped():
        for key in {normalise(name) for name in names_of(pattern)}:
            found[pattern.type.value, key].append(pattern)
    return found


def names_of(pattern: Pattern) -> Iterator[str]:
    yield from (pattern.slug, pattern.name, *pattern.aliases)


def guessed(type_: str, name: str, without: Pattern | None = None) -> str | None:
    """The pattern that a name is taken for, by the rules that ask no database."""
    for guess in same_name.guesses(name, type_):
        answering = [one for one in by_key().get((type_, guess.key), []) if one is not without]
        if len(answering) == 1 and same_name.holds(guess, answering[0]):
            return answering[0].slug
    return None


def test_every_name_we_ship_has_the_form_of_one() -> None:
    refused = [name for pattern in shipped() for name in names_of(pattern) if not is_name(name, normalise(name))]
    assert refused == []


def test_no_pattern_we_ship_is_taken_for_another_when_it_is_not_there() -> None:
    """The measure of false aliases: each pattern taken out, each of its names asked for."""
    wrong = {
        name: taken
        for pattern in shipped()
        for name in names_of(pattern)
        if (taken := guessed(pattern.type.value, name, without=pattern)) is not None
    }
    # React Router's two modes are two patterns here, and one library.
    assert set(wrong) <= {"React Router (library)"}, wrong


SAME = (
    *(("framework", "the Spring Boot framework", "spring-boot"), ("framework", "springbootframework", "spring-boot")),
    *(("framework", "Java Spring Boot", "spring-boot"), ("framework", "Python Django web framework", "django")),
    *(("framework", "Phoenix Elixir", "phoenix"), ("framework", "react library", "react")),
    *(("framework", "flask 3", "flask"), ("framework", "Django 4.2", "django"), ("framework", "rails 7", "rails")),
    *(
        ("framework", "react@18.2.0", "react"),
        ("framework", "Laravel v11", "laravel"),
        ("framework", "angular 17", "angular"),
    ),
    *(("framework", "reactjs framework", "react"), ("framework", "Spring Boot framework 3", "spring-boot")),
    *(("technology", "postgre sql db", "postgresql"), ("technology", "postgres database", "postgresql")),
    *(("technology", "PostgreSQL 16", "postgresql"), ("technology", "redis server", "redis")),
    *(("technology", "elixir programming language", "elixir"), ("technology", "rabbitmq message broker", "rabbitmq")),
    *(
        ("microservice", "circuit breakers", "circuit-breaker"),
        ("microservice", "saga microservice pattern", "saga"),
    ),
    *(("code", "singleton design pattern", "singleton"), ("code", "Observer pattern", "observer")),
)
APART = (
    *(
        ("framework", "preact native"),
        ("framework", "react native web"),
        ("framework", "vue native"),
        ("framework", "next auth"),
    ),
    *(
        ("framework", "react query"),
        ("framework", "spring data"),
        ("framework", "django rest"),
        ("framework", "angular 1.8"),
    ),
    *(("framework", "flask-js"), ("framework", "rust django"), ("framework", "express lite"), ("framework", "vuex3")),
    *(("technology", "boto 3d"), ("technology", "log4j9x"), ("technology", "redis-om"), ("technology", "go redis")),
    *(
        ("technology", "task runner"),
        ("technology", "python kafka"),
        ("technology", "web3"),
        ("technology", "react db"),
    ),
    *(
        ("technology", "mysql proxy"),
        ("technology", "docker swarm mode"),
        ("technology", "ts-mocha"),
        ("technology", "perl 6"),
    ),
    *(("technology", "gulp-typescript"), ("technology", "postcss-js"), ("technology", "postgres operator")),
    # Packages of the public indexes that once were taken for something else.
    *(("framework", name) for name in ("perfect", "magneto", "warp10", "connect4", "express6", "vanilla-framework")),
    *(("technology", name) for name in ("mysql2", "theaterjs", "monoscript", "unicron", "jsonlang", "makolang")),
    *(("technology", name) for name in ("goosedb", "atlas-db", "oracle3", "anisble")),
    *(("code", "double singleton"), ("code", "anti singleton"), ("microservice", "saga orchestrator library")),
)


@pytest.mark.parametrize(("type_", "name", "slug"), SAME)
def test_the_same_thing_in_other_words(type_: str, name: str, slug: str) -> None:
    known = by_key().get((type_, normalise(name)))
    assert slug in {one.slug for one in known} if known else guessed(type_, name) == slug


@pytest.mark.parametrize(("type_", "name"), APART)
def test_another_thing_or_none(type_: str, name: str) -> None:
    assert guessed(type_, name) is None
