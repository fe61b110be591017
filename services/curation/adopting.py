"""Take over indicators that mining proposes, or decline them: an operator's word on what was only measured.

What was adopted stays whatever is taught, moves with what is observed as every weight does, and is one revision with a
reason. What was declined is not proposed again until that is taken back. Proposals themselves are `services.mining`'s.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from centralcloud_patterns.keying import indicator_id, keys_of_indicator
from centralcloud_patterns.merging import ADOPTED, MAX_ADOPTED, Adopted, adopted_by, as_item
from centralcloud_patterns.pattern import Indicator, IndicatorKind
from models import audit, proposals
from models.base import AnyRow, Rows
from services.curation import ruling
from services.curation.ruling import Deed, Operator, RulingError
from services.pattern_writing import Stored

#: No proposal is surer than this, however few codebases contradict it yet.
_MAX_WEIGHT: Final = 0.95
#: Proposals of one pattern that are looked through.
_MOST: Final = 1_000
_GLOB_SIGNS: Final = frozenset("*?[]{}!")


def proposed(database: Engine, pair: tuple[str, str] | None, limit: int) -> Rows:
    """List proposed indicators, all or one pattern's, the best supported first."""
    with database.connect() as connection:
        return proposals.indicators(connection, pair, limit)


def adopt(operator: Operator, type_: str, slug: str, facts: Collection[str], reason: str) -> Stored:
    """Make indicators of proposed facts, on an operator's word."""

    def work(connection: Connection, deed: Deed) -> Stored:
        stored = ruling.locked(connection, type_, slug)
        rows = _named(connection, type_, slug, facts)
        known = {it.indicator.id: it for it in adopted_by(stored.pattern)}
        known |= {it.indicator.id: it for it in (_adopted(row, deed) for row in rows)}
        if len(known) > MAX_ADOPTED:
            raise RulingError(f"a pattern has {MAX_ADOPTED} adopted indicators at most")
        changed = ruling.ruled_so(stored.pattern, ADOPTED, map(as_item, known.values()), deed)
        proposals.drop_indicators(connection, type_, slug, facts)
        return ruling.write(connection, stored, changed, deed, "adopt", detail={"facts": sorted(facts)})

    return operator.do(work, reason)


def decline(operator: Operator, type_: str, slug: str, facts: Collection[str], reason: str) -> Stored:
    """Take proposed facts off the list for good; the pattern stays as it is, and so does its revision."""

    def work(connection: Connection, deed: Deed) -> Stored:
        stored = ruling.locked(connection, type_, slug)
        _named(connection, type_, slug, facts)
        proposals.drop_indicators(connection, type_, slug, facts)
        ruling.note(connection, deed, audit.DECLINE, stored, {"facts": sorted(facts)}, revised=False)
        return stored

    return operator.do(work, reason)


def reconsider(operator: Operator, type_: str, slug: str, facts: Collection[str], reason: str) -> Stored:
    """Let declined facts be proposed again, by the next run that finds them."""

    def work(connection: Connection, deed: Deed) -> Stored:
        stored = ruling.locked(connection, type_, slug)
        if strange := {(type_, slug, fact) for fact in facts} - audit.declined(connection):
            raise RulingError(f"{min(strange)[2]} was not declined for {type_}/{slug}")
        ruling.note(connection, deed, audit.RECONSIDER, stored, {"facts": sorted(facts)}, revised=False)
        return stored

    return operator.do(work, reason)


def _named(connection: Connection, type_: str, slug: str, facts: Collection[str]) -> Sequence[AnyRow]:
    """Return the proposals of these facts, all of them."""
    rows = {row.fact: row for row in proposals.indicators(connection, (type_, slug), _MOST)}
    if strange := set(facts) - rows.keys():
        raise RulingError(f"{min(strange)} is not proposed for {type_}/{slug}")
    return [rows[fact] for fact in sorted(set(facts))]


def _adopted(row: AnyRow, deed: Deed) -> Adopted:
    indicator = _checking(row.fact)
    if indicator is None or row.fact not in keys_of_indicator(indicator):
        raise RulingError(f"no indicator checks {row.fact}")
    weighed = msgspec.structs.replace(indicator, weight=round(min(row.precision, _MAX_WEIGHT), 2))
    return Adopted(
        indicator=msgspec.structs.replace(weighed, id=indicator_id(weighed)),
        fact=row.fact,
        at=deed.said_at,
        codebases=row.codebases,
        instances=row.instances,
        precision=row.precision,
        recall=row.recall,
    )


def _checking(fact: str) -> Indicator | None:
    """Return the indicator that checks a fact as evidence yields it."""
    kind, _, name = fact.partition(":")
    if kind == "dep":
        ecosystem, _, package = name.partition(":")
        return Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem, name=package)
    if kind == "image":
        return Indicator(kind=IndicatorKind.IMAGE, name=name)
    if kind == "file" and _GLOB_SIGNS.isdisjoint(name):
        return Indicator(kind=IndicatorKind.FILE, glob=name)
    return None
