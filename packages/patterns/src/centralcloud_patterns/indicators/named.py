"""Indicators on named facts: variables, images, imports, interpreters; and on commands by expression."""

import re
from collections.abc import Iterable, Iterator

from centralcloud_patterns import expressions, keyless
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.collecting.images import repository_of
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.manifests.findings import Located
from centralcloud_patterns.paths import directory_of
from centralcloud_patterns.pattern import Indicator
from centralcloud_patterns.words import required_words

_SEPARATORS = re.compile(r"[./\\:]+")
_WORD = re.compile(r"[A-Za-z0-9]+")
#: Commands have short names: uv, ng, go.
_LEAST_OF_A_COMMAND = 2


def _hit(fact: Located, facts: Facts, version: str | None = None) -> Hit:
    component = facts.component_of(directory_of(fact.file))
    line = fact.line or facts.line_of(fact.file, fact.name)
    return Hit(component, fact.file, line, fact.detail[:160], version, fact.file if version else None, bool(version))


def _under(indicator_keys: frozenset[str], facts: Facts) -> Iterator[Located]:
    for key in indicator_keys:
        yield from facts.index.get(key, ())


# Environment variables


def _env_keys(indicator: Indicator) -> frozenset[str]:
    if indicator.name is not None:
        return frozenset({f"env:{indicator.name}"})
    prefix, _, _ = (indicator.prefix or "").rpartition("_")
    return frozenset({f"env:{prefix}_*" if prefix else "env:*"})


def _env_index(facts: Facts) -> Iterator[tuple[str, Located]]:
    for fact in facts.environment:
        yield f"env:{fact.name}", fact
        yield "env:*", fact
        for position, sign in enumerate(fact.name):
            if sign == "_" and position:
                yield f"env:{fact.name[: position + 1]}*", fact


def _env_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for fact in _under(_env_keys(indicator), facts):
        if indicator.name is not None or fact.name.startswith(indicator.prefix or "\0"):
            yield _hit(fact, facts)


def _env_problem(indicator: Indicator) -> str | None:
    if bool(indicator.name) == bool(indicator.prefix):
        return "env needs either a name or a prefix"
    return None


ENV = Rules(keys=_env_keys, hits=_env_hits, problem=_env_problem, index=_env_index)


# Container images


def _image_keys(indicator: Indicator) -> frozenset[str]:
    return frozenset({f"image:{repository_of(indicator.name or '')[0]}"})


def _image_index(facts: Facts) -> Iterator[tuple[str, Located]]:
    for fact in facts.images:
        repository, _ = repository_of(fact.name)
        yield f"image:{repository}", fact
        if "/" in repository:
            yield f"image:{repository.rpartition('/')[2]}", fact


def _image_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for fact in _under(_image_keys(indicator), facts):
        tag = repository_of(fact.name)[1]
        yield _hit(fact, facts, tag.lstrip("v").partition("-")[0] if tag.lstrip("v")[:1].isdigit() else None)


def _needs_name(indicator: Indicator) -> str | None:
    return None if (indicator.name or "").strip() else f"{indicator.kind} needs a name"


IMAGE = Rules(keys=_image_keys, hits=_image_hits, problem=_needs_name, index=_image_index)


# Imports


def _root_of(name: str) -> str:
    bare = name.lstrip("./\\:")
    return _SEPARATORS.split(bare, maxsplit=1)[0].lower() if bare else ""


def _import_keys(indicator: Indicator) -> frozenset[str]:
    return frozenset({f"import:{_root_of(indicator.name or '')}"})


def _import_index(facts: Facts) -> Iterator[tuple[str, Located]]:
    for fact in facts.imports:
        yield f"import:{_root_of(fact.name)}", fact


def _import_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    wanted = indicator.name or ""
    related = {"javascript", "typescript", "vue", "svelte", "astro"}
    language = (indicator.language or "").lower()
    for fact in _under(_import_keys(indicator), facts):
        same = not language or fact.language == language or (language in related and fact.language in related)
        if same and fact.name.startswith(wanted) and (fact.name + ".")[len(wanted)] in "./\\:":
            yield _hit(fact, facts)


IMPORT = Rules(keys=_import_keys, hits=_import_hits, problem=_needs_name, index=_import_index)


# Interpreters


def _shebang_keys(indicator: Indicator) -> frozenset[str]:
    return frozenset({f"shebang:{(indicator.name or '').lower()}"})


def _shebang_index(facts: Facts) -> Iterator[tuple[str, Located]]:
    return ((f"shebang:{fact.name}", fact) for fact in facts.interpreters)


def _shebang_hits(indicator: Indicator, facts: Facts) -> Iterable[Hit]:
    return (_hit(fact, facts) for fact in _under(_shebang_keys(indicator), facts))


SHEBANG = Rules(keys=_shebang_keys, hits=_shebang_hits, problem=_needs_name, index=_shebang_index)


# Commands


_ANY_COMMAND = "command:*"


def _script_keys(indicator: Indicator) -> frozenset[str]:
    found = _script_words(indicator.regex or "")
    return found or frozenset({keyless.key_of(keyless.COMMAND, indicator.regex or "") or _ANY_COMMAND})


def _script_words(regex: str) -> frozenset[str]:
    return frozenset(f"command:{word}" for word in required_words(regex, _LEAST_OF_A_COMMAND))


def _script_index(facts: Facts) -> Iterator[tuple[str, Located]]:
    for fact in facts.commands:
        yield _ANY_COMMAND, fact
        for word in {word.lower() for word in _WORD.findall(fact.detail)}:
            yield f"command:{word}", fact


def _script_hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    for fact in _under(_script_words(indicator.regex or "") or frozenset({_ANY_COMMAND}), facts):
        if expressions.find(indicator.regex or "$^", fact.detail) is not None:
            line = fact.line or facts.line_of(fact.file, fact.name)
            hit = _hit(fact, facts)
            yield Hit(hit.component, hit.file, line, f"{fact.name}: {fact.detail}"[:160])


def _script_problem(indicator: Indicator) -> str | None:
    return None if indicator.regex else "script needs a regex"


SCRIPT = Rules(keys=_script_keys, hits=_script_hits, problem=_script_problem, index=_script_index)
