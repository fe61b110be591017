"""Facts from what instances saw in codebases: packages of the name that nobody knows, what they come with, and what
holds wherever a known pattern is.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from centralcloud_patterns.mining.unclaimed import package_of, purl_of
from centralcloud_patterns.pattern import Indicator, IndicatorKind
from centralcloud_patterns.short_indicators import KNOWN_ECOSYSTEMS
from models import proposals
from services.grounding.draft import Draft
from services.grounding.facts import FactKind
from services.grounding.subject import Subject

_SOURCE = "observed"


def observed(connection: Connection, subject: Subject) -> Iterator[Draft]:
    """Yield the unknown packages of the name with where they were seen, and facts that tell the known pattern."""
    purls = {purl_of(ecosystem, name) for ecosystem in KNOWN_ECOSYSTEMS for name in subject.spellings}
    for row in proposals.packages(connection, [purl for purl in purls if purl is not None]):
        named = package_of(row.purl)
        if named is not None:
            ecosystem, name = named
            dependency = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem, name=name)
            seen = f"seen in {row.codebases} codebases by {row.instances} instances, and nobody knows it"
            yield Draft(FactKind.PACKAGE, f"package {name} of {ecosystem}: {seen}", _SOURCE, indicator=dependency)
            yield from (Draft(FactKind.BESIDE, _beside(name, other), _SOURCE) for other in row.beside)
    if subject.pattern is not None:
        for row in proposals.indicators(connection, (subject.type, subject.pattern.slug)):
            shares = f"{row.recall:.0%} of the codebases with it have it, {row.precision:.0%} of those that have it"
            yield Draft(FactKind.WORDS, f"measured: {row.fact}: {shares} have the pattern", _SOURCE)


def _beside(name: str, other: dict[str, object]) -> str:
    share = f"{float(str(other['share'])):.0%}"
    return (
        f"beside {name}: {other['type']} {other['slug']} in {share} of its codebases, {other['lift']} times the usual"
    )
