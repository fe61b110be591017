"""Manifests of builds, toolchains, pipelines and systems, each with what must be read from it; joined into `samples`."""

# ruff: noqa: E501 - manifests are quoted as they are

from typing import NamedTuple

Expected = set[tuple[str, str, str, str | None]]


class Sample(NamedTuple):
    files: dict[str, str | None]
    expected: Expected


FURTHER: dict[str, Sample] = {
    "NuGet, packages that all projects below have": Sample(
        {
            "src/Directory.Packages.props": '\ufeff<Project>\n<ItemGroup><PackageReference Include="StyleCop.Analyzers" Version="1.2.0" /></ItemGroup>'
            '<ItemGroup Condition="x"><PackageReference Include="Autofac" Version="7.1.0" /><PackageVersion Include="Dapper" Version="2.1.24" /></ItemGroup>'
            '<ItemGroup><GlobalPackageReference Include="Nerdbank.GitVersioning" Version="3.6" /></ItemGroup></Project>',
            "src/App/App.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>'
            '<ItemGroup><PackageReference Include="Dapper" /></ItemGroup></Project>',
            "build/Directory.Build.targets": '<Project><ItemGroup><PackageReference Include="Nuke.Common" /></ItemGroup></Project>',
            "global.json": '{"sdk": {"version": "8.0.100"}, "msbuild-sdks": {"Microsoft.Build.Traversal": "4.1.0"}}',
        },
        {
            ("nuget", "StyleCop.Analyzers", "prod", None),
            ("nuget", "Autofac", "prod", None),
            ("nuget", "Nerdbank.GitVersioning", "build", None),
            ("nuget", "Microsoft.NET.Sdk.Web", "plugin", None),
            ("nuget", "Dapper", "prod", "2.1.24"),
            ("nuget", "Nuke.Common", "prod", None),
            ("nuget", "Microsoft.Build.Traversal", "plugin", None),
            ("engine", "dotnet", "tool", None),
        },
    ),
    "Nix": Sample(
        {
            "flake.nix": '{\n  inputs = {\n    nixpkgs.url = "github:NixOS/nixpkgs/nixos-24.05"; # "github:not/this"\n'
            '    naersk = { url = "github:nix-community/naersk"; };\n    tool.url = "git+https://example.org/me/tool.git";\n  };\n'
            "  outputs = { self, nixpkgs }: {\n    devShell = mkShell {\n      buildInputs = with pkgs; [ nodejs_20 pkgs.postgresql\n        rustc ];\n    };\n  };\n}\n",
            "flake.lock": '{"nodes": {"nixpkgs": {"locked": {"owner": "NixOS", "repo": "nixpkgs", "rev": "0123456789abcdef"}}}}',
        },
        {
            ("nix", "NixOS/nixpkgs", "build", "0123456789ab"),
            ("nix", "nix-community/naersk", "build", None),
            ("nix", "me/tool", "build", None),
            ("nixpkgs", "nodejs_20", "tool", None),
            ("nixpkgs", "postgresql", "tool", None),
            ("nixpkgs", "rustc", "tool", None),
        },
    ),
    "Zig": Sample(
        {
            "build.zig.zon": '.{\n    .name = .app,\n    .minimum_zig_version = "0.13.0",\n    .dependencies = .{\n'
            '        .zap = .{\n            .url = "https://github.com/zigzap/zap/archive/refs/tags/v0.9.1.tar.gz",\n            .hash = "1220",\n        },\n'
            '        .@"local-lib" = .{ .path = "../lib" },\n    },\n    .paths = .{""},\n}\n'
        },
        {("zig", "zap", "prod", None), ("zig", "local-lib", "prod", None), ("engine", "zig", "tool", None)},
    ),
    "CMake and Meson": Sample(
        {
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n# find_package(Not)\nfind_package(Qt6 6.5 REQUIRED COMPONENTS Core)\n"
            "FetchContent_Declare(\n  googletest\n  GIT_REPOSITORY https://github.com/google/googletest.git\n  GIT_TAG v1.14.0\n)\n"
            'CPMAddPackage("gh:fmtlib/fmt#10.2.1")\nCPMAddPackage(\n  NAME spdlog\n  VERSION 1.13.0\n)\n'
            "pkg_check_modules(GTK REQUIRED gtk+-3.0>=3.22 libpq)\n",
            "sub/meson.build": "project('a', 'c')\ndep = dependency('glib-2.0', version: '>=2.66')\n",
        },
        {
            ("cmake", "Qt6", "prod", None),
            ("cmake", "googletest", "prod", None),
            ("cmake", "fmt", "prod", None),
            ("cmake", "spdlog", "prod", None),
            ("pkgconfig", "gtk+-3.0", "prod", None),
            ("pkgconfig", "libpq", "prod", None),
            ("pkgconfig", "glib-2.0", "prod", None),
        },
    ),
    "Conan and vcpkg": Sample(
        {
            "conanfile.txt": "[requires]\nboost/1.84.0\nopenssl/[>=3 <4]\n[generators]\nCMakeDeps\n",
            "vcpkg.json": '{"dependencies": ["fmt", {"name": "spdlog", "features": []}]}',
        },
        {
            ("conan", "boost", "prod", None),
            ("conan", "openssl", "prod", None),
            ("vcpkg", "fmt", "prod", None),
            ("vcpkg", "spdlog", "prod", None),
        },
    ),
    "Bazel": Sample(
        {
            "MODULE.bazel": 'module(name = "a")\nbazel_dep(name = "rules_go", version = "0.46.0")\n'
            'maven.install(artifacts = ["com.google.guava:guava:33.0.0-jre"])\n',
            "old/WORKSPACE": 'http_archive(\n    name = "rules_python",\n    sha256 = "x",\n)\n',
        },
        {
            ("bazel", "rules_go", "prod", None),
            ("maven", "com.google.guava/guava", "prod", None),
            ("bazel", "rules_python", "prod", None),
        },
    ),
    "Helm": Sample(
        {
            "Chart.yaml": "apiVersion: v2\nname: a\ndependencies:\n  - name: postgresql\n    version: ~15\n    repository: https://charts.example\n",
            "Chart.lock": "dependencies:\n- name: postgresql\n  version: 15.2.5\n",
        },
        {("helm", "postgresql", "prod", "15.2.5")},
    ),
    "Terraform resources and lock": Sample(
        {
            "main.tf": 'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n      version = "~> 5.0"\n    }\n  }\n}\n'
            'resource "aws_lambda_function" "f" {}\ndata "aws_s3_bucket" "b" {}\n',
            ".terraform.lock.hcl": 'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.40.0"\n  constraints = "~> 5.0"\n}\n',
        },
        {
            ("terraform", "hashicorp/aws", "prod", "5.40.0"),
            ("terraform-resource", "aws_lambda_function", "tool", None),
            ("terraform-resource", "aws_s3_bucket", "tool", None),
        },
    ),
    "GitLab CI": Sample(
        {
            ".gitlab-ci.yml": "include:\n  - template: Security/SAST.gitlab-ci.yml\n  - component: gitlab.com/components/go/ci@1.2\n"
            "image: python:3.12\ntest:\n  services:\n    - postgres:16\n  script:\n    - pytest\n"
        },
        {
            ("gitlabci", "Security/SAST.gitlab-ci.yml", "build", None),
            ("gitlabci", "gitlab.com/components/go/ci", "build", None),
        },
    ),
    "versions of tools": Sample(
        {
            ".tool-versions": "# all\nnodejs 20.11.0\nelixir 1.16.1-otp-26 # latest\n",
            "mise.toml": '[tools]\npython = ["3.12", "3.11"]\n"cargo:just" = {version = "1.25"}\n',
            "a/.nvmrc": "v18.19.0\n",
            "a/.python-version": "3.11.7\n",
            "a/.ruby-version": "ruby-3.3.0\n",
            "a/rust-toolchain.toml": '[toolchain]\nchannel = "1.77"\n',
            "b/go.mod": "module a\n\ngo 1.21\n\ntoolchain go1.22.1\n",
            "b/.sdkmanrc": "java=21.0.2-tem\n",
            "b/runtime.txt": "python-3.10.4\n",
        },
        {("engine", name, "tool", None) for name in ("node", "elixir", "python", "just", "ruby", "rust", "go", "java")},
    ),
    "Maven, what the parent says": Sample(
        {
            "pom.xml": "<project><groupId>a</groupId><artifactId>p</artifactId><properties><java.version>17</java.version><jackson.version>2.17.0</jackson.version></properties>"
            "<dependencyManagement><dependencies><dependency><groupId>org.flywaydb</groupId><artifactId>flyway-core</artifactId><version>10.1.0</version></dependency>"
            "</dependencies></dependencyManagement></project>",
            "web/pom.xml": "<project><artifactId>w</artifactId><dependencies><dependency><groupId>org.flywaydb</groupId><artifactId>flyway-core</artifactId></dependency>"
            "<dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>${jackson.version}</version></dependency></dependencies></project>",
        },
        {
            ("engine", "java", "tool", None),
            ("maven", "org.flywaydb/flyway-core", "managed", None),
            ("maven", "org.flywaydb/flyway-core", "prod", "10.1.0"),
            ("maven", "com.fasterxml.jackson.core/jackson-databind", "prod", None),
        },
    ),
    "Gradle, version catalogue used by a module": Sample(
        {
            "gradle/libs.versions.toml": '[versions]\nktor = "2.3.9"\n[libraries]\nktor-server_core = { module = "io.ktor:ktor-server-core", version.ref = "ktor" }\n'
            '[plugins]\nspring-boot = { id = "org.springframework.boot", version = "3.2.0" }\n',
            "app/build.gradle.kts": "plugins {\n  alias(libs.plugins.spring.boot)\n}\ndependencies {\n  testImplementation(libs.ktor.server.core)\n"
            '  implementation("org.postgresql:postgresql:$pg")\n}\njava { toolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }\n',
            "gradle.properties": "pg=42.7.2\n",
            "app/gradle.lockfile": "org.postgresql:postgresql:42.7.3=runtimeClasspath\n",
        },
        {
            ("maven", "io.ktor/ktor-server-core", "prod", None),
            ("maven", "io.ktor/ktor-server-core", "dev", None),
            ("maven", "org.springframework.boot/org.springframework.boot.gradle.plugin", "plugin", None),
            ("gradle-plugin", "org.springframework.boot", "plugin", None),
            ("maven", "org.postgresql/postgresql", "prod", "42.7.3"),
            ("engine", "java", "tool", None),
        },
    ),
    "sbt and Mill": Sample(
        {
            "build.sbt": 'val AkkaVersion = "2.9.0"\nThisBuild / scalaVersion := "3.3.1"\nlibraryDependencies += "com.typesafe.akka" %% "akka-actor" % AkkaVersion\n'
            'libraryDependencies += "org.scalatest" %% "scalatest" % "3.2.18" % Test\n',
            "project/plugins.sbt": 'addSbtPlugin("org.playframework" % "sbt-plugin" % "3.0.1")\n',
            "project/build.properties": "sbt.version=1.9.9\n",
            "mill/build.sc": 'def ivyDeps = Agg(ivy"com.lihaoyi::cask:0.9.2")\n',
        },
        {
            ("maven", "com.typesafe.akka/akka-actor", "prod", None),
            ("maven", "org.scalatest/scalatest", "dev", None),
            ("maven", "org.playframework/sbt-plugin", "plugin", None),
            ("maven", "com.lihaoyi/cask", "prod", None),
            ("engine", "scala", "tool", None),
            ("engine", "sbt", "tool", None),
        },
    ),
    "Erlang and Gleam, with locks": Sample(
        {
            "rebar.config": '{deps, [{cowboy, "2.9.0"}, jsx]}.\n',
            "rebar.lock": '{"1.2.0",\n[{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.10.0">>},0}]}.\n',
            "g/gleam.toml": 'name = "a"\n[dependencies]\nwisp = "~> 1.0"\n[dev-dependencies]\ngleeunit = "~> 1.0"\n',
            "g/manifest.toml": 'packages = [\n  { name = "wisp", version = "1.2.0", build_tools = ["gleam"] },\n]\n',
        },
        {
            ("hex", "cowboy", "prod", "2.10.0"),
            ("hex", "jsx", "prod", None),
            ("hex", "wisp", "prod", "1.2.0"),
            ("hex", "gleeunit", "dev", None),
        },
    ),
    "OCaml": Sample(
        {
            "a.opam": 'opam-version: "2.0"\ndepends: [\n  "dream" {>= "1.0.0"}\n]\n',
            "b/dune-project": "(lang dune 3.0) ; depends\n(package\n (name b)\n (depends\n  (ocaml (>= 4.14))\n  dune\n  (lwt (and (>= 5.6) (< 6)))\n  yojson\n  (alcotest :with-test)))\n",
        },
        {
            ("opam", "dream", "prod", None),
            ("opam", "lwt", "prod", None),
            ("opam", "yojson", "prod", None),
            ("opam", "alcotest", "dev", None),
        },
    ),
    "Julia and R, with locks": Sample(
        {
            "Project.toml": '[deps]\nFlux = "587475ba"\n[compat]\nFlux = "0.14"\njulia = "1.10"\n',
            "Manifest.toml": 'julia_version = "1.10.2"\n\n[[deps.Flux]]\ndeps = ["Adapt"]\nuuid = "587475ba"\nversion = "0.14.13"\n\n[[deps.Adapt]]\nversion = "4.0"\n',
            "r/renv.lock": '{"R": {"Version": "4.3.2"}, "Packages": {"shiny": {"Package": "shiny", "Version": "1.8.0"}}}',
        },
        {
            ("julia", "Flux", "prod", "0.14.13"),
            ("engine", "julia", "tool", None),
            ("cran", "shiny", "prod", None),
        },
    ),
    "Perl": Sample(
        {
            "Makefile.PL": "WriteMakefile(\n  NAME => 'A',\n  PREREQ_PM => {\n    'Dancer2' => '0.4',\n    DBI => 0,\n  },\n  TEST_REQUIRES => { 'Test::More' => 0 },\n);\n"
        },
        {("cpan", "Dancer2", "prod", None), ("cpan", "DBI", "prod", None), ("cpan", "Test::More", "dev", None)},
    ),
    "CocoaPods, Carthage and Swift, with locks": Sample(
        {
            "ios/Podfile": "target 'A' do\n  pod 'Alamofire', '~> 5.8'\n  pod 'Firebase/Core'\nend\n",
            "ios/Podfile.lock": "PODS:\n  - Alamofire (5.8.1)\n  - Firebase/Core (10.22.0):\n    - FirebaseAnalytics (~> 10.22.0)\n",
            "lib/A.podspec": "Pod::Spec.new do |s|\n  s.dependency 'SnapKit', '~> 5.0'\nend\n",
            "lib/Cartfile": 'github "ReactiveX/RxSwift" ~> 6.6\n',
            "s/Package.swift": '// swift-tools-version:5.9\n.package(url: "https://github.com/vapor/vapor.git", from: "4.89.0"),\n',
            "s/Package.resolved": '{"pins": [{"identity": "vapor", "location": "https://github.com/vapor/vapor.git", "state": {"version": "4.92.1"}}], "version": 2}',
        },
        {
            ("cocoapods", "Alamofire", "prod", "5.8.1"),
            ("cocoapods", "Firebase", "prod", "10.22.0"),
            ("cocoapods", "SnapKit", "prod", None),
            ("swift", "github.com/ReactiveX/RxSwift", "prod", None),
            ("swift", "github.com/vapor/vapor", "prod", "4.92.1"),
            ("engine", "swift", "tool", None),
        },
    ),
    "Haskell with stack": Sample(
        {
            "package.yaml": "dependencies:\n  - base >= 4\n  - scotty\n",
            "stack.yaml": "resolver: lts-22.0\nextra-deps:\n  - scotty-0.21\n",
        },
        {("hackage", "base", "prod", None), ("hackage", "scotty", "prod", "0.21")},
    ),
    "conda and pixi": Sample(
        {
            "environment-dev.yml": "name: a\ndependencies:\n  - python=3.11\n  - conda-forge::numpy=1.26\n  - pip:\n    - flask==3.0\n",
            "p/pixi.toml": '[dependencies]\npython = "3.12.*"\npolars = ">=0.20"\n[pypi-dependencies]\nlitestar = "*"\n[feature.test.dependencies]\npytest = "*"\n',
        },
        {
            ("conda", "numpy", "prod", None),
            ("pypi", "flask", "prod", None),
            ("conda", "polars", "prod", None),
            ("pypi", "litestar", "prod", None),
            ("conda", "pytest", "dev", None),
            ("engine", "python", "tool", None),
        },
    ),
    "Bower": Sample(
        {"bower.json": '{"dependencies": {"angular": "~1.8"}, "devDependencies": {"mocha": "*"}}'},
        {("bower", "angular", "prod", None), ("bower", "mocha", "dev", None)},
    ),
    "requirements that include others": Sample(
        {
            "requirements.txt": "-r deps/base.txt\n-c constraints.txt\nflask\n",
            "deps/base.txt": "--requirement more.txt\ndjango==4.2\n",
            "deps/more.txt": "celery[redis]\n",
            "constraints.txt": "flask==2.3.0\nunused==1.0\n",
        },
        {
            ("pypi", "flask", "prod", "2.3.0"),
            ("pypi", "django", "prod", "4.2"),
            ("pypi", "celery", "prod", None),
            ("pypi-extra", "celery/redis", "tool", None),
        },
    ),
    "lock files alone": Sample(
        {
            "a/pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .:\n    devDependencies:\n      vue:\n        specifier: ^3\n        version: 3.4.21\n",
            "b/uv.lock": 'version = 1\n[[package]]\nname = "app"\nversion = "0.1.0"\nsource = { virtual = "." }\ndependencies = [\n    { name = "fastapi" },\n]\n\n[[package]]\nname = "fastapi"\nversion = "0.110.0"\n',
            "c/Pipfile.lock": '{"default": {"django": {"version": "==4.2", "index": "pypi"}, "sqlparse": {"version": "==1"}}, "develop": {}}',
        },
        {
            ("npm", "vue", "dev", "3.4.21"),
            ("pypi", "fastapi", "prod", "0.110.0"),
            ("pypi", "django", "prod", "4.2"),
        },
    ),
    "jsr, dub and nuspec": Sample(
        {
            "jsr.json": '{"name": "@a/b", "imports": {"x": "jsr:@std/path@1"}}',
            "d/dub.sdl": 'name "a"\ndependency "vibe-d" version="~>0.9"\n',
            "n/a.nuspec": '<package><metadata><dependencies><group targetFramework="net8.0"><dependency id="Dapper" version="2.1.0"/></group></dependencies></metadata></package>',
            "n/b.csproj": '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFrameworks>net8.0;net6.0</TargetFrameworks></PropertyGroup><Choose><When Condition="x"><ItemGroup><PackageReference Include="Polly" Version="8"/></ItemGroup></When></Choose></Project>',
        },
        {
            ("jsr", "@std/path", "prod", None),
            ("dub", "vibe-d", "prod", None),
            ("nuget", "Dapper", "prod", None),
            ("nuget", "Polly", "prod", None),
            ("nuget", "Microsoft.NET.Sdk", "plugin", None),
            ("engine", "dotnet", "tool", None),
        },
    ),
}
