"""Evidence into facts, once: parse manifests, collect, find the components, build the index of keys.

Never raises, whatever the evidence: what can't be read becomes a note. Matching is `matching`'s work.
"""

from collections.abc import Callable

from msgspec import structs

from centralcloud_patterns.attributes import without_foreign
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.collecting.collectors import collectors_for
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.indicators.registry import index_into
from centralcloud_patterns.manifests.dependency import Dependency
from centralcloud_patterns.manifests.findings import Findings, Source
from centralcloud_patterns.manifests.pypi_requirement import requirements_txt
from centralcloud_patterns.manifests.registry import STAND_INS, holds_component, parser_for
from centralcloud_patterns.paths import (
    are_normal,
    basename_of,
    directory_of,
    is_vendored,
    join,
    lies_among_tests,
    normalise,
)

__all__ = ["Facts", "extract"]

MAX_FILES = 200_000
MAX_TEXT = 16_000_000


def extract(evidence: Evidence) -> Facts:
    """Return the facts of one body of evidence, with notes on what could not be read."""
    found = Findings()
    files = _tests_last(without_foreign(_accepted(evidence, found)))
    read = [source for path, text in files.items() if text is not None and (source := _read(path, text, files, found))]
    read += _included(files, found)
    for use, named in found.accessors.resolved():
        found.depend(Source(use.path, ""), named.ecosystem, named.name, named.version, use.scope, line=use.line)
    found.dependencies = [_settled(found, dependency) for dependency in found.dependencies]
    components = sorted({directory_of(path) for path in files if _is_manifest(path)})
    facts = Facts(files, found, tuple(components))
    for source in read:
        facts.adopt(source)
    index_into(facts)
    return facts


def _included(files: dict[str, str | None], found: Findings) -> list[Source]:
    """Read the files that requirements include and that nothing in their name gives away; those may include more."""
    read: dict[str, Source] = {}
    for path in found.included:
        text = files.get(path)
        if text is not None and path not in read and parser_for(path) is None and not is_vendored(path):
            read[path] = Source(path, text)
            requirements_txt(read[path], found)
    return list(read.values())


def _is_manifest(path: str) -> bool:
    return holds_component(path[path.rfind("/") + 1 :]) and not is_vendored(path)


def _accepted(evidence: Evidence, found: Findings) -> dict[str, str | None]:
    """Return the files with normalised paths; refused ones get a note."""
    files: dict[str, str | None] = {}
    plain = are_normal(evidence.files)
    for raw, text in evidence.files.items():
        path = raw if plain else normalise(raw)
        if path is None:
            found.note("refused: not a path inside the codebase", raw[:200].replace("\0", "?"))
        elif len(files) >= MAX_FILES:
            found.note(f"only the first {MAX_FILES} files were looked at")
            break
        elif text is not None and len(text) > MAX_TEXT:
            found.note("content of more than 16 MB was left out", path)
            files[path] = None
        elif files.get(path) is None:
            files[path] = text
    return files


def _tests_last(files: dict[str, str | None]) -> dict[str, str | None]:
    """Put the files of tests behind all others: where something shows in several places, the first one speaks."""
    behind = {directory for directory in set(map(directory_of, files)) if lies_among_tests(directory)}
    for path in [path for path in files if path.rpartition("/")[0] in behind] if behind else ():
        files[path] = files.pop(path)
    return files


def _read(path: str, text: str, files: dict[str, str | None], found: Findings) -> Source | None:
    """Give one file to its parser and collectors; return it when there were any."""
    name = basename_of(path)
    readers: list[Callable[[Source, Findings], None]] = []
    parser = parser_for(path)
    if parser:
        readers.append(parser)
    if not is_vendored(path):
        readers.extend(collectors_for(name, text))
        if name in STAND_INS and not any(files.get(join(directory_of(path), main)) for main in STAND_INS[name][0]):
            readers.append(STAND_INS[name][1])
    if not readers:
        return None
    source = Source(path, text)
    for reader in readers:
        try:
            reader(source, found)
        except Exception as error:  # noqa: BLE001 - evidence is hostile, and an answer is owed whatever it holds
            found.note(f"could not be read: {type(error).__name__}", path)
    if source.unreadable:
        found.note(source.unreadable, path)
    return source


def _settled(found: Findings, dependency: Dependency) -> Dependency:
    """Add what only the whole evidence knows: the locked version, and whether the package is the codebase's own."""
    if "${" in dependency.range:
        dependency = structs.replace(dependency, range=found.filled(dependency))
    locked = found.locked_version(dependency)
    # What a parent manages counts where nothing else is said; a lock file always.
    if locked and not (dependency.range and locked[1].endswith(".xml")):
        dependency = structs.replace(dependency, locked=locked[0], locked_file=locked[1])
    return structs.replace(dependency, local=True) if found.is_own(dependency) else dependency
