"""Patterns of realistic shape that no codebase has: as many as are wanted, the same ones each time.

Each has keys of its own; some share popular ones besides, or have nothing else: package.json, Python files, port 3000.
"""

import random
from collections.abc import Iterator
from typing import Final

from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Provenance, Relation

KIND: Final = IndicatorKind
#: Ecosystem, language, and how often such patterns come up.
_ECOSYSTEMS: Final = (
    ("npm", "typescript", 40),
    ("pypi", "python", 25),
    ("maven", "java", 10),
    ("golang", "go", 8),
    ("cargo", "rust", 7),
    ("nuget", "csharp", 5),
    ("hex", "elixir", 3),
    ("gem", "ruby", 2),
)
_FIRST: Final = ("amber", "azure", "birch", "cedar", "coral", "delta", "ember", "fjord", "flint", "hazel", "indigo")
_SECOND: Final = ("beacon", "bridge", "canvas", "dock", "engine", "forge", "grid", "kit", "layer", "mesh", "queue")
#: What many say of what they know, though it tells nothing: of every hundred patterns so many.
SHARING: Final = 4
_POPULAR: Final = (
    Indicator(kind=KIND.FILE, glob="package.json", weight=0.6),
    Indicator(kind=KIND.FILE, glob="pyproject.toml", weight=0.6),
    Indicator(kind=KIND.FILE, glob="Dockerfile", weight=0.6),
    Indicator(kind=KIND.EXTENSION, name="py", weight=0.6),
    Indicator(kind=KIND.EXTENSION, name="ts", weight=0.6),
    Indicator(kind=KIND.PORT, name="3000", weight=0.4),
    Indicator(kind=KIND.SCRIPT, regex=r"^npm run", weight=0.6),
    Indicator(kind=KIND.CONFIG, glob="package.json", path="scripts.build", weight=0.6),
    Indicator(kind=KIND.CONTENT, glob="*.{yml,yaml}", regex="image: .*", weight=0.6),
)


def patterns(first: int, last: int) -> Iterator[Pattern]:
    """Yield the patterns of these numbers, the last one excluded."""
    for number in range(first, last):
        yield _pattern(number, random.Random(number))


def _pattern(number: int, chance: random.Random) -> Pattern:
    slug = f"{chance.choice(_FIRST)}-{chance.choice(_SECOND)}-{number}"
    [(ecosystem, language, _)] = chance.choices(_ECOSYSTEMS, [weight for *_, weight in _ECOSYSTEMS])
    indicators = [*_own(slug, ecosystem, language, chance)]
    if number % 100 < SHARING:
        popular = chance.sample(_POPULAR, 2)
        # One of four has nothing that is its own.
        indicators = popular if number % 4 == 0 else [*indicators, *popular]
    return Pattern(
        type=PatternType.FRAMEWORK if number % 3 == 0 else PatternType.TECHNOLOGY,
        slug=slug,
        name=slug.replace("-", " ").title(),
        aliases=(slug.replace("-", ""),),
        category="library",
        description=f"Invented for measuring: {slug} stands for what an instance learned of a package in {language}.",
        languages=(language,),
        indicators=tuple(indicators),
        relations=(Relation(kind="implies", slug=language),) if number % 10 == 0 else (),
        provenance=(Provenance(source="learn", instance_id=f"instance-{number % 500}", learn_id=f"learn-{number}"),),
        confidence=0.6667,
        revision=1,
        seq=number + 1,
    )


def _own(slug: str, ecosystem: str, language: str, chance: random.Random) -> Iterator[Indicator]:
    """Yield what tells a pattern from all others."""
    yield Indicator(kind=KIND.DEPENDENCY, ecosystem=ecosystem, name=_package(slug, ecosystem), weight=0.95)
    if chance.random() < 0.5:
        yield Indicator(kind=KIND.FILE, glob=f"{slug}.config.{{js,ts,json}}", weight=0.9)
    if chance.random() < 0.5:
        yield Indicator(kind=KIND.IMPORT, name=slug.replace("-", "_"), language=language, weight=0.9)
    if chance.random() < 0.2:
        yield Indicator(kind=KIND.IMAGE, name=f"{slug}/server", weight=0.9)
    if chance.random() < 0.2:
        yield Indicator(kind=KIND.ENV, prefix=slug.replace("-", "_").upper() + "_", weight=0.7)
    if chance.random() < 0.15:
        yield Indicator(kind=KIND.SCRIPT, regex=rf"\b{slug.replace('-', '')} (dev|build|start)\b", weight=0.8)
    if chance.random() < 0.15:
        regex = rf"^\s*(from|import) {slug.replace('-', '')}\b"
        yield Indicator(kind=KIND.CONTENT, glob="*.{py,ts,js,ex}", regex=regex, weight=0.8)
    if chance.random() < 0.1:
        path = f"{slug.replace('-', '')}.enabled"
        yield Indicator(kind=KIND.CONFIG, glob="package.json", path=path, weight=0.8)


def _package(slug: str, ecosystem: str) -> str:
    return {"maven": f"dev.{slug}:core", "golang": f"example.test/{slug}", "nuget": slug.title()}.get(ecosystem, slug)
