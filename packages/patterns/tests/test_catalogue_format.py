"""The catalogue's YAML: every short form, and every slip named with its file and slug."""

import pytest

from centralcloud_patterns.catalogue_format import CatalogueError, parse
from centralcloud_patterns.catalogue_lint import lint
from centralcloud_patterns.pattern import IndicatorKind, PatternType, State

WHOLE = r"""
- slug: nextjs
  type: framework
  name: Next.js
  aliases: [next, next.js]
  category: web-framework
  description: About it.
  languages: [javascript]
  homepage: https://nextjs.org
  indicators:
    - dependency: npm:next
    - dependency: {npm: next, scope: prod, weight: 0.5}
    - dependency: [npm:a, "npm:@next/env"]
    - dependency_regex: "npm:^@nestjs/"
    - file: next.config.{js,mjs}
    - extension: [svelte, .vue]
    - config: {file: package.json, path: scripts.dev, regex: "\\bnext\\b", weight: 0.7}
    - content: {file: "*.py", regex: "^from django"}
    - image: postgres
    - env: DATABASE_URL
    - env_prefix: NEXT_PUBLIC_
    - import: {language: python, name: flask}
    - script: "\\bnext (dev|build)\\b"
    - shebang: node
    - kubernetes: Ingress
    - kubernetes: {kind: VirtualService, api: networking.istio.io, annotation: istio.io/, weight: 0.8}
    - port: [3000, 3001]
    - host: {scheme: redis}
    - host: vercel.app
    - structure: {glob: "*.proto", count: 3}
    - structure: {layout: [pages/**, public/**], weight: 0.4}
    - all: [{file: a.txt}, {none: [{file: b.txt}]}]
      weight: 0.6
    - dependency: {npm: not-next, polarity: against}
  implies: [nodejs, technology/react]
  commands: {install: npm install, dev: next dev, build: next build, test: npm test, output: .next}
  examples: [{language: typescript, title: t, code: "x"}]
- {slug: nodejs, type: technology, name: Node.js, indicators: [{file: package.json}]}
- {slug: react, type: technology, name: React, indicators: [{dependency: npm:react}]}
"""


def test_every_form_is_read() -> None:
    nextjs, *_ = parse(WHOLE, "whole")
    assert (nextjs.type, nextjs.state, nextjs.provenance[0].source) == (
        PatternType.FRAMEWORK,
        State.ACTIVE,
        "catalogue",
    )
    first, second, *_ = nextjs.indicators
    assert (first.ecosystem, first.name, first.weight) == ("npm", "next", 0.95)
    assert (second.scope, second.weight) == ("prod", 0.5)
    assert [item.kind for item in nextjs.indicators].count(IndicatorKind.DEPENDENCY) == 6
    assert [item.name for item in nextjs.indicators if item.kind is IndicatorKind.EXTENSION] == ["svelte", ".vue"]
    (group,) = [item for item in nextjs.indicators if item.kind is IndicatorKind.GROUP]
    assert (group.all[0].glob, group.none[0].glob, group.weight) == ("a.txt", "b.txt", 0.6)
    held = {kind: [item for item in nextjs.indicators if item.kind is kind] for kind in IndicatorKind}
    assert [(i.name, i.value, i.prefix) for i in held[IndicatorKind.KUBERNETES]] == [
        ("Ingress", None, None),
        ("VirtualService", "networking.istio.io", "istio.io/"),
    ]
    assert [item.name for item in held[IndicatorKind.PORT]] == ["3000", "3001"]
    assert [(item.name, item.value) for item in held[IndicatorKind.HOST]] == [(None, "redis"), ("vercel.app", None)]
    assert [(i.glob, i.value, i.path, i.weight) for i in held[IndicatorKind.STRUCTURE]] == [
        ("*.proto", "3", None, 0.7),
        (None, None, "pages/** public/**", 0.4),
    ]
    assert [(r.kind, r.slug, r.type) for r in nextjs.relations] == [
        ("implies", "nodejs", None),
        ("implies", "react", "technology"),
    ]


def test_a_clean_catalogue_has_no_problems() -> None:
    assert lint(parse(WHOLE, "whole")) == []


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("slug: x\n  type: framework\n  name: X\n  colour: red", "colour"),
        ("slug: x\n  type: gadget\n  name: X", "gadget"),
        ("slug: X Y\n  type: code\n  name: X", "slug"),
        ("slug: x\n  type: code", "name"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{smell: bad}]", "smell"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{dependency: next}]", "ecosystem:name"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{script: '('}]", "missing"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{file: {glob: a, size: 3}}]", "size"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{file: a, image: b}]", "one key"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{file: {glob: a, weight: 7}}]", "weight"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{port: 70000}]", "65535"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{structure: {layout: [a/**]}}]", "2 to 8"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{structure: {glob: a, size: 1}}]", "count"),
        ("slug: x\n  type: code\n  name: X\n  indicators: [{kubernetes: {annotation: istio}}]", "slash"),
    ],
)
def test_a_slip_is_named(entry: str, complaint: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(f"- {entry}\n", "family")
    assert str(caught.value).startswith("family: ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("text", ["a: b", "- [", "- 7", "&a [*a]"])
def test_what_is_no_list_of_patterns_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        parse(text, "family")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {slug: a, type: code, name: A}\n- {slug: a, type: code, name: A}", "twice"),
        ("- {slug: a, type: code, name: A, implies: [gone]}", "gone"),
        ("- {slug: a, type: code, name: A, implies: [a]}", "itself"),
        ("- {slug: a, type: code, name: A, aliases: [B.]}\n- {slug: b, type: code, name: B}", "belongs to b"),
        ("- {slug: a, type: technology, name: A}", "nothing recognises it"),
        (
            "- {slug: a, type: framework, name: A, indicators: [{file: a}], commands: {dev: a, build: a, output: b}}",
            "has no install, test",
        ),
        (
            "- {slug: a, type: technology, name: A, indicators: [{file: [b/a.txt, '**/b/a.txt']}]}",
            "stands there twice",
        ),
        (
            "- {slug: a, type: code, name: A, indicators: [{dependency: npm:x}]}\n"
            "- {slug: b, type: code, name: B, indicators: [{dependency: npm:X}]}",
            "as a does",
        ),
        (
            "- {slug: a, type: technology, name: A, category: c, indicators: [{dependency: npm:a-one}]}\n"
            "- {slug: b, type: technology, name: B, category: c, indicators: [{dependency_regex: 'npm:^a-'}]}",
            "technology/b: matches npm:a-one, the home of a",
        ),
        (
            "- {slug: a, type: technology, name: A, category: c, indicators: [{dependency: npm:a}]}\n"
            "- {slug: b, type: technology, name: B, category: c, indicators: [{dependency: [npm:b, npm:a]}]}",
            "technology/b: matches npm:a, the home of a",
        ),
    ],
)
def test_the_linter_names_what_is_wrong(text: str, problem: str) -> None:
    (line,) = lint(parse(text, "family"))
    assert problem in line


@pytest.mark.parametrize("more", ["category: d", "category: c, part_of: [a]", "category: c, weight"])
def test_a_package_may_speak_of_two_that_are_related_or_no_neighbours(more: str) -> None:
    weak = more.endswith("weight")
    indicator = "{npm: a, weight: 0.6}" if weak else "npm:a"
    text = (
        "- {slug: a, type: technology, name: A, category: c, indicators: [{dependency: npm:a}]}\n"
        f"- {{slug: b, type: technology, name: B, {more.removesuffix(', weight')},"
        f" indicators: [{{dependency: npm:b}}, {{dependency: {indicator}}}]}}"
    )
    assert lint(parse(text, "family")) == []
