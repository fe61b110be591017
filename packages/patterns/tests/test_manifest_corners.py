"""Manifests as they are also written: templates, faults, several names at once, other spellings of one name."""

import pytest

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import Facts, extract
from centralcloud_patterns.keying import Index
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType
from centralcloud_patterns.reading.toml_text import read_toml
from centralcloud_patterns.reading.unreadable import Unreadable

Files = dict[str, str | None]


def read(files: Files) -> Facts:
    return extract(Evidence(files=files))


def names(files: Files) -> set[tuple[str, str, str]]:
    return {(found.ecosystem, found.name, found.scope) for found in read(files).dependencies}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "Cargo.toml",
            '[dependencies]\nleptos = { version = "0.7"{% if nightly %}, optional = true{% endif %} }\naxum = "0.7"\n',
            {("cargo", "leptos", "optional"), ("cargo", "axum", "prod")},
        ),
        (
            "package.json",
            '{"name": "<%= name %>", "dependencies": {<% if (vue) { %>"vue": "3",<% } %> "vite": "5"}}',
            {("npm", "vue", "prod"), ("npm", "vite", "prod")},
        ),
        (
            "pyproject.toml",
            '[project]\nname = {{ cookiecutter.a }}\ndependencies = ["flask"]\n{% if cookiecutter.b %}\n{% endif %}\n',
            {("pypi", "flask", "prod")},
        ),
    ],
)
def test_a_template_says_what_stands_beside_its_tags(file: str, text: str, expected: set[tuple[str, str, str]]) -> None:
    assert names({file: text}) == expected
    assert [note.file for note in read({file: text}).notes] == [file]


def test_lines_at_fault_cost_only_themselves() -> None:
    with pytest.raises(Unreadable) as caught:
        read_toml("[a]\nb = 1\n<<<<<<< HEAD\nc = 2\n=======\nd = 3\n>>>>>>> theirs\n[e]\nf = = 4\n")
    assert caught.value.partial == {"a": {"b": 1, "c": 2, "d": 3}, "e": {}}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "a.nimble",
            'requires "nim >= 1.6", "jester >= 0.5"\nwhen defined(x):\n  requires "norm"\n'
            'requires "https://github.com/timotheecour/asynctools#pr"\n',
            {("nimble", name, "prod") for name in ("jester", "norm", "asynctools")},
        ),
        (
            "package.yaml",
            "dependencies:\n- base\ntests:\n  spec:\n    dependencies:\n    - hspec\nlibrary:\n  dependencies: text\n",
            {("hackage", "base", "prod"), ("hackage", "text", "prod"), ("hackage", "hspec", "dev")},
        ),
        (
            "elm.json",
            '{"elm-version": "0.19.1", "dependencies": {"direct": {"elm/html": "1.0.0"}},'
            ' "test-dependencies": {"direct": {"elm-explorations/test": "2.0.0"}}}',
            {("elm", "elm/html", "prod"), ("elm", "elm-explorations/test", "dev"), ("engine", "elm", "tool")},
        ),
        (
            "Project.toml",
            '[deps]\nHTTP = "1"\n[weakdeps]\nMakie = "2"\n[extras]\nTest = "3"\n',
            {("julia", "HTTP", "prod"), ("julia", "Makie", "optional"), ("julia", "Test", "dev")},
        ),
        (
            "cpanfile",
            "requires 'Moose';\nauthor_requires 'Code::TidyAll';\nsuggests 'DBD::Pg';\n",
            {("cpan", name, "prod") for name in ("Moose", "Code::TidyAll", "DBD::Pg")},
        ),
        (
            "build.sbt",
            'libraryDependencies ++= Seq("io.circe" %% "circe-core", "io.circe" %% "circe-parser").map(_ % "0.14")\n',
            {("maven", "io.circe/circe-core", "prod"), ("maven", "io.circe/circe-parser", "prod")},
        ),
        (
            "build.gradle.kts",
            'dependencies {\n  /* implementation("a.b:old:1")\n  */\n  implementation("a.b:new:1")\n}\n',
            {("maven", "a.b/new", "prod")},
        ),
        (
            "deno.json",
            '{"imports": {"a": "https://esm.sh/*@preact/signals@1.2", "b": "https://esm.sh/v135/preact@10"}}',
            {("npm", "@preact/signals", "prod"), ("npm", "preact", "prod")},
        ),
    ],
)
def test_every_way_to_name_a_dependency_counts(file: str, text: str, expected: set[tuple[str, str, str]]) -> None:
    assert names({file: text}) == expected


def test_a_short_form_is_found_on_its_line() -> None:
    facts = read({"build.gradle.kts": '/* a\n */\nplugins {\n    kotlin("jvm") version "2.0"\n}\n'})
    assert {(found.name, found.line) for found in facts.dependencies if found.ecosystem == "gradle-plugin"} == {
        ("org.jetbrains.kotlin.jvm", 4)
    }


def test_every_way_to_ask_for_a_runtime_counts() -> None:
    wanted = '{"volta": {"node": "20.1.0"}, "devEngines": {"runtime": [{"name": "bun", "version": "1"}],'
    facts = read({"package.json": wanted + ' "packageManager": {"name": "pnpm"}}}'})
    assert {(d.name, d.range) for d in facts.dependencies} == {("node", "20.1.0"), ("bun", "1"), ("pnpm", "")}


def test_r_says_which_version_it_wants() -> None:
    facts = read({"DESCRIPTION": "Package: a\nDepends: \n    R (>= 3.3),\n    glue\n"})
    assert [(d.ecosystem, d.name, d.range) for d in facts.dependencies] == [
        ("engine", "r", ">= 3.3"),
        ("cran", "glue", ""),
    ]


def dependency(ecosystem: str, weight: float = 0.95, name: str | None = None, regex: str | None = None) -> Indicator:
    return Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem, weight=weight, name=name, regex=regex)


def technology(*indicators: Indicator) -> Pattern:
    return Pattern(type=PatternType.TECHNOLOGY, slug="a", name="A", indicators=indicators)


def found(pattern: Pattern, files: Files) -> list[str | None]:
    facts = read(files)
    return [hit.version for hit in match(facts, Index([pattern]).candidates(facts.keys)).matches]


def test_a_library_for_one_platform_is_the_library() -> None:
    pattern = technology(dependency("maven", name="io.ktor:ktor-server-core"))
    assert found(pattern, {"build.gradle.kts": 'implementation("io.ktor:ktor-server-core-jvm:3.0")\n'}) == ["3.0"]


def test_an_expression_in_the_spelling_of_maven_finds_its_candidates() -> None:
    pattern = technology(dependency("maven", regex="^io\\.quarkus:quarkus-jdbc-"))
    assert found(pattern, {"build.gradle": 'implementation "io.quarkus:quarkus-jdbc-x"\n'}) == [None]


def test_an_expression_may_spell_a_name_as_its_ecosystem_writes_it() -> None:
    project = (
        '<Project><ItemGroup><PackageReference Include="Serilog.Sinks.Console" Version="1.0" /></ItemGroup></Project>'
    )
    assert found(technology(dependency("nuget", regex="^Serilog\\.Sinks\\.")), {"a.csproj": project}) == ["1.0"]
    assert found(technology(dependency("nuget", regex="^Serilog\\.Other")), {"a.csproj": project}) == []


def test_a_commit_is_no_version() -> None:
    assert found(technology(dependency("nimble", name="jester")), {"a.nimble": 'requires "jester#405be2e"\n'}) == [None]


def test_what_only_comes_along_has_a_version_of_its_own() -> None:
    pattern = technology(dependency("pub", name="flutter"), dependency("pub", 0.85, name="flutter_lints"))
    lints = "dev_dependencies:\n  flutter_lints: ^2.0.0\n"
    assert found(pattern, {"pubspec.yaml": lints}) == [None]
    assert found(pattern, {"pubspec.yaml": f"dependencies:\n  flutter: ^3.1.0\n{lints}"}) == ["3.1.0"]


def test_a_driver_says_no_version_of_what_it_drives() -> None:
    driver, image = dependency("npm", name="pg"), Indicator(kind=IndicatorKind.IMAGE, name="postgres", weight=0.9)
    database = Pattern(type=PatternType.TECHNOLOGY, slug="a", name="A", category="database", indicators=(driver, image))
    files: Files = {"package.json": '{"dependencies": {"pg": "^8.0.0"}}'}
    assert found(database, files) == [None]
    assert found(database, files | {"compose.yaml": "services:\n  db:\n    image: postgres:16\n"}) == ["16"]


def test_a_step_of_a_pipeline_says_no_version_of_what_it_runs() -> None:
    pattern = technology(dependency("githubactions", name="r-lib/actions"))
    steps = "steps:\n  - uses: r-lib/actions/setup-r@v2\n"
    assert found(pattern, {".github/workflows/a.yml": steps}) == [None]


def test_a_plugin_of_gradle_is_unknown_once_or_not_at_all() -> None:
    facts = read({"build.gradle": "plugins {\n  id 'a.b' version '1'\n  id 'c.d' version '1'\n}\n"})
    pattern = technology(dependency("maven", name="a.b:a.b.gradle.plugin"))
    unknown = match(facts, Index([pattern]).candidates(facts.keys)).unknown
    assert [one.purl for one in unknown] == ["pkg:gradle-plugin/c.d"]
