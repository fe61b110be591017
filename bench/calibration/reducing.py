"""Reduce a file that detection reads to its facts: dependencies, versions, image names, keys and short values.

Prose, comments, scripts and code stay away: what is stored for calibration is what a repository is made of, not what
its authors wrote. A file of a format that is not known here is kept by name only.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable
from xml.etree import ElementTree

import yaml

from bench.calibration.documents import command, ini_facts, json_facts, setup_facts, toml_facts, xml_facts, yaml_facts

#: A document cut short is broken, so a longer one is told by name only; of lines the first are kept.
_MAX_DOCUMENT = 12_000
_MAX_TEXT = 5_000
_MAX_LINE = 160
#: Addresses of package indexes: which one a repository uses is nobody's business here.
_INDEX = re.compile(r"https?://(?:\w+\.)?(?:pypi\.|files\.python)[^\s\"']*")

_INDEX_OPTION = re.compile(r"index.url|find.links|\buv\.index\b")

Reduce = Callable[[str], str]


def reduced(path: str, text: str) -> str | None:
    """Return the facts in a file's text, in the file's own format; None when nothing of it is kept."""
    name = path.rpartition("/")[2]
    for globs, reduce in _REDUCERS:
        if any(fnmatch.fnmatchcase(path.lower() if "/" in glob else name.lower(), glob) for glob in globs.split()):
            try:
                kept = _INDEX.sub("https://index.invalid", reduce(text)).strip("\n")
            except (ValueError, SyntaxError, RecursionError, yaml.YAMLError, ElementTree.ParseError):
                return None
            if reduce in {json_facts, xml_facts, yaml_facts}:
                return kept + "\n" if 0 < len(kept) <= _MAX_DOCUMENT else None
            kept = "\n".join(line for line in kept.splitlines() if not _INDEX_OPTION.search(line))
            return kept[:_MAX_TEXT].rstrip() + "\n" if kept.strip() else None
    return None


def _environment(text: str) -> str:
    """Keep the names of variables, and the scheme of an address."""
    kept = []
    for line in text.splitlines():
        match = re.match(r"\s*#?\s*(?:export )?([A-Z][A-Z0-9_]{2,60})\s*=\s*[\"']?([a-z][a-z0-9+]{1,20}://)?", line)
        if match:
            kept.append(f"{match[1]}={match[2] + 'host/name' if match[2] else ''}")
    return "\n".join(kept)


def _dockerfile(text: str) -> str:
    joined = re.sub(r"\\\n", " ", text)
    kept = []
    for line in joined.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        order = words[0].upper()
        if order in {"FROM", "EXPOSE", "CMD", "ENTRYPOINT"}:
            kept.append(" ".join(words)[:_MAX_LINE])
        elif order == "ENV":
            kept.append(f"ENV {words[1].partition('=')[0]}=1" if len(words) > 1 else "")
        elif order == "RUN":
            kept.append(f"RUN {command(' '.join(word for word in words[1:] if not word.startswith('--')))}")
    return "\n".join(kept)


def _lines(wanted: re.Pattern[str], comments: str = "#") -> Reduce:
    """Return a reducer that keeps the lines in which the expression is found."""

    def reduce(text: str) -> str:
        kept = (line.rstrip() for line in text.splitlines() if not line.lstrip().startswith(tuple(comments.split())))
        return "\n".join(line[:_MAX_LINE] for line in kept if wanted.search(line))

    return reduce


def _whole(text: str) -> str:
    return "\n".join(line[:_MAX_LINE] for line in text.splitlines() if not line.lstrip().startswith("#"))


def _nothing(_text: str) -> str:
    return ""


_REDUCERS: tuple[tuple[str, Reduce], ...] = (
    ("package-lock.json npm-shrinkwrap.json composer.lock *.lock *.lockb deno.lock pnpm-lock.yaml", _nothing),
    ("*.json *.jsonc .babelrc .eslintrc .prettierrc .stylelintrc .firebaserc .swcrc", json_facts),
    ("*.yml *.yaml", yaml_facts),
    (
        "*.csproj *.fsproj *.vbproj *.props *.targets pom.xml packages.config ivy.xml *.nuspec nuget.config web.xml",
        xml_facts,
    ),
    ("*.toml pipfile", toml_facts),
    ("setup.py", setup_facts),
    (".env.* *.env.example *.env.sample env.example sample.env example.env", _environment),
    ("dockerfile dockerfile.* *.dockerfile containerfile", _dockerfile),
    (
        "gemfile *.gemspec gems.rb podfile *.podspec",
        _lines(
            re.compile(
                r"^\s*(gem|source|ruby|path|gemspec|group|end|pod|target|platform)\b|add_\w*dependency|\.dependency\b"
                r"|^\s*(Pod::Spec|Gem::Spec)"
            )
        ),
    ),
    (
        "*requirements*.txt *requirements*.in *constraints*.txt *requirements/*.txt",
        _lines(re.compile(r"^[\w.\-\[\]]+\s*([=<>!~;@]|$)|^-r ")),
    ),
    ("go.mod go.work", _lines(re.compile(r"\S"), comments="//")),
    (
        "mix.exs",
        _lines(
            re.compile(r"\{:\w+|\b(app|apps_path|elixir|deps|erlc_paths):|\bdefp? deps|use Mix|^\s*(\[|\]|end)\s*$")
        ),
    ),
    ("rebar.config", _lines(re.compile(r"\{"), comments="%")),
    (
        "*.gradle *.gradle.kts",
        _lines(
            re.compile(
                r"\b(id|alias|kotlin|apply)\b[ (]|[\"'][\w.\-]+:[\w.\-]+(:[\w.\-$\{\}+]+)?[\"']|\blibs\.|^\s*\}"
                r"|\b(plugins|dependencies|android|buildscript|repositories|allprojects|subprojects)\s*\{|^\s*include\b"
            ),
            comments="// *",
        ),
    ),
    ("*.sbt", _lines(re.compile(r"%|\b(scalaVersion|enablePlugins|addSbtPlugin|lazy val)\b"), comments="//")),
    ("project.clj deps.edn bb.edn shadow-cljs.edn", _lines(re.compile(r"[\[\]{}]"), comments=";")),
    (
        "*.cabal cabal.project",
        _lines(
            re.compile(
                r"^\s*(build-depends|build-tool-depends|default-language|library|executable|test-suite|packages|name|cabal)"
                r"|^\s*,?\s*[a-z][\w\-]*\s*([<>=^&|*]|,?\s*$)"
            ),
            comments="--",
        ),
    ),
    (
        "cmakelists.txt *.cmake",
        _lines(
            re.compile(
                r"(?i)\b(find_package|project|pkg_check_modules|cmake_minimum_required|fetchcontent_declare|enable_language)"
                r"\s*\(|CMAKE_(CXX|C)_STANDARD"
            )
        ),
    ),
    ("meson.build", _lines(re.compile(r"\b(project|dependency|subdir|import|add_languages)\s*\("))),
    (
        "*.tf *.hcl",
        _lines(
            re.compile(
                r"^\s*(provider|resource|module|data|terraform|required_providers|backend)\b.*\{|^\s*\w+\s*=\s*\{"
                r"|^\s*(source|version|engine|image)\s*=|^\s*\}"
            ),
            comments="# //",
        ),
    ),
    ("*.rockspec *.nimble dub.sdl", _lines(re.compile(r"[\"'][\w.\-/]+[^\"']{0,60}[\"']"), comments="-- #")),
    (
        "cpanfile makefile.pl build.pl dist.ini",
        _lines(re.compile(r"\brequires\b|^\s*[\"'][\w:]+[\"']\s*=>|^[\w:]+ = ")),
    ),
    ("*.opam opam dune-project dune", _lines(re.compile(r"[\"'(][\w.\-]+"), comments=";")),
    (
        "package.swift",
        _lines(re.compile(r"\.(package|product|target|library|executable)\s*\(|swift-tools"), comments="///"),
    ),
    ("procfile .tool-versions .nvmrc .node-version .python-version .ruby-version runtime.txt", _whole),
    (".gitattributes .gitmodules", _lines(re.compile(r"linguist-|^\s*(path|url) ="))),
    ("*.properties *.cfg *.ini", ini_facts),
    (
        "*.config.js *.config.ts *.config.mjs *.config.cjs gulpfile.* gruntfile.* config.ru rakefile *rc.js",
        _lines(
            re.compile(
                r"^\s*(import|export)\b.*\bfrom\s+[\"']|^\s*import\s+[\"']|\brequire\([\"'][^\"']+[\"']\)"
                r"|^\s*(from\s+[\w.]+\s+import|import\s+[\w.]+)|^\s*require\s+[\"']"
            ),
            comments="# // *",
        ),
    ),
)


def bounded(paths: Iterable[str], keep: frozenset[str], most: int) -> list[str]:
    """Return at most `most` paths: those to keep, then a few of each folder and ending."""
    chosen: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for path in sorted(paths, key=lambda one: (one.count("/"), one)):
        folder = "/".join(path.split("/")[:-1][:3])
        name = path.rpartition("/")[2]
        kind = (folder, name.rpartition(".")[2] if "." in name else name)
        seen[kind] = seen.get(kind, 0) + 1
        if path in keep or (seen[kind] <= 3 and len(chosen) < most):
            chosen.append(path)
    return chosen
