"""The facts of one codebase, gathered once: files, dependencies, commands, images, components, and their index.

Owns the lookups that indicators make. `facts.extract` fills it; nothing here reads manifests.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Set, Sized
from typing import Any, TypeVar

from centralcloud_patterns.file_index import FileIndex
from centralcloud_patterns.keyless import EvidenceKeys
from centralcloud_patterns.languages import language_of, shares_of
from centralcloud_patterns.manifests.dependency import Dependency
from centralcloud_patterns.manifests.findings import Address, Findings, KubernetesObject, Located, Source
from centralcloud_patterns.notes import Note
from centralcloud_patterns.paths import ancestors, common_directory, directory_of, lies_among_tests, own_among
from centralcloud_patterns.texts import Texts

S = TypeVar("S", bound=Sized)

MAX_DOCUMENTS = 20_000
#: Paths in answers that are kept, all together.
MAX_KEPT = 2_000_000
#: Files whose keys stand in quotes: a bare word in them is part of something else.
_QUOTING = (".json", ".jsonc", ".lock")
_MAX_TRIES = 50
_JOINING = frozenset("-_/@")


def _whole_word(text: str, word: str) -> int:
    """Return the first place where a word stands with no letter, digit or joining sign beside it, else -1."""
    position = text.find(word)
    for _ in range(_MAX_TRIES):
        before, after = text[position - 1 : position], text[position + len(word) : position + len(word) + 1]
        if position < 0 or not (before.isalnum() or after.isalnum() or before in _JOINING or after in _JOINING):
            break
        position = text.find(word, position + 1)
    else:
        return -1
    return position


class Facts:
    """What is known of one codebase. Treat it as frozen; only lookups are cached."""

    def __init__(self, files: dict[str, str | None], found: Findings, components: tuple[str, ...]) -> None:
        #: Normalised path to text, or None where only the name is known.
        self.files = files
        #: Those that are not of installed packages.
        self.own = own_among(files)
        #: The same by their names.
        self.named = FileIndex(self.own)
        self.dependencies: tuple[Dependency, ...] = tuple(found.dependencies)
        self.images: tuple[Located, ...] = tuple(found.images)
        self.environment: tuple[Located, ...] = tuple(found.environment)
        self.commands: tuple[Located, ...] = tuple(found.commands)
        self.imports: tuple[Located, ...] = tuple(found.imports)
        self.interpreters: tuple[Located, ...] = tuple(found.interpreters)
        self.objects: tuple[KubernetesObject, ...] = tuple(found.objects)
        self.ports: tuple[Located, ...] = tuple(found.ports)
        self.addresses: tuple[Address, ...] = tuple(found.addresses)
        #: Directory of a workspace root to the globs of its members.
        self.workspaces: dict[str, list[str]] = found.workspaces
        self.notes: tuple[Note, ...] = tuple(found.notes)
        #: Directories that hold a manifest, sorted.
        self.components = components
        #: Key to the facts that lie under it; filled by `facts.extract`.
        self.index: dict[str, list[Any]] = {}
        #: The index's keys, what candidates are looked up by.
        self.keys = EvidenceKeys()
        #: The words of each own file's text; of much text those of the first files only.
        self.words: dict[str, set[str]] = {}
        #: Whether that is every own file with a text.
        self.words_are_all = True
        self._texts = Texts(files, self.own, [command.detail for command in self.commands])
        self._answers: dict[tuple[object, ...], Any] = {}
        self._kept = 0
        self._held = frozenset(components)
        self._home = common_directory(files)
        self._component_by_directory: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._languages: dict[str, Counter[str]] | None = None

    def among_tests(self, file: str) -> bool:
        """Tell whether a file lies among tests; those of a codebase that lies there as a whole do not."""
        return lies_among_tests(directory_of(file)[len(self._home) :])

    def component_of(self, directory: str) -> str:
        """Return the nearest component at or above a directory; the root when there is none."""
        found = self._component_by_directory.get(directory)
        if found is None:
            found = next((above for above in ancestors(directory) if above in self._held), "")
            self._component_by_directory[directory] = found
        return found

    def component_of_file(self, path: str) -> str:
        """Return the component a file belongs to."""
        return self.component_of(directory_of(path))

    def once(self, question: tuple[object, ...], find: Callable[[], S]) -> S:
        """Return the answer to a question about these facts, found out the first time it is asked."""
        held: S | None = self._answers.get(question)
        if held is None:
            held = find()
            self._kept += len(held)
            if self._kept <= MAX_KEPT:
                self._answers[question] = held
        return held

    def having(self, words: frozenset[str]) -> Set[str]:
        """Return the files whose text has one of the words, those included of which the words are not remembered."""
        return self.once(("having", words), lambda: self._having(words))

    def _having(self, words: frozenset[str]) -> Set[str]:
        found = {path for path, held in self.words.items() if not words.isdisjoint(held)}
        if self.words_are_all:
            return found
        return found.union(path for path in self.own if self.files[path] is not None and path not in self.words)

    def firsts(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the first of the paths in each component."""
        found: dict[str, str] = {}
        looked_at: set[str] = set()
        for path in paths:
            directory = path.rpartition("/")[0]
            if directory not in looked_at:
                looked_at.add(directory)
                found.setdefault(self.component_of(directory), path)
        return found

    def source(self, path: str) -> Source | None:
        """Return a file with its text, None when its text is not known."""
        text = self.files.get(path)
        if text is None:
            return None
        source = self._sources.get(path)
        if source is None:
            source = Source(path, text)
            if len(self._sources) < MAX_DOCUMENTS:
                self._sources[path] = source
        return source

    def text_in_use(self, path: str) -> str:
        """Return a file's text without what it comments out, line by line; made once."""
        return self._texts.in_use(path)

    def found_by(self, keys: Iterable[str]) -> None:
        """Take what this codebase is found by."""
        self.keys = EvidenceKeys.of(keys, self._texts.joined)

    def adopt(self, source: Source) -> None:
        """Keep a source that was read already, with its parsed document."""
        self._sources[source.path] = source

    def line_of(self, path: str, needle: str) -> int | None:
        """Return the 1-based line where a name first stands in a file as a word of its own; None when it doesn't."""
        text = self.files.get(path)
        if not text or not needle:
            return None
        position = text.find(f'"{needle}"') if path.endswith(_QUOTING) else -1
        if position < 0:
            position = _whole_word(text, needle)
        return None if position < 0 else text.count("\n", 0, position) + 1

    def languages_of(self, component: str) -> tuple[str, ...]:
        """Return the languages of a component's own files, largest share first."""
        return tuple(shares_of(self._counted().get(component, Counter())))

    @property
    def languages(self) -> dict[str, float]:
        """Return each language's share of all files, largest first."""
        total: Counter[str] = Counter()
        for counts in self._counted().values():
            total.update(counts)
        return shares_of(total)

    def _counted(self) -> dict[str, Counter[str]]:
        if self._languages is None:
            by_directory: dict[str, list[str]] = {}
            for path in self.files:
                directory, _, name = path.rpartition("/")
                if language := language_of(name):
                    by_directory.setdefault(directory, []).append(language)
            counted: dict[str, Counter[str]] = {}
            for directory, languages in by_directory.items():
                counted.setdefault(self.component_of(directory), Counter()).update(languages)
            self._languages = counted
        return self._languages
