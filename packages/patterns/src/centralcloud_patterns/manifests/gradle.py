"""Gradle in Groovy and Kotlin, its version catalogues, and sbt: read by expression, nothing is evaluated.

A plugin counts twice over: by its id, and by the marker artifact that the id stands for.
"""

import re

from centralcloud_patterns.manifests.accessors import Named, Use
from centralcloud_patterns.manifests.findings import Findings, Source, strings_of, table_of
from centralcloud_patterns.manifests.toolchains import engine
from centralcloud_patterns.paths import directory_of

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
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*[\s\S]{0,20000}?\*/)", re.MULTILINE)
_INCLUDE = re.compile(r"\binclude\b[ \t(]*((?:[\"'][\w:./-]+[\"'][ \t,\n]*)+)")
_SBT = re.compile(
    r"\"([\w.-]+)\"[ \t]*%{1,3}[ \t]*\"([\w.-]+)\"(?:[ \t]*%[ \t]*(?:\"([^\"\n]+)\"|([\w.]{1,80})))?"
    r"(?:[ \t]*%[ \t]*(\"?\w+\"?))?"
)
#: A variable inside a coordinate; of a dotted one the last part is the name.
_VARIABLE = re.compile(r"\$\{?(?:[A-Za-z_]\w{0,60}\.){0,5}([A-Za-z_]\w{0,60})\}?")
_ASSIGNED = re.compile(
    r"^[ \t]*(?:(?:def|val|var|lazy[ \t]+val|const[ \t]+val|private[ \t]+val)[ \t]+|ext\.|extra\[\")?"
    r"([A-Za-z_]\w{0,60})(?:\"\])?(?:[ \t]*:[ \t]*String)?[ \t]*=[ \t]*[\"'](\d[\w.+-]{0,60})[\"']",
    re.MULTILINE,
)
_ACCESSOR = re.compile(
    r"(?:\b([A-Za-z]\w{0,60})[ \t]{0,4}\(?[ \t]{0,4}(?:(?:enforcedPlatform|platform)\()?)?"
    r"\blibs\.([A-Za-z][\w.]{0,100})"
)
_PROPERTY_LINE = re.compile(r"^[ \t]*([A-Za-z_][\w.-]{0,100})[ \t]*[=:][ \t]*([^\s#]{1,100})[ \t]*$", re.MULTILINE)
_LOCKED = re.compile(r"^([\w.-]{1,150}):([\w.-]{1,150}):([\w.+-]{1,60})=", re.MULTILINE)
_TOOLCHAIN = re.compile(r"(?:JavaLanguageVersion\.of\([ \t]*|jvmToolchain\([ \t]*)[\"']?(\d{1,3})")
_SCALA = re.compile(r"\bscalaVersion[ \t]*:=[ \t]*\"([\d.]{1,20})\"")
_IVY = re.compile(r"\b(?:ivy|mvn)\"([\w.-]{1,150}):{1,3}([\w.-]{1,150}):{1,2}([\w.+-]{1,60})\"")


def gradle(source: Source, found: Findings) -> None:
    """Read build.gradle, build.gradle.kts or settings.gradle."""
    text = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source.text)
    for match in _COORDINATES.finditer(text):
        _depend(source, found, (match[2], match[3], match[4]), match[1] or "")
    for match in _MAP_STYLE.finditer(text):
        _depend(source, found, (match[2], match[3], match[4]), match[1])
    for match in _PLUGIN.finditer(text):
        _plugin(source, found, match[1], match[2])
    for match in _APPLY.finditer(text):
        _plugin(source, found, match[1], None)
    for match in _KOTLIN_PLUGIN.finditer(text):
        # Its id stands nowhere as it is.
        _plugin(source, found, f"org.jetbrains.kotlin.{match[1]}", match[2], text.count("\n", 0, match.start()) + 1)
    for name in _BARE_PLUGIN.findall(text):
        _plugin(source, found, name, None)
    for name, value in _ASSIGNED.findall(text):
        found.property(source, name, value)
    for number, line in enumerate(text.split("\n"), 1):
        for match in _ACCESSOR.finditer(line[:500]) if "libs." in line else ():
            _use(source, found, match, number)
    if java := _TOOLCHAIN.search(text):
        engine(source, found, "java", java[1])
    members = [
        path.strip(":").replace(":", "/")
        for block in _INCLUDE.findall(text)
        for path in re.findall(r"[\w:./-]+", block)
    ]
    if members and source.basename.startswith("settings."):
        found.workspaces[source.directory] = members


def _depend(source: Source, found: Findings, coordinates: tuple[str, str, str | None], configuration: str) -> None:
    group, artifact, version = coordinates
    scope = _scope_of(configuration)
    if "." not in group and group not in _SINGLE_WORD_GROUPS:
        return
    found.depend(source, "maven", f"{group}/{artifact}", _VARIABLE.sub(r"${\1}", version or ""), scope)


def _scope_of(configuration: str) -> str:
    lower = configuration.lower()
    if "test" in lower:
        return "dev"
    return "build" if lower in {"classpath", "kapt", "ksp", "annotationprocessor"} else "prod"


def _use(source: Source, found: Findings, match: re.Match[str], line: int) -> None:
    configuration, accessor = match[1] or "", match[2].removesuffix(".get")
    plugin = accessor.startswith("plugins.")
    scope = "plugin" if plugin else _scope_of(configuration)
    found.accessors.use(Use(source.path, source.directory, accessor, scope, line))


def properties(source: Source, found: Findings) -> None:
    """Read gradle.properties, whose values versions may speak of."""
    for name, value in _PROPERTY_LINE.findall(source.text):
        found.property(source, name, value)


def lockfile(source: Source, found: Findings) -> None:
    """Read gradle.lockfile."""
    for group, artifact, version in _LOCKED.findall(source.text):
        found.lock(source, "maven", f"{group}/{artifact}", version)


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


def _plugin(source: Source, found: Findings, name: str, version: str | None, line: int | None = None) -> None:
    if "." in name:
        found.depend(source, "maven", f"{name}/{name}.gradle.plugin", version or "", "plugin", line=line)
    found.depend(source, "gradle-plugin", name, version or "", "plugin", line=line)


def version_catalogue(source: Source, found: Findings) -> None:
    """Read gradle/libs.versions.toml: libraries and plugins with the versions they refer to."""
    catalogue = source.mapping()
    versions = strings_of(catalogue.get("versions"))
    # The catalogue lies in the folder gradle/ and speaks for the build around it.
    directory = directory_of(source.directory) if source.directory.endswith("gradle") else source.directory
    for alias, library in table_of(catalogue, "libraries").items():
        coordinates, version = _catalogued(library, versions)
        group, _, artifact = coordinates.partition(":")
        if group and artifact:
            name = f"{group}/{artifact.partition(':')[0]}"
            found.depend(source, "maven", name, version)
            found.accessors.give(directory, alias, Named("maven", name, version, plugin=False))
    for alias, plugin in table_of(catalogue, "plugins").items():
        coordinates, version = _catalogued(plugin, versions)
        if coordinates:
            name = coordinates.partition(":")[0]
            _plugin(source, found, name, version)
            for ecosystem, known in (("maven", f"{name}/{name}.gradle.plugin"), ("gradle-plugin", name)):
                found.accessors.give(directory, f"plugins.{alias}", Named(ecosystem, known, version, plugin=True))


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
    """Read build.sbt, project/*.sbt, or the object of dependencies beside them."""
    text = _COMMENT.sub("", source.text)
    for name, value in _ASSIGNED.findall(text):
        found.property(source, name, value)
    if scala := _SCALA.search(text):
        engine(source, found, "scala", scala[1])
    for match in _SBT.finditer(text):
        scope = "dev" if match[5] and match[5].strip('"').lower() == "test" else "prod"
        if "addSbtPlugin" in text[max(0, match.start() - 30) : match.start()]:
            scope = "plugin"
        version = match[3] or (f"${{{match[4].rpartition('.')[2]}}}" if match[4] else "")
        found.depend(source, "maven", f"{match[1]}/{match[2]}", version, scope)


def mill(source: Source, found: Findings) -> None:
    """Read the coordinates of Mill's build.sc or build.mill."""
    for group, artifact, version in _IVY.findall(_COMMENT.sub("", source.text)):
        found.depend(source, "maven", f"{group}/{artifact}", version)
