"""Words of expressions: what is promised is held by every match, and enough is promised."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns.expressions import BadExpressionError, compiled, find, glob
from centralcloud_patterns.words import required_words, telling_word, words_in

#: Pieces that expressions are put together from, right and wrong ones.
PIECES = st.sampled_from([
    "foo", "bar", "k", "S", "foo_bar", "1", "é", "ſ", "\\b", "\\B", "^", "$", "\\A", "\\z", "(?i)", "(?m)", "(?i:",
    "(?-i:", "(", "(?:", "(?P<x>",
    ")", "|", "?", "*", "+", "{2}", "{0,1}", "{1,}", "{,2}", "{", "}", "??", "\\s", "\\S",
    "\\w", "\\W", "\\d", ".", "\\.", "\\-", "\\_", "\\n", "-", "_", " ", "/", ":", '"', "[ab]", "[^ab]", "[a-z]",
    "[^a-zA-Z0-9]", "[^\\w]", "[\\W_]", "[\"']", "[-_ ]", "[]x]", "[^]x]", "[K]", "[é]", "[[:alpha:]]", "[\\d-]",
    "\\x41", "\\101", "\\pL", "\\Qa.b\\E", "\\C",
])  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(
        ["foo", "bar", "k", "K", "s", "ſ", "_", "-", " ", "\n", ".", "/", ":", '"', "é", "1", "FOO", "oo", "x"]
    ),
    max_size=9,
).map("".join)


@given(st.lists(PIECES, max_size=9).map("".join), TEXTS)
@settings(max_examples=4000, deadline=None)
def test_a_match_holds_one_of_the_words_it_must(regex: str, text: str) -> None:
    words = required_words(regex, 2)
    try:
        compiled(regex)
    except BadExpressionError:
        return
    if words and find(regex, text) is not None:
        assert not words.isdisjoint(_words(text))


def _words(text: str) -> set[str]:
    """Return the words of a text, short ones too."""
    return set("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in text).lower().split())


@given(st.text("()[]{}|*+?\\^$.:ia-b", max_size=40))
@settings(max_examples=1000, deadline=None)
def test_any_expression_is_read_without_an_error(regex: str) -> None:
    required_words(regex)


@pytest.mark.parametrize(
    "regex", ["(" * 900, "(" * 450 + "foo" + ")" * 450, "(a|b)" * 180, "[" * 900, "(?:x|" * 200, "a?" * 400]
)
def test_deep_and_wide_expressions_promise_nothing(regex: str) -> None:
    assert required_words(regex) == frozenset()


@pytest.mark.parametrize(
    ("regex", "words"),
    [
        (r"\bnext (dev|build)\b", {"next"}),
        (r"\b(next|nuxt)js?\b", {"nextj", "nextjs", "nuxtj", "nuxtjs"}),
        (r"(?m)^\s*DB_CONNECTION=[\"']?mysql", {"connection"}),
        (r"\bvitest\b|\bjest\b", {"vitest", "jest"}),
        (r"(?i)<InWPF>|\bDrogon\b", {"inwpf", "drogon"}),
        (r"^import foo\.config\b", {"foo"}),
        (r"(^|\s)hugo(\s|$)", {"hugo"}),
        (r"foo", set()),
        (r"foo_bar", set()),
        (r"\bfoo|bar\b", set()),
        (r"\bfoo?\b", set()),
        (r"\bfoo+\b", set()),
        (r"(?:\bfoo\b)?", set()),
        (r"\bab\b", set()),
        (r"[[:space:]]foo\b", set()),
        (r"(?i)\bkafka\b", set()),
        (r"-foo-(?i)*", set()),
    ],
)
def test_words_are_as_telling_as_can_be(regex: str, words: set[str]) -> None:
    assert required_words(regex) == words


def test_of_a_path_the_word_of_its_own_is_taken() -> None:
    assert telling_word("tool pytest ini_options") in {"pytest", "options"}
    assert telling_word("scripts dev:storybook") == "storybook"
    assert telling_word("a b") == ""
    assert words_in("Foo_bar-x 1ab\n") == {"foo", "bar", "1ab"}


@given(
    st.lists(st.sampled_from(["*", "**", "?", "[ab]", "[!a]", "[", "]", "a", "ab", ".", "/", "{a,b}"]), max_size=8).map(
        "".join
    ),
    st.lists(st.text("ab.]", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join),
)
@settings(max_examples=3000, deadline=None)
def test_many_paths_are_matched_as_one_by_one(text: str, path: str) -> None:
    try:
        compiled_glob = glob(text)
    except BadExpressionError:
        return
    many = [path, *(f"other/{number}" for number in range(20))]
    assert [one for one in many if compiled_glob.matches(one)] == compiled_glob.among(many)
