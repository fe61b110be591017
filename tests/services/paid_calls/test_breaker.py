"""The breaker by itself: pauses grow by failed probes only, and any answer forgets them."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from services.paid_calls.breaker import LONGEST_PAUSE, PAUSE, THRESHOLD, Breaker

NOW = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.UTC)


def opened() -> Breaker:
    breaker = Breaker()
    for number in range(THRESHOLD):
        assert breaker.state(NOW) == "closed"
        breaker = breaker.failed(f"call-{number}", NOW, None)
    return breaker


def seconds(breaker: Breaker) -> float:
    assert breaker.open_until is not None
    return (breaker.open_until - NOW).total_seconds()


def test_failures_in_a_row_open_it_for_a_pause() -> None:
    breaker = opened()
    assert (breaker.state(NOW), seconds(breaker)) == ("open", PAUSE)
    assert breaker.state(NOW + datetime.timedelta(seconds=PAUSE)) == "half_open"


def test_calls_that_were_under_way_when_it_opened_make_no_pause_longer() -> None:
    breaker = opened()
    for number in range(20):
        breaker = breaker.failed(f"late-{number}", NOW, None)
    assert seconds(breaker) == PAUSE


@given(st.integers(1, 40))
def test_each_failed_probe_doubles_the_pause_up_to_a_limit(probes: int) -> None:
    breaker = opened()
    for number in range(probes):
        breaker = breaker.probing(f"probe-{number}", NOW).failed(f"probe-{number}", NOW, None)
    assert seconds(breaker) == min(PAUSE * 2**probes, LONGEST_PAUSE)


def test_a_server_that_wants_a_longer_pause_gets_it() -> None:
    breaker = opened().probing("probe", NOW).failed("probe", NOW, 7_200.0)
    assert seconds(breaker) == 7_200


def test_while_a_probe_is_under_way_nobody_else_calls() -> None:
    until = NOW + datetime.timedelta(seconds=120)
    breaker = opened().probing("probe", until)
    assert breaker.state(NOW + datetime.timedelta(seconds=60)) == "open"
    # A probe whose worker was killed says nothing: the next one follows.
    assert breaker.state(until) == "half_open"
