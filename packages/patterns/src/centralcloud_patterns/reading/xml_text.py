"""XML by expat, with document types and entities refused: a small tree with line numbers.

Namespaces are dropped; a project file means the same with and without.
"""

from typing import Any
from xml.parsers import expat

from msgspec import Struct, field

from centralcloud_patterns.reading.unreadable import Unreadable

MAX_XML = 4_000_000
_MAX_DEPTH = 64
_MAX_ELEMENTS = 50_000


class Element(Struct, kw_only=True):
    """One element: its local name, attributes, own text, children, and the line it begins at."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Element"] = field(default_factory=list)
    line: int = 0

    def all(self, *path: str) -> list["Element"]:
        """Return the descendants reached by following these child names."""
        level = [self]
        for name in path:
            level = [child for element in level for child in element.children if child.tag == name]
        return level

    def get(self, *path: str) -> str:
        """Return the stripped text of the first such descendant, '' when there is none."""
        found = self.all(*path)
        return found[0].text.strip() if found else ""


def read_xml(text: str) -> Element:
    """Return the root element; raise Unreadable, with the tree so far, when it is broken or declares entities."""
    if len(text) > MAX_XML:
        raise Unreadable("XML of more than 4 MB")
    tree = _Tree()
    try:
        tree.parser.Parse(text.removeprefix("\ufeff").encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise Unreadable(f"not XML: {error}", tree.root) from None
    except Unreadable as error:
        raise Unreadable(str(error), None) from None
    if tree.root is None:
        raise Unreadable("XML without an element")
    return tree.root


class _Tree:
    """The tree under construction, fed by expat's handlers."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._stack: list[Element] = []
        self._count = 0
        self.parser: Any = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MAX_ELEMENTS or len(self._stack) >= _MAX_DEPTH:
            raise Unreadable("XML too large or nested too deep")
        element = Element(tag=tag.rpartition(":")[2], attributes=attributes, line=int(self.parser.CurrentLineNumber))
        if self._stack:
            self._stack[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self._stack.append(element)

    def _end(self, _tag: str) -> None:
        self._stack.pop()

    def _text(self, data: str) -> None:
        self._stack[-1].text += data

    @staticmethod
    def _refuse(*_: object) -> int:
        raise Unreadable("XML that declares entities")
