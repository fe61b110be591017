"""Bring together what several speakers say about one pattern: union with provenance.

`merge` is commutative, associative and idempotent, so it does not matter in which order learns arrive, or how often.
Curated words (catalogue, operator) stand above learned ones, earlier learned ones above later ones, and all of them
above what a model found out, of which the latest stands. Which learns speak of the same pattern is decided elsewhere;
confidence and state are derived by `standing`.
"""

from centralcloud_patterns.merging.claims import CATALOGUE, CURATED_SOURCES, DERIVED, LEARN, MAX_PROVENANCE, OPERATOR
from centralcloud_patterns.merging.items import MAX_EXAMPLES, MAX_INDICATORS
from centralcloud_patterns.merging.join import absorb, described, is_curated, merge, without_curated

__all__ = [
    "CATALOGUE",
    "CURATED_SOURCES",
    "DERIVED",
    "LEARN",
    "MAX_EXAMPLES",
    "MAX_INDICATORS",
    "MAX_PROVENANCE",
    "OPERATOR",
    "absorb",
    "described",
    "is_curated",
    "merge",
    "without_curated",
]
