"""Files that pin a language, runtime or tool: .tool-versions, mise, .nvmrc and the like, as versions of what runs.

Each is a dependency of the ecosystem `engine`, under the tool's plain name; scope `tool`.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, table_of

#: What version managers call a tool, and its plain name.
_NAMES = {
    "nodejs": "node",
    "golang": "go",
    "openjdk": "java",
    "dotnet-core": "dotnet",
    "rustc": "rust",
    "cpython": "python",
    "otp": "erlang",
}
_PINS = {
    ".nvmrc": "node",
    ".node-version": "node",
    ".python-version": "python",
    ".ruby-version": "ruby",
    ".go-version": "go",
    ".java-version": "java",
    ".php-version": "php",
    ".terraform-version": "terraform",
    ".opentofu-version": "opentofu",
    ".bun-version": "bun",
    ".dvmrc": "deno",
    ".elixir-version": "elixir",
    ".erlang-version": "erlang",
    ".crystal-version": "crystal",
    ".swift-version": "swift",
    ".perl-version": "perl",
    ".bazelversion": "bazel",
    "rust-toolchain": "rust",
}
#: Names of the files that hold nothing but a version.
PIN_FILES = tuple(_PINS)
_LINE = re.compile(r"^[ \t]*([a-z][\w.-]{0,60})[ \t]+([^\s#]{1,60})", re.MULTILINE)
_VERSION = re.compile(r"(?:v|[a-z]+-)?(\d{1,9}(?:\.\d{1,9}){0,3}[\w.+-]{0,30})")
_SDKMAN = re.compile(r"^[ \t]*([a-z]{2,20})=([\w.+-]{1,60})", re.MULTILINE)
_RUNTIME = re.compile(r"^(python|ruby|node|php|java)-([\w.]{1,30})")


def engine(source: Source, found: Findings, name: str, version: object, line: int | None = None) -> None:
    """Record that a codebase wants a tool, with the version where it says one."""
    plain = _NAMES.get(name.lower(), name.lower())
    found.depend(source, "engine", plain, version if isinstance(version, str) else "", "tool", line=line)


def pinned(source: Source, found: Findings) -> None:
    """Read a file that holds one version, such as .nvmrc."""
    first = next((line.strip() for line in source.text[:1000].split("\n") if line.strip()[:1] not in {"", "#"}), "")
    match = _VERSION.match(first)
    engine(source, found, _PINS[source.basename], match[1] if match else "", 1)


def tool_versions(source: Source, found: Findings) -> None:
    """Read .tool-versions of asdf and mise."""
    for match in _LINE.finditer(source.text[:20_000]):
        engine(source, found, match[1], match[2], source.line_at(match.start(1)))


def mise(source: Source, found: Findings) -> None:
    """Read the tools and tasks of mise.toml."""
    for name, wanted in table_of(source.mapping(), "tools").items():
        first = next(iter(items_of(wanted)), "")
        version = first.get("version", "") if isinstance(first, dict) else str(first)
        engine(source, found, str(name).rpartition(":")[2], version)
    for name, task in table_of(source.mapping(), "tasks").items():
        found.command(source, str(name), task.get("run") if isinstance(task, dict) else task)


def sdkman(source: Source, found: Findings) -> None:
    """Read .sdkmanrc."""
    for match in _SDKMAN.finditer(source.text[:20_000]):
        engine(source, found, match[1], match[2].partition("-")[0], source.line_at(match.start(1)))


def rust_toolchain(source: Source, found: Findings) -> None:
    """Read rust-toolchain.toml."""
    engine(source, found, "rust", table_of(source.mapping(), "toolchain").get("channel", ""))


def runtime_txt(source: Source, found: Findings) -> None:
    """Read runtime.txt of Heroku."""
    if match := _RUNTIME.match(source.text.strip()[:100]):
        engine(source, found, match[1], match[2], 1)


def build_properties(source: Source, found: Findings) -> None:
    """Read sbt's version from project/build.properties."""
    if match := re.search(r"^sbt\.version[ \t]*=[ \t]*([\w.-]{1,30})", source.text, re.MULTILINE):
        engine(source, found, "sbt", match[1], source.line_at(match.start()))
