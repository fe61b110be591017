"""What matches say about each other costs each of them the same, however many components a repository has."""

import time

from centralcloud_patterns.detection import Match
from centralcloud_patterns.matching import relations
from centralcloud_patterns.matching.relations import Known
from packages.patterns.tests.test_matching import npm, pattern


def _seconds_to_relate(components: int) -> float:
    """Return the processor's seconds, the least of three."""
    relating = [
        pattern("a", npm("a"), supersedes=["b"], excludes=["c"], requires=["b"]),
        pattern("b", npm("b")),
        pattern("c", npm("c")),
    ]
    known = Known({(one.type.value, one.slug): one for one in relating})
    matches = [
        Match(
            type=one.type,
            slug=one.slug,
            name=one.name,
            path=f"apps/{number}",
            confidence=0.9,
            level="dependency",
        )
        for number in range(components)
        for one in relating
    ]
    taken = []
    for _ in range(3):
        began = time.process_time()
        related = relations.with_superseded(
            relations.without_excluded(relations.with_requirements(matches, known), known), known
        )
        taken.append(time.process_time() - began)
        assert len(related) == 2 * components
        assert sum(hit.superseded_by == "a" for hit in related) == components
    return min(taken)


def test_relations_cost_each_component_the_same_however_many_there_are() -> None:
    # Four times as many took sixteen times as long.
    assert _seconds_to_relate(4_000) < 9 * _seconds_to_relate(1_000)
