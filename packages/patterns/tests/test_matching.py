"""Matching: confidence, components, versions, relations, unknown dependencies."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from centralcloud_patterns.detection import Detection, Match
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.matching import match
from centralcloud_patterns.matching.calibration import FITTED, UNCALIBRATED
from centralcloud_patterns.matching.confidence import Voice, combined
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Relation


def npm(name: str, **more: Any) -> Indicator:
    return Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem="npm", name=name, **{"weight": 0.9, **more})


def file(glob: str, **more: Any) -> Indicator:
    return Indicator(kind=IndicatorKind.FILE, glob=glob, **{"weight": 0.8, **more})


def pattern(
    slug: str, *indicators: Indicator, type_: PatternType = PatternType.FRAMEWORK, **relations: list[str]
) -> Pattern:
    stated = tuple(Relation(kind=kind, slug=target) for kind, targets in relations.items() for target in targets)
    return Pattern(type=type_, slug=slug, name=slug.title(), indicators=indicators, relations=stated, revision=7)


def package(*names: str) -> str:
    return json.dumps({"dependencies": dict.fromkeys(names, "^1.2.0")}, indent=1)


def detect(files: dict[str, str | None], *patterns: Pattern, **options: Any) -> Detection:
    return match(extract(Evidence(files=files)), patterns, **options)


def by_place(detection: Detection) -> dict[tuple[str, str], Match]:
    return {(hit.path, hit.slug): hit for hit in detection.matches}


def sure(*weights: tuple[str, float], against: tuple[float, ...] = ()) -> Any:
    """What indicators of these kinds and weights make together."""
    return pytest.approx(combined([Voice(IndicatorKind(kind), weight) for kind, weight in weights], against))


NEXT = pattern("nextjs", npm("next"), file("next.config.{js,ts}"), implies=["react"], supersedes=["react"])
REACT = pattern("react", npm("react"))


def test_indicators_combine_and_say_why() -> None:
    found = detect({"package.json": package("next"), "next.config.js": None}, NEXT)
    (hit,) = found.matches
    assert hit.confidence == sure(("dependency", 0.9), ("file", 0.8))
    assert (hit.level, hit.version, hit.version_source, hit.revision) == ("dependency", "1.2.0", "package.json", 7)
    assert [(r.kind, r.file, r.line, r.detail) for r in hit.reasons] == [
        ("dependency", "package.json", 3, "next@^1.2.0"),
        ("file", "next.config.js", None, "next.config.js"),
    ]


def test_a_superseded_match_stays_and_is_marked() -> None:
    found = by_place(detect({"package.json": package("next", "react")}, NEXT, REACT))
    assert found["", "nextjs"].superseded_by is None
    assert found["", "react"].superseded_by == "nextjs"


def test_a_match_above_supersedes_those_below_and_not_those_beside() -> None:
    files: dict[str, str | None] = {
        "package.json": package("next"),
        "apps/a/package.json": package("react"),
    }
    assert by_place(detect(files, NEXT, REACT))["apps/a", "react"].superseded_by == "nextjs"
    files = {"apps/a/package.json": package("react"), "apps/b/package.json": package("next")}
    assert by_place(detect(files, NEXT, REACT))["apps/a", "react"].superseded_by is None


def test_superseding_goes_on_through_what_is_superseded() -> None:
    meta = pattern("meta", npm("meta"), supersedes=["nextjs"])
    found = by_place(detect({"package.json": package("meta", "react")}, meta, NEXT, REACT))
    assert found["", "react"].superseded_by == "meta"


def test_implied_patterns_are_added_with_the_reason() -> None:
    found = by_place(detect({"package.json": package("next")}, NEXT, REACT))
    react = found["", "react"]
    assert react.level == "implied"
    assert react.confidence < found["", "nextjs"].confidence
    assert react.reasons[0].indicator == "implied-by:nextjs"
    assert detect({"package.json": package("next")}, NEXT).matches[0].slug == "nextjs"


def test_patterns_that_imply_each_other_come_to_rest() -> None:
    one, other = pattern("one", npm("one"), implies=["other"]), pattern("other", npm("other"), implies=["one"])
    assert {hit.slug for hit in detect({"package.json": package("one")}, one, other).matches} == {"one", "other"}


def test_each_component_has_its_own_answer() -> None:
    found = detect(
        {"apps/web/package.json": package("next"), "apps/api/package.json": package("react"), "README.md": None},
        NEXT,
        REACT,
    )
    assert set(by_place(found)) == {("apps/web", "nextjs"), ("apps/web", "react"), ("apps/api", "react")}
    assert {part.path: part.slugs for part in found.components} == {
        "apps/api": ("react",),
        "apps/web": ("nextjs", "react"),
    }


def test_evidence_above_counts_for_a_component_unless_it_must_be_its_own() -> None:
    files: dict[str, str | None] = {
        "package.json": package("react"),
        "web/package.json": "{}",
        "web/next.config.js": None,
    }
    hoisted = pattern("p", file("next.config.js", weight=0.6), npm("react"))
    assert by_place(detect(files, hoisted))["web", "p"].confidence == sure(("file", 0.6), ("dependency", 0.9))
    own = pattern("p", file("next.config.js", weight=0.6), npm("react", locality="same"))
    assert by_place(detect(files, own))["web", "p"].confidence == sure(("file", 0.6))


def test_evidence_against_weighs_against() -> None:
    torn = pattern("p", npm("a"), npm("b", polarity="against", weight=0.5))
    (hit,) = detect({"package.json": package("a", "b")}, torn, min_confidence=0.1).matches
    assert hit.confidence == sure(("dependency", 0.9), against=(0.5,))
    assert detect({"package.json": package("b")}, torn, min_confidence=0.0).matches == ()


def test_groups_need_what_they_say() -> None:
    group = Indicator(kind=IndicatorKind.GROUP, all=(npm("a"),), any=(npm("b"), file("c.txt")), none=(npm("d"),))
    grouped = pattern("g", group)
    assert detect({"package.json": package("a")}, grouped).matches == ()
    assert detect({"package.json": package("a"), "c.txt": None}, grouped).matches
    assert detect({"package.json": package("a", "b", "d")}, grouped).matches == ()


def test_versions_and_scopes_narrow() -> None:
    files: dict[str, str | None] = {"package.json": '{"dependencies": {"a": "^2.1.0"}, "devDependencies": {"b": "1"}}'}
    assert detect(files, pattern("p", npm("a", version=">=2 <3"))).matches
    assert not detect(files, pattern("p", npm("a", version="^1"))).matches
    assert detect(files, pattern("p", npm("b", scope="dev"))).matches
    assert not detect(files, pattern("p", npm("b", scope="prod"))).matches


def test_what_is_required_and_missing_leaves_only_strong_evidence() -> None:
    weak, strong = pattern("weak", file("x.txt"), requires=["react"]), pattern("strong", npm("s"), requires=["react"])
    files: dict[str, str | None] = {"package.json": package("s"), "x.txt": None}
    assert [hit.slug for hit in detect(files, weak, strong).matches] == ["strong"]
    both = detect(files | {"package.json": package("s", "react")}, weak, strong, REACT)
    assert {hit.slug for hit in both.matches} == {"weak", "strong", "react"}


def test_of_two_that_exclude_each_other_the_surer_stays() -> None:
    sure, unsure = pattern("sure", npm("a")), pattern("unsure", file("b.txt"), excludes=["sure"])
    found = detect({"package.json": package("a"), "b.txt": None}, sure, unsure)
    assert [hit.slug for hit in found.matches] == ["sure"]


def test_every_kind_of_indicator_fires_with_its_place() -> None:
    kind = IndicatorKind
    indicators = {
        "extension": Indicator(kind=kind.EXTENSION, name=".blade.php"),
        "content": Indicator(kind=kind.CONTENT, glob="*.py", regex="^from django|\nfrom django"),
        "config": Indicator(kind=kind.CONFIG, glob="*.toml", path="tool.poetry.name", value="x"),
        "env": Indicator(kind=kind.ENV, prefix="NEXT_PUBLIC_"),
        "image": Indicator(kind=kind.IMAGE, name="postgres"),
        "import": Indicator(kind=kind.IMPORT, name="django", language="python"),
        "script": Indicator(kind=kind.SCRIPT, regex=r"\bgunicorn\s"),
        "shebang": Indicator(kind=kind.SHEBANG, name="node"),
        "kubernetes": Indicator(kind=kind.KUBERNETES, value="networking.istio.io", prefix="sidecar.istio.io/"),
        "port": Indicator(kind=kind.PORT, name="5432"),
        "host": Indicator(kind=kind.HOST, name="supabase.co"),
        "scheme": Indicator(kind=kind.HOST, value="redis"),
        "count": Indicator(kind=kind.STRUCTURE, glob="*.proto", value="2"),
        "layout": Indicator(kind=kind.STRUCTURE, path="app/models/** config/routes.rb"),
    }
    files: dict[str, str | None] = {
        "a.blade.php": None,
        "m.py": "import os\nfrom django.db import x\n",
        "pyproject.toml": '[tool.poetry]\nname = "x"\n',
        ".env": "NEXT_PUBLIC_A=1\n",
        "Dockerfile": "FROM docker.io/library/postgres:16\n",
        "Procfile": "web: gunicorn a\n",
        "run": "#!/usr/bin/node\n",
        "k.yaml": "apiVersion: v1\nkind: A\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\n"
        "metadata:\n  annotations:\n    sidecar.istio.io/inject: 'true'\n",
        "compose.yaml": "services:\n  db:\n    ports:\n      - '15432:5432'\n",
        "application.yml": "# https://a.supabase.co\nurl: https://b.supabase.co/x\ncache: redis://u:secret@cache:6379\n",
        "a/x.proto": None,
        "b/y.proto": None,
        "rails/app/models/a.rb": None,
        "rails/config/routes.rb": None,
    }
    found = by_place(detect(files, *(pattern(slug, indicator) for slug, indicator in indicators.items())))
    assert {slug for _, slug in found} == set(indicators)
    lines = {slug: hit.reasons[0].line for (_, slug), hit in found.items()}
    assert (lines["content"], lines["env"], lines["image"], lines["import"], lines["script"]) == (1, 1, 1, 2, 1)
    assert (lines["kubernetes"], lines["port"], lines["host"], lines["scheme"]) == (5, 4, 2, 3)
    details = {slug: hit.reasons[0].detail for (_, slug), hit in found.items()}
    assert details["host"] == "https://b.supabase.co"
    assert details["scheme"] == "redis://cache"
    assert details["kubernetes"] == "networking.istio.io/v1 VirtualService sidecar.istio.io/inject"
    assert details["layout"].startswith("rails: ")
    assert found["", "image"].version == "16"


def test_counts_speak_of_the_deepest_component_that_reaches_them() -> None:
    def count(number: str, **more: Any) -> set[str]:
        indicator = Indicator(kind=IndicatorKind.STRUCTURE, glob="Dockerfile", value=number, **more)
        files: dict[str, str | None] = dict.fromkeys(["package.json", "a/Dockerfile", "a/package.json", "b/Dockerfile"])
        return {path for path, _ in by_place(detect(files, pattern("p", indicator)))}

    assert count("1") == {"a"}
    assert count("2") == {""}
    assert count("3") == set()
    assert count("1", locality="same") == {"", "a"}
    assert count("2", locality="same") == set()


def test_a_layout_must_lie_below_one_directory() -> None:
    layout = pattern("p", Indicator(kind=IndicatorKind.STRUCTURE, path="app/models/** {config,conf}/routes.rb"))
    whole: dict[str, str | None] = dict.fromkeys(["x/y/app/models/a/b.rb", "x/y/conf/routes.rb"])
    torn: dict[str, str | None] = dict.fromkeys(["x/app/models/a.rb", "y/config/routes.rb"])
    assert detect(whole, layout).matches
    assert not detect(torn, layout).matches


@pytest.mark.parametrize(
    ("ecosystem", "file", "text", "scope"),
    [
        ("npm", "package.json", '{"dependencies": {"a": "2"}}', "prod"),
        ("npm", "package.json", '{"devDependencies": {"a": "2"}}', "dev"),
        ("npm", "package.json", '{"peerDependencies": {"a": "2"}}', "peer"),
        ("npm", "package.json", '{"optionalDependencies": {"a": "2"}}', "optional"),
        ("cargo", "Cargo.toml", '[build-dependencies]\na = "2"\n', "build"),
        ("maven", "pom.xml", "<project><build><plugins><plugin><groupId>a</groupId><artifactId>a</artifactId>"
         "<version>2.0</version></plugin></plugins></build></project>", "plugin"),
        ("maven", "pom.xml", "<project><parent><groupId>a</groupId><artifactId>a</artifactId><version>2.0</version>"
         "</parent></project>", "parent"),
    ],
)  # fmt: skip
def test_scope_and_version_must_both_fit(ecosystem: str, file: str, text: str, scope: str) -> None:
    def fires(**more: Any) -> bool:
        indicator = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem, name="a", **more)
        return bool(detect({file: text}, pattern("p", indicator)).matches)

    assert fires(scope=scope)
    assert fires(scope=scope, version=">=2")
    assert not fires(scope=scope, version=">2")
    others = {"prod", "dev", "peer", "optional", "build", "plugin", "parent"} - {scope}
    assert not any(fires(scope=other) for other in others)


def test_locality_says_from_where_evidence_counts() -> None:
    files: dict[str, str | None] = {"a/x.txt": None, "a/package.json": "{}", "b/package.json": package("react")}

    def seen(locality: str) -> float:
        both = pattern("p", npm("react", weight=0.6), file("x.txt", weight=0.5, locality=locality))
        return by_place(detect(files, both))["b", "p"].confidence

    assert seen("same") == seen("hoisted") == sure(("dependency", 0.6))
    assert seen("anywhere") == sure(("dependency", 0.6), ("file", 0.5))


def test_unknown_dependencies_are_those_no_pattern_names() -> None:
    files: dict[str, str | None] = {
        "package.json": json.dumps(
            {
                "dependencies": {"next": "1", "odd": "1", "@x/y": "1", "mine": "workspace:*"},
                "packageManager": "pnpm@9.0.0",
            }
        ),
        "b/package.json": package("odd"),
    }
    regex = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem="npm", regex="^@x/")
    found = detect(files, NEXT, pattern("x", regex))
    assert [(item.purl, item.files) for item in found.unknown] == [("pkg:npm/odd", ("package.json", "b/package.json"))]


def test_languages_leave_out_patterns_of_others() -> None:
    python = Pattern(type=PatternType.FRAMEWORK, slug="p", name="P", languages=("python",), indicators=(npm("a"),))
    facts = extract(Evidence(files={"package.json": package("a")}))
    assert match(facts, [python], languages=["typescript"]).matches == ()
    assert match(facts, [python], languages=["Python"]).matches


def test_the_order_of_patterns_changes_nothing() -> None:
    files: dict[str, str | None] = {"package.json": package("next", "react"), "next.config.js": None}
    assert detect(files, NEXT, REACT) == detect(files, REACT, NEXT)


def test_confidence_without_calibration_is_noisy_or() -> None:
    voices = [Voice(IndicatorKind.DEPENDENCY, 0.9), Voice(IndicatorKind.FILE, 0.8)]
    assert combined(voices, calibration=UNCALIBRATED) == pytest.approx(1 - 0.1 * 0.2)
    assert combined(voices, [0.5], UNCALIBRATED) == pytest.approx((1 - 0.1 * 0.2) * 0.5)
    assert combined([], calibration=UNCALIBRATED) == combined([]) == 0


@pytest.mark.parametrize(
    ("scale", "voices", "doubt"),
    [
        ({"extension": 0.5}, [Voice(IndicatorKind.EXTENSION, 0.75)], 0.5),
        ({"file": 2.0}, [Voice(IndicatorKind.FILE, 0.5)], 0.25),
        ({"other": 2.0}, [Voice(IndicatorKind.IMAGE, 0.5)], 0.25),
        ({"among_tests": 0.5}, [Voice(IndicatorKind.DEPENDENCY, 0.75, among_tests=True)], 0.5),
        ({"repeated": 0.5}, [Voice(IndicatorKind.FILE, 0.75), Voice(IndicatorKind.FILE, 0.75)], 0.25 * 0.5),
        ({"repeated": 0.5}, [Voice(IndicatorKind.FILE, 0.75), Voice(IndicatorKind.ENV, 0.75)], 0.25 * 0.25),
    ],
)
def test_calibration_scales_the_doubt_that_each_indicator_leaves(
    scale: dict[str, float], voices: list[Voice], doubt: float
) -> None:
    assert combined(voices, calibration=replace(UNCALIBRATED, **scale)) == pytest.approx(1 - doubt)
    sharpened = replace(UNCALIBRATED, **scale, sharpness=2.0)
    odds = (1 - doubt) / doubt
    assert combined(voices, calibration=sharpened) == pytest.approx(odds**2 / (1 + odds**2))


def test_what_lies_among_tests_counts_less_unless_it_is_about_testing() -> None:
    files: dict[str, str | None] = {"tests/data/package.json": package("react"), "README.md": None}
    (hit,) = detect(files, REACT, min_confidence=0.0).matches
    assert hit.confidence == pytest.approx(combined([Voice(IndicatorKind.DEPENDENCY, 0.9, among_tests=True)]))
    assert hit.confidence < 0.5
    (hit,) = detect({"app/package.json": package("react")}, REACT).matches
    assert hit.confidence == sure(("dependency", 0.9))
    jest = Pattern(type=PatternType.TECHNOLOGY, slug="j", name="J", category="testing", indicators=(npm("react"),))
    (hit,) = detect(files, jest).matches
    assert hit.confidence == sure(("dependency", 0.9))


def test_a_codebase_that_lies_among_tests_as_a_whole_counts_as_any_other() -> None:
    files: dict[str, str | None] = {"tests/apps/web/package.json": package("react"), "tests/apps/README.md": None}
    (hit,) = detect(files, REACT).matches
    assert hit.confidence == sure(("dependency", 0.9))
    files["tests/apps/web/fixtures/package.json"] = files.pop("tests/apps/web/package.json")
    (hit,) = detect(files, REACT, min_confidence=0.0).matches
    assert hit.confidence < 0.5


def test_of_several_places_one_outside_tests_speaks() -> None:
    files: dict[str, str | None] = {"a_test/x.js": None, "test/x.js": None, "web/x.js": None}
    (hit,) = detect(files, pattern("js", Indicator(kind=IndicatorKind.EXTENSION, name="js", weight=0.8))).matches
    assert hit.reasons[0].file == "web/x.js"


_KINDS = st.sampled_from(sorted(IndicatorKind))
_VOICES = st.builds(Voice, _KINDS, st.floats(-1, 2), st.booleans())


@given(st.lists(_VOICES), st.lists(st.floats(-1, 2)), _VOICES)
def test_confidence_stays_within_bounds_and_never_falls_with_more_evidence(
    positive: list[Voice], negative: list[float], more: Voice
) -> None:
    for calibration in (UNCALIBRATED, FITTED):
        before = combined(positive, negative, calibration)
        assert 0 <= before <= combined([*positive, more], negative, calibration) + 1e-12 <= 1 + 1e-12


def test_a_path_of_configuration_may_be_the_beginning_of_a_flat_key() -> None:
    wanted = pattern("a", Indicator(kind=IndicatorKind.CONFIG, glob="*.{yml,properties}", path="s.redis", weight=0.9))
    for files in ({"a.properties": "s.redis.host=x\n"}, {"a.yml": "s:\n  redis:\n    host: x\n"}):
        assert detect({**files}, wanted, min_confidence=0.1).matches
    assert not detect({"a.properties": "s.redisson=x\n"}, wanted, min_confidence=0.1).matches


def test_what_configuration_comments_out_tells_nothing() -> None:
    wanted = pattern("a", Indicator(kind=IndicatorKind.CONTENT, glob="*", regex="needle", weight=0.9))
    hidden = {
        "a.yml": "x: 1\n  # needle\n",
        "a.tf": "// needle\n",
        "pom.xml": "<a><!-- needle\n --></a>",
        ".env": "#needle=1\n",
    }
    for path, text in hidden.items():
        assert not detect({path: text}, wanted, min_confidence=0.1).matches, path
    shown = {"a.yml": "x: needle # comment\n", "a.md": "# needle\n"}
    for path, text in shown.items():
        assert detect({path: text}, wanted, min_confidence=0.1).matches, path
    asked = pattern("b", Indicator(kind=IndicatorKind.CONTENT, glob="*.yml", regex="^#cloud", weight=0.9))
    assert detect({"a.yml": "#cloud-config\n"}, asked, min_confidence=0.1).matches


def test_scripts_of_build_tools_are_no_code_of_the_codebase() -> None:
    shell = pattern("shell", Indicator(kind=IndicatorKind.SHEBANG, name="sh", weight=0.9))
    batch = pattern("batch", Indicator(kind=IndicatorKind.EXTENSION, name="bat", weight=0.9))
    files: dict[str, str | None] = {"gradlew": "#!/bin/sh\n", "gradlew.bat": None}
    assert not detect(files, shell, batch, min_confidence=0.1).matches
    assert len(detect({"run": "#!/bin/sh\n", "a.bat": None}, shell, batch, min_confidence=0.1).matches) == 2
