"""Rows of the predecessor's four tables, as JSON, put into the words of learns.

A row is known by its columns, or by `table`. What it counted (detections, their success) becomes the weight of its
indicators: one instance's experience, never support. What no learn can say stays in `metadata`, as it was.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

#: Where a learn's metadata keeps the row.
PREDECESSOR: Final = "predecessor"
#: What a row of package usage says in `pattern_type`.
_MANNERS: Final = ("best_practice", "anti_pattern", "usage_pattern", "migration_guide")
#: What kinds of architecture are called today.
_ARCHITECTURES: Final = {
    "microservice": "Microservices",
    "event_driven": "Event-driven architecture",
    "hexagonal": "Hexagonal architecture",
    "layered": "Layered architecture",
    "clean_architecture": "Clean architecture",
    "cqrs": "CQRS",
    "event_sourcing": "Event sourcing",
    "api_gateway": "API gateway",
    "service_mesh": "Service mesh",
}
_COMMANDS: Final = {
    "install": "install_command",
    "dev": "dev_command",
    "build": "build_command",
    "test": "test_command",
    "output": "output_directory",
}
#: Counts and rates, under the names the tables gave them.
_COUNTS: Final = ("detection_count", "usage_count", "match_count", "occurrence_count", "count", "frequency")
_WEIGHTS: Final = ("confidence_weight", "confidence", "confidence_score")
#: How much of a row's own confidence each of its columns deserves: a folder's name says less than a configuration file.
_CONFIG_FILES: Final = 1.0
_FILES: Final = 0.9
_FOLDERS: Final = 0.6
#: Detections that the predecessor's typed-in confidence weighs as much as.
_STRENGTH: Final = 10.0
_PRESUMED: Final = 0.8
_LEAST: Final = 0.05
#: Folders of a layout; more say nothing more.
_MOST_FOLDERS: Final = 8
_SNIPPETS: Final = ("code_example", "code_snippet")
#: Columns of the database alone, and what is said whole elsewhere.
_LEFT_OUT: Final = frozenset(
    {"id", "inserted_at", "updated_at", "created_at", "table", "pattern_embedding", "semantic_embedding", *_SNIPPETS}
)

Row = Mapping[str, Any]
Learn = dict[str, Any]


def as_learn(row: Row) -> Learn | None:
    """Return what a row of the predecessor teaches, its `type` included; None when it is none of its rows.

    It may have neither indicators nor examples: then it teaches nothing.
    """
    translate = _table(row)
    if translate is None:
        return None
    said = translate(row)
    said["metadata"] = {PREDECESSOR: {name: value for name, value in row.items() if name not in _LEFT_OUT}}
    return {name: value for name, value in said.items() if value not in (None, "", [], {})}


def _table(row: Row) -> Callable[[Row], Learn] | None:
    told = str(row.get("table") or "")
    manner = row.get("pattern_type")
    if told.startswith("framework") or "framework_name" in row:
        return _framework
    if told.startswith("technology") or "technology_name" in row:
        return _technology
    if told.startswith(("package_usage", "dependency_catalog")) or manner in _MANNERS or "package_name" in row:
        return _package_usage
    if told.startswith("file_architecture") or ("name" not in row and isinstance(manner, str)):
        return _architecture
    return None


def _framework(row: Row) -> Learn:
    return {"type": "framework", "name": _first(row, "framework_name", "name"), **_recognised(row, "framework_type")}


def _technology(row: Row) -> Learn:
    type_ = "framework" if row.get("technology_type") == "framework" else "technology"
    return {"type": type_, "name": _first(row, "technology_name", "name"), **_recognised(row, "technology_type")}


def _recognised(row: Row, category: str) -> Learn:
    """Return what the two tables of detection patterns have in common."""
    more = row.get("extended_metadata")
    extended: Row = more if isinstance(more, Mapping) else {}
    homepage = extended.get("homepage")
    return {
        "category": _words(row.get(category)),
        "description": _first(row, "description") or _first(extended, "description"),
        "homepage": homepage if isinstance(homepage, str) and homepage.startswith("https://") else None,
        "languages": _texts(row.get("languages") or extended.get("languages")),
        "indicators": list(_indicators(row)),
        "commands": {name: row[column] for name, column in _COMMANDS.items() if _is_text(row.get(column))},
    }


def _architecture(row: Row) -> Learn:
    data = row.get("pattern_data")
    details: Row = data if isinstance(data, Mapping) else {}
    kind = _first(row, "pattern_type", "architecture_type")
    named = _first(row, "pattern_name", "name") or _ARCHITECTURES.get(kind) or _capitalised(kind)
    return {
        "type": "microservice",
        "name": named,
        "description": _first(row, "description") or _first(details, "description"),
        "indicators": list(_indicators({**details, **row})),
        "examples": _examples(row),
    }


def _package_usage(row: Row) -> Learn:
    package, ecosystem = _first(row, "package_name"), _first(row, "ecosystem", "package_ecosystem")
    title, said = _first(row, "title", "pattern_name", "name"), _first(row, "description")
    line = ": ".join(part for part in (title, said) if part)[:2_000]
    learn: Learn = {
        "type": "code" if title else "technology",
        "name": title or package,
        "category": _words(row.get("pattern_type")),
        "description": said,
        "examples": _examples(row),
        "practices": [line] if line and row.get("pattern_type") == "best_practice" else [],
        "pitfalls": [line] if line and row.get("pattern_type") == "anti_pattern" else [],
        "languages": _texts(row.get("languages") or row.get("language")),
    }
    if package and title:
        # Which snippet this is about; that a codebase has the package does not mean it is used so.
        learn["relations"] = [{"kind": "requires", "slug": package}]
    elif package and ecosystem:
        dependency = {"kind": "dependency", "ecosystem": ecosystem.lower(), "name": package}
        learn["indicators"] = list(_sound(dependency, _weight(row)))
    return learn


def _indicators(row: Row) -> Iterator[Any]:
    """Yield indicators on files and folders; what cannot be one is said in words, which are kept as a note."""
    weight = _weight(row)
    for name in _texts(row.get("config_files")):
        yield from _file(name, weight * _CONFIG_FILES)
    for name in _texts(row.get("file_patterns")):
        yield from _file(name, weight * _FILES)
    folders = [name.strip("/") for name in _texts(row.get("directory_patterns")) if name.strip("/")]
    if len(folders) > 1:
        layout = " ".join(f"{name}/**" for name in folders[:_MOST_FOLDERS])
        yield from _sound({"kind": "structure", "path": layout}, weight * _FOLDERS)
    elif folders:
        yield from _sound({"kind": "file", "glob": f"{folders[0]}/**"}, weight * _FOLDERS)


def _file(name: str, weight: float) -> Iterator[Any]:
    from centralcloud_patterns.grammar import MANIFESTS

    if name.strip("/").rpartition("/")[2].lower() in MANIFESTS:
        # Everything of its ecosystem has this file.
        yield f"seen beside {name}"
    else:
        yield from _sound({"kind": "file", "glob": f"{name}**" if name.endswith("/") else name}, weight)


def _sound(indicator: dict[str, Any], weight: float) -> Iterator[Any]:
    import msgspec

    from centralcloud_patterns.expressions import BadRegex
    from centralcloud_patterns.grammar import BadIndicator, check
    from centralcloud_patterns.pattern import Indicator

    said = {**indicator, "weight": round(weight, 4)}
    try:
        check(msgspec.convert(said, Indicator))
    except (BadIndicator, BadRegex, msgspec.ValidationError):
        told = " ".join(str(value) for name, value in indicator.items() if name != "kind")
        yield f"seen as {indicator['kind']}: {told}"[:1_000]
    else:
        yield said


def _weight(row: Row) -> float:
    """Return what a row's counts make of the confidence that somebody once typed in."""
    from centralcloud_patterns.weights import estimate

    presumed = next((value for name in _WEIGHTS if (value := _number(row.get(name))) is not None), _PRESUMED)
    count = next((value for name in _COUNTS if (value := _number(row.get(name))) is not None), 0.0)
    rate = _number(row.get("success_rate"))
    seen = round(min(count, 1e9)) if rate is not None else 0
    hits = round(seen * min(1.0, rate or 0.0))
    return max(_LEAST, estimate(min(1.0, presumed), _STRENGTH, hits, seen - hits).mean)


def _number(value: object) -> float | None:
    """Return a figure as a dump has it, decimals as text included; None for what is none, or below 0."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _examples(row: Row) -> list[dict[str, Any]]:
    language = _first(row, "language")
    return [
        {"code": row[column], **({"language": language} if language else {})}
        for column in _SNIPPETS
        if _is_text(row.get(column))
    ]


def _texts(value: object) -> list[str]:
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return list(dict.fromkeys(item.strip() for item in listed if _is_text(item)))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _first(row: Row, *columns: str) -> str:
    return next((row[column].strip() for column in columns if _is_text(row.get(column))), "")


def _words(value: object) -> str | None:
    return value.strip().lower().replace("_", "-") if isinstance(value, str) and value.strip() else None


def _capitalised(kind: str) -> str:
    return kind.replace("_", " ").replace("-", " ").capitalize()
