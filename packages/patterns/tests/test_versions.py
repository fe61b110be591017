"""Ranges as ecosystems write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.versions import first_in, satisfies


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        ("^1.2", ["1.2.0", "1.9"], ["2.0", "1.1.9"]),
        ("^0.2.3", ["0.2.9"], ["0.3.0"]),
        ("~1.2", ["1.2.9"], ["1.3"]),
        ("~> 1.2", ["1.9"], ["2.0", "1.1"]),
        ("~=1.4.2", ["1.4.9"], ["1.5"]),
        (">=2 <3", ["2.5"], ["3.0", "1.9"]),
        (">=2, <3", ["2.5"], ["3.0"]),
        ("==1.*", ["1.7"], ["2.0"]),
        ("14.x || 15.x", ["14.2", "15.0.1"], ["13", "16"]),
        ("1.2 - 2.3", ["1.2", "2.3.9"], ["2.4", "1.1"]),
        ("[1.0,2.0)", ["1.0", "1.9.9"], ["2.0", "0.9"]),
        ("(1.0,2.0]", ["2.0"], ["1.0"]),
        ("(,3]", ["2", "3"], ["3.1"]),
        ("[4,)", ["4", "9"], ["3.9"]),
        ("[1.5]", ["1.5"], ["1.6"]),
        ("[1,2),[3,4)", ["1.1", "3.9"], ["2.5"]),
    ],
)
def test_ranges(range_: str, inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if not satisfies(version, range_)] == []
    assert [version for version in outside if satisfies(version, range_)] == []


def test_what_is_not_known_lies_in_no_range() -> None:
    assert not satisfies(None, ">=0")
    assert not satisfies("", "*")


@given(st.none() | st.text(max_size=30), st.text("[](),.0123456789^~<>=|-x* v", max_size=40))
def test_nothing_raises(version: str | None, range_: str) -> None:
    satisfies(version, range_)
    first_in(range_)
