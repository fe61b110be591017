"""Read the patterns that may be duplicates, as what is compared of them.

First the keys of all, then names of those that share one, then documents and sightings of the few that look alike: so
the cost follows likeness, not what is known.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns.grammar import MANIFESTS
from centralcloud_patterns.merging import is_curated
from centralcloud_patterns.mining.seen import Kind
from centralcloud_patterns.pattern import IndicatorKind, Pattern, State
from models import audit, mined, upkeep
from services.consolidation import duplicates, likeness
from services.consolidation.duplicates import Pair
from services.consolidation.likeness import Profile
from services.consolidation.policy import Policy

#: Patterns with one key from which on it tells none of them apart.
CROWD: Final = 16
#: Pairs that are looked into in one run; the others have their turn when these are one.
MOST_PAIRS: Final = 20_000
_MANIFEST_KEYS: Final = frozenset(f"file:{name}" for name in MANIFESTS)

_decoder: Final = msgspec.json.Decoder(Pattern)


class Suspects(NamedTuple):
    """Patterns that look alike, by id, and which of them were compared."""

    profiles: dict[int, Profile]
    pairs: list[Pair]
    #: Codebases that each instance looked at, one bit each.
    seen_by: dict[str, int]
    #: Live patterns that were looked at.
    looked_at: int


def suspects(connection: Connection, policy: Policy) -> Suspects:
    """Find what may be told twice."""
    rows = upkeep.few_share(connection, CROWD)
    keys = {row.pattern_id: frozenset(row.keys) - _MANIFEST_KEYS for row in rows if row.shares}
    named = {row.pattern_id: (row.type, frozenset(row.names)) for row in upkeep.names(connection, list(keys))}
    bare = {identity: Profile(identity, type_, "", names, keys[identity]) for identity, (type_, names) in named.items()}
    alike: list[Pair] = []
    for one, other in duplicates.neighbours({identity: keys[identity] for identity in bare}):
        if likeness.looks_alike(bare[one], bare[other], policy):
            alike.append((one, other))
    alike = sorted(alike)[:MOST_PAIRS]
    ids = {identity for pair in alike for identity in pair}
    profiles = _described(connection, [bare[identity] for identity in sorted(ids)])
    pairs = [pair for pair in alike if profiles.keys() >= set(pair)]
    return Suspects(profiles, pairs, _seen_by(connection) if pairs else {}, len(rows))


def _described(connection: Connection, bare: Collection[Profile]) -> dict[int, Profile]:
    """Complete profiles by what their documents say and where they were seen; what is gone meanwhile is left out."""
    if not bare:
        return {}
    known = {profile.id: profile for profile in bare}
    found = {row.id: row for row in upkeep.described(connection, list(known))}
    whole = {identity: _decoder.decode(row.document) for identity, row in found.items()}
    seen = _seen(connection, [(pattern.type.value, pattern.slug) for pattern in whole.values()])
    split = _split(connection)
    return {
        identity: _profile(profile, whole[identity], seen, split)
        for identity, profile in known.items()
        if identity in whole
    }


def _profile(
    bare: Profile,
    pattern: Pattern,
    seen: Mapping[tuple[str, str], int],
    split: Mapping[tuple[str, str], frozenset[str]],
) -> Profile:
    name = (pattern.type.value, pattern.slug)
    return Profile(
        id=bare.id,
        type=bare.type,
        slug=pattern.slug,
        names=bare.names,
        keys=bare.keys,
        curated=is_curated(pattern),
        active=pattern.state is State.ACTIVE,
        instances=pattern.support.instances,
        codebases=pattern.support.codebases,
        packages=_packages(pattern, bare.names),
        related=frozenset(it.slug for it in pattern.relations if it.type in (None, pattern.type)),
        split_from=split.get(name, frozenset()),
        deprecated=pattern.state is State.DEPRECATED,
        seen=seen.get(name, 0),
    )


def _packages(pattern: Pattern, names: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the packages that bear one of the pattern's names, by ecosystem."""
    found: dict[str, set[str]] = {}
    for it in pattern.indicators:
        if it.kind is IndicatorKind.DEPENDENCY and it.name and it.ecosystem and normalise(it.name) in names:
            found.setdefault(it.ecosystem, set()).add(it.name)
    return {ecosystem: frozenset(packages) for ecosystem, packages in found.items()}


def _seen(connection: Connection, slugs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Read where patterns, or those that were merged into them, were seen: codebases as bits."""
    wanted = {f"{type_}/{slug}": (type_, slug) for type_, slug in slugs}
    for row in upkeep.tombstones(connection):
        heir = (row.type, row.merged_into)
        if f"{row.type}/{row.merged_into}" in wanted:
            wanted[f"{row.type}/{row.slug}"] = heir
    items = {row.id: row.key for row in mined.of_keys(connection, Kind.PATTERN, list(wanted))}
    seen: dict[tuple[str, str], int] = {}
    for item, bits in mined.sets(connection, list(items)).items():
        heir = wanted[items[item]]
        seen[heir] = seen.get(heir, 0) | bits
    return seen


def _split(connection: Connection) -> dict[tuple[str, str], frozenset[str]]:
    """Read what operators made two of: by either, the others."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for type_, slug, part in audit.splits(connection):
        for one, other in ((slug, part), (part, slug)):
            found[type_, one] = found.get((type_, one), frozenset()) | {other}
    return found


def _seen_by(connection: Connection) -> dict[str, int]:
    rows = mined.frequent(connection, [Kind.INSTANCE], 1, 100_000)
    names = {row.id: row.key for row in rows}
    return {names[item]: bits for item, bits in mined.sets(connection, list(names)).items()}
