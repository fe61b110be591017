"""Why a pattern matches a codebase, or does not: every indicator with its weight, where it fired, and what it added.

The same rules as `matching`, told step by step for one pattern; nothing is decided here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, structs

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Match
from centralcloud_patterns.indicators.dependency import named
from centralcloud_patterns.indicators.rules import Hit
from centralcloud_patterns.keying import indicator_id, keys_of_indicator
from centralcloud_patterns.matching import match
from centralcloud_patterns.matching.checking import voice
from centralcloud_patterns.matching.confidence import UNMET_REQUIREMENT, Voice, combined
from centralcloud_patterns.matching.firing import Hits, fire, seen_from
from centralcloud_patterns.merging import Adopted, adopted_by
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Measured, Pattern, State, Support

#: Kinds whose lines may hold secrets: of them only the name is shown.
_WITHHELD = frozenset({IndicatorKind.ENV, IndicatorKind.HOST})
_MAX_EXCERPT = 160
_MAX_PLACES = 20


class Fired(Struct, frozen=True, omit_defaults=True):
    """One place where an indicator fired."""

    component: str
    file: str
    line: int | None = None
    excerpt: str = ""
    version: str | None = None
    #: It lies among tests, so it counts for less.
    among_tests: bool = False


class Step(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One indicator of the pattern, as a component sees it."""

    indicator: str
    kind: str
    #: What it checks, in the words of the grammar where it has some.
    checks: str
    weight: float
    #: Where the weight comes from, when it was seen in codebases and confirmed or rejected there.
    measured: Measured | None = None
    #: When an operator took it over from what was measured, and what that was by then; empty where nobody did.
    adopted: str = ""
    polarity: str = "for"
    #: Where it fired for this component; None when it did not.
    fired: Fired | None = None
    #: Why it did not fire although its subject is there.
    note: str = ""
    #: Change of the confidence when this indicator came to those of greater weight; negative for one against.
    added: float = 0.0
    #: Of a group: its members.
    members: tuple["Step", ...] = ()


class Place(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The pattern in one component."""

    #: The component's directory; '' is the root.
    path: str
    #: From the indicators alone.
    own_confidence: float
    #: After the relations to other patterns.
    confidence: float
    level: str = ""
    #: Whether an answer holds it: not less sure than asked for, and not excluded.
    told: bool
    superseded_by: str | None = None
    steps: tuple[Step, ...] = ()
    #: What relations did, one sentence each.
    relations: tuple[str, ...] = ()


class Explanation(Struct, frozen=True, kw_only=True):
    """Everything about one pattern on one codebase; surest place first, never empty."""

    type: str
    slug: str
    name: str
    #: How far the pattern itself has come: what instances teach and say in feedback decides.
    state: State
    sure: float
    support: Support
    min_confidence: float
    places: tuple[Place, ...]


class _Setting(Struct, frozen=True):
    """What holds for every place: the evidence, the pattern, and what was found with it."""

    facts: Facts
    pattern: Pattern
    hits: Sequence[tuple[Indicator, Hits]]
    matches: Sequence[Match]
    least: float
    #: What is told of adopted indicators, by id.
    adopted: Mapping[str, str]

    @property
    def missing(self) -> list[str]:
        """Return the slugs of required patterns that are nowhere among the matches."""
        required = [relation for relation in self.pattern.relations if relation.kind == "requires"]
        return [
            relation.slug
            for relation in required
            if not any(hit.slug == relation.slug and relation.type in {None, hit.type} for hit in self.matches)
        ]

    def damped(self, own: float) -> float:
        """Return what requirements leave of a confidence."""
        return own * UNMET_REQUIREMENT if self.missing else own


def explain(
    facts: Facts, pattern: Pattern, related: Iterable[Pattern] = (), *, min_confidence: float = 0.5
) -> Explanation:
    """Explain one pattern; `related` are those its relations speak of and those that speak of it."""
    others = [one for one in related if (one.type, one.slug) != (pattern.type, pattern.slug)]
    matches = match(facts, [pattern, *others], min_confidence=min_confidence).matches
    mine = {hit.path: hit for hit in matches if (hit.type, hit.slug) == (pattern.type, pattern.slug)}
    hits = [(indicator, fire(indicator, keys_of_indicator(indicator), facts)) for indicator in _distinct(pattern)]
    adopted = {it.indicator.id: _measures(it) for it in adopted_by(pattern)}
    setting = _Setting(facts, pattern, hits, matches, min_confidence, adopted)
    components = {at for indicator, found in hits if indicator.polarity == "for" for at in found} | mine.keys()
    places = [_place(setting, path, mine.get(path)) for path in components or {""}]
    places.sort(key=lambda place: (not place.told, -place.confidence, place.path))
    return Explanation(
        type=pattern.type.value,
        slug=pattern.slug,
        name=pattern.name,
        state=pattern.state,
        sure=pattern.confidence,
        support=pattern.support,
        min_confidence=min_confidence,
        places=tuple(places[:_MAX_PLACES]),
    )


def _measures(adopted: Adopted) -> str:
    where = f"{adopted.codebases} codebases of {adopted.instances} instances"
    return f"{adopted.at[:10]}, with precision {adopted.precision:.2f} and recall {adopted.recall:.2f} in {where}"


def _distinct(pattern: Pattern) -> list[Indicator]:
    """Return the indicators that count, each once: those for it first, the weightiest leading."""
    found: dict[str, Indicator] = {}
    for indicator in pattern.indicators:
        found.setdefault(f"{indicator.polarity} {indicator_id(indicator)}", indicator)
    return sorted(found.values(), key=lambda one: (one.polarity == "against", -one.weight))


def _place(setting: _Setting, path: str, told: Match | None) -> Place:
    steps: list[Step] = []
    positive: list[Voice] = []
    negative: list[float] = []
    own, level = 0.0, ""
    for indicator, found in setting.hits:
        hit = seen_from(found, path, indicator.locality)
        added, among_tests = 0.0, False
        if hit is not None:
            if indicator.polarity == "against":
                negative.append(indicator.weight)
            else:
                positive.append(voice(setting.pattern, indicator, hit, setting.facts))
                among_tests = positive[-1].among_tests
            after = combined(positive, negative)
            added, own = after - own, after
            level = level or indicator.kind.value
        step = _step(setting.facts, indicator, hit, path, added, among_tests=among_tests)
        steps.append(structs.replace(step, adopted=setting.adopted.get(indicator.id, "")))
    return Place(
        path=path,
        own_confidence=round(own, 4),
        confidence=round(told.confidence if told else setting.damped(own), 4),
        level=told.level if told else level,
        told=told is not None,
        superseded_by=told.superseded_by if told else None,
        steps=tuple(steps),
        relations=(*_stated(setting, told), *_outcome(setting, told, own)),
    )


def _step(
    facts: Facts, indicator: Indicator, hit: Hit | None, path: str, added: float, *, among_tests: bool = False
) -> Step:
    members = (*indicator.all, *indicator.any, *indicator.none)
    return Step(
        indicator=indicator_id(indicator),
        kind=indicator.kind.value,
        checks=described(indicator),
        weight=indicator.weight,
        measured=indicator.measured,
        polarity=indicator.polarity,
        fired=_fired(facts, indicator, hit, among_tests=among_tests) if hit else None,
        note="" if hit else _note(facts, indicator),
        added=round(added, 4),
        members=tuple(_member(facts, member, path) for member in members),
    )


def _member(facts: Facts, member: Indicator, path: str) -> Step:
    found = fire(member, keys_of_indicator(member), facts)
    return _step(facts, member, seen_from(found, path, member.locality), path, 0.0)


def _fired(facts: Facts, indicator: Indicator, hit: Hit, *, among_tests: bool) -> Fired:
    excerpt = hit.detail
    text = facts.files.get(hit.file)
    if text and hit.line and indicator.kind not in _WITHHELD:
        lines = text.split("\n", hit.line)
        excerpt = lines[hit.line - 1].strip() if len(lines) >= hit.line else hit.detail
    return Fired(hit.component, hit.file, hit.line, excerpt[:_MAX_EXCERPT], hit.version, among_tests)


def _note(facts: Facts, indicator: Indicator) -> str:
    if indicator.kind is IndicatorKind.DEPENDENCY:
        for dependency in named(indicator, facts):
            wanted = f"@{dependency.range}" if dependency.range else ""
            return (
                f"{dependency.file} has {dependency.name}{wanted} ({dependency.scope}): version or scope does not fit"
            )
    return ""


def described(indicator: Indicator) -> str:
    """Return what an indicator checks, on one line."""
    if indicator.kind is IndicatorKind.GROUP:
        parts = ((name, getattr(indicator, name)) for name in ("all", "any", "none"))
        return ", ".join(f"{name} of {len(members)}" for name, members in parts if members)
    if indicator.kind is IndicatorKind.DEPENDENCY:
        what = f"{indicator.ecosystem}:{indicator.name or indicator.regex}"
        scope = f" as {indicator.scope}" if indicator.scope else ""
        return f"{what}{'@' + indicator.version if indicator.version else ''}{scope}"
    fields = (
        indicator.glob,
        indicator.path,
        indicator.name,
        f"{indicator.prefix}*" if indicator.prefix else None,
        indicator.value,
        f"~ {indicator.regex}" if indicator.regex else None,
        f"in {indicator.language}" if indicator.language else None,
    )
    return " ".join(field for field in fields if field)


def _stated(setting: _Setting, told: Match | None) -> Iterator[str]:
    """Say what the pattern's own relations mean here."""
    found = {hit.slug for hit in setting.matches}
    missing = setting.missing
    for relation in setting.pattern.relations:
        if relation.kind == "requires":
            seen = "not seen, so the confidence is damped" if relation.slug in missing else "seen"
            yield f"requires {relation.slug}: {seen}"
        elif relation.kind in {"implies", "supersedes"}:
            yield f"{relation.kind} {relation.slug}" + (", which is there" if relation.slug in found else "")
        elif relation.kind == "excludes" and told is None and relation.slug in found:
            yield f"excludes {relation.slug}, which is surer here"


def _outcome(setting: _Setting, told: Match | None, own: float) -> Iterator[str]:
    """Say what other patterns did, and why an answer leaves this place out."""
    if told is None:
        after = setting.damped(own)
        less = after < setting.least
        yield f"left out: {after:.2f} is less than {setting.least:.2f}" if less else "left out: another excludes it"
        return
    for reason in told.reasons:
        if reason.kind == "implied":
            yield f"{reason.detail} ({reason.weight:.2f})"
    if told.superseded_by:
        yield f"superseded by {told.superseded_by}"
