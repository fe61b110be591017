"""The own files of a codebase under their names: whole, by stem, by extension.

Files of one name share all that follows from it. The files under a key are put together when somebody asks for them.
"""

from collections.abc import Iterator, Sequence

from centralcloud_patterns.paths import extensions_of, stem_of


class FileIndex:
    """Which files lie under a key; in the order of the files."""

    def __init__(self, own: Sequence[str]) -> None:
        self._own = own
        #: Name to the places of its files in `own`, and key to its names.
        self._places: dict[str, list[int]] = {}
        self._names: dict[str, list[str]] = {}
        self._found: dict[str, list[str]] = {}
        #: Directories that hold a file themselves.
        self.directories: set[str] = set()
        places = self._places
        for place, path in enumerate(own):
            directory, _, name = path.rpartition("/")
            self.directories.add(directory)
            if name in places:
                places[name].append(place)
            else:
                places[name] = [place]
        for name in places:
            for key in _keys_of_name(name):
                self._names.setdefault(key, []).append(name)

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def under(self, key: str) -> list[str]:
        """Return the files under a key."""
        found = self._found.get(key)
        if found is None:
            places = [place for name in self._names.get(key, ()) for place in self._places[name]]
            found = self._found[key] = [self._own[place] for place in sorted(places)]
        return found


def _keys_of_name(name: str) -> tuple[str, ...]:
    return (f"file:{name}", f"stem:{stem_of(name)}", *(f"ext:{extension}" for extension in extensions_of(name)))
