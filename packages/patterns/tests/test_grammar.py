"""The grammar of learns, line by line, and the check of structured indicators."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns import grammar
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType

TABLE: list[tuple[str, dict[str, object] | None]] = [
    ("package.json has custom-framework", {"kind": "dependency", "ecosystem": "npm", "name": "custom-framework"}),
    ("package.json has @acme/core", {"kind": "dependency", "ecosystem": "npm", "name": "@acme/core"}),
    ("`mix.exs` has `phoenix`", {"kind": "dependency", "ecosystem": "hex", "name": "phoenix"}),
    ("services/a/go.mod has github.com/x/y", {"kind": "dependency", "ecosystem": "golang", "name": "github.com/x/y"}),
    ("App.csproj has Serilog", {"kind": "dependency", "ecosystem": "nuget", "name": "Serilog"}),
    ("Gemfile has rails", {"kind": "dependency", "ecosystem": "gem", "name": "rails"}),
    ("config.yaml has my.key", {"kind": "content", "glob": "config.yaml", "regex": r"\bmy\.key\b"}),
    ('Dockerfile contains "FROM x"', {"kind": "content", "glob": "Dockerfile", "regex": r"\bFROM x\b"}),
    ("file next.config.{js,ts}", {"kind": "file", "glob": "next.config.{js,ts}"}),
    ("FILE config/routes.rb", {"kind": "file", "glob": "config/routes.rb"}),
    ("dependency npm:next", {"kind": "dependency", "ecosystem": "npm", "name": "next"}),
    (
        "dependency npm:@nestjs/core@>=10",
        {"kind": "dependency", "ecosystem": "npm", "name": "@nestjs/core", "version": ">=10"},
    ),
    ("dependency go:github.com/a/b", {"kind": "dependency", "ecosystem": "golang", "name": "github.com/a/b"}),
    ("dependency maven:org.a:b", {"kind": "dependency", "ecosystem": "maven", "name": "org.a:b"}),
    ("pkg:npm/next", {"kind": "dependency", "ecosystem": "npm", "name": "next"}),
    (
        "pkg:npm/%40nestjs/core@10.1.0",
        {"kind": "dependency", "ecosystem": "npm", "name": "@nestjs/core", "version": "10.1.0"},
    ),
    ("import tokio", {"kind": "import", "name": "tokio", "language": None}),
    ("import flask in Python", {"kind": "import", "name": "flask", "language": "python"}),
    ("env DATABASE_URL", {"kind": "env", "name": "DATABASE_URL", "prefix": None}),
    ("env NEXT_PUBLIC_*", {"kind": "env", "name": None, "prefix": "NEXT_PUBLIC_"}),
    ("image bitnami/redis", {"kind": "image", "name": "bitnami/redis"}),
    ("extension .svelte", {"kind": "extension", "name": "svelte"}),
    ("content *.py ~ ^from django", {"kind": "content", "glob": "*.py", "regex": "^from django"}),
    (
        "config package.json engines.node",
        {"kind": "config", "glob": "package.json", "path": "engines.node", "value": None},
    ),
    ("config nx.json npmScope=acme", {"kind": "config", "glob": "nx.json", "path": "npmScope", "value": "acme"}),
    (r"script \bnext dev\b", {"kind": "script", "regex": r"\bnext dev\b"}),
    (
        "kubernetes VirtualService of networking.istio.io",
        {"kind": "kubernetes", "name": "VirtualService", "value": "networking.istio.io"},
    ),
    ("port 5432", {"kind": "port", "name": "5432"}),
    ("port 70000", None),
    ("host supabase.co", {"kind": "host", "name": "supabase.co", "value": None}),
    ("host redis://", {"kind": "host", "name": None, "value": "redis"}),
    ("layout app/models/** config/routes.rb", {"kind": "structure", "path": "app/models/** config/routes.rb"}),
    ("at least 3 of *.proto", {"kind": "structure", "glob": "*.proto", "value": "3"}),
    ("uses a lot of decorators", None),
    ("", None),
    ("file **", None),
    ("dependency next", None),
    ("pkg:", None),
    ("x" * 5000, None),
]


@pytest.mark.parametrize(("line", "expected"), TABLE, ids=[line[:40] for line, _ in TABLE])
def test_the_table(line: str, expected: dict[str, object] | None) -> None:
    found = grammar.read(line)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert {field: getattr(found, field) for field in expected} == expected


@pytest.mark.parametrize("line", ["content *.py ~ (", "script (?=x)", r"script (a)\1", "script a{1000}{1000}"])
def test_a_refused_expression_is_said(line: str) -> None:
    with pytest.raises(grammar.BadRegex):
        grammar.read(line)


@given(
    st.one_of(
        st.text(),
        st.sampled_from([line for line, _ in TABLE]).flatmap(lambda line: st.text().map(lambda more: line + more)),
    )
)
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        found = grammar.read(line)
    except grammar.BadRegex:
        return
    if found is not None:
        grammar.check(found)
        facts = extract(Evidence(files={"package.json": '{"dependencies": {"a": "1"}}'}))
        match(facts, [Pattern(type=PatternType.CODE, slug="x", name="x", indicators=(found,))])


def _nested(depth: int) -> Indicator:
    inner = Indicator(kind=IndicatorKind.EXTENSION, name="a")
    for _ in range(depth):
        inner = Indicator(kind=IndicatorKind.GROUP, all=(inner,))
    return inner


@pytest.mark.parametrize(
    "indicator",
    [
        Indicator(kind=IndicatorKind.DEPENDENCY, name="x"),
        Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem="npm"),
        Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem="npm", name="x", scope="odd"),
        Indicator(kind=IndicatorKind.FILE),
        Indicator(kind=IndicatorKind.FILE, glob="*"),
        Indicator(kind=IndicatorKind.FILE, glob="{a,b}" * 30),
        Indicator(kind=IndicatorKind.FILE, glob="[z-a]"),
        Indicator(kind=IndicatorKind.EXTENSION, name="."),
        Indicator(kind=IndicatorKind.CONTENT, glob="a.py"),
        Indicator(kind=IndicatorKind.CONFIG, glob="a.json"),
        Indicator(kind=IndicatorKind.ENV),
        Indicator(kind=IndicatorKind.IMAGE),
        Indicator(kind=IndicatorKind.SCRIPT),
        Indicator(kind=IndicatorKind.GROUP),
        Indicator(kind=IndicatorKind.GROUP, none=(Indicator(kind=IndicatorKind.EXTENSION, name="a"),)),
        Indicator(kind=IndicatorKind.EXTENSION, name="a", all=(Indicator(kind=IndicatorKind.EXTENSION, name="a"),)),
        Indicator(kind=IndicatorKind.EXTENSION, name="a", weight=math.nan),
        Indicator(kind=IndicatorKind.EXTENSION, name="a", weight=1.5),
        Indicator(kind=IndicatorKind.EXTENSION, name="a\0"),
        Indicator(kind=IndicatorKind.EXTENSION, name="a" * 600),
        Indicator(kind=IndicatorKind.EXTENSION, name="a", polarity="maybe"),
        Indicator(kind=IndicatorKind.EXTENSION, name="a", locality="moon"),
        _nested(6),
    ],
)
def test_unsound_indicators_are_refused(indicator: Indicator) -> None:
    with pytest.raises(grammar.BadIndicator):
        grammar.check(indicator)


def test_sound_indicators_pass() -> None:
    grammar.check(_nested(3))
    grammar.check(Indicator(kind=IndicatorKind.FILE, regex="^src/.*\\.rs$"))
