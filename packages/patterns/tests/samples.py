"""Manifests as they look in real codebases, each with what must be read from it.

Expected are ecosystem, name, scope, and the locked version or None.
"""

# ruff: noqa: E501 - manifests are quoted as they are

from packages.patterns.tests.further_samples import FURTHER, Sample

SAMPLES: dict[str, Sample] = {
    **FURTHER,
    "npm with package-lock": Sample(
        {
            "package.json": """{
  // people do comment
  "dependencies": {"next": "^15.1.0", "@scope/x": "workspace:*", "old": "npm:new-name@^2"},
  "devDependencies": {"vitest": "1.0.0"}, "peerDependencies": {"react": ">=18"},
  "scripts": {"dev": "next dev"}, "packageManager": "pnpm@9.1.0+sha512.abc",
}""",
            "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/next": {"version": "15.1.7"}}}',
        },
        {
            ("npm", "next", "prod", "15.1.7"),
            ("npm", "@scope/x", "prod", None),
            ("npm", "new-name", "prod", None),
            ("npm", "vitest", "dev", None),
            ("npm", "react", "peer", None),
            ("npm", "pnpm", "tool", None),
        },
    ),
    "yarn 1": Sample(
        {
            "package.json": '{"dependencies": {"left-pad": "^1.0.0", "@babel/core": "7"}}',
            "yarn.lock": '# yarn lockfile v1\n\nleft-pad@^1.0.0:\n  version "1.3.0"\n  resolved "x"\n\n'
            '"@babel/core@7", "@babel/core@^7.1.0":\n  version "7.24.0"\n  dependencies:\n    x "^1"\n',
        },
        {("npm", "left-pad", "prod", "1.3.0"), ("npm", "@babel/core", "prod", "7.24.0")},
    ),
    "yarn berry": Sample(
        {
            "package.json": '{"dependencies": {"left-pad": "^1.0.0"}}',
            "yarn.lock": '__metadata:\n  version: 6\n\n"left-pad@npm:^1.0.0":\n  version: 1.3.0\n  resolution: "left-pad@npm:1.3.0"\n',
        },
        {("npm", "left-pad", "prod", "1.3.0")},
    ),
    "pnpm": Sample(
        {
            "package.json": '{"dependencies": {"vue": "^3"}, "devDependencies": {"vite": "^5"}}',
            "pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      vue:\n        specifier: ^3\n"
            "        version: 3.4.21(typescript@5.0.0)\npackages:\n  vite@5.2.1:\n    resolution: {integrity: x}\n",
        },
        {("npm", "vue", "prod", "3.4.21"), ("npm", "vite", "dev", "5.2.1")},
    ),
    "bun.lock alone": Sample(
        {
            "bun.lock": '{\n  "lockfileVersion": 1,\n  "workspaces": {\n    "": {"dependencies": {"hono": "^4"},},\n  },\n'
            '  "packages": {\n    "hono": ["hono@4.6.1", "", {}, "sha"],\n  }\n}'
        },
        {("npm", "hono", "prod", "4.6.1")},
    ),
    "deno": Sample(
        {
            "deno.jsonc": '{"imports": {"@oak/oak": "jsr:@oak/oak@^17", "zod": "npm:zod@3", "std/": "https://deno.land/std@0.2/"}}'
        },
        {("jsr", "@oak/oak", "prod", None), ("npm", "zod", "prod", None), ("deno", "std", "prod", None)},
    ),
    "pyproject, PEP 621 with uv": Sample(
        {
            "pyproject.toml": '[project]\nname = "a"\ndependencies = ["Django>=5", "celery[redis] ~= 5.3 ; python_version > \'3.8\'"]\n'
            '[project.optional-dependencies]\ndb = ["psycopg2-binary"]\n[dependency-groups]\ndev = ["pytest", {include-group = "x"}]\n'
            '[build-system]\nrequires = ["hatchling"]\n',
            "uv.lock": 'version = 1\n\n[[package]]\nname = "django"\nversion = "5.1.2"\nsource = { registry = "x" }\n',
        },
        {
            ("pypi", "Django", "prod", "5.1.2"),
            ("pypi", "celery", "prod", None),
            ("pypi-extra", "celery/redis", "tool", None),
            ("pypi", "psycopg2-binary", "optional", None),
            ("pypi", "pytest", "dev", None),
            ("pypi", "hatchling", "build", None),
        },
    ),
    "poetry": Sample(
        {
            "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\nfastapi = "^0.110"\n'
            'redis = {version = "^5", optional = true}\nown = {path = "../own"}\n[tool.poetry.group.dev.dependencies]\nruff = "*"\n',
            "poetry.lock": '[[package]]\nname = "fastapi"\nversion = "0.110.1"\ndescription = ""\n',
        },
        {
            ("pypi", "fastapi", "prod", "0.110.1"),
            ("engine", "python", "tool", None),
            ("pypi", "redis", "optional", None),
            ("pypi", "own", "prod", None),
            ("pypi", "ruff", "dev", None),
        },
    ),
    "requirements": Sample(
        {
            "requirements.txt": "# a\nFlask==2.3.1 --hash=sha256:ab\n-r base.txt\ngit+https://x/y.git#egg=thing\nrequests>=2 ; x\n",
            "requirements/dev.txt": "pytest\n",
        },
        {
            ("pypi", "Flask", "prod", "2.3.1"),
            ("pypi", "thing", "prod", None),
            ("pypi", "requests", "prod", None),
            ("pypi", "pytest", "dev", None),
        },
    ),
    "Pipfile": Sample(
        {
            "Pipfile": '[packages]\nflask = "*"\n[dev-packages]\npytest = {version = ">=7"}\n',
            "Pipfile.lock": '{"default": {"flask": {"version": "==3.0.0"}}, "develop": {}}',
        },
        {("pypi", "flask", "prod", "3.0.0"), ("pypi", "pytest", "dev", None)},
    ),
    "setup.py and setup.cfg": Sample(
        {
            "setup.py": "from setuptools import setup\nREQ = ['numpy>=1', 'scipy']\nsetup(name='a', install_requires=REQ, "
            "extras_require={'x': ['torch']})\n",
            "setup.cfg": "[options]\ninstall_requires =\n    pandas>=1\n    attrs\n",
        },
        {
            ("pypi", "numpy", "prod", None),
            ("pypi", "scipy", "prod", None),
            ("pypi", "torch", "optional", None),
            ("pypi", "pandas", "prod", None),
            ("pypi", "attrs", "prod", None),
        },
    ),
    "conda": Sample(
        {
            "environment.yml": "dependencies:\n  - python=3.11\n  - conda-forge::numpy=1.26\n  - pip:\n    - fastapi==0.1\n"
        },
        {("conda", "numpy", "prod", None), ("pypi", "fastapi", "prod", None)},
    ),
    "Cargo": Sample(
        {
            "Cargo.toml": '[dependencies]\ntokio = { version = "1", features = ["full"] }\nserde = "1"\nmine = { path = "x" }\n'
            '[dev-dependencies]\ncriterion = "0.5"\n[target.\'cfg(unix)\'.dependencies]\nnix = "0.27"\n',
            "Cargo.lock": 'version = 3\n\n[[package]]\nname = "tokio"\nversion = "1.36.0"\n',
        },
        {
            ("cargo", "tokio", "prod", "1.36.0"),
            ("cargo-feature", "tokio/full", "tool", None),
            ("cargo", "serde", "prod", None),
            ("cargo", "mine", "prod", None),
            ("cargo", "criterion", "dev", None),
            ("cargo", "nix", "prod", None),
        },
    ),
    "go.mod": Sample(
        {
            "go.mod": "module example.com/a\n\ngo 1.22\n\nrequire github.com/gin-gonic/gin v1.9.1\n\nrequire (\n"
            "\tgithub.com/labstack/echo/v4 v4.11.4\n\tgolang.org/x/net v0.1.0 // indirect\n)\n"
        },
        {
            ("engine", "go", "tool", None),
            ("golang", "github.com/gin-gonic/gin", "prod", "1.9.1"),
            ("golang", "github.com/labstack/echo/v4", "prod", "4.11.4"),
        },
    ),
    "mix": Sample(
        {
            "mix.exs": 'defmodule A.MixProject do\n  defp deps do\n    [\n      {:phoenix, "~> 1.7.10"},\n      # {:not, "1"},\n'
            '      {:credo, "~> 1.7", only: [:dev, :test], runtime: false},\n      {:own, in_umbrella: true},\n'
            '      {:gun, github: "ninenines/gun"}\n    ]\n  end\nend\n',
            "mix.lock": '%{\n  "phoenix": {:hex, :phoenix, "1.7.11", "abc", [:mix], [], "hexpm", "def"},\n}\n',
        },
        {
            ("hex", "phoenix", "prod", "1.7.11"),
            ("hex", "credo", "dev", None),
            ("hex", "own", "prod", None),
            ("hex", "gun", "prod", None),
        },
    ),
    "rebar": Sample(
        {
            "rebar.config": '{erl_opts, [debug_info]}.\n{deps, [{cowboy, "2.10.0"}, {jsx, {git, "https://x", {tag, "v3"}}}, lager]}.\n'
        },
        {("hex", "cowboy", "prod", None), ("hex", "jsx", "prod", None), ("hex", "lager", "prod", None)},
    ),
    "gleam": Sample(
        {"gleam.toml": 'name = "a"\n[dependencies]\nwisp = "~> 0.12"\n[dev-dependencies]\ngleeunit = "~> 1.0"\n'},
        {("hex", "wisp", "prod", None), ("hex", "gleeunit", "dev", None)},
    ),
    "Maven": Sample(
        {
            "pom.xml": '<project xmlns="http://maven.apache.org/POM/4.0.0"><parent><groupId>org.springframework.boot</groupId>'
            "<artifactId>spring-boot-starter-parent</artifactId><version>3.2.0</version></parent><properties><kv>3.7.0</kv>"
            "</properties><dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId>"
            "<version>${kv}</version></dependency><dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter"
            "</artifactId><scope>test</scope></dependency></dependencies><build><plugins><plugin><groupId>io.quarkus</groupId>"
            "<artifactId>quarkus-maven-plugin</artifactId></plugin></plugins></build></project>"
        },
        {
            ("maven", "org.springframework.boot/spring-boot-starter-parent", "parent", None),
            ("maven", "org.apache.kafka/kafka-clients", "prod", None),
            ("maven", "org.junit.jupiter/junit-jupiter", "dev", None),
            ("maven", "io.quarkus/quarkus-maven-plugin", "plugin", None),
        },
    ),
    "Gradle, Groovy": Sample(
        {
            "build.gradle": "plugins {\n    id 'org.springframework.boot' version '3.2.0'\n    id 'java'\n}\ndependencies {\n"
            "    implementation 'org.springframework.boot:spring-boot-starter-web'\n"
            "    // implementation 'a.b:not'\n    testImplementation(\"org.junit.jupiter:junit-jupiter:5.10.0\")\n"
            "    compile group: 'org.postgresql', name: 'postgresql', version: '42.7.0'\n}\n"
        },
        {
            ("maven", "org.springframework.boot/org.springframework.boot.gradle.plugin", "plugin", None),
            ("gradle-plugin", "org.springframework.boot", "plugin", None),
            ("gradle-plugin", "java", "plugin", None),
            ("maven", "org.springframework.boot/spring-boot-starter-web", "prod", None),
            ("maven", "org.junit.jupiter/junit-jupiter", "dev", None),
            ("maven", "org.postgresql/postgresql", "prod", None),
        },
    ),
    "Gradle, Kotlin with a catalogue": Sample(
        {
            "build.gradle.kts": 'plugins {\n    kotlin("jvm") version "1.9.0"\n}\ndependencies {\n'
            '    implementation(platform("io.ktor:ktor-bom:2.3.0"))\n    ksp("com.google.dagger:dagger-compiler:2.5")\n}\n',
            "gradle/libs.versions.toml": '[versions]\nktor = "2.3.7"\n[libraries]\ncore = { module = "io.ktor:ktor-server-core", '
            'version.ref = "ktor" }\nshort = "com.squareup.okhttp3:okhttp:4.12.0"\n',
        },
        {
            ("maven", "org.jetbrains.kotlin.jvm/org.jetbrains.kotlin.jvm.gradle.plugin", "plugin", None),
            ("gradle-plugin", "org.jetbrains.kotlin.jvm", "plugin", None),
            ("maven", "io.ktor/ktor-bom", "prod", None),
            ("maven", "com.google.dagger/dagger-compiler", "build", None),
            ("maven", "io.ktor/ktor-server-core", "prod", None),
            ("maven", "com.squareup.okhttp3/okhttp", "prod", None),
        },
    ),
    "sbt": Sample(
        {
            "build.sbt": 'libraryDependencies ++= Seq(\n  "org.http4s" %% "http4s-dsl" % "0.23",\n  "org.scalatest" %% "scalatest" % "3" % Test\n)\n'
        },
        {("maven", "org.http4s/http4s-dsl", "prod", None), ("maven", "org.scalatest/scalatest", "dev", None)},
    ),
    "Bundler": Sample(
        {
            "Gemfile": 'source "https://rubygems.org"\ngem "rails", "~> 7.1"\ngroup :development, :test do\n  gem "rspec-rails"\nend\n'
            'gem "sidekiq"\n',
            "Gemfile.lock": "GEM\n  remote: x\n  specs:\n    rails (7.1.3)\n      actioncable (= 7.1.3)\n\nDEPENDENCIES\n  rails\n",
        },
        {("gem", "rails", "prod", "7.1.3"), ("gem", "rspec-rails", "dev", None), ("gem", "sidekiq", "prod", None)},
    ),
    "Gemfile.lock alone": Sample(
        {
            "Gemfile.lock": "GEM\n  specs:\n    sinatra (4.0.0)\n      rack (~> 3)\n\nDEPENDENCIES\n  sinatra (~> 4.0)\n\nBUNDLED WITH\n   2\n"
        },
        {("gem", "sinatra", "prod", "4.0.0")},
    ),
    "gemspec": Sample(
        {
            "a.gemspec": 'Gem::Specification.new do |s|\n  s.add_dependency "rack", ">= 2"\n  s.add_development_dependency "rake"\nend\n'
        },
        {("gem", "rack", "prod", None), ("gem", "rake", "dev", None)},
    ),
    "Composer": Sample(
        {
            "composer.json": '{"require": {"php": "^8.2", "laravel/framework": "^11"}, "require-dev": {"phpunit/phpunit": "^10"}}',
            "composer.lock": '{"packages": [{"name": "laravel/framework", "version": "v11.2.0"}], "packages-dev": []}',
        },
        {
            ("composer", "php", "tool", None),
            ("engine", "php", "tool", None),
            ("composer", "laravel/framework", "prod", "11.2.0"),
            ("composer", "phpunit/phpunit", "dev", None),
        },
    ),
    "NuGet": Sample(
        {
            "src/App/App.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Npgsql" />'
            '<PackageReference Include="Serilog" Version="3.1.0" /></ItemGroup></Project>',
            "Directory.Packages.props": '<Project><ItemGroup><PackageVersion Include="Npgsql" Version="8.0.1" /></ItemGroup></Project>',
        },
        {
            ("nuget", "Microsoft.NET.Sdk.Web", "plugin", None),
            ("nuget", "Npgsql", "prod", "8.0.1"),
            ("nuget", "Serilog", "prod", None),
        },
    ),
    "packages.config": Sample(
        {
            "packages.config": '<?xml version="1.0"?><packages><package id="Newtonsoft.Json" version="13.0.1" /></packages>'
        },
        {("nuget", "Newtonsoft.Json", "prod", None)},
    ),
    "Clojure": Sample(
        {
            "project.clj": '(defproject a "0.1"\n  :dependencies [[org.clojure/clojure "1.11.1"]\n [compojure "1.7.0"]]) ; [not "1"]\n',
            "deps.edn": '{:deps {metosin/reitit {:mvn/version "0.6.0"}}}',
        },
        {
            ("clojars", "org.clojure/clojure", "prod", None),
            ("clojars", "compojure", "prod", None),
            ("clojars", "metosin/reitit", "prod", None),
        },
    ),
    "Dart": Sample(
        {
            "pubspec.yaml": "dependencies:\n  flutter:\n    sdk: flutter\n  dio: ^5.0.0\ndev_dependencies:\n  test: any\n"
        },
        {("pub", "flutter", "prod", None), ("pub", "dio", "prod", None), ("pub", "test", "dev", None)},
    ),
    "Swift": Sample(
        {"Package.swift": 'dependencies: [\n  .package(url: "https://github.com/vapor/vapor.git", from: "4.89.0"),\n]'},
        {("swift", "github.com/vapor/vapor", "prod", None)},
    ),
    "Haskell": Sample(
        {
            "a.cabal": "library\n  build-depends:\n      base >=4.7 && <5\n    , servant\n  default-language: Haskell2010\n"
        },
        {("hackage", "base", "prod", None), ("hackage", "servant", "prod", None)},
    ),
    "Terraform": Sample(
        {
            "main.tf": 'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\nresource "google_x" "y" {}\n'
        },
        {
            ("terraform", "hashicorp/aws", "prod", None),
            ("terraform", "hashicorp/google", "prod", None),
            ("terraform-resource", "google_x", "tool", None),
        },
    ),
    "GitHub Actions": Sample(
        {
            ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n      - run: npm test\n"
        },
        {("githubactions", "actions/checkout", "build", None)},
    ),
    "R, Julia, Perl, Crystal, Elm": Sample(
        {
            "DESCRIPTION": "Package: a\nImports: dplyr (>= 1.0),\n    shiny\nSuggests: testthat\n",
            "Project.toml": '[deps]\nFlux = "587475ba"\n',
            "cpanfile": "requires 'Mojolicious', '9.0';\n",
            "shard.yml": "dependencies:\n  kemal:\n    github: kemalcr/kemal\n",
            "elm.json": '{"dependencies": {"direct": {"elm/core": "1.0.5"}, "indirect": {}}}',
        },
        {
            ("cran", "dplyr", "prod", None),
            ("cran", "shiny", "prod", None),
            ("cran", "testthat", "dev", None),
            ("julia", "Flux", "prod", None),
            ("cpan", "Mojolicious", "prod", None),
            ("shards", "kemal", "prod", None),
            ("elm", "elm/core", "prod", None),
        },
    ),
}
