"""Documents reduced to their facts: JSON, YAML, TOML, XML and what setup.py is called with.

Keys that hold prose, people or code fall away, strings are short, lists and mappings bounded. `reducing` says which
file is read as what.
"""

import ast
import json
import re
from typing import Any
from xml.etree import ElementTree

import json5
import yaml

from centralcloud_client.collect.words import words

_MAX_VALUE = 100
_MAX_ITEMS = 80
_MAX_LINE = 160
#: Keys whose values are prose, people or code.
_PROSE = frozenset(
    words(
        """
    description descriptions author authors maintainer maintainers contributors contributor keywords keyword license
    licenses funding homepage bugs repository support readme summary synopsis notes comment comments run script
    before_script after_script copyright categories classifiers long_description abstract message messages title
    help about documentation bugtracker issues developers scm mailinglists organization contributor
    issuemanagement url inceptionyear releasenotes publishconfig files funding contact email files-excluded
    """
    )
)


def _facts(value: Any, key: str = "") -> Any:
    """Return a document without prose, each string short, each list and mapping bounded."""
    if isinstance(value, dict):
        kept = {str(name): item for name, item in value.items() if not _is_prose(str(name), item)}
        if key == "scripts":
            return {name: command(str(item)) for name, item in list(kept.items())[:_MAX_ITEMS]}
        return {name: _facts(item, name) for name, item in list(kept.items())[:_MAX_ITEMS]}
    if isinstance(value, list):
        return [_facts(item) for item in value[:_MAX_ITEMS]]
    if isinstance(value, str):
        return value if len(value) <= _MAX_VALUE and "\n" not in value else ""
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)[:_MAX_VALUE]


def _is_prose(name: str, value: Any) -> bool:
    # A script of a package may be called `help`, a dependency `about`: only values that are no mapping are prose.
    return name.lower() in _PROSE and not (isinstance(value, dict) and name.lower() not in {"author", "publishconfig"})


def command(line: str) -> str:
    """Return the programs that a command line calls, each with its first word."""
    calls = (re.sub(r"^(\w+=\S+\s+)+", "", call.strip()) for call in re.split(r"&&|\|\||;|\|", line))
    return " && ".join(" ".join(call.split()[:3]) for call in calls if call)[:_MAX_VALUE]


def json_facts(text: str) -> str:
    """Reduce JSON, with comments or without."""
    try:
        document = json.loads(text)
    except ValueError:
        document = json5.loads(text)
    return json.dumps(_facts(document), indent=1, ensure_ascii=False)


def yaml_facts(text: str) -> str:
    """Reduce YAML, each of its documents."""
    documents = [_facts(document) for document in yaml.safe_load_all(text)]
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=_MAX_LINE)


def xml_facts(text: str) -> str:
    """Reduce XML; names and prose of elements fall away."""
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>\[]*>", "", text).lstrip("\ufeff"))
    for element in list(root.iter()):
        for child in list(element):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2].lower() in _PROSE | {"name"}:
                element.remove(child)
        if element.text and len(element.text.strip()) > _MAX_VALUE:
            element.text = ""
    if root.tag.startswith("{"):
        ElementTree.register_namespace("", root.tag[1:].partition("}")[0])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


def toml_facts(text: str) -> str:
    """Reduce TOML by line, so that it stays TOML."""
    kept: list[str] = []
    inside = ""
    for line in text.splitlines():
        bare = line.strip()
        if inside:
            inside = "" if bare.endswith((inside, inside + ",")) else inside
            continue
        opened = next((mark for mark in ('"""', "'''") if bare.count(mark) == 1), "")
        key = bare.partition("=")[0].strip().strip('"').lower()
        if opened:
            inside = opened
        elif key in _PROSE and bare.endswith(("[", "{")):
            inside = "]" if bare.endswith("[") else "}"
        elif bare and not bare.startswith("#") and len(bare) <= _MAX_LINE and not ("=" in bare and key in _PROSE):
            kept.append(line.rstrip())
    return "\n".join(kept)


def setup_facts(text: str) -> str:
    """Reduce setup.py to what setup() is called with, where it is written out."""
    wanted = {"install_requires", "tests_require", "setup_requires", "extras_require", "python_requires", "packages"}
    wanted |= {"version", "ext_modules", "rust_extensions"}
    tree = ast.parse(text)
    stated = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            parts = [_literal(item.arg, item.value, stated) for item in node.keywords if item.arg in wanted]
            return "\n".join(["setup(", *(f"    {part}," for part in parts if part), ")"])
    return ""


def _literal(name: str | None, node: ast.expr, stated: dict[str, ast.expr]) -> str:
    parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node]
    found: list[Any] = []
    for part in parts:
        try:
            value = ast.literal_eval(stated.get(part.id, part) if isinstance(part, ast.Name) else part)
        except ValueError:
            continue
        found.append(value)
    if not found:
        return ""
    whole = [item for each in found for item in each] if all(isinstance(each, list) for each in found) else found[0]
    return f"{name}={_facts(whole)!r}"


def ini_facts(text: str) -> str:
    """Reduce INI and properties by line."""
    kept: list[str] = []
    prose = False
    for line in text.splitlines():
        key = re.match(r"([\w.\-]+)\s*[=:]", line)
        if key or line.startswith("["):
            prose = bool(key and key[1].lower() in _PROSE)
        if not prose and line.strip() and line.lstrip()[0] not in "#;" and len(line) <= _MAX_LINE:
            kept.append(line.rstrip())
    return "\n".join(kept)
