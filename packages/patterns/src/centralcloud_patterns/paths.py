"""Paths of evidence: relative, with forward slashes, inside the codebase.

Owns their normal form and the questions asked about them. Never touches a file system.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

import re2  # type: ignore[import-untyped]  # ships neither stubs nor a marker

MAX_PATH = 1024

#: Installed copies of other people's code: they speak of what is installed, not of what this codebase is.
VENDORED = frozenset(
    {"node_modules", "bower_components", "jspm_packages", "site-packages", ".git", ".venv", "__pycache__", ".terraform"}
)

#: Folders that hold tests, and with them what tests read: files of other people, other languages, other tools.
TESTS = frozenset(
    {
        *("t", "test", "tests", "testing", "testdata", "testcode", "testcases", "fixture", "fixtures"),
        *("__tests__", "__fixtures__", "__mocks__"),
    }
)
_TEST_PREFIXES = ("test-", "test_", "test ")
_TEST_SUFFIXES = ("-test", "-tests", "_test", "_tests", " tests")

#: Scripts that build tools write into every codebase: they speak of the tool, not of the language they are written in.
WRAPPERS = frozenset({"gradlew", "gradlew.bat", "mvnw", "mvnw.cmd", "mvnw.bat"})

#: What the normal form has not, looked for in many paths at once.
_ODD = re2.compile(r"(?m)\\|\x00|\./|//|/$|^/|^[A-Za-z]:|^\.{0,2}$|/\.\.$")
_DRIVE = re.compile(r"[A-Za-z]:")


def normalise(path: str) -> str | None:
    """Return the path in normal form, or None when it is absolute, climbs out, or is no path at all."""
    if not path or len(path) > MAX_PATH or "\0" in path:
        return None
    if "\\" in path:
        path = path.replace("\\", "/")
    if path[0] == "/" or (path[1:2] == ":" and _DRIVE.match(path)):
        return None
    if "./" not in path and "//" not in path and path[-1] != "/" and path not in {".", ".."} and path[-3:] != "/..":
        return path
    segments = [segment for segment in path.split("/") if segment not in {"", "."}]
    return "/".join(segments) if segments and ".." not in segments else None


def are_normal(paths: Collection[str]) -> bool:
    """Tell whether none of these paths is anything but normal; in doubt it is False."""
    try:
        return max(map(len, paths), default=0) <= MAX_PATH and _ODD.search("\n".join(paths)) is None
    except UnicodeError:
        return False


def directory_of(path: str) -> str:
    """Return the directory a path lies in; '' is the root."""
    return path.rpartition("/")[0]


def basename_of(path: str) -> str:
    """Return the last segment of a path."""
    return path.rpartition("/")[2]


def ancestors(directory: str) -> Iterator[str]:
    """Yield the directory itself, then each parent, the root ('') last."""
    while directory:
        yield directory
        directory = directory.rpartition("/")[0]
    yield ""


def join(directory: str, name: str) -> str:
    """Return the path of a name inside a directory; '' is the root."""
    return f"{directory}/{name}" if directory else name


def is_vendored(path: str) -> bool:
    """Tell whether a path lies inside an installed dependency."""
    return "/" in path and not VENDORED.isdisjoint(path.split("/"))


def own_among(paths: Iterable[str]) -> list[str]:
    """Return the paths that do not lie inside an installed dependency, in their order."""
    foreign: dict[str, bool] = {"": False}
    own: list[str] = []
    for path in paths:
        directory, _, name = path.rpartition("/")
        is_foreign = foreign.get(directory)
        if is_foreign is None:
            is_foreign = foreign[directory] = is_vendored(directory + "/")
        if not (is_foreign or (directory and name in VENDORED)):
            own.append(path)
    return own


@lru_cache(maxsize=16_384)
def lies_among_tests(directory: str) -> bool:
    """Tell whether a directory is one of tests, or lies below one."""
    return any(
        segment in TESTS or segment.startswith(_TEST_PREFIXES) or segment.endswith(_TEST_SUFFIXES)
        for segment in directory.lower().split("/")
    )


def common_directory(paths: Collection[str]) -> str:
    """Return the deepest directory that all these paths lie in; '' is the root."""
    if not paths:
        return ""
    # What the first and the last in order share, all between them share.
    first, last = directory_of(min(paths)).split("/"), directory_of(max(paths)).split("/")
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return "/".join(first[:shared])


def extensions_of(basename: str) -> list[str]:
    """Return every suffix of a basename in lower case, longest first, without the dot: `blade.php`, then `php`."""
    found: list[str] = []
    if basename in WRAPPERS:
        return found
    dot = basename.find(".")
    while 0 <= dot < len(basename) - 1:
        found.append(basename[dot + 1 :].lower())
        dot = basename.find(".", dot + 1)
    return found


def stem_of(basename: str) -> str:
    """Return a basename up to its first dot, a leading dot aside: `next` of next.config.js."""
    dot = basename.find(".", 1)
    return basename if dot < 0 else basename[:dot]
