"""Bring together what several speakers say about one pattern: union with provenance.

`merge` is commutative, associative and idempotent, so it does not matter in which order learns arrive, or how often.
Curated words (catalogue, operator) stand above learned ones, earlier learned ones above later ones, and all of them
above what a model found out, of which the latest stands. `agreed` tells what of it counts once a pattern is believed,
`rulings` what was decided from above. Confidence and state are derived by `standing`.
"""

from centralcloud_patterns.merging.adopted import MAX_ADOPTED, Adopted, adopted_by, as_item
from centralcloud_patterns.merging.agreement import (
    agreed,
    hear,
    is_novel,
    learned_names,
    stands_alone,
    supporters,
    unlearned,
)
from centralcloud_patterns.merging.claims import CATALOGUE, CURATED_SOURCES, DERIVED, LEARN, MAX_PROVENANCE, OPERATOR
from centralcloud_patterns.merging.items import MAX_EXAMPLES, MAX_INDICATORS
from centralcloud_patterns.merging.join import absorb, described, is_curated, merge, without_curated
from centralcloud_patterns.merging.rulings import ADOPTED, KNOWN_AS, NOT_BETWEEN, STATE, WITHOUT, ruled, ruled_state

__all__ = [
    "ADOPTED",
    "CATALOGUE",
    "CURATED_SOURCES",
    "DERIVED",
    "KNOWN_AS",
    "LEARN",
    "MAX_ADOPTED",
    "MAX_EXAMPLES",
    "MAX_INDICATORS",
    "MAX_PROVENANCE",
    "NOT_BETWEEN",
    "OPERATOR",
    "STATE",
    "WITHOUT",
    "Adopted",
    "absorb",
    "adopted_by",
    "agreed",
    "as_item",
    "described",
    "hear",
    "is_curated",
    "is_novel",
    "learned_names",
    "merge",
    "ruled",
    "ruled_state",
    "stands_alone",
    "supporters",
    "unlearned",
    "without_curated",
]
