"""Each manifest parser on a file as it looks in a real codebase, and the facts around dependencies."""

import pytest

from centralcloud_patterns.collecting.images import repository_of
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import Facts, extract
from centralcloud_patterns.manifests.dependency import normal_name
from packages.patterns.tests.further_samples import Sample
from packages.patterns.tests.samples import SAMPLES


def read(files: dict[str, str | None]) -> Facts:
    return extract(Evidence(files=files))


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_dependencies_are_read(sample: Sample) -> None:
    facts = read(sample.files)
    assert {(d.ecosystem, d.name, d.scope, d.locked) for d in facts.dependencies} == sample.expected
    assert facts.notes == ()


def test_a_range_and_its_lock_are_both_kept() -> None:
    facts = read(SAMPLES["npm with package-lock"].files)
    (next_js,) = [d for d in facts.dependencies if d.name == "next"]
    assert (next_js.range, next_js.locked, next_js.locked_file) == ("^15.1.0", "15.1.7", "package-lock.json")
    assert facts.line_of("package.json", "next") == 3


def test_a_lock_at_the_root_speaks_for_members() -> None:
    facts = read(
        {
            "Cargo.toml": '[workspace]\nmembers = ["a"]\n',
            "a/Cargo.toml": '[dependencies]\naxum = "0.7"\n',
            "Cargo.lock": '[[package]]\nname = "axum"\nversion = "0.7.4"\n',
        }
    )
    assert [(d.directory, d.locked) for d in facts.dependencies] == [("a", "0.7.4")]
    assert facts.workspaces == {"": ["a"]}


def test_installed_packages_give_versions_and_nothing_else() -> None:
    facts = read(
        {
            "package.json": '{"dependencies": {"vue": "*"}}',
            "node_modules/vue/package.json": '{"version": "3.4.0", "dependencies": {"x": "1"}}',
        }
    )
    assert [(d.name, d.locked) for d in facts.dependencies] == [("vue", "3.4.0")]
    assert facts.components == ("",)


def test_components_are_the_directories_of_manifests() -> None:
    facts = read({"package.json": None, "apps/web/package.json": None, "apps/web/src/x.ts": None, "svc/go.mod": None})
    assert facts.components == ("", "apps/web", "svc")
    assert facts.component_of_file("apps/web/src/x.ts") == "apps/web"
    assert facts.component_of_file("docs/a.md") == ""


def test_images_variables_commands_and_interpreters_are_collected() -> None:
    facts = read(
        {
            "Dockerfile": 'ARG V=20\nFROM node:${V}-alpine AS build\nFROM build\nENV PORT=1\nCMD ["node", "x.js"]\n',
            "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_DB: x\n",
            "k8s/a.yaml": "spec:\n  containers:\n    - name: a\n      image: quay.io/org/redis:7\n",
            ".env.example": "# A=1\nexport DATABASE_URL=x\n",
            "Procfile": "web: gunicorn app:app\n",
            "bin/run": "#!/usr/bin/env python3\nprint()\n",
            "main.py": "import flask\nfrom google.cloud import x\n",
        }
    )
    assert {repository_of(image.name) for image in facts.images} == {
        ("node", "20-alpine"),
        ("postgres", "16"),
        ("org/redis", "7"),
    }
    assert {variable.name for variable in facts.environment} == {"PORT", "POSTGRES_DB", "DATABASE_URL"}
    assert {command.name for command in facts.commands} == {"CMD", "web"}
    assert [interpreter.name for interpreter in facts.interpreters] == ["python"]
    assert {found.name for found in facts.imports} == {"flask", "google.cloud"}
    assert facts.languages == {"python": 1.0}


@pytest.mark.parametrize(
    ("ecosystem", "one", "other"),
    [
        ("pypi", "Ruamel_Yaml", "ruamel.yaml"),
        ("npm", "Express", "express"),
        ("golang", "github.com/labstack/echo/v4", "github.com/labstack/echo"),
        ("maven", "org.http4s:http4s-dsl_2.13", "org.http4s/http4s-dsl"),
        ("clojars", "compojure/compojure", "compojure"),
        ("nuget", "Newtonsoft.Json", "newtonsoft.json"),
    ],
)
def test_names_compare_as_their_ecosystem_says(ecosystem: str, one: str, other: str) -> None:
    assert normal_name(ecosystem, one) == normal_name(ecosystem, other)


def test_paths_are_normalised_or_refused() -> None:
    facts = read(
        {"./a/../b": None, "/etc/passwd": None, "C:\\x": None, "..\\x": None, "a\\b.py": None, "./c.py": None, "": None}
    )
    assert set(facts.files) == {"a/b.py", "c.py"}
    assert len(facts.notes) == 5


def test_files_that_the_codebase_calls_foreign_are_left_out() -> None:
    facts = read(
        {
            ".gitattributes": "*.png binary\nthird/** linguist-vendored\n/docs/*.md linguist-documentation=true\n"
            "mine/* -linguist-vendored\n",
            "third/x/package.json": '{"dependencies": {"odd": "1"}}',
            "docs/a.md": None,
            "mine/package.json": "{}",
        }
    )
    assert set(facts.files) == {".gitattributes", "mine/package.json"}
    assert facts.dependencies == ()


def test_lines_are_those_of_whole_names() -> None:
    facts = read(
        {
            "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\n[project]\ndependencies = [\n'
            '  "celery[redis]",\n]\n'
            '[tool.hatch.x]\na = "celery"\n'
        }
    )
    assert facts.line_of("pyproject.toml", "celery") == 5
    assert facts.line_of("pyproject.toml", "hatch") == 7
    assert facts.line_of("pyproject.toml", "gone") is None


def test_an_image_key_outside_of_what_runs_containers_is_no_image() -> None:
    facts = read({"list.yaml": "- name: a\n  image: postgres\n", "k.yaml": "apiVersion: v1\nspec:\n  image: redis\n"})
    assert [image.name for image in facts.images] == ["redis"]


def test_packages_of_the_codebase_itself_are_its_own() -> None:
    facts = read(
        {
            "pyproject.toml": '[project]\nname = "app"\ndependencies = ["App_Client", "celery>=5"]\n',
            "client/pyproject.toml": '[project]\nname = "app-client"\n',
            "requirements.lock": "celery==5.4.0 \\\n    --hash=sha256:a\nkombu==5.3.0\n    # via celery\n",
        }
    )
    assert {(d.name, d.local, d.locked) for d in facts.dependencies} == {
        ("App_Client", True, None),
        ("celery", False, "5.4.0"),
    }


@pytest.mark.parametrize("wanted", ["${versions.nobody}@jar", "${nobody}", "1.${nobody}.${aws}"])
def test_a_version_that_nobody_says_is_none(wanted: str) -> None:
    facts = read(
        {"build.gradle": f'dependencies {{ compile "com.amazonaws:aws:{wanted}" }}\n', "gradle.properties": "aws=1"}
    )
    assert {dependency.range for dependency in facts.dependencies} == {""}
