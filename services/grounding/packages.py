"""Facts from package indexes, where an operator named some."""

from collections.abc import Iterator

from centralcloud_patterns.pattern import Indicator, IndicatorKind
from services.grounding.draft import Draft
from services.grounding.facts import FactKind
from services.grounding.subject import Subject
from services.package_metadata import MetadataSource, Package


def published(source: MetadataSource, subject: Subject) -> Iterator[Draft]:
    """Yield the packages that the indexes know by one of the name's spellings, or by what was taught."""
    found: dict[tuple[str, str], Package] = {}
    for name in _names(subject):
        for package in source.find(name):
            found.setdefault((package.ecosystem, package.name.lower()), package)
    for package in sorted(found.values(), key=lambda one: (one.ecosystem, one.name)):
        dependency = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=package.ecosystem, name=package.name)
        yield Draft(FactKind.METADATA, _described(package), "index", indicator=dependency)


def _names(subject: Subject) -> list[str]:
    taught = [
        indicator.name
        for indicator in (subject.pattern.indicators if subject.pattern else ())
        if indicator.kind is IndicatorKind.DEPENDENCY and indicator.name
    ]
    return list(dict.fromkeys((*subject.spellings[:2], *taught[:3])))


def _described(package: Package) -> str:
    parts = [f"package {package.name} of {package.ecosystem}: {package.summary}"]
    if package.homepage:
        parts.append(f"homepage {package.homepage}")
    if package.keywords:
        parts.append("keywords " + ", ".join(package.keywords[:15]))
    return "; ".join(parts)
