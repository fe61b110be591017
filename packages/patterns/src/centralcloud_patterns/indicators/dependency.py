"""Indicators on declared dependencies: an exact name or an expression on names, narrowed by version range and scope."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from centralcloud_patterns import expressions, versions
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.manifests.dependency import (
    Dependency,
    ecosystem_of,
    keys_of_name,
    normal_name,
    prefixes_of_name,
)
from centralcloud_patterns.pattern import Indicator

SCOPES = frozenset({"prod", "dev", "peer", "optional", "build", "plugin", "parent", "managed", "tool"})
#: Versions of a step in a pipeline, which are not those of what it runs.
_STEPS = frozenset({"githubactions", "circleciorb", "gitlabci"})
#: Declared, but for nobody's use yet: they speak only to indicators that ask for them by scope.
_SILENT = frozenset({"managed"})


def exact_key(indicator: Indicator) -> str | None:
    """Return the key of the one dependency an indicator names, None for an expression."""
    if indicator.name is None or indicator.ecosystem is None:
        return None
    ecosystem = ecosystem_of(indicator.ecosystem)
    return f"dep:{ecosystem}:{normal_name(ecosystem, indicator.name)}"


def _keys(indicator: Indicator) -> frozenset[str]:
    return frozenset({key_of(indicator)})


def key_of(indicator: Indicator) -> str:
    """Return the one key of an indicator."""
    return exact_key(indicator) or _broad_key(indicator.ecosystem or "", indicator.regex or "")


@lru_cache(maxsize=16_384)
def _broad_key(written: str, regex: str) -> str:
    ecosystem = ecosystem_of(written)
    prefix = expressions.required_prefix(regex).lower()
    # Maven's own spelling, group:artifact, is group/artifact in the evidence.
    prefixes = prefixes_of_name(prefix.replace(":", "/", 1) if ecosystem == "maven" else prefix)
    return f"dep:{ecosystem}:{prefixes[-1]}*" if prefixes else f"dep:{ecosystem}:*"


def _index(facts: Facts) -> Iterator[tuple[str, Dependency]]:
    for dependency in facts.dependencies:
        for key in keys_of_name(dependency.ecosystem, dependency.normal):
            yield key, dependency
        yield f"dep:{dependency.ecosystem}:*", dependency
        for prefix in prefixes_of_name(dependency.normal):
            yield f"dep:{dependency.ecosystem}:{prefix}*", dependency


def named(indicator: Indicator, facts: Facts) -> Iterable[Dependency]:
    """Yield the dependencies an indicator names, whatever their scope and version: those it claims to know."""
    key, regex = key_of(indicator), indicator.regex
    found: list[Dependency] = facts.index.get(key, [])
    if indicator.name is not None or regex is None:
        return found
    question = ("named", key, regex)
    return facts.once(question, lambda: [dependency for dependency in found if _named_by(regex, dependency)])


def _named_by(regex: str, dependency: Dependency) -> bool:
    if expressions.find(regex, dependency.normal) is not None:
        return True
    if dependency.name != dependency.normal and expressions.find(regex, dependency.name) is not None:
        return True
    # Maven's own spelling, group:artifact.
    return (
        dependency.ecosystem == "maven" and expressions.find(regex, dependency.normal.replace("/", ":", 1)) is not None
    )


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for dependency in named(indicator, facts):
        if indicator.scope != dependency.scope and (indicator.scope or dependency.scope in _SILENT):
            continue
        version = None if dependency.ecosystem in _STEPS else dependency.locked or versions.first_in(dependency.range)
        if indicator.version and not versions.satisfies(version, indicator.version):
            continue
        wanted = f"@{dependency.range}" if dependency.range else ""
        yield Hit(
            component=facts.component_of(dependency.directory),
            file=dependency.file,
            line=_line(dependency, facts),
            detail=f"{dependency.name}{wanted}",
            version=version,
            version_source=dependency.locked_file or dependency.file if version else None,
            exact=dependency.locked is not None,
        )


def _line(dependency: Dependency, facts: Facts) -> int | None:
    """Return the line that declares a dependency: where its name stands as a word, else its name or range at all."""
    written = [dependency.name]
    if dependency.ecosystem in {"maven", "clojars"}:
        # The artifact stands there as it is; of a Gradle plugin only the group does.
        group, _, artifact = dependency.name.rpartition("/")
        written = [artifact, group]
    named = dependency.line or facts.line_of(dependency.file, written[0])
    if named:
        return named
    text = facts.files.get(dependency.file) or ""
    places = (text.find(needle) for needle in (*written, dependency.range) if needle)
    position = next((place for place in places if place >= 0), -1)
    return None if position < 0 else text.count("\n", 0, position) + 1


def _problem(indicator: Indicator) -> str | None:
    if not indicator.ecosystem:
        return "a dependency needs an ecosystem"
    if (indicator.name is None) == (indicator.regex is None):
        return "a dependency needs either a name or a regex"
    if indicator.scope is not None and indicator.scope not in SCOPES:
        return f"scope must be one of {', '.join(sorted(SCOPES))}"
    return None


RULES = Rules(keys=_keys, hits=_hits, problem=_problem, index=_index)
