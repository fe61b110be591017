"""The smallest evidence that an indicator should fire on, made from the indicator itself."""

import json
import re

from centralcloud_patterns import expressions
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.pattern import Indicator, IndicatorKind


def _manifest(ecosystem: str, name: str, scope: str | None) -> dict[str, str]:
    group, _, artifact = name.replace(":", "/").partition("/")
    writers = {
        "npm": lambda: {"package.json": json.dumps({_NPM.get(scope or "prod", "dependencies"): {name: "1.0.0"}})},
        "jsr": lambda: {"deno.json": json.dumps({"imports": {"x": f"jsr:{name}@1"}})},
        "deno": lambda: {"deno.json": json.dumps({"imports": {"x": f"https://deno.land/x/{name}@1.0.0/mod.ts"}})},
        "pypi": lambda: {"requirements.txt": f"{name}==1.0\n"},
        "conda": lambda: {"environment.yml": f"dependencies:\n  - {name}=1.0\n"},
        "cargo": lambda: {"Cargo.toml": f'[dependencies]\n"{name}" = "1"\n'},
        "golang": lambda: {"go.mod": f"module a\n\nrequire {name} v1.0.0\n"},
        "hex": lambda: {"mix.exs": f'defp deps do\n  [{{:{name}, "~> 1.0"}}]\nend\n'},
        "maven": lambda: {"pom.xml": _pom(group, artifact or group, scope)},
        "clojars": lambda: {"project.clj": f'(defproject a "1" :dependencies [[{name} "1.0"]])'},
        "gem": lambda: {"Gemfile": f'gem "{name}"\n'},
        "composer": lambda: {"composer.json": json.dumps({"require": {name: "^1"}})},
        "nuget": lambda: {"a.csproj": _csproj(name, scope)},
        "pub": lambda: {"pubspec.yaml": f"dependencies:\n  {name}: ^1.0.0\n"},
        "swift": lambda: {"Package.swift": f'.package(url: "https://{name}.git", from: "1.0.0")'},
        "cocoapods": lambda: {"Podfile": f"pod '{name}'\n"},
        "hackage": lambda: {"package.yaml": f"dependencies:\n  - {name}\n"},
        "julia": lambda: {"Project.toml": f'[deps]\n{name} = "1"\n'},
        "cran": lambda: {"DESCRIPTION": f"Package: a\nImports: {name}\n"},
        "cpan": lambda: {"cpanfile": f"requires '{name}';\n"},
        "terraform": lambda: {"main.tf": _provider(name)},
        "githubactions": lambda: {".github/workflows/a.yml": f"steps:\n  - uses: {name}@v1\n"},
        "helm": lambda: {"Chart.yaml": f"dependencies:\n  - name: {name}\n"},
        "shards": lambda: {"shard.yml": f"dependencies:\n  {name}:\n    github: a/b\n"},
        "nimble": lambda: {"a.nimble": f'requires "{name} >= 1.0"\n'},
        "luarocks": lambda: {"a.rockspec": f'dependencies = {{ "{name}" }}\n'},
        "dub": lambda: {"dub.json": json.dumps({"dependencies": {name: "~>1"}})},
        "elm": lambda: {"elm.json": json.dumps({"dependencies": {"direct": {name: "1.0.0"}}})},
        "opam": lambda: {"a.opam": f'opam-version: "2.0"\ndepends: [\n  "{name}"\n]\n'},
        "conan": lambda: {"conanfile.txt": f"[requires]\n{name}/1.0\n"},
        "vcpkg": lambda: {"vcpkg.json": json.dumps({"dependencies": [name]})},
        "bazel": lambda: {"MODULE.bazel": f'bazel_dep(name = "{name}", version = "1")\n'},
        "gradle-plugin": lambda: {"build.gradle": f"plugins {{\n  id '{name}'\n}}\n"},
        "engine": lambda: {"package.json": json.dumps({"engines": {name: "1"}})},
        "cargo-feature": lambda: {"Cargo.toml": f'[dependencies]\n{group} = {{features = ["{artifact}"]}}\n'},
        "pypi-extra": lambda: {"requirements.txt": f"{group}[{artifact}]==1.0\n"},
        "cmake": lambda: {"CMakeLists.txt": f"find_package({name} REQUIRED)\n"},
        "circleciorb": lambda: {".circleci/config.yml": f"orbs:\n  x: {name}@1\n"},
        "gitlabci": lambda: {".gitlab-ci.yml": f"include:\n  - template: {name}\n"},
        "terraform-resource": lambda: {"main.tf": f'resource "{name}" "a" {{}}\n'},
        "cloudformation": lambda: {"template.yaml": f"Resources:\n  A:\n    Type: {_aws_type(name)}\n"},
        "zig": lambda: {"build.zig.zon": f'.{{ .dependencies = .{{ .@"{name}" = .{{ .url = "x" }} }} }}\n'},
        "arm": lambda: {"main.bicep": f"resource a '{name}@2024-01-01' = {{}}\n"},
    }
    return writers[ecosystem]()


def _provider(name: str) -> str:
    """A provider known by its last part has some publisher."""
    full = name if "/" in name else f"somebody/{name}"
    return f'terraform {{\n  required_providers {{\n    source = "{full}"\n  }}\n}}\n'


def _aws_type(name: str) -> str:
    """A resource of the service, where only the service is named."""
    return name if name.count("::") == 2 else f"{name}::Thing"


_NPM = {"dev": "devDependencies", "peer": "peerDependencies", "optional": "optionalDependencies"}


def _pom(group: str, artifact: str, scope: str | None) -> str:
    inner = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>1</version>"
    if scope == "parent":
        return f"<project><parent>{inner}</parent></project>"
    if scope == "plugin":
        return f"<project><build><plugins><plugin>{inner}</plugin></plugins></build></project>"
    return f"<project><dependencies><dependency>{inner}</dependency></dependencies></project>"


def _csproj(name: str, scope: str | None) -> str:
    if scope == "plugin":
        return f'<Project Sdk="{name}"></Project>'
    return f'<Project><ItemGroup><PackageReference Include="{name}" Version="1.0.0" /></ItemGroup></Project>'


def _kubernetes(indicator: Indicator) -> str:
    api = indicator.value or "v1"
    note = f"  annotations:\n    {indicator.prefix}x: y\n" if indicator.prefix else ""
    return f"apiVersion: {api if '/' in api else api + '/v1'}\nkind: {indicator.name or 'A'}\nmetadata:\n{note}"


def _structure(indicator: Indicator) -> dict[str, str | None]:
    if indicator.glob is None:
        return {path_for(glob): None for glob in (indicator.path or "").split()}
    return {f"d{number}/{path_for(indicator.glob)}": None for number in range(int(indicator.value or 1))}


def path_for(glob: str) -> str:
    """A path that a glob matches."""
    first = expressions.glob(glob).alternatives[0].strip("/") + ("/x" if glob.endswith("/") else "")
    first = re.sub(r"\[!?([^\]])[^\]]*\]", r"\1", first)
    parts = [("a" if part == "**" else part.replace("*", "x").replace("?", "x")) for part in first.split("/")]
    return "/".join(parts)


def smallest(indicator: Indicator) -> Evidence | None:
    """Evidence for one indicator; None for those whose smallest evidence can't be read off them."""
    files: dict[str, str | None]
    name = indicator.name or ""
    match indicator.kind:
        case IndicatorKind.DEPENDENCY if indicator.name and not indicator.version:
            files = {**_manifest(indicator.ecosystem or "", name, indicator.scope)}
        case IndicatorKind.FILE if indicator.glob:
            files = {path_for(indicator.glob): None}
        case IndicatorKind.EXTENSION:
            files = {f"x.{name.lstrip('.')}": None}
        case IndicatorKind.IMAGE:
            files = {"Dockerfile": f"FROM {name}:1\n"}
        case IndicatorKind.ENV:
            files = {".env.example": f"{indicator.name or (indicator.prefix or '') + 'X'}=1\n"}
        case IndicatorKind.SHEBANG:
            files = {"run": f"#!/usr/bin/env {name}\n"}
        case IndicatorKind.KUBERNETES:
            files = {"k.yaml": _kubernetes(indicator)}
        case IndicatorKind.PORT:
            files = {"Dockerfile": f"FROM scratch\nEXPOSE {name}\n"}
        case IndicatorKind.HOST:
            files = {"settings.ini": f"[a]\nx = {indicator.value or 'https'}://{name or 'a.example'}/\n"}
        case IndicatorKind.STRUCTURE:
            files = _structure(indicator)
        case IndicatorKind.GROUP if indicator.all and not indicator.any:
            files = {}
            for member in indicator.all:
                found = smallest(member)
                if found is None or any(files.get(path) for path in found.files):
                    return None
                files |= found.files
        case _:
            return None
    return Evidence(files=files)
