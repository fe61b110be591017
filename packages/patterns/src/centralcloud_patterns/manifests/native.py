"""C, C++ and Zig: CMake, Meson, Bazel workspaces, build.zig.zon. Read by expression; nothing is evaluated."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source

_COMMENT = re.compile(r"#[^\n]*")
_COMMENT_LINE = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_FIND = re.compile(
    r"\bfind_package[ \t]{0,20}\([ \t\n]{0,40}([A-Za-z][\w.+-]{0,80})(?:[ \t]{1,20}(\d[\d.]{0,20}))?", re.IGNORECASE
)
_FETCH = re.compile(
    r"\b(?:FetchContent_Declare|ExternalProject_Add|CPMAddPackage|CPMFindPackage)[ \t]{0,20}\(([^()]{0,1000})\)",
    re.IGNORECASE,
)
_CPM_SHORT = re.compile(r"\"(?:gh|gl|bb):([\w.-]{1,80})/([\w.-]{1,80})(?:[@#]v?([\w.+-]{1,40}))?\"")
_CPM_NAME = re.compile(r"\bNAME[ \t\n]{1,40}\"?([\w.+-]{1,80})")
_FIRST = re.compile(r"[ \t\n]{0,40}\"?([A-Za-z][\w.+-]{0,80})")
_TAG = re.compile(r"\b(?:GIT_TAG|VERSION)[ \t\n]{1,40}\"?v?(\d[\w.+-]{0,40})")
_PKG_CONFIG = re.compile(
    r"\bpkg_(?:check_modules|search_module)[ \t]{0,20}\([ \t\n]{0,40}\w{1,80}([^()]{0,400})\)", re.IGNORECASE
)
_MODULE = re.compile(r"(?<![\w.])([a-z][\w.+-]{1,60})(?:[ \t]{0,4}(?:>=|=|<=)[ \t]{0,4}([\d.]{1,20}))?")
_MESON = re.compile(
    r"\bdependency[ \t]{0,20}\([ \t\n]{0,40}'([\w.+-]{1,80})'"
    r"(?:[^()]{0,200}?\bversion[ \t]{0,10}:[ \t]{0,10}'([^'\n]{1,40})')?"
)
_ZON = re.compile(r"\.(@\"[^\"\n]{1,80}\"|[A-Za-z_]\w{0,80})[ \t]{0,20}=[ \t]{0,20}\.\{([^{}]{0,1000})\}")
_ZON_URL = re.compile(r"\.url[ \t]{0,20}=[ \t]{0,20}\"([^\"\n]{1,300})\"")
_ZON_VERSION = re.compile(r"(?:/|#|v|-)v?(\d{1,6}\.\d{1,6}(?:\.\d{1,6})?)")
_ZIG = re.compile(r"\.minimum_zig_version[ \t]{0,20}=[ \t]{0,20}\"([\w.+-]{1,40})\"")


def cmake(source: Source, found: Findings) -> None:
    """Read CMakeLists.txt and *.cmake: find_package, FetchContent, CPM, pkg-config modules."""
    text = _COMMENT.sub("", source.text)
    for name, version in _FIND.findall(text):
        if name not in {"PkgConfig", "Git", "Doxygen"}:
            found.depend(source, "cmake", name, version)
    # Here a number sign within a line belongs to the name of a version.
    for block in _FETCH.findall(_COMMENT_LINE.sub("", source.text)):
        _fetched(source, found, block)
    for block in _PKG_CONFIG.findall(text):
        for name, version in _MODULE.findall(block):
            found.depend(source, "pkgconfig", name, version)


def _fetched(source: Source, found: Findings, block: str) -> None:
    if short := _CPM_SHORT.search(block):
        found.depend(source, "cmake", short[2], short[3] or "")
    elif name := _CPM_NAME.search(block) or _FIRST.match(block):
        tag = _TAG.search(block)
        found.depend(source, "cmake", name[1], tag[1] if tag else "")


def meson(source: Source, found: Findings) -> None:
    """Read the dependencies of a meson.build: names of pkg-config."""
    for name, wanted in _MESON.findall(_COMMENT.sub("", source.text)):
        found.depend(source, "pkgconfig", name, wanted)


def zig_zon(source: Source, found: Findings) -> None:
    """Read the dependencies of a build.zig.zon, and the Zig it asks for."""
    text = re.sub(r"(?m)^[ \t]*//[^\n]*", "", source.text)
    _, _, rest = text.partition(".dependencies")
    for raw, block in _ZON.findall(rest):
        url = _ZON_URL.search(block)
        version = _ZON_VERSION.search(url[1]) if url else None
        if url or ".path" in block:
            found.depend(source, "zig", raw.strip('@"'), version[1] if version else "", local=url is None)
    if match := _ZIG.search(text):
        found.depend(source, "engine", "zig", match[1], "tool")
