"""The catalogue's short forms of indicators: a mapping with one key that names the kind, and a string, mapping or list.

A list anywhere stands for one indicator each. `weight`, `polarity`, `locality` go into the mapping form.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from centralcloud_patterns.checked import BadIndicator, check
from centralcloud_patterns.expressions import BadExpressionError
from centralcloud_patterns.manifests.dependency import ECOSYSTEMS, ecosystem_of
from centralcloud_patterns.pattern import Indicator, IndicatorKind

#: P(pattern | this indicator alone) where the entry says nothing.
WEIGHTS = {
    IndicatorKind.DEPENDENCY: 0.95,
    IndicatorKind.FILE: 0.9,
    IndicatorKind.EXTENSION: 0.8,
    IndicatorKind.CONTENT: 0.8,
    IndicatorKind.CONFIG: 0.8,
    IndicatorKind.ENV: 0.7,
    IndicatorKind.IMAGE: 0.9,
    IndicatorKind.IMPORT: 0.9,
    IndicatorKind.SCRIPT: 0.8,
    IndicatorKind.SHEBANG: 0.7,
    IndicatorKind.KUBERNETES: 0.9,
    IndicatorKind.PORT: 0.4,
    IndicatorKind.HOST: 0.8,
    IndicatorKind.STRUCTURE: 0.7,
    IndicatorKind.GROUP: 0.9,
}
#: purl types that the catalogue may use.
KNOWN_ECOSYSTEMS = frozenset(ECOSYSTEMS.values()) | {
    "npm", "jsr", "deno", "conda", "swift", "cocoapods", "hackage", "opam", "julia", "terraform", "engine", "luarocks",
    "conan", "nimble", "shards", "elm", "dub", "vcpkg", "bazel", "helm", "gradle-plugin",
    "cmake", "pkgconfig", "zig", "nix", "nixpkgs", "bower", "terraform-resource",
    "cloudformation", "arm", "circleciorb", "gitlabci", "cargo-feature", "pypi-extra",
}  # fmt: skip
_SHARED = frozenset({"weight", "polarity", "locality"})

Fields = dict[str, Any]


class BadShortForm(ValueError):  # noqa: N818 - named as what it is
    """An indicator of the catalogue that is not right, in one sentence."""


def read_indicators(raw: object) -> list[Indicator]:
    """Return the indicators one entry stands for; raise BadShortForm."""
    if not isinstance(raw, dict) or not raw:
        raise BadShortForm(f"an indicator is a mapping, not {raw!r}")
    if _GROUPS & raw.keys():
        found = [_group(raw)]
    else:
        if len(raw) != 1:
            raise BadShortForm(f"an indicator has one key, not {', '.join(map(str, raw))}")
        ((kind, value),) = raw.items()
        read = _FORMS.get(kind)
        if read is None:
            raise BadShortForm(f"unknown indicator {kind!r}")
        found = [_made(fields) for item in _listed(value) for fields in read(item)]
    for indicator in found:
        try:
            check(indicator)
        except (BadIndicator, BadExpressionError) as error:
            raise BadShortForm(f"{error}: {raw!r}") from None
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _made(fields: Fields) -> Indicator:
    kind: IndicatorKind = fields["kind"]
    try:
        return Indicator(**{"weight": WEIGHTS[kind], **fields})
    except TypeError as error:
        raise BadShortForm(f"{kind}: {error}") from None


_GROUPS = frozenset({"all", "any", "none"})


def _group(raw: dict[str, Any]) -> Indicator:
    if strange := raw.keys() - _GROUPS - _SHARED:
        raise BadShortForm(f"a group has no {', '.join(map(str, strange))}")
    parts: dict[str, list[Indicator]] = {"all": [], "any": [], "none": []}
    for name, members in parts.items():
        for member in _listed(raw.get(name) or []):
            # `none` inside `all` says what must be absent: it belongs to the group itself.
            if name == "all" and isinstance(member, dict) and member.keys() == {"none"}:
                for absent in _listed(member["none"]):
                    parts["none"].extend(read_indicators(absent))
            elif name == "all" and len(several := read_indicators(member)) > 1:
                members.append(_made({"kind": IndicatorKind.GROUP, "any": tuple(several)}))
            else:
                members.extend(read_indicators(member))
    shared = {key: raw[key] for key in _SHARED & raw.keys()}
    return _made({"kind": IndicatorKind.GROUP, **{name: tuple(found) for name, found in parts.items()}, **shared})


def _dependency(value: object) -> Iterator[Fields]:
    if isinstance(value, str):
        yield _dependency_fields(value, "name")
        return
    if not isinstance(value, dict):
        raise BadShortForm(f"a dependency is ecosystem:name, not {value!r}")
    rest = {key: item for key, item in value.items() if key in _SHARED | {"scope", "version"}}
    named = {key: item for key, item in value.items() if key not in rest}
    if not named:
        raise BadShortForm(f"a dependency without a name: {value!r}")
    for ecosystem, names in named.items():
        for name in _listed(names):
            spelled = str(name) if ecosystem in {"name", "purl"} else f"{ecosystem}:{name}"
            yield {**_dependency_fields(spelled, "name"), **rest}


def _dependency_fields(text: str, field: str) -> Fields:
    ecosystem, sign, name = text.partition(":")
    if not sign or not name or ecosystem_of(ecosystem) not in KNOWN_ECOSYSTEMS:
        raise BadShortForm(f"a dependency is ecosystem:name, not {text!r}")
    return {"kind": IndicatorKind.DEPENDENCY, "ecosystem": ecosystem_of(ecosystem), field: name}


def _dependency_regex(value: object) -> Iterator[Fields]:
    if isinstance(value, str):
        yield _dependency_fields(value, "regex")
        return
    if not isinstance(value, dict):
        raise BadShortForm(f"dependency_regex is ecosystem:expression, not {value!r}")
    rest = {key: item for key, item in value.items() if key in _SHARED | {"scope", "version"}}
    for ecosystem, regexes in value.items():
        if ecosystem not in rest:
            for regex in _listed(regexes):
                spelled = str(regex) if ecosystem == "regex" else f"{ecosystem}:{regex}"
                yield {**_dependency_fields(spelled, "regex"), **rest}


def _simple(kind: IndicatorKind, main: str, /, **renamed: str) -> Callable[[object], Iterator[Fields]]:
    """Return a reader for kinds whose string form is their main field; `renamed` are other words for fields."""

    def read(value: object) -> Iterator[Fields]:
        members = value if isinstance(value, dict) else {main: value}
        fields: dict[str, list[Any]] = {}
        for key, item in members.items():
            field = renamed.get(str(key), str(key))
            items = [
                str(part) if field not in _SHARED and isinstance(part, (int, float)) else part for part in _listed(item)
            ]
            if field not in _SHARED and not all(isinstance(part, str) for part in items):
                raise BadShortForm(f"{kind}: {key} must be text, not {item!r}")
            fields[field] = items
        for values in product(*fields.values()):
            yield {"kind": kind, **dict(zip(fields, values, strict=True))}

    return read


def _structure(value: object) -> Iterator[Fields]:
    """Read `{layout: [GLOB, …]}`, present below one directory, or `{glob: GLOB, count: N}`."""
    if not isinstance(value, dict):
        raise BadShortForm(f"structure has a layout, or a glob and a count, not {value!r}")
    fields = {key: item for key, item in value.items() if key in _SHARED}
    rest = {key: item for key, item in value.items() if key not in _SHARED}
    if rest.keys() == {"layout"}:
        fields["path"] = " ".join(str(glob) for glob in _listed(rest["layout"]))
    elif rest.keys() == {"glob", "count"}:
        fields |= {"glob": str(rest["glob"]), "value": str(rest["count"])}
    else:
        raise BadShortForm(f"structure has a layout, or a glob and a count, not {', '.join(map(str, rest))}")
    yield {"kind": IndicatorKind.STRUCTURE, **fields}


_FORMS: dict[str, Callable[[object], Iterator[Fields]]] = {
    "dependency": _dependency,
    "dependency_regex": _dependency_regex,
    "file": _simple(IndicatorKind.FILE, "glob", file="glob", name="glob"),
    "file_regex": _simple(IndicatorKind.FILE, "regex"),
    "extension": _simple(IndicatorKind.EXTENSION, "name", extension="name", ext="name"),
    "content": _simple(IndicatorKind.CONTENT, "glob", file="glob"),
    "config": _simple(IndicatorKind.CONFIG, "glob", file="glob"),
    "image": _simple(IndicatorKind.IMAGE, "name", image="name"),
    "env": _simple(IndicatorKind.ENV, "name", env="name"),
    "env_prefix": _simple(IndicatorKind.ENV, "prefix", env_prefix="prefix", name="prefix"),
    "import": _simple(IndicatorKind.IMPORT, "name", module="name"),
    "script": _simple(IndicatorKind.SCRIPT, "regex", script="regex"),
    "shebang": _simple(IndicatorKind.SHEBANG, "name", shebang="name", interpreter="name"),
    "kubernetes": _simple(IndicatorKind.KUBERNETES, "name", kind="name", api="value", annotation="prefix"),
    "port": _simple(IndicatorKind.PORT, "name", number="name"),
    "host": _simple(IndicatorKind.HOST, "name", domain="name", scheme="value"),
    "structure": _structure,
}
