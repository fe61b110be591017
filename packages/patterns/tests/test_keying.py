"""The inverted index: nothing that matches is ever missed by its keys."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.expressions import BadExpressionError, compiled, glob, required_prefix
from centralcloud_patterns.facts import Facts, extract
from centralcloud_patterns.indicators.registry import RULES
from centralcloud_patterns.keying import MAX_SHARING, Index, indicator_id, keys_of, keys_of_indicator
from centralcloud_patterns.keyless import Residue, is_keyless
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Provenance, Relation

KIND = IndicatorKind
NAMES = st.sampled_from(["next", "@nestjs/core", "Django", "a.b-c", "github.com/x/y/v2", "org.a:b", "x"])
ECOSYSTEMS = st.sampled_from(["npm", "pypi", "golang", "maven", "clojars", "conda"])
REGEXES = st.sampled_from([
    "^@nestjs/", "^next$", "^a\\.b", "django", "^(next|x)$", "^a|x", "^next-?", "^x+", "^github\\.com/x/",
    "\\bnext dev\\b", "\\bnext\\b|foo", "\\bnext?\\b", "\\bflask\\s+run", "gunicorn", "^", "[a|b]x", "^[n]ext",
    "^org\\.a:", "(?m)^import flask$", "\\bfrom (google|flask)\\b", "(?i)^FROM\\s", "\\bpython3?\\b", "\\bdjango\\b",
])  # fmt: skip
GLOBS = st.sampled_from([
    "next.config.{js,ts}", "*.py", "src/**/*.rs", "prisma/", "prisma/**", "Dockerfile*", "**/a.txt", "/a.txt",
    "[ab].txt", "*.config.js", "a?c.md", ".env*", "x/*/y", "*rc", "**/x/**", "tsconfig.*.json", "*[!x].go",
    "./next.config.js",
])  # fmt: skip
PATHS = st.sampled_from([
    "next.config.js", "a/next.config.ts", "m.py", "src/a/b.rs", "src/b.rs", "prisma/schema.prisma",
    "x/prisma/a", "Dockerfile.dev", "a.txt", "x/a.txt", "b.txt", "vite.config.js", "abc.md", ".env",
    ".env.local", "x/q/y", ".npmrc", "tsconfig.app.json", "y.go",
])  # fmt: skip
COMMANDS = st.sampled_from(["next dev", "flask  run", "gunicorn a:b", "énext dev", "next", "x-next dev"])
VARIABLES = st.sampled_from(["NEXT_PUBLIC_A", "AWS_REGION", "REDIS_HOST", "PORT"])
IMAGES = st.sampled_from(
    ["postgres:16", "docker.io/library/postgres", "quay.io/a/redis@sha256:x", "localhost:5000/x/y:1"]
)


OBJECTS = st.sampled_from([
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations:\n    sidecar.istio.io/inject: 'true'\n",
    "apiVersion: v1\nkind: Service\nspec:\n  ports:\n    - port: 80\n",
    "---\napiVersion: networking.istio.io/v1beta1\nkind: VirtualService\n---\nkind: x\n", "a: b\n",
])  # fmt: skip
ADDRESSES = st.sampled_from([
    "https://db.Supabase.co/x", "redis://:pass@redis:6379", "jdbc:postgresql://db.co:5432/a", "redis://${HOST}", "x",
])  # fmt: skip
PORTS = st.sampled_from(["5432:5432", "127.0.0.1:1:80/tcp", "${PORT:-80}", "80-90", "x"])


def indicators() -> st.SearchStrategy[Indicator]:
    leaves = st.one_of(
        st.builds(lambda e, n: Indicator(kind=KIND.DEPENDENCY, ecosystem=e, name=n), ECOSYSTEMS, NAMES),
        st.builds(lambda e, r: Indicator(kind=KIND.DEPENDENCY, ecosystem=e, regex=r), ECOSYSTEMS, REGEXES),
        st.builds(lambda g: Indicator(kind=KIND.FILE, glob=g), GLOBS),
        st.builds(lambda r: Indicator(kind=KIND.FILE, regex=r), REGEXES),
        st.builds(lambda n: Indicator(kind=KIND.EXTENSION, name=n), st.sampled_from(["py", ".JS", "config.js", "md"])),
        st.builds(lambda g, r: Indicator(kind=KIND.CONTENT, glob=g, regex=r), GLOBS, REGEXES),
        st.builds(
            lambda p: Indicator(kind=KIND.CONFIG, glob="package.json", path=p),
            st.sampled_from(["scripts.*", "engines", "dependencies.next", "dependencies.@nestjs/core", "scripts.a"]),
        ),
        st.builds(lambda n: Indicator(kind=KIND.ENV, name=n), VARIABLES),
        st.builds(
            lambda p: Indicator(kind=KIND.ENV, prefix=p),
            st.sampled_from(["NEXT_", "NEXT_PUBLIC_", "AWS", "REDIS_H", "P"]),
        ),
        st.builds(lambda n: Indicator(kind=KIND.IMAGE, name=n), st.sampled_from(["postgres", "redis", "a/redis", "y"])),
        st.builds(
            lambda n: Indicator(kind=KIND.IMPORT, name=n),
            st.sampled_from(["flask", "google.cloud", "google", "@nestjs/core"]),
        ),
        st.builds(lambda r: Indicator(kind=KIND.SCRIPT, regex=r), REGEXES),
        st.builds(lambda n: Indicator(kind=KIND.SHEBANG, name=n), st.sampled_from(["python", "node"])),
        st.builds(
            lambda n, a, p: Indicator(kind=KIND.KUBERNETES, name=n, value=a, prefix=p),
            st.sampled_from([None, "Deployment", "virtualservice"]),
            st.sampled_from([None, "apps", "apps/v1", "networking.istio.io", "v1"]),
            st.sampled_from([None, "sidecar.istio.io/", "linkerd.io/in"]),
        ),
        st.builds(lambda n: Indicator(kind=KIND.PORT, name=n), st.sampled_from(["5432", "80", "08", "x"])),
        st.builds(
            lambda n, v: Indicator(kind=KIND.HOST, name=n, value=v),
            st.sampled_from([None, "supabase.co", "Db.Supabase.co", "co", "redis", ""]),
            st.sampled_from([None, "redis", "HTTPS", "jdbc"]),
        ),
        st.builds(
            lambda g, v, at: Indicator(kind=KIND.STRUCTURE, glob=g, value=v, locality=at),
            GLOBS,
            st.sampled_from([None, "1", "2", "x"]),
            st.sampled_from(["same", "hoisted", "anywhere"]),
        ),
        st.builds(
            lambda globs: Indicator(kind=KIND.STRUCTURE, path=" ".join(globs)), st.lists(GLOBS, min_size=1, max_size=3)
        ),
    )
    few = st.lists(leaves, max_size=2).map(tuple)
    groups = st.builds(lambda a, b, c: Indicator(kind=KIND.GROUP, all=a, any=b, none=c), few, few, few)
    return st.one_of(leaves, groups.filter(lambda group: bool(group.all or group.any)))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    dependencies = {draw(NAMES): "1" for _ in range(2)}
    scripts = {"a": draw(COMMANDS)}
    text = json.dumps({"dependencies": dependencies, "scripts": scripts}, ensure_ascii=False)
    files: dict[str, str | None] = dict.fromkeys(draw(st.lists(PATHS, max_size=4)))
    files |= {"package.json": text, "requirements.txt": f"{draw(NAMES)}\n", ".env.example": f"{draw(VARIABLES)}=1\n"}
    files |= {
        "Dockerfile": f"FROM {draw(IMAGES)}\n",
        "m.py": "#!/usr/bin/python3\nimport flask\nfrom google.cloud import x\n",
    }
    files |= {"k.yaml": draw(OBJECTS), "app.properties": f"a.url={draw(ADDRESSES)}\n"}
    files["docker-compose.yml"] = f"services:\n  a:\n    ports: ['{draw(PORTS)}']\n"
    return Evidence(files=files | {"go.mod": f"require {draw(NAMES)} v1.0.0\n"})


def shares(keys: frozenset[str], facts: Facts) -> bool:
    """Tell whether evidence has one of the keys, of those that are expressions by trying them."""
    return not keys.isdisjoint(facts.keys | Residue(filter(is_keyless, keys)).found_by(facts.keys))


@given(indicators(), evidences())
@settings(max_examples=600, deadline=None)
def test_what_fires_shares_a_key_with_the_evidence(indicator: Indicator, evidence: Evidence) -> None:
    facts = extract(evidence)
    if indicator.kind is not KIND.GROUP and list(RULES[indicator.kind].hits(indicator, facts)):
        assert shares(keys_of_indicator(indicator), facts)
    pattern = Pattern(type=PatternType.CODE, slug="p", name="p", indicators=(indicator,))
    found = match(facts, [pattern], min_confidence=0.0).matches
    if found:
        assert shares(keys_of(pattern), facts)
    # Whatever the set of keyless expressions says: it may not hide a match.
    assert match(facts, Index([pattern]).candidates(facts.keys), min_confidence=0.0).matches == found


@given(GLOBS, PATHS)
def test_what_a_glob_matches_lies_under_its_keys(text: str, path: str) -> None:
    facts = extract(Evidence(files={path: None}))
    if glob(text).matches(path):
        assert shares(keys_of_indicator(Indicator(kind=KIND.FILE, glob=text)), facts)


@given(st.text("^$|()[]ab\\.+*?{2}/-", max_size=12), st.text("ab./-", max_size=8))
def test_a_required_prefix_is_required(regex: str, text: str) -> None:
    try:
        found = compiled(regex).search(text)
    except BadExpressionError:
        return
    assert not found or text.startswith(required_prefix(regex))


def test_keys_are_as_telling_as_can_be() -> None:
    def keys(**fields: Any) -> set[str]:
        return set(keys_of_indicator(Indicator(**fields)))

    assert keys(kind=KIND.DEPENDENCY, ecosystem="pip", name="Ruamel_Yaml") == {"dep:pypi:ruamel-yaml"}
    assert keys(kind=KIND.DEPENDENCY, ecosystem="npm", regex="^@nestjs/") == {"dep:npm:@nestjs/*"}
    assert keys(kind=KIND.FILE, glob="next.config.{js,ts}") == {"file:next.config.js", "file:next.config.ts"}
    assert keys(kind=KIND.FILE, glob="tsconfig.*.json") == {"stem:tsconfig"}
    assert keys(kind=KIND.FILE, glob="prisma/**") == {"dir:prisma"}
    assert keys(kind=KIND.FILE, regex="x") == {"path~x*"}
    assert keys(kind=KIND.FILE, glob="Docker*") == {"path~(?:^|/)Docker[^/]*$*"}
    assert keys(kind=KIND.FILE, glob="pacts/*.json") == {"dir:pacts"}
    assert keys(kind=KIND.FILE, glob="src/**/*.rs") == {"ext:rs"}
    assert keys(kind=KIND.ENV, prefix="NEXT_PUBLIC_") == {"env:NEXT_PUBLIC_*"}
    assert keys(kind=KIND.SCRIPT, regex=r"\bnext (dev|build)\b") == {"command:next"}
    assert keys(kind=KIND.SCRIPT, regex=r"\b(sls|serverless) deploy") == {"command:sls", "command:serverless"}
    assert keys(kind=KIND.CONTENT, glob="*.py", regex=r"^from flask import") == {"flask"}
    assert keys(kind=KIND.CONTENT, glob="*.py", regex="flask") == {"text~flask*", "flask"}
    assert keys(kind=KIND.CONTENT, glob="*.py", regex="flask|x") == {"text~flask|x*"}
    assert keys(kind=KIND.CONTENT, glob="*.py", regex="(?m)^import$") == {"text~(?m)^import$*"}
    assert keys(kind=KIND.CONTENT, glob="*.py", regex="#x") == {"source~#x*"}
    assert keys(kind=KIND.CONTENT, glob="*.py", regex="flask|x", scope="code") == {"ext:py"}
    assert keys(kind=KIND.SCRIPT, regex="next|x") == {"command~next|x*"}
    assert keys(kind=KIND.CONFIG, glob="package.json", path="engines.bun") == {"bun"}
    assert keys(kind=KIND.CONFIG, glob="a.json", path="*.0") == {"file:a.json"}
    group = Indicator(
        kind=KIND.GROUP, all=(Indicator(kind=KIND.EXTENSION, name="js"), Indicator(kind=KIND.FILE, glob="a.txt"))
    )
    assert keys_of_indicator(group) == {"file:a.txt"}


def test_a_webjar_is_found_as_the_package_it_carries() -> None:
    pom = "<project><dependencies>" + "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId></dependency>"
        for group, artifact in (("org.webjars", "bootstrap"), ("org.webjars.npm", "angular__core"))
    )
    keys = extract(Evidence(files={"pom.xml": pom + "</dependencies></project>"})).keys
    assert {"dep:npm:bootstrap", "dep:npm:@angular/core", "dep:maven:org.webjars/bootstrap"} <= keys


def test_a_crowded_key_brings_only_what_somebody_vouches_for() -> None:
    def pattern(number: int, *provenance: Provenance) -> Pattern:
        shared = Indicator(kind=KIND.EXTENSION, name="py")
        own = Indicator(kind=KIND.DEPENDENCY, ecosystem="pypi", name=f"p{number}")
        slug = f"p{number}"
        return Pattern(type=PatternType.CODE, slug=slug, name="p", indicators=(shared, own), provenance=provenance)

    def found(**files: str | None) -> list[str]:
        facts = extract(Evidence(files={name.replace("_", "."): text for name, text in files.items()}))
        return [one.slug for one in index.candidates(facts.keys)]

    index = Index(map(pattern, range(MAX_SHARING - 1)))
    index.put(pattern(900, Provenance(source="catalogue")))
    assert len(found(a_py=None)) == MAX_SHARING
    index.put(pattern(901))
    assert found(a_py=None) == ["p900"]
    assert set(found(a_py=None, requirements_txt="p7")) == {"p7", "p900"}
    index.drop("code", "p901")
    assert len(found(a_py=None)) == MAX_SHARING


def test_evidence_against_gives_no_key() -> None:
    against = Indicator(kind=KIND.EXTENSION, name="js", polarity="against")
    assert keys_of(Pattern(type=PatternType.CODE, slug="p", name="p", indicators=(against,))) == frozenset()


def test_an_indicator_is_named_by_what_it_checks() -> None:
    one = Indicator(kind=KIND.FILE, glob="a", weight=0.5)
    assert indicator_id(one) == indicator_id(Indicator(kind=KIND.FILE, glob="a", weight=0.7))
    assert indicator_id(one) != indicator_id(Indicator(kind=KIND.FILE, glob="b"))
    assert indicator_id(Indicator(kind=KIND.FILE, glob="a", id="mine")) == "mine"


def test_the_index_brings_candidates_and_what_they_imply() -> None:
    def pattern(slug: str, glob: str, *implied: str) -> Pattern:
        relations = tuple(Relation(kind="implies", slug=target) for target in implied)
        indicators = (Indicator(kind=KIND.FILE, glob=glob),)
        return Pattern(type=PatternType.CODE, slug=slug, name=slug, indicators=indicators, relations=relations)

    index = Index(
        [pattern("a", "a.txt", "b"), pattern("b", "b.txt", "c"), pattern("c", "c.txt"), pattern("d", "d.txt")]
    )
    facts = extract(Evidence(files={"a.txt": None}))
    assert {found.slug for found in index.candidates(facts.keys)} == {"a", "b", "c"}
    index.put(pattern("a", "z.txt"))
    assert index.candidates(facts.keys) == []
    index.drop("code", "d")
    assert index.candidates(extract(Evidence(files={"d.txt": None})).keys) == []
