"""One requirement line of Python, read leniently: name, range and extras, markers dropped.

Owns the line and the requirements files made of such lines.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_EXTRAS = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,100})\s{0,10}\[([A-Za-z0-9._, -]{1,200})\]")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]{1,4}([\w./-]{1,200})")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_LOCAL = (".", "/", "-e .", "file:")
_DEV = re.compile(
    r"(?:^|[-_./])(?:dev|develop|development|test|tests|testing|lint|docs?|ci)(?:[-_./]|$)", re.IGNORECASE
)
_MAX_LINE = 1000
#: The longest compiled ones have some ten thousand.
MAX_LINES = 200_000


def requirement(text: str) -> tuple[str, str] | None:
    """Return name and range of a requirement, or None when the line is none."""
    text = text.partition(" #")[0].strip()[:_MAX_LINE]
    match = _REQUIREMENT.match(text)
    if not match or text.startswith(("#", "http:", "https:", "git+")):
        return None
    rest = match[2].partition(";")[0].strip()
    if rest.startswith("@"):
        return match[1], ""
    if rest and rest[0] not in "<>=!~(^*":
        return None
    return match[1], rest.strip("() ")


def extras(source: Source, found: Findings, text: str) -> None:
    """Record the extras of a requirement: celery[redis] is the extra celery/redis."""
    if match := _EXTRAS.match(text.strip()[:_MAX_LINE]):
        for extra in match[2].split(","):
            found.depend(source, "pypi-extra", f"{match[1]}/{extra.strip()}", "", "tool")


def requirements_txt(source: Source, found: Findings) -> None:
    """Read a requirements file; hashes, options and continued lines are passed over."""
    scope = "dev" if _DEV.search(source.path) else "prod"
    for number, line in enumerate(_lines(source, found), 1):
        bare = line.strip().rstrip("\\").strip()
        if not bare or bare.startswith("#"):
            continue
        egg = _EGG.search(bare[:_MAX_LINE])
        if bare.startswith("-"):
            if include := _INCLUDE.match(bare[:_MAX_LINE]):
                found.include(source, include[1])
            if egg:
                found.depend(source, "pypi", egg[1], "", scope, line=number)
            continue
        if egg and not requirement(bare):
            found.depend(source, "pypi", egg[1], "", scope, line=number)
            continue
        parsed = requirement(bare.partition(" --hash")[0])
        if parsed and not bare.startswith(_LOCAL):
            found.depend(source, "pypi", parsed[0], parsed[1], scope, line=number)
            extras(source, found, bare)
            _pin(source, found, parsed)


def requirements_lock(source: Source, found: Findings) -> None:
    """Read a compiled requirements file as a lock: most of what it names is other packages' dependencies."""
    for line in _lines(source, found):
        parsed = requirement(line.partition(" --hash")[0].rstrip("\\ ")) if line[:1].isalnum() else None
        if parsed:
            _pin(source, found, parsed)


def _lines(source: Source, found: Findings) -> list[str]:
    lines = source.text.removeprefix("\ufeff").split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        found.note(f"only the first {MAX_LINES:,} lines were read", source.path)
    return lines[:MAX_LINES]


def _pin(source: Source, found: Findings, parsed: tuple[str, str]) -> None:
    if parsed[1].startswith("==") and "," not in parsed[1]:
        found.lock(source, "pypi", parsed[0], parsed[1].lstrip("= "))
