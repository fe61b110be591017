"""Turn a validated answer and the facts it cites into what it contributes to one pattern.

Descriptive fields only, each with its provenance. What the database must be asked, `reach` asks when it is written.
"""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from centralcloud_client.naming import normalise
from centralcloud_patterns.merging import CURATED_SOURCES, DERIVED, LEARN
from centralcloud_patterns.merging.items import COLLECTIONS
from centralcloud_patterns.pattern import Example, Indicator, Pattern, PatternType, Provenance, Relation
from services.findings import names
from services.findings.answers import DiscoveredPattern, Enrichment, FoundExample
from services.findings.commands import holds_command
from services.findings.telling import is_broad
from services.findings.weighing import weighed
from services.findings.wording import sample, sentence, word
from services.grounding import Facts
from services.times import rfc3339

MAX_INDICATORS: Final = 20
_MAX_LINES: Final = 8
_MAX_LINE: Final = 300
_MAX_DESCRIPTION: Final = 600
_MAX_EXAMPLES: Final = 3
_MAX_CODE: Final = 1_500
_WORDS: Final = ("name", "category", "description", "homepage")
_OTHERS_WORDS: Final = CURATED_SOURCES | {LEARN, DERIVED}


def contribution(
    found: DiscoveredPattern | Enrichment,
    facts: Facts,
    *,
    type_: str,
    slug: str,
    name: str,
    model: str,
    call_id: str,
    template: str,
    template_version: int,
    at: datetime.datetime,
) -> Pattern:
    """Return what an answer says about one pattern.

    An enrichment leaves the name as it is; a discovery may spell it, but not change it.
    """
    discovered = isinstance(found, DiscoveredPattern)
    spelled = names.display_name(found.name, name) if isinstance(found, DiscoveredPattern) else name
    aliases = names.aliases(found.aliases, spelled)
    keys = {key for key in map(normalise, (slug, spelled, name)) if key}
    said = Pattern(
        type=PatternType(type_),
        slug=slug,
        name=spelled,
        aliases=aliases,
        category=names.category(found.category),
        description=sentence(found.description, _MAX_DESCRIPTION),
        languages=names.languages(found.languages),
        homepage=names.homepage(found.homepage),
        indicators=_indicators(found, facts, keys),
        relations=_relations(found, slug),
        practices=_lines(found.practices),
        pitfalls=_lines(found.pitfalls),
        examples=tuple(_examples(found.examples)),
    )
    claim = Provenance(
        source=speaker(model), at=rfc3339(at), call_id=call_id, template=f"{template}@{template_version}"
    )
    return with_provenance(said, claim, named=discovered)


def alias_target(found: DiscoveredPattern, facts: Facts) -> str | None:
    """Return the slug that the name is only another name of, if it is a near name that was given."""
    return found.alias_of if found.alias_of in facts.near() else None


def speaker(model: str) -> str:
    """Return the source that a model's words carry: its name, unless that would make it somebody else."""
    return f"model {model}" if model in _OTHERS_WORDS or not model else model


def with_provenance(said: Pattern, claim: Provenance, *, named: bool) -> Pattern:
    """Return a contribution with its speaker on every word and every collection."""
    words = [field for field in _WORDS if getattr(said, field) and (named or field != "name")]
    collected = [
        msgspec.structs.replace(claim, field=collection.field, items=tuple(sorted(map(collection.key, items))))
        for collection in COLLECTIONS
        if (items := _listed(getattr(said, collection.field)))
    ]
    provenance = (claim, *(msgspec.structs.replace(claim, field=field) for field in words), *collected)
    return msgspec.structs.replace(said, provenance=provenance)


def _listed(value: Any) -> list[Any]:
    return list(value.items()) if isinstance(value, dict) else list(value)


def _indicators(found: Enrichment, facts: Facts, keys: set[str]) -> tuple[Indicator, ...]:
    """Return the indicators that tell something, the weightiest first."""
    by_id = facts.by_id()
    kept: dict[str, Indicator] = {}
    for cited in found.indicators:
        indicator = cited.indicator()
        texts = (indicator.name, indicator.regex, indicator.glob, indicator.path, indicator.value, indicator.prefix)
        if is_broad(indicator, keys) or holds_command(" ; ".join(text for text in texts if text)):
            continue
        weighty = weighed(indicator, [by_id[each] for each in cited.supported_by if each in by_id], keys)
        known = kept.setdefault(weighty.id, weighty)
        if known.weight < weighty.weight:
            kept[weighty.id] = weighty
    ordered = sorted(kept.values(), key=lambda item: (-item.weight, item.id))
    return tuple(ordered[:MAX_INDICATORS])


def _relations(found: Enrichment, slug: str) -> tuple[Relation, ...]:
    pairs = dict.fromkeys((relation.kind, relation.slug.strip().lower()) for relation in found.relations)
    return tuple(Relation(kind=kind, slug=target) for kind, target in pairs if target not in {"", slug})[:10]


def _lines(told: Iterable[str]) -> tuple[str, ...]:
    lines = (sentence(line, _MAX_LINE) for line in told)
    return tuple(dict.fromkeys(line for line in lines if line))[:_MAX_LINES]


def _examples(told: Iterable[FoundExample]) -> Iterator[Example]:
    for example in list(told)[:_MAX_EXAMPLES]:
        code = sample(example.code, example.language, _MAX_CODE)
        if code is not None:
            language = next(iter(names.languages([example.language])), None) if example.language else None
            yield Example(code=code, language=language, title=word(example.title, 100))
