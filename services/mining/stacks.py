"""Technology stacks as patterns: what codebases have together, named after its parts and explained.

Each run brings the stacks in line with the index: new ones are written, those that hold no longer are retired. What
somebody taught of a stack stays.
"""

import datetime
from collections.abc import Iterable, Mapping, Set
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.keying import indicator_id
from centralcloud_patterns.merging import DERIVED, KNOWN_AS, merge, ruled, ruled_state
from centralcloud_patterns.merging.claims import WORDS
from centralcloud_patterns.mining.seen import Kind
from centralcloud_patterns.mining.stacks import Stack, stacks
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Provenance, Relation, Support
from centralcloud_patterns.slugs import slugify
from centralcloud_patterns.standing import standing
from models import pattern_writes, patterns
from services import pattern_writing
from services.learning import supporting
from services.mining.done import Done
from services.mining.index import Index, pair_of
from services.mining.rules import Rules
from services.pattern_writing import MINED, Draft, Retirement, Stored

PREFIX: Final = "stack-"
CATEGORY: Final = "stack"
_TYPES: Final = frozenset({PatternType.FRAMEWORK, PatternType.TECHNOLOGY})
#: What nearly every codebase has, or what says how it is kept rather than what it is made of.
_BESIDE_THE_POINT: Final = frozenset(
    {
        CATEGORY,
        "language",
        "runtime",
        "compiler",
        "ci-cd",
        "linter",
        "formatter",
        "documentation",
        "editor-settings",
        "source-hosting",
        "package-manager",
        "version-manager",
        "structure",
    }
)
#: Relations by which one pattern brings another along anyway.
_KIN: Final = frozenset({"implies", "requires", "part_of", "supersedes"})
#: Indicators of a member that a stack is recognised by, and what they weigh at least.
_MOST_TELLING: Final = 3
_TELLING: Final = 0.8
_WEIGHT: Final = 0.9


def find_stacks(connection: Connection, index: Index, rules: Rules, now: datetime.datetime) -> Done:
    """Bring the stacks that are known in line with what codebases have together."""
    found, known = _found(connection, index, rules)
    told = [(stack, seen) for stack in found if (seen := index.instances(stack.bits)) >= rules.instances]
    wanted = {pattern.slug: (pattern, support) for pattern, support in (_pattern(it, known, n) for it, n in told)}
    changed = _bring_in_line(connection, wanted, now)
    return Done(len(known), changed, {"stacks": len(wanted), "patterns": changed})


def shown(connection: Connection, index: Index, rules: Rules) -> list[tuple[Stack, str]]:
    """Return the stacks that codebases have now, the best first, with their names."""
    found, known = _found(connection, index, rules)
    return [(stack, _pattern(stack, known, 0)[0].name) for stack in found]


def _found(connection: Connection, index: Index, rules: Rules) -> tuple[list[Stack], dict[str, Pattern]]:
    sets = index.sets(Kind.PATTERN, rules.stacks.codebases)
    known = _members(connection, sets)
    return stacks({key: sets[key] for key in known}, index.total, rules.stacks, _kin(known)), known


def _members(connection: Connection, sets: Iterable[str]) -> dict[str, Pattern]:
    """Return the patterns that may be part of a stack, by key."""
    rows = patterns.by_slugs(connection, {pair_of(key) for key in sets})
    decoded = (msgspec.json.decode(row.document, type=Pattern) for row in rows if not row.retired)
    return {
        f"{it.type.value}/{it.slug}": it
        for it in decoded
        if it.type in _TYPES and it.category not in _BESIDE_THE_POINT and not it.slug.startswith(PREFIX)
    }


def _kin(known: Mapping[str, Pattern]) -> dict[str, Set[str]]:
    """Return what each pattern brings along, in any number of steps."""
    by_slug: dict[str, list[str]] = {}
    for key, pattern in known.items():
        by_slug.setdefault(pattern.slug, []).append(key)
    next_to = {
        key: {
            other
            for relation in pattern.relations
            if relation.kind in _KIN
            for other in by_slug.get(relation.slug, ())
            if relation.type in {None, known[other].type}
        }
        for key, pattern in known.items()
    }
    return {key: _reached(key, next_to) for key in known}


def _reached(start: str, next_to: Mapping[str, Set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for key in next_to[waiting.pop()]:
            if key not in reached:
                reached.add(key)
                waiting.append(key)
    return reached


def _pattern(stack: Stack, known: Mapping[str, Pattern], instances: int) -> tuple[Pattern, Support]:
    members = sorted((known[key] for key in stack.members), key=lambda it: (it.type, it.name.lower(), it.slug))
    names = [member.name for member in members]
    languages = dict.fromkeys(language for member in members for language in member.languages)
    indicator = _together(members)
    pattern = Pattern(
        type=PatternType.TECHNOLOGY,
        slug=slugify(PREFIX + "-".join(sorted(member.slug for member in members))),
        name=" + ".join(names),
        category=CATEGORY,
        description=(
            f"{', '.join(names[:-1])} and {names[-1]} are used together: in about {_about(100 * stack.support)} of a"
            f" hundred codebases, at least {_about(stack.lift)} times as often as by chance."
        ),
        languages=tuple(sorted(languages)),
        indicators=(indicator,) if indicator else (),
        relations=tuple(Relation(kind="requires", slug=it.slug, type=it.type) for it in members),
        provenance=(Provenance(source=DERIVED),),
    )
    return pattern, Support(codebases=int(_about(stack.codebases)), instances=int(_about(instances)))


def _together(members: Iterable[Pattern]) -> Indicator | None:
    """Return an indicator that fires where all members do, by what tells each of them best; None if one has nothing."""
    groups = []
    for member in members:
        telling = sorted(
            (it for it in member.indicators if it.polarity == "for" and it.kind is not IndicatorKind.GROUP),
            key=lambda it: (-(it.measured.prior if it.measured else it.weight), indicator_id(it)),
        )
        best = [_bare(it) for it in telling if (it.measured.prior if it.measured else it.weight) >= _TELLING]
        if not best:
            return None
        groups.append(Indicator(kind=IndicatorKind.GROUP, any=tuple(best[:_MOST_TELLING]), locality="anywhere"))
    group = Indicator(kind=IndicatorKind.GROUP, all=tuple(groups), weight=_WEIGHT)
    return msgspec.structs.replace(group, id=indicator_id(group))


def _bare(indicator: Indicator) -> Indicator:
    return msgspec.structs.replace(indicator, id="", weight=0.9, measured=None, locality="anywhere")


def _about(value: float) -> str:
    """Return a number with two significant digits: what changes less is no news to everybody."""
    return f"{float(f'{value:.2g}'):g}"


def _bring_in_line(
    connection: Connection, wanted: Mapping[str, tuple[Pattern, Support]], now: datetime.datetime
) -> int:
    """Write stacks that are new or others than they were, retire those that are gone; return how many."""
    named = patterns.by_slugs(connection, {(PatternType.TECHNOLOGY.value, slug) for slug in wanted})
    ids = {*pattern_writes.ids_of_source(connection, MINED), *(row.id for row in named)}
    stored = {it.pattern.slug: it for it in pattern_writing.lock(connection, ids)}
    tallies = supporting.tally_of(connection, ids)
    against = {slug: tallies[it.id].rejecting for slug, it in stored.items() if it.id in tallies}
    drafts = [
        _draft(pattern, support, stored.get(slug), against.get(slug, 0))
        for slug, (pattern, support) in sorted(wanted.items())
        if slug not in stored or stored[slug].source == MINED
    ]
    changes = [draft for draft in drafts if draft.changes]
    gone = [it for it in stored.values() if it.source == MINED and not it.retired and it.pattern.slug not in wanted]
    given_up = [Retirement(it) for it in gone if not _is_taught(it)]
    pattern_writing.write(connection, changes, now)
    pattern_writing.retire(connection, given_up, now)
    return len(changes) + len(given_up)


def _draft(pattern: Pattern, support: Support, stored: Stored | None, rejecting: int) -> Draft:
    if stored is not None and not stored.retired:
        pattern = _with_words_of(stored.pattern, pattern)
    return Draft(pattern, standing(support, rejecting, curated=ruled_state(pattern)), MINED, stored)


def _with_words_of(known: Pattern, pattern: Pattern) -> Pattern:
    """Return what is mined now, with what operators ruled and called it, and who spoke of it."""
    told = tuple(entry for entry in known.provenance if entry.source != DERIVED)
    if not told:
        return pattern
    called = {entry.field: getattr(known, entry.field) for entry in told if entry.field in WORDS and entry.field}
    changed = msgspec.structs.replace(
        pattern, aliases=ruled(known, KNOWN_AS), provenance=(*pattern.provenance, *told), **called
    )
    return merge(changed, changed)


def _is_taught(stored: Stored) -> bool:
    """Tell whether somebody else speaks of the stack, too."""
    return any(entry.source != DERIVED for entry in stored.pattern.provenance)
