"""The collector: what of a directory is told, what is read, and what stays home."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_client import wire
from centralcloud_client.collect import collect, secrets
from centralcloud_client.collect.secrets import is_secret, without_secrets
from centralcloud_client.collect.words import words


def tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def files_of(root: Path) -> dict[str, str | None]:
    return dict(collect(root).evidence.files)


def test_manifests_are_read_and_source_code_is_only_named(tmp_path: Path) -> None:
    tree(tmp_path, {"package.json": "{}", "apps/web/go.mod": "module x", "src/main.ts": "let secret = 1"})
    assert files_of(tmp_path) == {"package.json": "{}", "apps/web/go.mod": "module x", "src/main.ts": None}


@pytest.mark.parametrize(
    "name",
    words(
        """
        package.json requirements-dev.txt Cargo.lock go.mod mix.exs pom.xml build.gradle.kts Gemfile
        composer.json App.csproj Dockerfile Dockerfile.prod docker-compose.override.yml compose.yaml
        k8s/deployment.yaml Procfile Makefile .github/workflows/ci.yml .env.example tsconfig.build.json
        next.config.mjs .eslintrc.cjs deno.jsonc project.clj rebar.config application.properties .nvmrc
        .tool-versions BUILD.bazel CMakeLists.txt nginx.conf main.tf Chart.yaml appsettings.Development.json
        build.sbt pubspec.yaml Package.swift setup.py Pipfile.lock .babelrc
        """
    ),
)
def test_every_kind_of_manifest_and_configuration_is_read(tmp_path: Path, name: str) -> None:
    tree(tmp_path, {name: "A=\n"})
    assert files_of(tmp_path)[name] is not None


def test_what_git_ignores_is_left_out_nested_and_negated(tmp_path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    tree(
        tmp_path,
        {
            ".git/info/exclude": "private/\n",
            ".gitignore": "*.log\n/out\n!keep.log\n",
            "a.log": "",
            "keep.log": "",
            "out/x.py": "",
            "src/out/y.py": "",
            "src/.gitignore": "gen/\n!important.log\n",
            "src/important.log": "",
            "src/gen/z.py": "",
            "private/p.py": "",
        },
    )
    assert set(files_of(tmp_path)) == {".gitignore", "keep.log", "src/.gitignore", "src/out/y.py", "src/important.log"}


def test_rules_from_above_hold_in_a_directory_of_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(
        tmp_path,
        {".gitignore": "/service/tmp\n*.gen\n", "service/tmp/a.py": "", "service/b.gen": "", "service/c.py": ""},
    )
    assert set(files_of(tmp_path / "service")) == {"c.py"}


def test_a_hostile_gitignore_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(tmp_path, {".gitignore": "*a" * 40 + "b\n*.log\n", "a" * 200: "", "x.log": ""})
    started = time.perf_counter()
    assert "x.log" not in files_of(tmp_path)
    assert time.perf_counter() - started < 1


def test_vendored_and_binary_files_are_left_out(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "go.mod": "module x",
            "vendor/github.com/y/go.mod": "module y",
            "node_modules/z/package.json": "{}",
            "web/node_modules/z/package.json": "{}",
            "logo.png": b"\x89PNG",
            "app/vendor/pages.py": "",
            "venv/pyvenv.cfg": "",
            "venv/lib/x.py": "",
        },
    )
    assert set(files_of(tmp_path)) == {"go.mod", "app/vendor/pages.py"}


def test_links_do_not_lead_out_or_around(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"package.json": '{"name":"private"}'})
    root = tree(tmp_path / "root", {"real/go.mod": "module x"})
    (root / "package.json").symlink_to(outside / "package.json")
    (root / "all").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "go.mod").symlink_to(root / "real" / "go.mod")
    collected = collect(root)
    assert collected.evidence.files == {"go.mod": "module x", "real/go.mod": "module x"}
    assert collected.left_out == {"leads out of the directory": 2, "link to a directory": 1}


def test_what_is_not_text_is_only_named(tmp_path: Path) -> None:
    tree(tmp_path, {"package.json": b"\xff\x00\x01{", "tox.ini": b"a\x00b", "setup.cfg": "é".encode("latin-1")})
    tree(tmp_path, {"App.csproj": b"\xef\xbb\xbf<Project/>", "pipe.toml": "x"})
    (tmp_path / "pipe.toml").unlink()
    os.mkfifo(tmp_path / "pipe.toml")
    assert files_of(tmp_path) == {"package.json": None, "tox.ini": None, "setup.cfg": None, "App.csproj": "<Project/>"}


def test_caps_are_kept_and_told_and_the_root_wins(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {f"deep/er/{n}.toml": "x" * 1000 for n in range(50)} | {"Cargo.toml": "[package]", "big.toml": "y" * 600_000},
    )
    collected = collect(tmp_path, max_bytes=20_000)
    assert collected.evidence.files["Cargo.toml"] == "[package]"
    assert len(wire.encode(collected.evidence)) <= 20_500
    assert collected.left_out["too large"] == 1
    assert collected.left_out["too many bytes"] > 20
    assert not collected.complete
    assert collected.evidence == collect(tmp_path, max_bytes=20_000).evidence
    assert set(collect(tmp_path, max_files=2).evidence.files) == {"Cargo.toml", "big.toml"}


def test_a_manifest_is_kept_however_many_sources_come_before_it(tmp_path: Path) -> None:
    sources = {f"a/{n}.py": "" for n in range(50)}
    tree(tmp_path, sources | {"b.json": "{}", "z/deep/package.json": '{"name": "a"}'})
    collected = collect(tmp_path, max_files=10)
    first, *_, last = collected.evidence.files
    assert (first, last) == ("b.json", "z/deep/package.json")
    assert collected.evidence.files["z/deep/package.json"] == '{"name": "a"}'
    assert len(collected.evidence.files) == 10
    assert collected.left_out == {"too many files": 42}
    assert not collected.complete
    assert set(collect(tmp_path, max_files=1).evidence.files) == {"z/deep/package.json"}


def test_what_is_read_for_its_format_leaves_room_and_goes_last(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {f"Modules/Find{n}.cmake": "#" * 200_000 for n in range(20)}
        | {f"data/{n}.yaml": "y" * 1000 for n in range(20)}
        | {f"src/deep/{n}/CMakeLists.txt": "x" * 50_000 for n in range(60)},
    )
    collected = collect(tmp_path)
    read = {path for path, text in collected.evidence.files.items() if text is not None}
    assert {f"src/deep/{n}/CMakeLists.txt" for n in range(60)} <= read
    assert {f"data/{n}.yaml" for n in range(20)} <= read
    assert collected.left_out == {"too many bytes": 10}


def test_a_secret_is_blanked_in_any_line_and_only_there(tmp_path: Path) -> None:
    lines = [
        "name: shop",
        "API_KEY = 'a1'",
        "note: keys",
        "url: postgres://u:hunter2@db/x",
        "",
        "privateKey: pk",
        "x: y",
    ]
    blanked = [
        "name: shop",
        "API_KEY = '***'",
        "note: keys",
        "url: postgres://u:***@db/x",
        "",
        "privateKey: ***",
        "x: y",
    ]
    for end in ("\n", "\r\n"):
        assert without_secrets("a.yaml", end.join(lines)).splitlines() == blanked
    assert without_secrets("a.yaml", "\n".join(reversed(lines))).split("\n") == blanked[::-1]


def test_ten_thousand_files_take_well_under_a_second(tmp_path: Path) -> None:
    for folder in range(100):
        (tmp_path / f"p{folder}").mkdir()
        for number in range(100):
            (tmp_path / f"p{folder}" / f"m{number}.py").touch()
    (tmp_path / ".git").mkdir()
    tree(tmp_path, {".gitignore": "*.log\ndist/\n/build\n*.egg-info\n**/tmp/*.x\n"})
    collected = collect(tmp_path)
    assert len(collected.evidence.files) == 10_001
    assert collected.seconds < 1


def test_a_repository_is_one_codebase_however_it_was_cloned(tmp_path: Path) -> None:
    urls = [
        "https://me:secret@Example.org/team/shop.git",
        "git@example.org:team/shop.git",
        "ssh://git@example.org/team/shop",
    ]
    ids = set()
    for number, url in enumerate(urls):
        root = tree(
            tmp_path / str(number), {".git/config": f'[core]\n[remote "origin"]\n\turl = {url}\n', "a/b.py": ""}
        )
        ids.add(collect(root).evidence.codebase_id)
        assert collect(root / "a").evidence.codebase_id not in ids
    assert len(ids) == 1
    assert "example" not in str(ids.pop()).lower()


@pytest.mark.parametrize(
    "name",
    words(
        """
        .env .env.local .env.production .npmrc .netrc id_rsa server.pem prod.tfvars terraform.tfstate secrets.yml
        service-account.json credentials master.key config/app.secrets.toml k8s/db-secret.yaml
        """
    ),
)
def test_files_that_hold_secrets_are_never_read(tmp_path: Path, name: str) -> None:
    tree(tmp_path, {name: "PASSWORD=hunter2"})
    assert files_of(tmp_path).get(name) is None
    assert is_secret(name)


@pytest.mark.parametrize("name", [".env.example", ".env.sample", "config/.env.template", "env.example"])
def test_examples_of_environments_keep_their_names_and_lose_their_values(name: str) -> None:
    text = "# DB=hunter2\nDATABASE_URL=postgres://u:hunter2@h/db\nexport TOKEN='hunter2\nhunter2'\nEMPTY=\n"
    blank = without_secrets(name, text)
    assert "hunter2" not in blank
    assert [line.partition("=")[0] for line in blank.split("\n")[:3]] == ["# DB", "DATABASE_URL", "export TOKEN"]
    assert blank.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("compose.yml", "      POSTGRES_PASSWORD: hunter2", "      POSTGRES_PASSWORD: ***"),
        ("compose.yml", '      - "DB_PASSWORD=hunter2"', '      - "DB_PASSWORD=***"'),
        ("compose.yml", "      POSTGRES_PASSWORD: ${PASSWORD}", "      POSTGRES_PASSWORD: ${PASSWORD}"),
        ("compose.yml", "    image: postgres:16", "    image: postgres:16"),
        ("compose.yml", "  URL: amqp://user:hunter2@mq:5672", "  URL: amqp://user:***@mq:5672"),
        ("application.properties", "spring.datasource.password=hunter2", "spring.datasource.password=***"),
        ("appsettings.json", '  "ApiKey": "hunter2",', '  "ApiKey": "***",'),
        ("appsettings.json", '  "Db": "Server=x;Password=hunter2;"', '  "Db": "Server=x;Password=***;"'),
        (".yarnrc.yml", "npmAuthToken: hunter2", "npmAuthToken: ***"),
        ("ci.yml", "  key: AKIAIOSFODNN7EXAMPLE", "  key: ***"),
        ("package.json", '    "jsonwebtoken": "^9.0.0",', '    "jsonwebtoken": "^9.0.0",'),
        ("Cargo.toml", 'secret = "1.0"', 'secret = "1.0"'),
    ],
)
def test_what_looks_like_a_secret_is_blanked(name: str, before: str, after: str) -> None:
    assert without_secrets(name, before) == after


def test_a_kubernetes_secret_keeps_its_kind_and_name_only() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  value: aHVudGVyMg==\n"
    text = secret + "---\nkind: Service\nspec:\n  type: X\n"
    blank = without_secrets("k8s/all.yaml", text)
    assert "aHVu" not in blank
    assert "kind: Secret" in blank
    assert "  name: db" in blank
    assert "  type: X" in blank


def test_a_private_key_is_blanked_and_lines_stay_in_place() -> None:
    text = "a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIE\n  abcd\n  -----END RSA PRIVATE KEY-----\nb: 1\n"
    blank = without_secrets("x.yml", text)
    assert "MIIE" not in blank
    assert blank.split("\n").index("b: 1") == text.split("\n").index("b: 1")


def test_blanking_a_large_file_takes_no_time() -> None:
    for text in ("a_" * 250_000, "x" * 500_000, "p:" * 200_000, "https://" * 60_000, ("a" * 100 + "\n") * 5000):
        started = time.perf_counter()
        without_secrets("values.yaml", text)
        assert time.perf_counter() - started < 2


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        collect(tmp_path / "nowhere")


def test_manifests_go_before_other_configuration_when_space_is_short(tmp_path: Path) -> None:
    tree(tmp_path, {"data.yml": "x" * 500, "later.yml": "y: 1", "deep/er/package.json": '{"name": "a"}'})
    found = collect(tmp_path, max_bytes=400)
    assert dict(found.evidence.files) == {
        "data.yml": None,
        "later.yml": "y: 1",
        "deep/er/package.json": '{"name": "a"}',
    }
    assert found.left_out == {"too many bytes": 1}
    assert not found.complete
    # Who comes later must not take what a manifest needs.
    assert files_of_at_most(tmp_path, 82)["deep/er/package.json"]
    assert not files_of_at_most(tmp_path, 82)["later.yml"]


def files_of_at_most(root: Path, max_bytes: int) -> dict[str, str | None]:
    return dict(collect(root, max_bytes=max_bytes).evidence.files)


PIECES = ["a", "password", "PASS_word", "my.pwd", "dsn", "api_key", "ApiKey", "token:", "=", ":", "$x", "{{", "- ", '"']
PIECES += ["'", ",", "#", "é", "ſecret", "İ", "toK", "export ", "ENV ", "secret", "\n", "\n", " ", "\t", "|"]


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
@settings(max_examples=1500, deadline=None)
def test_only_lines_that_may_hold_a_secret_are_looked_at_and_none_is_missed(text: str) -> None:
    assert secrets._without_assigned(text) == secrets._ASSIGNED.sub(secrets._assigned, text)
