"""What of a contribution stays within its own pattern, asked of the database in the transaction that writes it.

Names that others answer to, relations to what does not exist, and homes of other patterns are left out; what others are
recognised by as well tells little.
"""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns import expressions
from centralcloud_patterns.catalogue_lint import home_keys
from centralcloud_patterns.indicators.dependency import exact_key
from centralcloud_patterns.keying import indicator_id, keys_of_indicator
from centralcloud_patterns.manifests.dependency import ecosystem_of
from centralcloud_patterns.merging import is_curated
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Relation, State
from models import candidates, pattern_writes, patterns
from services.findings.telling import is_akin, names_of

#: What an indicator weighs at most that has nothing to do with the name, and that another pattern has as well.
MAX_SHARED: Final = 0.3
#: Other patterns that are looked at.
_MOST: Final = 200

#: What is something that is installed.
_AT_HOME: Final = frozenset({PatternType.FRAMEWORK, PatternType.TECHNOLOGY})

_decoder: Final = msgspec.json.Decoder(Pattern)


def within_reach(connection: Connection, said: Pattern, own_ids: Collection[int]) -> Pattern:
    """Return a contribution without what would touch others; `own_ids` are of the pattern it goes into."""
    left = msgspec.structs.replace(
        said,
        aliases=_free(connection, said, own_ids),
        relations=_existing(connection, said),
        indicators=_of_its_own(connection, said, own_ids),
    )
    # What nothing is left of was not said: an earlier answer's stands.
    spoken = tuple(entry for entry in said.provenance if entry.field is None or getattr(left, entry.field))
    return msgspec.structs.replace(left, provenance=spoken)


def _free(connection: Connection, said: Pattern, own_ids: Collection[int]) -> tuple[str, ...]:
    keys = {alias: normalise(alias) for alias in said.aliases}
    rows = pattern_writes.named(connection, {(said.type.value, key) for key in keys.values()}) if keys else ()
    taken = {row.key for row in rows if row.id not in own_ids}
    return tuple(alias for alias, key in keys.items() if key not in taken)


def _existing(connection: Connection, said: Pattern) -> tuple[Relation, ...]:
    """Return relations to live patterns, their type told: the pattern's own where both have the slug."""
    wanted = {(type_.value, relation.slug) for relation in said.relations for type_ in PatternType}
    live = (
        {(row.type, row.slug) for row in patterns.by_slugs(connection, wanted) if not row.retired} if wanted else set()
    )
    kept = []
    for relation in said.relations:
        types = [type_ for type_ in (said.type, *PatternType) if (type_.value, relation.slug) in live]
        if types and (types[0], relation.slug) != (said.type, said.slug):
            kept.append(msgspec.structs.replace(relation, type=types[0]))
    return tuple(kept)


def _of_its_own(connection: Connection, said: Pattern, own_ids: Collection[int]) -> tuple[Indicator, ...]:
    """Return the indicators without the homes of others; what others have as well loses its weight."""
    packages = {key for item in said.indicators if (key := exact_key(item)) is not None}
    keys = {key for item in said.indicators for key in keys_of_indicator(item) if not key.endswith("*")} - packages
    ids = [row.id for row in candidates.ids_by_keys(connection, packages)] if packages else []
    for beginning in _beginnings(said.indicators):
        ids += patterns.ids_by_key_beginning(connection, beginning, _MOST)
    # Very many may have the same file: what any two hundred of them say is enough.
    ids += [row.id for row in candidates.ids_by_keys(connection, keys)][:_MOST] if keys else []
    others = _strangers(connection, said, {*ids} - {*own_ids})
    homes = {key for other in others for key in _homes(other)}
    agreed = [other for other in others if _is_agreed(other)]
    shared = {_bare_id(item) for other in agreed for item in other.indicators if item.polarity == "for"}
    own = names_of(said)
    return tuple(
        msgspec.structs.replace(item, weight=min(item.weight, MAX_SHARED))
        if _bare_id(item) in shared and not is_akin(item, own)
        else item
        for item in said.indicators
        if not _is_home(item, homes, own)
    )


def _is_agreed(other: Pattern) -> bool:
    return other.state is State.ACTIVE or is_curated(other)


def _homes(other: Pattern) -> set[str]:
    """Return the homes that are another's for certain: agreed upon, or of its very name.

    A candidate may have been taught by what it only uses, and patterns of architecture and code live nowhere.
    """
    if other.type not in _AT_HOME:
        return set()
    homes = home_keys(other)
    if _is_agreed(other):
        return {*homes}
    names = names_of(other)
    akin = {exact_key(item) for item in other.indicators if is_akin(item, names)}
    return {home for home in homes if home in akin}


def _strangers(connection: Connection, said: Pattern, ids: Collection[int]) -> list[Pattern]:
    """Read other patterns; the same thing under another type is no stranger."""
    others = [_decoder.decode(row.document) for row in patterns.documents(connection, ids)] if ids else []
    return [other for other in others if other.slug != said.slug]


def _beginnings(indicators: Iterable[Indicator]) -> set[str]:
    """Return how the keys begin that expressions on names of packages may match."""
    return {
        f"dep:{ecosystem_of(item.ecosystem or '')}:{expressions.required_prefix(item.regex).lower()}"
        for item in indicators
        if item.kind is IndicatorKind.DEPENDENCY and item.regex is not None
    }


def _is_home(indicator: Indicator, homes: Collection[str], own: Collection[str]) -> bool:
    """Tell whether an indicator is another's home; an expression may reach those of its own family."""
    if indicator.kind is not IndicatorKind.DEPENDENCY:
        return False
    if indicator.regex is None:
        return exact_key(indicator) in homes
    stem = f"dep:{ecosystem_of(indicator.ecosystem or '')}:"
    names = (home.removeprefix(stem) for home in homes if home.startswith(stem))
    reached = (name for name in names if expressions.find(indicator.regex, name) is not None)
    return any(not any(key in normalise(name) for key in own) for name in reached)


def _bare_id(indicator: Indicator) -> str:
    return indicator_id(msgspec.structs.replace(indicator, id=""))
