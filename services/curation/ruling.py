"""How operators rule about patterns: each deed is one revision on the feed, with its reason in the audit trail.

What is ruled stays when learns come and when patterns are derived anew; nothing that instances said becomes an
operator's own word by it. Patterns made of others are `joining`'s, earlier revisions `returning`'s.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from centralcloud_client.naming import normalise
from centralcloud_patterns.merging import KNOWN_AS, OPERATOR, STATE, ruled
from centralcloud_patterns.pattern import Pattern, Provenance, State
from centralcloud_patterns.standing import Policy
from models import audit, patterns
from services import pattern_writing
from services.curation import deriving
from services.learning import supporting
from services.pattern_writing import Draft, Retirement, Stored
from services.times import Clock, rfc3339

Done = TypeVar("Done")


class RulingError(Exception):
    """What was asked for cannot be done, in one sentence."""


class UnknownPatternError(RulingError):
    """There is no such pattern in service."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, why, when, and by which policy patterns are derived afterwards."""

    actor: str
    reason: str
    at: datetime.datetime
    policy: Policy

    @property
    def said_at(self) -> str:
        """The time as provenance has it."""
        return rfc3339(self.at)


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator at work."""

    database: Engine
    name: str
    clock: Clock
    policy: Policy

    def do(self, work: Callable[[Connection, Deed], Done], reason: str) -> Done:
        """Run one deed in one transaction."""
        if not reason.strip():
            raise RulingError("a reason is required")
        deed = Deed(deriving.OPERATOR + self.name, reason.strip(), self.clock(), self.policy)
        with self.database.begin() as connection:
            return work(connection, deed)


def promote(operator: Operator, type_: str, slug: str, reason: str) -> Stored:
    """Make a pattern active, however many agree."""
    return _give_state(operator, type_, slug, State.ACTIVE, reason=reason, action="promote")


def reject(operator: Operator, type_: str, slug: str, reason: str) -> Stored:
    """Make a pattern deprecated and unsure, whatever is taught of it; it stays known, so that it is not taught anew."""
    return _give_state(operator, type_, slug, State.DEPRECATED, reason=reason, action="reject")


def rename(operator: Operator, type_: str, slug: str, name: str, reason: str) -> Stored:
    """Give a pattern another name; it still answers to the old one, and its slug stays."""
    if not normalise(name) or len(name) > 256:
        raise RulingError("a name has a letter or a digit, and 256 characters at most")

    def work(connection: Connection, deed: Deed) -> Stored:
        stored = locked(connection, type_, slug)
        known = stored.pattern
        claim = Provenance(source=OPERATOR, field="name", at=deed.said_at)
        kept = (entry for entry in known.provenance if entry.field != "name")
        called = replace(known, name=name, provenance=(*kept, claim))
        changed = also_known_as(called, [known.name], deed)
        return write(connection, stored, changed, deed, "rename", detail={"from": known.name, "to": name})

    return operator.do(work, reason)


def retire(operator: Operator, type_: str, slug: str, reason: str) -> Stored:
    """Take a pattern out of service; what was taught of it counts no more, and a new learn begins anew."""

    def work(connection: Connection, deed: Deed) -> Stored:
        stored = locked(connection, type_, slug)
        supporting.replace(connection, {stored.id: {}})
        [gone] = pattern_writing.retire(connection, [Retirement(stored)], deed.at)
        note(connection, deed, "retire", gone)
        return gone

    return operator.do(work, reason)


def _give_state(operator: Operator, type_: str, slug: str, state: State, *, reason: str, action: str) -> Stored:
    def work(connection: Connection, deed: Deed) -> Stored:
        stored = locked(connection, type_, slug)
        changed = ruled_so(stored.pattern, STATE, (state.value,), deed)
        return write(connection, stored, changed, deed, action, detail={"from": stored.standing.state.value})

    return operator.do(work, reason)


def locked(connection: Connection, type_: str, slug: str) -> Stored:
    """Lock a pattern that is in service, with what was merged into it, and return it."""
    ids = [row.id for row in patterns.by_slugs(connection, {(type_, slug)})]
    for stands, *_absorbed in deriving.locked(connection, ids):
        if stands.id in ids and not stands.retired:
            return stands
    raise UnknownPatternError(f"no pattern {type_}/{slug} is in service")


def ruled_so(pattern: Pattern, kind: str, items: Iterable[str], deed: Deed) -> Pattern:
    """Return a pattern with a ruling in place of the one of its kind."""
    ruling = Provenance(source=OPERATOR, field=kind, at=deed.said_at, items=tuple(dict.fromkeys(items)))
    kept = tuple(entry for entry in pattern.provenance if entry.field != kind)
    return replace(pattern, provenance=(*kept, ruling))


def also_known_as(pattern: Pattern, names: Iterable[str], deed: Deed) -> Pattern:
    """Return a pattern that surely answers to these names, too."""
    return ruled_so(pattern, KNOWN_AS, (*ruled(pattern, KNOWN_AS), *names), deed)


def write(
    connection: Connection,
    stored: Stored,
    changed: Pattern,
    deed: Deed,
    action: str,
    *,
    detail: dict[str, Any],
) -> Stored:
    """Derive a pattern with what was ruled, write it as one revision, and note the deed."""
    draft, source = deriving.redrafted(connection, stored, changed, deed.policy)
    supporting.replace(connection, {stored.id: source.voices})
    written = put(connection, draft, deed)
    note(connection, deed, action, written, detail)
    return written


def put(connection: Connection, draft: Draft, deed: Deed) -> Stored:
    """Write one draft, also where it says nothing new: a deed is a revision."""
    return pattern_writing.write(connection, [draft], deed.at)[draft.name]


def note(
    connection: Connection,
    deed: Deed,
    action: str,
    stored: Stored,
    detail: dict[str, Any] | None = None,
    *,
    revised: bool = True,
) -> None:
    """Note a deed in the audit trail; unless it left the pattern alone, with the revision that it made."""
    audit.append(
        connection,
        at=deed.at,
        actor=deed.actor,
        action=action,
        type_=stored.pattern.type.value,
        slug=stored.pattern.slug,
        reason=deed.reason,
        seq=stored.seq if revised else None,
        revision=stored.revision if revised else None,
        detail=detail,
    )
