"""Ecosystems whose manifests take a few lines each: Dart, Swift, Haskell, Julia, R, Perl, Crystal, Nim, Lua, D, Elm."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, table_of, tables_of
from centralcloud_patterns.manifests.toolchains import engine

_SWIFT = re.compile(r"\.package\([^()]{0,200}?url:[ \t\n]*\"([^\"\n]+)\"([^()]{0,200})")
_SWIFT_TOOLS = re.compile(r"\s{0,100}//[ \t]*swift-tools-version:[ \t]*([\d.]{1,20})")
_POD = re.compile(r"^[ \t]*pod[ \t(]+[\"']([\w.+/-]+)[\"'](?:[ \t]*,[ \t]*[\"']([^\"']*)[\"'])?", re.MULTILINE)
_R_NAME = re.compile(r"([A-Za-z][\w.]*)[ \t]*(?:\(([^)]*)\))?")
_R_FIELD = re.compile(r"^(Depends|Imports|Suggests|LinkingTo):([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_CPAN = re.compile(
    r"^[ \t]*(?:(?:test_|author_|build_|configure_)?requires|recommends|suggests)[ \t(]+[\"']([\w:-]+)[\"']"
    r"(?:[ \t]*(?:,|=>)[ \t]*[\"']?([^\"';)\s]*))?",
    re.MULTILINE,
)
_NIMBLE = re.compile(r"^[ \t]*requires[ \t:(]*((?:\"[^\"\n]{0,300}\"[ \t,\n]*)+)", re.MULTILINE)
_NIMBLE_NAME = re.compile(r"(?:https?://[^\s\"#?]{1,200}/)?([A-Za-z][\w.-]*?)(?:\.git)?(?![\w./:-])([^\"]*)")
_LUA = re.compile(r"[\"']([A-Za-z][\w.-]*)(?:[ \t]*([<>=~][^\"']*))?[\"']")
_CONAN = re.compile(
    r"^[ \t]*(?:self\.requires\(|requires[ \t]*=[ \t]*)?[\"']?([a-z][\w.+-]{0,60})/"
    r"([\w.+\[\]><=~ -]{1,40}?)(?:[@#\"'\s]|$)",
    re.MULTILINE,
)
_DUB_SDL = re.compile(
    r"^[ \t]*dependency[ \t]+\"([\w.:-]{1,100})\"(?:[ \t]+version=\"([^\"\n]{1,60})\")?", re.MULTILINE
)
_HPACK_SECTIONS = {"executables": "prod", "internal-libraries": "prod", "tests": "dev", "benchmarks": "dev"}
_OPAM = re.compile(r"\"([a-z][\w.+-]*)\"(?:[ \t]*\{([^}]*)\})?")


def pubspec(source: Source, found: Findings) -> None:
    """Read a pubspec.yaml of Dart or Flutter."""
    if version := table_of(source.mapping(), "environment").get("sdk"):
        engine(source, found, "dart", version)
    found.declare("pub", source.mapping().get("name"))
    for table, scope in {"dependencies": "prod", "dev_dependencies": "dev"}.items():
        for name, wanted in table_of(source.mapping(), table).items():
            local = isinstance(wanted, dict) and "path" in wanted
            found.depend(source, "pub", name, wanted, scope, local=local)


def pubspec_lock(source: Source, found: Findings) -> None:
    """Read a pubspec.lock."""
    for name, package in tables_of(source.mapping().get("packages")).items():
        found.lock(source, "pub", name, package.get("version"))


def package_swift(source: Source, found: Findings) -> None:
    """Read the package URLs of a Package.swift, and the tools it is written for."""
    if tools := _SWIFT_TOOLS.match(source.text):
        engine(source, found, "swift", tools[1], 1)
    for url, rest in _SWIFT.findall(source.text):
        version = re.search(r"\"([\d.]+)\"", rest)
        found.depend(
            source,
            "swift",
            re.sub(r"^(?:https?://|git@|ssh://git@)", "", url).removesuffix(".git").replace(":", "/"),
            version[1] if version else "",
        )


def podfile(source: Source, found: Findings) -> None:
    """Read a Podfile."""
    for name, wanted in _POD.findall(source.text):
        found.depend(source, "cocoapods", name.partition("/")[0], wanted)


def cabal(source: Source, found: Findings) -> None:
    """Read the build-depends of a cabal file."""
    block = False
    for line in source.text.split("\n"):
        opened = line.lower().lstrip().startswith("build-depends:")
        block = opened or (
            block and (not line.strip() or line.startswith((" ", "\t"))) and not re.match(r"\s*[\w-]+:", line)
        )
        if block:
            for part in line.partition(":")[2].split(",") if opened else line.split(","):
                name = re.match(r"\s*([A-Za-z][\w-]*)", part)
                if name:
                    found.depend(source, "hackage", name[1], part[name.end() :].strip())


def hpack(source: Source, found: Findings) -> None:
    """Read the dependencies of Haskell's package.yaml."""
    document = source.mapping()
    holders = [(document, "prod"), (table_of(document, "library"), "prod"), (table_of(document, "executable"), "prod")]
    for section, scope in _HPACK_SECTIONS.items():
        holders += [(holder, scope) for holder in tables_of(document.get(section)).values()]
    for holder, scope in holders:
        members = holder.get("dependencies")
        for member in members if isinstance(members, (list, dict)) else (members,):
            named = member.get("name") if isinstance(member, dict) else member
            if isinstance(named, str):
                name, _, wanted = named.strip().partition(" ")
                found.depend(source, "hackage", name, wanted, scope)


def julia(source: Source, found: Findings) -> None:
    """Read Julia's Project.toml."""
    compat = table_of(source.mapping(), "compat")
    if version := compat.get("julia"):
        engine(source, found, "julia", version)
    for table, scope in {"deps": "prod", "weakdeps": "optional", "extras": "dev"}.items():
        for name in table_of(source.mapping(), table):
            found.depend(source, "julia", name, compat.get(name, ""), scope)


def r_description(source: Source, found: Findings) -> None:
    """Read the DESCRIPTION of an R package."""
    for field, value in _R_FIELD.findall(source.text):
        for part in value.split(","):
            match = _R_NAME.match(part.strip())
            if match and match[1] == "R":
                engine(source, found, "r", match[2] or "")
            elif match:
                found.depend(source, "cran", match[1], match[2] or "", "dev" if field == "Suggests" else "prod")


def renv_lock(source: Source, found: Findings) -> None:
    """Read renv.lock of R."""
    for name, package in tables_of(source.mapping().get("Packages")).items():
        found.depend(source, "cran", name, package.get("Version", ""))


def cpanfile(source: Source, found: Findings) -> None:
    """Read a cpanfile of Perl, or the requires of a Makefile.PL in the same style."""
    for name, wanted in _CPAN.findall(source.text):
        if name != "perl":
            found.depend(source, "cpan", name, wanted)


def shard(source: Source, found: Findings) -> None:
    """Read a shard.yml of Crystal."""
    for table, scope in {"dependencies": "prod", "development_dependencies": "dev"}.items():
        for name, wanted in table_of(source.mapping(), table).items():
            found.depend(source, "shards", name, table_of(wanted).get("version", ""), scope)


def nimble(source: Source, found: Findings) -> None:
    """Read the requires of a nimble file: names, or the addresses of repositories by their last part."""
    for listed in _NIMBLE.findall(source.text):
        for quoted in re.findall(r"\"([^\"]*)\"", listed):
            for part in quoted.split(","):
                match = _NIMBLE_NAME.match(part.strip())
                if match and match[1] != "nim":
                    # Behind a hash stands a commit or a branch, which is no version.
                    found.depend(source, "nimble", match[1], match[2].partition("#")[0])


def rockspec(source: Source, found: Findings) -> None:
    """Read the dependencies of a rockspec of Lua."""
    _, _, rest = source.text.partition("dependencies")
    for name, wanted in _LUA.findall(rest.partition("}")[0]):
        if name != "lua":
            found.depend(source, "luarocks", name, wanted)


def dub(source: Source, found: Findings) -> None:
    """Read a dub.json of D."""
    for name, wanted in table_of(source.mapping(), "dependencies").items():
        found.depend(source, "dub", name, wanted)


def dub_sdl(source: Source, found: Findings) -> None:
    """Read a dub.sdl of D."""
    for name, wanted in _DUB_SDL.findall(source.text):
        found.depend(source, "dub", name, wanted)


def elm(source: Source, found: Findings) -> None:
    """Read an elm.json."""
    if version := source.mapping().get("elm-version"):
        engine(source, found, "elm", version)
    for table, scope in {"dependencies": "prod", "test-dependencies": "dev"}.items():
        dependencies = table_of(source.mapping(), table)
        for name, wanted in {**dependencies, **table_of(dependencies, "direct")}.items():
            if "/" in name:
                found.depend(source, "elm", name, wanted, scope)


def opam(source: Source, found: Findings) -> None:
    """Read the depends of an opam file."""
    _, _, rest = source.text.partition("\ndepends:")
    for name, wanted in _OPAM.findall(rest.partition("\n]")[0]):
        found.depend(source, "opam", name, re.sub(r"[\"{}]", "", wanted))


def conanfile(source: Source, found: Findings) -> None:
    """Read the requirements of a conanfile.txt or conanfile.py of C++."""
    for name, version in _CONAN.findall(source.text):
        found.depend(source, "conan", name, version)


def vcpkg(source: Source, found: Findings) -> None:
    """Read a vcpkg.json of C++."""
    members = source.mapping().get("dependencies")
    for member in members if isinstance(members, list) else ():
        found.depend(source, "vcpkg", member.get("name") if isinstance(member, dict) else member)
