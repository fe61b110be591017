"""Gradle in Groovy and Kotlin, its version catalogues, and sbt: read by expression, nothing is evaluated.

A plugin counts twice over: by its id, and by the marker artifact that the id stands for.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, strings_of, table_of

_OPEN = r"(?:[ \t]*\([ \t]*|[ \t]+)"
_COORDINATES = re.compile(
    r"(?:\b(\w{1,60})" + _OPEN + r"(?:(?:enforcedPlatform|platform)[ \t]*\([ \t]*)?)?"
    r"[\"']([A-Za-z][\w.-]{0,150}):([A-Za-z][\w.-]{0,150})(?::([^\"'@:\s]{1,60}))?[^\"'\n]{0,60}[\"']"
)
_EQUALS = r"[ \t]*[:=][ \t]*[\"']([^\"'\n]{1,150})[\"']"
_MAP_STYLE = re.compile(
    r"\b(\w{1,60})"
    + _OPEN
    + "group"
    + _EQUALS
    + r"[ \t]*,[ \t]*name"
    + _EQUALS
    + r"(?:[ \t]*,[ \t]*version"
    + _EQUALS
    + ")?"
)
_PLUGIN = re.compile(
    r"\bid"
    + _OPEN
    + r"[\"']([\w.-]{1,150})[\"'](?:[ \t]*\))?(?:[ \t]*version"
    + _OPEN
    + r"[\"']([^\"'\n]{1,60})[\"'])?"
)
_APPLY = re.compile(r"\bapply[ \t]*(?:plugin[ \t]*:|\([ \t]*plugin[ \t]*=)[ \t]*[\"']([\w.-]+)[\"']")
_KOTLIN_PLUGIN = re.compile(r"\bkotlin[ \t]*\([ \t]*\"([\w.-]+)\"[ \t]*\)(?:[ \t]*version[ \t]*\"([^\"]+)\")?")
_BARE_PLUGIN = re.compile(
    r"^[ \t]*`?(java|java-library|application|kotlin-dsl|groovy|scala|war)`?[ \t]*$", re.MULTILINE
)
_COMMENT = re.compile(r"^[ \t]*//[^\n]*", re.MULTILINE)
_INCLUDE = re.compile(r"\binclude\b[ \t(]*((?:[\"'][\w:./-]+[\"'][ \t,\n]*)+)")
_SBT = re.compile(
    r"\"([\w.-]+)\"[ \t]*%{1,3}[ \t]*\"([\w.-]+)\"[ \t]*%[ \t]*(?:\"([^\"\n]+)\"|\w+)(?:[ \t]*%[ \t]*(\"?\w+\"?))?"
)


def gradle(source: Source, found: Findings) -> None:
    """Read build.gradle, build.gradle.kts or settings.gradle."""
    text = _COMMENT.sub("", source.text)
    for match in _COORDINATES.finditer(text):
        _depend(source, found, (match[2], match[3], match[4]), match[1] or "")
    for match in _MAP_STYLE.finditer(text):
        _depend(source, found, (match[2], match[3], match[4]), match[1])
    for match in _PLUGIN.finditer(text):
        _plugin(source, found, match[1], match[2])
    for match in _APPLY.finditer(text):
        _plugin(source, found, match[1], None)
    for match in _KOTLIN_PLUGIN.finditer(text):
        _plugin(source, found, f"org.jetbrains.kotlin.{match[1]}", match[2])
    for name in _BARE_PLUGIN.findall(text):
        _plugin(source, found, name, None)
    members = [
        path.strip(":").replace(":", "/")
        for block in _INCLUDE.findall(text)
        for path in re.findall(r"[\w:./-]+", block)
    ]
    if members and source.basename.startswith("settings."):
        found.workspaces[source.directory] = members


def _depend(source: Source, found: Findings, coordinates: tuple[str, str, str | None], configuration: str) -> None:
    group, artifact, version = coordinates
    lower = configuration.lower()
    scope = (
        "dev"
        if "test" in lower
        else "build"
        if lower in {"classpath", "kapt", "ksp", "annotationprocessor"}
        else "prod"
    )
    if "." not in group and group not in _SINGLE_WORD_GROUPS:
        return
    found.depend(source, "maven", f"{group}/{artifact}", "" if "$" in (version or "") else version or "", scope)


#: Old groups without a dot; any other such pair is a path or a task.
_SINGLE_WORD_GROUPS = frozenset(
    {
        "junit",
        "mysql",
        "log4j",
        "commons-io",
        "commons-lang",
        "redis",
        "joda-time",
        "javax",
        "org",
        "cglib",
        "ch",
        "postgresql",
        "jstl",
        "antlr",
        "dom4j",
        "asm",
    }
)


def _plugin(source: Source, found: Findings, name: str, version: str | None) -> None:
    if "." in name:
        found.depend(source, "maven", f"{name}/{name}.gradle.plugin", version or "", "plugin")
    found.depend(source, "gradle-plugin", name, version or "", "plugin")


def version_catalogue(source: Source, found: Findings) -> None:
    """Read gradle/libs.versions.toml: libraries and plugins with the versions they refer to."""
    catalogue = source.mapping()
    versions = strings_of(catalogue.get("versions"))
    for library in table_of(catalogue, "libraries").values():
        coordinates, version = _catalogued(library, versions)
        group, _, artifact = coordinates.partition(":")
        if group and artifact:
            found.depend(source, "maven", f"{group}/{artifact.partition(':')[0]}", version)
    for plugin in table_of(catalogue, "plugins").values():
        coordinates, version = _catalogued(plugin, versions)
        if coordinates:
            _plugin(source, found, coordinates.partition(":")[0], version)


def _catalogued(entry: object, versions: dict[str, str]) -> tuple[str, str]:
    if isinstance(entry, str):
        head, _, version = entry.rpartition(":")
        return (head, version) if head else (entry, "")
    fields = entry if isinstance(entry, dict) else {}
    texts = strings_of(fields)
    coordinates = texts.get("module") or texts.get("id") or f"{texts.get('group', '')}:{texts.get('name', '')}"
    wanted = fields.get("version")
    if isinstance(wanted, dict):
        return coordinates, versions.get(str(wanted.get("ref")), "")
    return coordinates, wanted if isinstance(wanted, str) else ""


def sbt(source: Source, found: Findings) -> None:
    """Read build.sbt or project/*.sbt."""
    for match in _SBT.finditer(_COMMENT.sub("", source.text)):
        scope = "dev" if match[4] and match[4].strip('"').lower() == "test" else "prod"
        found.depend(source, "maven", f"{match[1]}/{match[2]}", match[3] or "", scope)
