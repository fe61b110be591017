"""Which parser reads which file; adding a format is adding one line here and a small module beside it.

`HOLDERS` are the manifests whose directory is a component of its own.
"""

from collections.abc import Callable
from functools import lru_cache

from centralcloud_patterns import expressions
from centralcloud_patterns.manifests import (
    block_locks,
    cargo,
    ci_commands,
    clojure,
    composer,
    dune,
    golang,
    gradle,
    hexpm,
    infrastructure,
    less_common,
    maven,
    native,
    nix,
    npm,
    npm_locks,
    nuget,
    pipelines,
    pypi,
    pypi_requirement,
    ruby,
    small,
    small_locks,
    toolchains,
)
from centralcloud_patterns.manifests.findings import Findings, Source
from centralcloud_patterns.paths import basename_of, is_vendored

Parser = Callable[[Source, Findings], None]

#: Basename to parser.
BY_NAME: dict[str, Parser] = {
    "package.json": npm.package_json,
    "pnpm-workspace.yaml": npm.pnpm_workspace,
    "deno.json": npm.deno_json,
    "deno.jsonc": npm.deno_json,
    "import_map.json": npm.deno_json,
    "jsr.json": npm.deno_json,
    "package-lock.json": npm_locks.package_lock,
    "npm-shrinkwrap.json": npm_locks.package_lock,
    "yarn.lock": npm_locks.yarn_lock,
    "pnpm-lock.yaml": npm_locks.pnpm_lock,
    "bun.lock": npm_locks.bun_lock,
    "deno.lock": npm_locks.deno_lock,
    "pyproject.toml": pypi.pyproject,
    "Pipfile": pypi.pipfile,
    "setup.cfg": pypi.setup_cfg,
    "setup.py": pypi.setup_py,
    "environment.yml": pypi.conda_environment,
    "environment.yaml": pypi.conda_environment,
    "conda.yml": pypi.conda_environment,
    "Pipfile.lock": block_locks.pipfile_lock,
    "poetry.lock": block_locks.block_lock,
    "uv.lock": block_locks.block_lock,
    "pdm.lock": block_locks.block_lock,
    "Cargo.lock": block_locks.block_lock,
    "pylock.toml": block_locks.block_lock,
    "manifest.toml": block_locks.block_lock,
    "composer.lock": block_locks.composer_lock,
    "Cargo.toml": cargo.cargo_toml,
    "go.mod": golang.go_mod,
    "go.work": golang.go_work,
    "mix.exs": hexpm.mix_exs,
    "mix.lock": hexpm.mix_lock,
    "rebar.config": hexpm.rebar_config,
    "gleam.toml": hexpm.gleam_toml,
    "pom.xml": maven.pom_xml,
    "libs.versions.toml": gradle.version_catalogue,
    "Gemfile": ruby.gemfile,
    "gems.rb": ruby.gemfile,
    "Gemfile.lock": ruby.gemfile_lock,
    "gems.locked": ruby.gemfile_lock,
    "composer.json": composer.composer_json,
    "packages.config": nuget.packages_config,
    "Directory.Packages.props": nuget.central_versions,
    "Directory.Build.props": nuget.project,
    "packages.lock.json": nuget.packages_lock,
    "global.json": nuget.global_json,
    "paket.dependencies": nuget.paket,
    "project.clj": clojure.vectors,
    "build.boot": clojure.vectors,
    "shadow-cljs.edn": clojure.vectors,
    "deps.edn": clojure.deps_edn,
    "bb.edn": clojure.deps_edn,
    "pubspec.yaml": small.pubspec,
    "pubspec.lock": small.pubspec_lock,
    "Package.swift": small.package_swift,
    "Podfile": small.podfile,
    "package.yaml": small.hpack,
    "Project.toml": small.julia,
    "DESCRIPTION": small.r_description,
    "renv.lock": small.renv_lock,
    "cpanfile": small.cpanfile,
    "shard.yml": small.shard,
    "dub.json": small.dub,
    "dub.sdl": small.dub_sdl,
    "elm.json": small.elm,
    "opam": small.opam,
    "conanfile.txt": small.conanfile,
    "conanfile.py": small.conanfile,
    "vcpkg.json": small.vcpkg,
    "Chart.yaml": infrastructure.helm_chart,
    "requirements.yaml": infrastructure.helm_chart,
    "Chart.lock": small_locks.helm_lock,
    "kustomization.yaml": infrastructure.kustomization,
    "kustomization.yml": infrastructure.kustomization,
    "MODULE.bazel": infrastructure.bazel_module,
    "WORKSPACE": infrastructure.bazel_workspace,
    "WORKSPACE.bazel": infrastructure.bazel_workspace,
    ".terraform.lock.hcl": small_locks.terraform_lock,
    ".gitlab-ci.yml": pipelines.gitlab_ci,
    ".travis.yml": ci_commands.travis,
    "Jenkinsfile": ci_commands.jenkinsfile,
    **dict.fromkeys(
        (
            *("azure-pipelines.yml", "azure-pipelines.yaml", "bitbucket-pipelines.yml", "buildspec.yml"),
            *("appveyor.yml", ".appveyor.yml", ".drone.yml", ".woodpecker.yml", ".cirrus.yml", "wercker.yml"),
            "buildspec.yaml",
        ),
        ci_commands.pipeline,
    ),
    "action.yml": pipelines.github_workflow,
    "action.yaml": pipelines.github_workflow,
    "flake.nix": nix.nix,
    "shell.nix": nix.nix,
    "default.nix": nix.nix,
    "devenv.nix": nix.nix,
    "flake.lock": nix.flake_lock,
    "CMakeLists.txt": native.cmake,
    "meson.build": native.meson,
    "build.zig.zon": native.zig_zon,
    "gradle.properties": gradle.properties,
    "gradle.lockfile": gradle.lockfile,
    "build.sc": gradle.mill,
    "build.mill": gradle.mill,
    "rebar.lock": small_locks.rebar_lock,
    "Podfile.lock": small_locks.podfile_lock,
    "Package.resolved": small_locks.swift_resolved,
    "Cartfile": less_common.cartfile,
    "Manifest.toml": small_locks.julia_manifest,
    "stack.yaml": small_locks.stack_yaml,
    "cabal.project.freeze": small_locks.cabal_freeze,
    "shard.lock": small_locks.shard_lock,
    "dune-project": dune.dune_project,
    "Makefile.PL": less_common.makefile_pl,
    "Build.PL": less_common.makefile_pl,
    "bower.json": less_common.bower,
    "pixi.toml": less_common.pixi,
    ".tool-versions": toolchains.tool_versions,
    "mise.toml": toolchains.mise,
    ".mise.toml": toolchains.mise,
    ".sdkmanrc": toolchains.sdkman,
    "rust-toolchain.toml": toolchains.rust_toolchain,
    "runtime.txt": toolchains.runtime_txt,
    "build.properties": toolchains.build_properties,
    **dict.fromkeys(toolchains.PIN_FILES, toolchains.pinned),
    "app.json": infrastructure.app_json,
    "serverless.yml": infrastructure.serverless,
    "serverless.yaml": infrastructure.serverless,
}
#: Glob to parser; with a slash, on the whole path.
BY_GLOB: tuple[tuple[str, Parser], ...] = (
    ("{requirements*,*requirements}.{txt,in,pip}", pypi_requirement.requirements_txt),
    ("{requirements*.lock,constraints*.txt}", pypi_requirement.requirements_lock),
    ("requirements/*.{txt,in,pip}", pypi_requirement.requirements_txt),
    ("*.{gradle,gradle.kts}", gradle.gradle),
    ("*.sbt", gradle.sbt),
    ("project/Dependencies.scala", gradle.sbt),
    ("*.gemspec", ruby.gemspec),
    ("*.{csproj,fsproj,vbproj}", nuget.project),
    ("*.cabal", small.cabal),
    ("*.nimble", small.nimble),
    ("*.rockspec", small.rockspec),
    ("*.opam", small.opam),
    ("*.{tf,tofu}", infrastructure.terraform),
    ("*.cmake", native.cmake),
    ("*.podspec", less_common.podspec),
    ("*.{props,targets}", nuget.project),
    ("*.nuspec", nuget.nuspec),
    ("environment*.{yml,yaml}", pypi.conda_environment),
    (".github/workflows/*.{yml,yaml}", pipelines.github_workflow),
    (".gitlab/ci/*.{yml,yaml}", pipelines.gitlab_ci),
    (".circleci/*.{yml,yaml}", ci_commands.circleci),
    ("{.buildkite,.woodpecker,.semaphore,.azuredevops,.azure-pipelines}/*.{yml,yaml}", ci_commands.pipeline),
)
#: Endings of the files that are known by the folder they lie in.
_BY_FOLDER = (".txt", ".in", ".pip", ".scala", ".yml", ".yaml")
#: Lock files that also name the direct dependencies: read for them where the manifest itself is not there.
STAND_INS: dict[str, tuple[tuple[str, ...], Parser]] = {
    "package-lock.json": (("package.json",), npm_locks.package_lock_alone),
    "bun.lock": (("package.json",), npm_locks.bun_lock_alone),
    "pnpm-lock.yaml": (("package.json",), npm_locks.pnpm_lock_alone),
    "uv.lock": (("pyproject.toml",), block_locks.uv_lock_alone),
    "Pipfile.lock": (("Pipfile",), block_locks.pipfile_lock_alone),
    "deno.lock": (("deno.json", "deno.jsonc"), npm_locks.deno_lock_alone),
    "mix.lock": (("mix.exs",), hexpm.mix_lock_alone),
    "Gemfile.lock": (("Gemfile",), ruby.gemfile_lock_alone),
    "gems.locked": (("gems.rb",), ruby.gemfile_lock_alone),
    "composer.lock": (("composer.json",), composer.composer_lock_alone),
}
HOLDERS = frozenset(
    {
        *("package.json", "deno.json", "deno.jsonc"),
        *("pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "requirements.txt", "environment.yml"),
        *("Cargo.toml", "go.mod", "mix.exs", "rebar.config", "gleam.toml", "composer.json", "Gemfile", "gems.rb"),
        *("pom.xml", "build.gradle", "build.gradle.kts", "build.sbt", "project.clj", "deps.edn", "packages.config"),
        *("pubspec.yaml", "Package.swift", "Podfile", "package.yaml", "stack.yaml", "Project.toml", "DESCRIPTION"),
        *("cpanfile", "shard.yml", "dub.json", "elm.json", "build.zig", "CMakeLists.txt", "meson.build"),
    }
)
HOLDER_SUFFIXES = (".csproj", ".fsproj", ".vbproj", ".gemspec", ".cabal", ".nimble", ".rockspec")


@lru_cache(maxsize=8192)
def parser_for_name(name: str) -> Parser | None:
    """Return the parser for a basename, or None."""
    if parser := BY_NAME.get(name):
        return parser
    return next((parser for glob, parser in BY_GLOB if "/" not in glob and expressions.glob(glob).matches(name)), None)


def parser_for(path: str) -> Parser | None:
    """Return the parser that reads this file, or None; of installed packages only the version is read."""
    name = basename_of(path)
    if is_vendored(path):
        return npm.installed_package if name == "package.json" and "node_modules/" in path else None
    if parser := parser_for_name(name):
        return parser
    if not name.endswith(_BY_FOLDER):
        return None
    return next((parser for glob, parser in BY_GLOB if "/" in glob and expressions.glob(glob).matches(path)), None)


@lru_cache(maxsize=65_536)
def holds_component(name: str) -> bool:
    """Tell whether a file of this basename makes its directory a component."""
    return name in HOLDERS or name.endswith(HOLDER_SUFFIXES)
