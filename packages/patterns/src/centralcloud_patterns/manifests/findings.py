"""What parsers read from, and what they write into.

A parser takes a Source and fills Findings; it may raise anything: the caller makes it a note and keeps what was found.
"""

import posixpath
import re
from bisect import bisect_left
from typing import Any

from msgspec import Struct

from centralcloud_patterns.manifests.accessors import Accessors
from centralcloud_patterns.manifests.dependency import Dependency, normal_name
from centralcloud_patterns.notes import Note
from centralcloud_patterns.paths import ancestors, basename_of, directory_of, join, normalise
from centralcloud_patterns.reading import Unreadable, read_document

MAX_FINDINGS = 50_000
_PROPERTY = re.compile(r"\$\{([\w.-]{1,199})\}")
_MAX_NAME = 512
_MAX_INCLUDED = 1000
_BREAK = re.compile("\n")
#: Folders that hold parts of their parent's manifest.
_FOLDERS_OF_PARTS = frozenset({"requirements", "requires", "reqs", "gradle", "dependencies", ".config"})


class Located(Struct, frozen=True):
    """A named fact with its place: an image, a variable, a command, an import, an interpreter."""

    name: str
    file: str
    line: int | None = None
    detail: str = ""
    language: str | None = None


class KubernetesObject(Struct, frozen=True):
    """One Kubernetes object of a YAML file, with those of its annotations and labels that name a domain."""

    kind: str
    api: str
    annotations: tuple[str, ...]
    file: str
    line: int


class Address(Struct, frozen=True):
    """What a codebase talks to: host and scheme, each '' when not known. Never the user or the password."""

    host: str
    scheme: str
    file: str
    line: int


class Source:
    """One file with its text; the parsed document is made once."""

    __slots__ = ("_breaks", "_document", "path", "text", "unreadable")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.unreadable: str | None = None
        self._document: Any = self
        #: Positions of the line breaks, found when first asked for: counting anew for each match is quadratic.
        self._breaks: list[int] | None = None

    @property
    def basename(self) -> str:
        """Return the file's own name."""
        return basename_of(self.path)

    @property
    def directory(self) -> str:
        """Return the directory of the file."""
        return directory_of(self.path)

    def document(self) -> Any:
        """Return the parsed file, or what could be saved of it; `unreadable` then says why."""
        if self._document is self:
            try:
                self._document = read_document(self.path, self.text)
            except Unreadable as error:
                self._document, self.unreadable = error.partial, str(error)
        return self._document

    def mapping(self) -> dict[str, Any]:
        """Return the parsed file when it is a mapping, else an empty one."""
        document = self.document()
        return document if isinstance(document, dict) else {}

    def line_at(self, position: int) -> int:
        """Return the 1-based line of a position in the text."""
        if self._breaks is None:
            self._breaks = [match.start() for match in _BREAK.finditer(self.text)]
        return bisect_left(self._breaks, position) + 1


class Findings:
    """Everything parsers found in one body of evidence."""

    def __init__(self) -> None:
        self.dependencies: list[Dependency] = []
        self.images: list[Located] = []
        self.environment: list[Located] = []
        self.commands: list[Located] = []
        self.imports: list[Located] = []
        self.interpreters: list[Located] = []
        self.objects: list[KubernetesObject] = []
        self.ports: list[Located] = []
        self.addresses: list[Address] = []
        self.workspaces: dict[str, list[str]] = {}
        self.notes: list[Note] = []
        self.accessors = Accessors()
        #: Files that a requirements file includes, whatever they are called.
        self.included: list[str] = []
        #: Directory and name to the value of a build property; files below see those above.
        self._properties: dict[tuple[str, str], str] = {}
        self._own: set[tuple[str, str]] = set()
        self._locked: dict[tuple[str, str, str], tuple[str, str]] = {}

    def note(self, message: str, file: str | None = None) -> None:
        """Record that something could not be read."""
        if len(self.notes) < 1000:
            self.notes.append(Note(message, file))

    def depend(
        self,
        source: Source,
        ecosystem: str,
        name: object,
        wanted: object = "",
        scope: str = "prod",
        *,
        line: int | None = None,
        local: bool = False,
    ) -> None:
        """Record a declared dependency; anything that can't be a name is passed over."""
        if (
            not isinstance(name, str)
            or not name.strip()
            or len(name) > _MAX_NAME
            or len(self.dependencies) > MAX_FINDINGS
        ):
            return
        name = name.strip()
        directory = source.directory
        if basename_of(directory) in _FOLDERS_OF_PARTS:
            directory = directory_of(directory)
        self.dependencies.append(
            Dependency(
                ecosystem=ecosystem,
                name=name,
                normal=normal_name(ecosystem, name),
                range=wanted[:200].strip() if isinstance(wanted, str) else "",
                scope=scope,
                file=source.path,
                directory=directory,
                line=line,
                local=local,
            )
        )

    def include(self, source: Source, target: str) -> None:
        """Record that a requirements file includes another one, by a path from its own directory."""
        path = normalise(posixpath.normpath(join(source.directory, target)))
        if path and len(self.included) < _MAX_INCLUDED:
            self.included.append(path)

    def declare(self, ecosystem: str, name: object) -> None:
        """Record that the codebase itself holds the package of this name."""
        if isinstance(name, str) and 0 < len(name) <= _MAX_NAME:
            self._own.add((ecosystem, normal_name(ecosystem, name)))

    def is_own(self, dependency: Dependency) -> bool:
        """Tell whether a dependency is a package that the codebase itself holds."""
        return (dependency.ecosystem, dependency.normal) in self._own

    def lock(self, source: Source, ecosystem: str, name: object, version: object) -> None:
        """Record the version a lock file gives; the first one for a name wins."""
        if isinstance(name, str) and isinstance(version, str) and len(self._locked) < MAX_FINDINGS * 4:
            key = (source.directory, ecosystem, normal_name(ecosystem, name[:_MAX_NAME]))
            self._locked.setdefault(key, (version[:100], source.path))

    def property(self, source: Source, name: str, value: str) -> None:
        """Record a build property that ranges may speak of as `${name}`."""
        if value and len(name) < 200 and len(self._properties) < MAX_FINDINGS:
            self._properties.setdefault((source.directory, name), value[:200])

    def filled(self, dependency: Dependency) -> str:
        """Return a dependency's range with its property filled in; '' when nobody says what it is."""
        wanted = dependency.range
        for _ in range(3):
            use = _PROPERTY.search(wanted)
            if not use:
                return wanted
            values = (self._properties.get((directory, use[1])) for directory in ancestors(dependency.directory))
            value = next((value for value in values if value), None)
            if value is None:
                return ""
            wanted = wanted[: use.start()] + value + wanted[use.end() :]
        return "" if "${" in wanted else wanted

    def locked_version(self, dependency: Dependency) -> tuple[str, str] | None:
        """Return the locked version and its file: of the dependency's own directory, else of the nearest one above."""
        if not self._locked:
            return None
        for directory in ancestors(dependency.directory):
            found = self._locked.get((directory, dependency.ecosystem, dependency.normal))
            if found:
                return found
        return None

    def image(self, source: Source, name: object, line: int | None = None) -> None:
        """Record a container image by its full name."""
        if isinstance(name, str) and name and len(name) <= _MAX_NAME and "${" not in name:
            self.images.append(Located(name, source.path, line, name))

    def variable(self, source: Source, name: object, value: object = "", line: int | None = None) -> None:
        """Record an environment variable."""
        if isinstance(name, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name):
            self.environment.append(Located(name, source.path, line, name))

    def port(self, source: Source, number: object, line: int | None = None, detail: str = "") -> None:
        """Record a port that something listens on."""
        text = str(number)
        if text.isdecimal() and 0 < int(text[:6]) < 65_536 and len(self.ports) < MAX_FINDINGS:
            self.ports.append(Located(text, source.path, line, detail or text))

    def command(self, source: Source, name: str, command: object, line: int | None = None) -> None:
        """Record a command that the codebase runs, with what it is called."""
        if isinstance(command, list):
            command = " ".join(part for part in command if isinstance(part, str))
        if isinstance(command, str) and command.strip():
            self.commands.append(Located(name[:100], source.path, line, command.strip()[:2000]))


def strings_of(value: object) -> dict[str, str]:
    """Return the string members of what may be a mapping; numbers become strings, everything else ''."""
    if not isinstance(value, dict):
        return {}
    return {
        key: item if isinstance(item, str) else str(item) if isinstance(item, (int, float)) else ""
        for key, item in value.items()
        if isinstance(key, str)
    }


def items_of(value: object) -> list[Any]:
    """Return what may be a list, or a single value as a list of one; None is empty."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def tables_of(value: object) -> dict[str, dict[str, Any]]:
    """Return the members of what may be a mapping that are mappings themselves."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str) and isinstance(item, dict)}


def table_of(value: object, *path: str) -> dict[str, Any]:
    """Return the mapping reached by these keys, or an empty one."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
