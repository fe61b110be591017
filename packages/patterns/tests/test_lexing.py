"""Code, comments and strings apart, and content indicators that search one of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.grammar import BadIndicator, check
from centralcloud_patterns.lexing import SCOPES, only
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType

LANGUAGES = ["python", "typescript", "java", "php", "rust", "haskell", "clojure", "erlang", "ocaml", "cobol", None]


@pytest.mark.parametrize(
    ("language", "text", "scope", "kept"),
    [
        ("python", "a = 'x' # c", "code", "a ="),
        ("python", "a = 'x' # c", "comment", "# c"),
        ("python", "a = 'x' # c", "string", "'x'"),
        ("python", '"""doc # no"""\nb', "string", '"""doc # no"""'),
        ("typescript", "`${a}` // b", "string", "`${a}`"),
        ("typescript", '"http://x" /* y */', "comment", "/* y */"),
        ("rust", "fn f<'a>() {} // z", "comment", "// z"),
        ("java", 'f("a\\"b"); /* open', "comment", "/* open"),
        ("cobol", "MOVE 'A'", "code", "MOVE 'A'"),
        ("cobol", "MOVE 'A'", "string", ""),
    ],
)
def test_each_part_is_found(language: str, text: str, scope: str, kept: str) -> None:
    assert only(text, language, scope).strip() == kept


@given(st.text("ab\"'`/*#\\\n{-}()%; "), st.sampled_from(LANGUAGES[:-2]))
def test_each_character_is_of_one_part_and_stays_in_place(text: str, language: str) -> None:
    parts = [only(text, language, scope) for scope in sorted(SCOPES)]
    for position, character in enumerate(text):
        shown = [part[position] for part in parts]
        assert shown.count(character) >= 1
        assert sum(found not in " \n" for found in shown) <= 1


def test_content_may_speak_of_a_language_and_a_part() -> None:
    def line(**more: Any) -> int | None:
        indicator = Indicator(kind=IndicatorKind.CONTENT, glob="m.*", regex="magic", **more)
        check(indicator)
        pattern = Pattern(type=PatternType.CODE, slug="p", name="p", indicators=(indicator,))
        files: dict[str, str | None] = {"m.py": "# magic\nx = 'magic'\nmagic()\n"}
        found = match(extract(Evidence(files=files)), [pattern]).matches
        return found[0].reasons[0].line if found else None

    assert (line(), line(scope="comment"), line(scope="string"), line(scope="code")) == (1, 1, 2, 3)
    assert line(language="Python", scope="code") == 3
    assert line(language="go") is None


def test_a_scope_that_is_none_is_refused() -> None:
    with pytest.raises(BadIndicator, match="scope"):
        check(Indicator(kind=IndicatorKind.CONTENT, glob="*.py", regex="x", scope="dev"))
