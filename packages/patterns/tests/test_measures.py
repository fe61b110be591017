"""Measured weights: put on for those who match, taken off without a trace, whatever the source says by then."""

from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.keying import indicator_id
from centralcloud_patterns.measures import Measure, measures_of, with_measures, without_measures
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Measured, Pattern, PatternType

WEIGHTS = st.sampled_from([0.05, 0.3, 0.8, 0.95])
INDICATORS = st.builds(
    Indicator,
    kind=st.just(IndicatorKind.DEPENDENCY),
    id=st.sampled_from(["", "a", "b"]),
    ecosystem=st.just("npm"),
    name=st.sampled_from(["next", "react", "vue"]),
    weight=WEIGHTS,
    polarity=st.sampled_from(["for", "against"]),
)
MEASURE = Measure(0.42, Measured(prior=0.9, hits=40, misses=60, low=0.3, high=0.5))


def pattern(indicators: list[Indicator]) -> Pattern:
    return Pattern(type=PatternType.FRAMEWORK, slug="nextjs", name="Next.js", indicators=tuple(indicators))


@given(st.lists(INDICATORS, max_size=4))
def test_what_sources_say_is_never_lost(indicators: list[Indicator]) -> None:
    said = pattern(indicators)
    told = with_measures(said, {indicator_id(it): MEASURE for it in indicators})
    assert without_measures(told) == said
    assert [indicator_id(it) for it in told.indicators] == [indicator_id(it) for it in said.indicators]
    for before, after in zip(said.indicators, told.indicators, strict=True):
        assert after.weight == (0.42 if before.polarity == "for" else before.weight)
    assert with_measures(said, measures_of(told)) == told


def test_a_source_that_changes_its_mind_is_heard() -> None:
    [indicator] = pattern([Indicator(kind=IndicatorKind.ENV, name="A", weight=0.3)]).indicators
    told = with_measures(pattern([indicator]), {indicator_id(indicator): MEASURE})
    assert told.indicators[0].measured == Measured(prior=0.3, hits=40, misses=60, low=0.3, high=0.5)
    assert with_measures(pattern([indicator]), {"other": MEASURE}) == pattern([indicator])
