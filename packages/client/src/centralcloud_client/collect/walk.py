"""List the files of a directory that are its own: not ignored, not vendored, not generated, not media.

Names only; nothing is opened but `.gitignore` files.
"""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from centralcloud_client.collect.ignored import Ignored
from centralcloud_client.collect.words import words

#: Never entered: version control, installed dependencies, caches.
SKIPPED: Final = frozenset(
    words(
        """
    .git .hg .svn .bzr .jj CVS node_modules bower_components jspm_packages web_modules .pnpm-store .yarn .venv
    __pycache__ site-packages __pypackages__ .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache .hypothesis
    .ipynb_checkpoints .gradle .m2 .idea .vs .next .nuxt .svelte-kit .parcel-cache .turbo .angular .output
    .terraform .serverless .aws-sam .dart_tool .pub-cache .elixir_ls .bundle .stack-work .cache .sass-cache .direnv
    .devenv .centralcloud Pods Carthage DerivedData elm-stuff dist-newstyle third_party third-party thirdparty
    3rdparty
    """
    )
)
#: Skipped where a file beside them, by its name or ending, says that a tool fills them.
SKIPPED_BESIDE: Final = {
    "vendor": ("go.mod", "composer.json", "Gemfile", "Cargo.toml"),
    "deps": ("mix.exs", "rebar.config"),
    "_build": ("mix.exs", "rebar.config", "dune-project"),
    "target": ("Cargo.toml", "pom.xml", "build.sbt", "project.clj"),
    "build": ("build.gradle", "build.gradle.kts", "pubspec.yaml", "CMakeLists.txt"),
    "bin": (".csproj", ".fsproj", ".vbproj"),
    "obj": (".csproj", ".fsproj", ".vbproj"),
    "packages": ("packages.config",),
    "Library": ("ProjectSettings",),
}
#: Media, archives, compiled code: no indicator looks at them.
BINARY: Final = frozenset(
    words(
        """
    png jpg jpeg gif bmp ico icns webp avif tif tiff psd xcf heic mp3 mp4 m4a m4v mov avi mkv webm ogg oga ogv wav
    flac aac woff woff2 ttf otf eot zip gz tgz bz2 xz zst 7z rar tar jar war ear class o a so dylib dll exe pyc pyo
    pyd pdb lib obj ko bin iso dmg img deb rpm apk ipa pdf doc docx xls xlsx ppt pptx odt ods sqlite sqlite3 db mdb
    parquet npy npz pkl h5 onnx pt pth safetensors gguf ckpt beam swp swo
    """
    )
)
#: Deeper than this is no honest tree.
_MAX_DEPTH: Final = 64
#: Files looked at in all; beyond it the walk stops.
_MAX_SEEN: Final = 1_000_000


Note = Callable[[str, str], None]


def walk(root: Path, note: Note) -> list[str]:
    """Return the paths of the codebase's files, level by level, by name; tell `note` why others are not there."""
    return _Walk(root, note).run()


@dataclass(frozen=True, slots=True)
class _Directory:
    place: str
    #: '' or ending in '/'.
    path: str
    #: Of the directories above.
    rules: Ignored | None


class _Walk:
    def __init__(self, root: Path, note: Note) -> None:
        rules, self._above = Ignored.of_repository(root)
        self._root = _Directory(str(root), "", rules)
        self._real_root = os.path.realpath(root)
        self._note = note
        self._found: list[str] = []

    def run(self) -> list[str]:
        level = [self._root]
        for _ in range(_MAX_DEPTH):
            level = [below for directory in level for below in self._list(directory)]
        for directory in level:
            self._note("too deep", directory.path)
        return self._found

    def _list(self, directory: _Directory) -> list[_Directory]:
        """Add a directory's files; return its directories with the rules that hold in this one."""
        if len(self._found) >= _MAX_SEEN:
            self._note("too many files", directory.path)
            return []
        try:
            with os.scandir(directory.place) as entries:
                listed = {entry.name: entry for entry in entries}
        except OSError as error:
            self._note(f"cannot be read: {error.strerror}", directory.path)
            return []
        rules = directory.rules
        if ".gitignore" in listed:
            rules = Ignored.within(directory.place, self._above + directory.path, rules)
        below = []
        above, add = directory.path, self._found.append
        for name in sorted(listed):
            entry, path = listed[name], above + name
            kind = _kind(entry, self._real_root)
            if kind == "file":
                if name.rpartition(".")[2].lower() not in BINARY and (
                    rules is None or not self._is_ignored(path, rules)
                ):
                    add(path)
            elif kind != "directory":
                self._note(kind, path)
            elif not _is_skipped(entry, listed.keys()) and not self._is_ignored(path + "/", rules):
                below.append(_Directory(entry.path, path + "/", rules))
        return below

    def _is_ignored(self, path: str, rules: Ignored | None) -> bool:
        return rules is not None and rules.covers(self._above + path)


def _kind(entry: os.DirEntry[str], real_root: str) -> str:
    """Say what an entry is: file, directory, or why it is neither here."""
    if not (entry.name.isascii() or _is_text(entry.name)):
        return "name is not text"
    try:
        # What most entries are is asked first.
        if entry.is_file(follow_symlinks=False):
            return "file"
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        # A directory that a link leads to is listed where it is; a file counts under both names.
        return _kind_of_link(entry, real_root) if entry.is_symlink() else "neither file nor directory"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _kind_of_link(entry: os.DirEntry[str], real_root: str) -> str:
    target = os.path.realpath(entry.path)
    if os.path.commonpath((real_root, target)) != real_root:
        return "leads out of the directory"
    return "file" if os.path.isfile(target) else "link to a directory"


def _is_skipped(entry: os.DirEntry[str], beside: Collection[str]) -> bool:
    name = entry.name
    if name in SKIPPED:
        return True
    if name in SKIPPED_BESIDE and any(other.endswith(SKIPPED_BESIDE[name]) for other in beside):
        return True
    return name in {"venv", "env"} and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
