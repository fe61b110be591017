"""YAML by events, without building nodes first: depth, size and aliases are bounded as it goes.

Scalars stay strings, except plain null, booleans and whole numbers. Merge keys are read as one level of defaults.
Several documents come back as a list of them by `read_yaml_documents`.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from centralcloud_patterns.reading.unreadable import Unreadable

MAX_YAML = 1_000_000
_MAX_DEPTH = 64
_MAX_EVENTS = 200_000
_MAX_ALIASES = 1_000
_MAX_MERGED = 10_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False, "True": True, "False": False}
_PENDING = object()


def read_yaml(text: str) -> Any:
    """Return the first document of a YAML text; raise Unreadable, with what could be saved, when it is broken."""
    documents = read_yaml_documents(text)
    return documents[0] if documents else None


def read_yaml_documents(text: str) -> list[Any]:
    """Return every document of a YAML text; raise Unreadable when one is broken, with the values so far."""
    if len(text) > MAX_YAML:
        raise Unreadable("YAML of more than 1 MB")
    building = _Building()
    try:
        for event in _events(text.removeprefix("\ufeff")):
            building.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "broken"
        raise Unreadable(f"not YAML: {problem}{where}", building.partial()) from None
    except (ValueError, UnicodeError) as error:
        reason = str(error) if isinstance(error, Unreadable) else "characters that YAML forbids"
        raise Unreadable(reason, building.partial()) from None
    return building.documents


def _events(text: str) -> Iterator[Any]:
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if count > _MAX_EVENTS:
            raise Unreadable("YAML of more than 200,000 events")
        yield event


def _scalar(event: Any) -> Any:
    value = event.value
    if event.style is not None and event.style != "":
        return value
    if value in _WORDS:
        return _WORDS[value]
    if len(value) < 16 and value.isascii() and value.isdigit() and (value[0] != "0" or value == "0"):
        return int(value)
    return value


class _Building:
    """The values under construction: a stack of open collections and the anchors seen."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self._root: Any = None
        self._stack: list[Any] = []
        self._keys: list[Any] = []
        self._anchors: dict[str, Any] = {}
        self._aliases = 0

    def partial(self) -> Any:
        """Return the first document as far as it was read."""
        return self.documents[0] if self.documents else self._root

    def take(self, event: Any) -> None:
        """Take one parser event."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event), event.anchor)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open({}, event.anchor)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], event.anchor)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            closed = self._stack.pop()
            self._keys.pop()
            if isinstance(closed, dict) and "<<" in closed:
                self._merge(closed, closed.pop("<<"))
        elif isinstance(event, yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > _MAX_ALIASES:
                raise Unreadable("YAML with more than 1,000 aliases")
            self._add(self._anchors.get(str(event.anchor)), None)
        elif isinstance(event, yaml.DocumentEndEvent):
            self.documents.append(self._root)
            self._root = None
            self._anchors.clear()

    def _open(self, collection: Any, anchor: str | None) -> None:
        if len(self._stack) >= _MAX_DEPTH:
            raise Unreadable("YAML nested deeper than 64")
        self._add(collection, anchor)
        self._stack.append(collection)
        self._keys.append(_PENDING)

    def _add(self, value: Any, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = value
        if not self._stack:
            self._root = value
            return
        parent = self._stack[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif self._keys[-1] is _PENDING:
            self._keys[-1] = value if isinstance(value, (str, int)) or value is None else str(type(value))
        else:
            key, self._keys[-1] = self._keys[-1], _PENDING
            parent[str(key) if key is not None else ""] = value

    @staticmethod
    def _merge(into: dict[str, Any], value: Any) -> None:
        for source in value if isinstance(value, list) else [value]:
            if isinstance(source, dict) and source is not into and len(into) + len(source) <= _MAX_MERGED:
                for key, item in source.items():
                    into.setdefault(key, item)
