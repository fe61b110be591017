"""Standing and slugs: what follows from support, and from a name."""

from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.pattern import State, Support
from centralcloud_patterns.slugs import MAX_SLUG, slugify
from centralcloud_patterns.standing import ACTIVE_INSTANCES, confidence, standing

counts = st.integers(0, 10_000)


@given(counts, counts)
def test_confidence_is_a_probability_and_moves_with_the_voices(confirming: int, rejecting: int) -> None:
    sure = confidence(confirming, rejecting)
    assert 0 < sure < 1 or confirming + rejecting > 5_000
    assert confidence(confirming + 1, rejecting) >= sure >= confidence(confirming, rejecting + 1)


def test_one_voice_makes_a_candidate_and_three_make_it_active() -> None:
    assert standing(Support(instances=1), 0).confidence == 0.6667
    assert standing(Support(instances=1), 0).state is State.CANDIDATE
    assert standing(Support(instances=ACTIVE_INSTANCES), 0).state is State.ACTIVE


def test_rejection_takes_an_active_pattern_back() -> None:
    assert standing(Support(instances=3), 3).state is State.CANDIDATE


def test_fewer_than_a_quorum_take_nothing_back() -> None:
    for doubting in range(1, ACTIVE_INSTANCES):
        doubted = standing(Support(instances=ACTIVE_INSTANCES), doubting)
        assert doubted.state is State.ACTIVE
        assert doubted.confidence < standing(Support(instances=ACTIVE_INSTANCES), doubting - 1).confidence


def test_the_curated_keep_their_state_and_lose_confidence_slowly() -> None:
    fresh = standing(Support(), 0, curated=State.ACTIVE)
    doubted = standing(Support(), 2, curated=State.ACTIVE)
    assert fresh.confidence == 0.98
    assert 0.9 < doubted.confidence < fresh.confidence
    assert doubted.state is State.ACTIVE


@given(st.text(max_size=300))
def test_slugs_are_short_and_plain(name: str) -> None:
    slug = slugify(name)
    assert len(slug) <= MAX_SLUG
    assert all(character in "abcdefghijklmnopqrstuvwxyz0123456789-" for character in slug)
    assert slugify(slug) == slug


def test_signs_that_mean_something_are_spoken() -> None:
    assert [slugify(name) for name in ("Next.js", "C++", "C#", "Größe 1")] == [
        "next-js",
        "cplusplus",
        "csharp",
        "grosse-1",
    ]
