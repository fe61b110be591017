"""Find the pattern that an unknown name is only another way to write: without a call, or not at all.

Reads. Which names are the same is `same_name`'s; making the alias is `alias_writing`'s.
"""

from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.pattern import Pattern
from models import patterns
from services.discovery import same_name
from services.discovery.same_name import Guess

_decoder: Final = msgspec.json.Decoder(Pattern)


class Alias(NamedTuple):
    """The pattern that a name stands for, by which rule."""

    slug: str
    rule: str


def find(connection: Connection, type_: str, name: str) -> Alias | None:
    """Return what the name is surely an alias of; None where there is doubt."""
    alias = _guessed(connection, type_, name)
    if alias is None:
        return None
    # A package of exactly this name that others are known by is a thing of its own.
    owners = patterns.owners_of_package(connection, name.strip().lower())
    return alias if not owners or alias.slug in owners else None


def _guessed(connection: Connection, type_: str, name: str) -> Alias | None:
    guesses = same_name.guesses(name, type_)
    found = _answering(connection, type_, [guess.key for guess in guesses])
    return next((alias for guess in guesses if (alias := _confirmed(guess, found.get(guess.key, [])))), None)


def _answering(connection: Connection, type_: str, keys: list[str]) -> dict[str, list[Pattern]]:
    """Return the live patterns by the keys that they answer to, best first."""
    found: dict[str, list[Pattern]] = {}
    if keys:
        for row in patterns.by_names(connection, [(type_, key) for key in keys]):
            if row.slug is not None:
                found.setdefault(row.key, []).append(_decoder.decode(row.document.encode()))
    return found


def _confirmed(guess: Guess, answering: list[Pattern]) -> Alias | None:
    """Return the alias if one pattern answers, and it alone."""
    if len(answering) == 1 and same_name.holds(guess, answering[0]):
        return Alias(answering[0].slug, guess.rule)
    return None
