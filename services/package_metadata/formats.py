"""How each kind of public index is asked about a package, and what its JSON says; pure.

Addresses are paths below a base that the operator gives. What a document lacks is left empty; what has another shape
is no answer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from centralcloud_patterns.manifests.dependency import normal_name
from services.package_metadata.source import Package

_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of index."""

    #: Path below the base for a name; None where the index cannot have such a name.
    path: Callable[[str], str | None]
    #: What the document says: name, summary, homepage, keywords.
    read: Callable[[Mapping[str, Any]], tuple[Any, Any, Any, Any]]


def package(ecosystem: str, asked: str, document: Any) -> Package | None:
    """Return the package that a document describes, if it is the one that was asked for."""
    if not isinstance(document, Mapping):
        return None
    try:
        name, summary, homepage, keywords = FORMATS[ecosystem].read(document)
    except (KeyError, TypeError, AttributeError, IndexError):
        return None
    spelled = _text(name)
    if normal_name(ecosystem, spelled) != normal_name(ecosystem, asked):
        return None
    return Package(ecosystem, spelled, _text(summary), _text(homepage), _words(keywords))


def _text(value: Any) -> str:
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else ""


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    listed: Iterable[Any] = value if isinstance(value, list) else ()
    return tuple(text for each in list(listed)[:30] if (text := _text(each)))


def _plain(template: str, *, slashes: int = 0, scoped: bool = False) -> Callable[[str], str | None]:
    """Return how a path is made of a name with so many slashes; `scoped`: or with one, behind an @."""

    def path(name: str) -> str | None:
        wanted = 1 if scoped and name.startswith("@") else slashes
        if name.count("/") != wanted or ("@" in name and not scoped) or not name.isascii() or ".." in name:
            return None
        return template.format("/".join(quote(part, safe="@") for part in name.split("/")))

    return path


def _crate(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    crate = document["crate"]
    return (
        crate["name"],
        crate.get("description"),
        crate.get("homepage") or crate.get("repository"),
        crate.get("keywords"),
    )


def _python(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    info = document["info"]
    urls = {str(label).lower(): url for label, url in (info.get("project_urls") or {}).items()}
    homepage = info.get("home_page") or urls.get("homepage") or urls.get("documentation") or urls.get("repository")
    return info["name"], info.get("summary"), homepage, info.get("keywords")


def _hex(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    meta = document["meta"]
    links = list((meta.get("links") or {}).values())
    return document["name"], meta.get("description"), links[0] if links else "", ()


def _pub(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    spec = document["latest"]["pubspec"]
    return document["name"], spec.get("description"), spec.get("homepage") or spec.get("repository"), spec.get("topics")


def _composer(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    found = document["package"]
    return found["name"], found.get("description"), found.get("repository"), ()


def _nuget(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    latest = document["data"][0]
    return latest["id"], latest.get("description"), latest.get("projectUrl"), latest.get("tags")


def _npm(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    return document["name"], document.get("description"), document.get("homepage"), document.get("keywords")


def _gem(document: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    return document["name"], document.get("info"), document.get("homepage_uri") or document.get("source_code_uri"), ()


#: By purl type.
FORMATS: Final[Mapping[str, Format]] = {
    "npm": Format(_plain("/{}/latest", scoped=True), _npm),
    "pypi": Format(_plain("/pypi/{}/json"), _python),
    "cargo": Format(_plain("/api/v1/crates/{}"), _crate),
    "gem": Format(_plain("/api/v1/gems/{}.json"), _gem),
    "hex": Format(_plain("/api/packages/{}"), _hex),
    "pub": Format(_plain("/api/packages/{}"), _pub),
    "composer": Format(_plain("/packages/{}.json", slashes=1), _composer),
    "nuget": Format(_plain("/query?q=packageid:{}&take=1"), _nuget),
}
