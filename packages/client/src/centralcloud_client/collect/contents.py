"""Whose content is sent: manifests, lock files and configuration. Everything else is told by name only.

The list is a superset of what any parser of the centre reads, so that new knowledge needs no new client. `*` is the
only wildcard; names compare without case.
"""

import fnmatch
import re
from functools import lru_cache
from typing import Final

from centralcloud_client.collect.words import words

#: Larger files are told by name only.
MAX_CONTENT_BYTES: Final = 512 * 1024

MANIFESTS: Final = words(
    """
    package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock
    lerna.json nx.json turbo.json rush.json workspace.json project.json deno.json deno.jsonc deno.lock
    import_map.json jsr.json bower.json component.json elm.json bsconfig.json rescript.json spago.dhall
    packages.dhall pyproject.toml setup.py setup.cfg *requirements*.txt *requirements*.in
    *requirements*.pip requirements*.lock constraints*.txt constraints.in constraints.pip dependencies.scala pipfile
    pipfile.lock poetry.lock uv.lock pdm.lock pixi.toml pixi.lock environment*.yml conda*.yml meta.yaml tox.ini
    noxfile.py cargo.toml cargo.lock rust-toolchain rust-toolchain.toml go.mod go.sum go.work gopkg.toml gopkg.lock
    glide.yaml mix.exs mix.lock rebar.config rebar.lock gleam.toml manifest.toml erlang.mk pom.xml build.gradle*
    settings.gradle* *.gradle *.gradle.kts gradle.properties gradle-wrapper.properties maven-wrapper.properties
    libs.versions.toml ivy.xml build.xml build.sbt plugins.sbt *.sbt build.properties build.sc project.clj deps.edn
    shadow-cljs.edn build.boot bb.edn system.properties gemfile gemfile.lock *.gemspec gems.rb gems.locked rakefile
    config.ru composer.json composer.lock *.csproj *.fsproj *.vbproj *.vcxproj *.sln *.slnx *.props *.targets
    packages.config packages.lock.json paket.dependencies paket.lock global.json nuget.config *.nuspec
    project.assets.json package.swift package.resolved podfile podfile.lock *.podspec cartfile cartfile.resolved
    pubspec.yaml pubspec.lock *.cabal cabal.project stack.yaml package.yaml dune-project dune *.opam esy.json
    *.nimble nimble.lock shard.yml shard.lock *.rockspec cpanfile makefile.pl build.pl dist.ini project.toml
    julia*.toml description renv.lock v.mod build.zig build.zig.zon dub.json dub.sdl haxelib.json foundry.toml
    project.godot projectversion.txt conanfile.txt conanfile.py conan.lock vcpkg.json vcpkg-configuration.json
    alire.toml fpm.toml nimble.paths ballerina.toml opam chart.lock gradle.lockfile build.mill cabal.project.freeze
    """
)

BUILD_AND_TOOLS: Final = words(
    """
    makefile gnumakefile makefile.* *.mk cmakelists.txt meson.build meson_options.txt build build.bazel
    workspace workspace.bazel module.bazel .bazelrc .bazelversion .bazelproject buck .buckconfig pants.toml justfile
    taskfile* sconstruct wscript configure.ac configure.in makefile.am jenkinsfile* vagrantfile tiltfile earthfile
    fastfile appfile brewfile dangerfile guardfile capfile berksfile policyfile.rb puppetfile flake.nix flake.lock
    shell.nix default.nix devenv.nix devbox.json .tool-versions .nvmrc .node-version .python-version .ruby-version
    .*-version .sdkmanrc runtime.txt *.config.js *.config.ts *.config.mjs
    *.config.cjs *.config.mts *.config.cts *.config.json .*rc .*rc.json .*rc.js .*rc.cjs .*rc.mjs .*rc.ts
    tsconfig*.json jsconfig*.json *.tsconfig.json angular.json nest-cli.json vue.config.js biome.json biome.jsonc
    components.json tsr.config.json sanity.json polymer.json cypress.json ember-cli-build.js gulpfile.* gruntfile.*
    karma.conf.* protractor.conf.* wdio.conf.* jest-e2e.json .cta.json .yo-rc.json capacitor.config.*
    ionic.config.json app.json app.config.* expo.json metro.config.* react-native.config.* manifest.json
    manifest.webmanifest metadata.json plugin.json gatsby-*.js svelte.config.* astro.config.* remix.config.*
    docusaurus.config.* sidebars.js _category_.json .babelrc* .eslintrc* .prettierrc* .stylelintrc* .postcssrc*
    .lintstagedrc* .huskyrc* .swcrc .editorconfig .gitmodules .gitattributes .dockerignore .npmignore .clang-format
    .clang-tidy .rubocop.yml .golangci.* extensions.json launch.json tasks.json settings.json devcontainer.json
    androidmanifest.xml info.plist web.xml applicationcontext*.xml persistence.xml logback*.xml log4j*.xml
    phpunit.xml* artisan symfony.lock wp-config-sample.php theme.json style.css.map drupal.info *.info.yml
    """
)

DEPLOYMENT: Final = words(
    """
    dockerfile dockerfile.* *.dockerfile containerfile containerfile.* procfile procfile.* caddyfile nginx.conf*
    haproxy.cfg supervisord.conf uwsgi.ini gunicorn.conf.py envoy.json traefik.* prometheus.* *.service *.tf
    *.tf.json *.tofu *.hcl *.bicep .terraform.lock.hcl cdk.json cdktf.json serverless.* template.json host.json
    local.settings.json.example function.json firebase.json .firebaserc vercel.json now.json netlify.toml wrangler.*
    railway.json railpack.json nixpacks.toml staticwebapp.config.json dapr.json appsettings*.json
    launchsettings.json ocelot*.json apphost.json dockerrun.aws.json task-definition*.json taskdef*.json
    copilot.json appspec.json amplify.json kafka*.json .env.* env.example example.env sample.env *.env.example
    *.env.sample *.env.template
    """
)

#: Formats that are configuration wherever they stand; compose, Kubernetes and CI files are among them.
FORMATS: Final = frozenset(
    {"yml", "yaml", "toml", "ini", "cfg", "conf", "properties", "env-example", "nomad", "kdl", "pkl", "cmake"}
)

_NAMES: Final = tuple(name.lower() for name in (*MANIFESTS, *BUILD_AND_TOOLS, *DEPLOYMENT))
_EXACT: Final = frozenset(name for name in _NAMES if "*" not in name)
#: Most globs only say how a name begins or ends, which costs a fiftieth of what an expression does.
_ENDINGS: Final = tuple(name[1:] for name in _NAMES if name.startswith("*") and "*" not in name[1:])
_BEGINNINGS: Final = tuple(name[:-1] for name in _NAMES if name.endswith("*") and "*" not in name[:-1])
_GLOBS: Final = re.compile(
    "|".join(
        fnmatch.translate(name)
        for name in _NAMES
        if "*" in name and not ((name[0] == "*" or name[-1] == "*") and name.count("*") == 1)
    )
)
#: What a folder of this very name holds.
_REQUIREMENTS: Final = frozenset({"txt", "in", "pip"})
#: Formats are data here, not configuration.
_DATA_FOLDERS: Final = frozenset({"locales", "locale", "i18n", "translations", "fixtures", "testdata", "cassettes"})


def is_read(path: str) -> bool:
    """Whether the content of a file is sent, by its path."""
    return rank(path) is not None


def rank(path: str) -> int | None:
    """Return 0 for what is read because of its name, 1 for its mere format; None for what is not read."""
    folders, _, name = path.rpartition("/")
    named, ending = _by_name(name)
    if named or (ending in _REQUIREMENTS and folders.rpartition("/")[2] == "requirements"):
        return 0
    return 1 if ending in FORMATS and _DATA_FOLDERS.isdisjoint(folders.lower().split("/")) else None


@lru_cache(maxsize=16_384)
def _by_name(name: str) -> tuple[bool, str]:
    """Return whether a file is read because of its name, and the name's ending in lower case."""
    lower = name.lower()
    named = lower in _EXACT or lower.endswith(_ENDINGS) or lower.startswith(_BEGINNINGS) or _GLOBS.match(lower)
    return bool(named), lower.rpartition(".")[2]
