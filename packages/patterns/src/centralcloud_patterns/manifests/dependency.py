"""A declared dependency, and how ecosystems spell names.

Ecosystems are purl types. `normal_name` is the form in which names compare; both evidence and indicators go through it.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct
from packageurl import PackageURL

#: What people write for a purl type.
ECOSYSTEMS = {
    "go": "golang",
    "gomod": "golang",
    "pip": "pypi",
    "python": "pypi",
    "crates": "cargo",
    "crates.io": "cargo",
    "rust": "cargo",
    "rubygems": "gem",
    "ruby": "gem",
    "bundler": "gem",
    "gitlab-ci": "gitlabci",
    "packagist": "composer",
    "php": "composer",
    "mix": "hex",
    "elixir": "hex",
    "rebar": "hex",
    "gleam": "hex",
    "gradle": "maven",
    "java": "maven",
    "sbt": "maven",
    "dotnet": "nuget",
    "dart": "pub",
    "flutter": "pub",
    "yarn": "npm",
    "pnpm": "npm",
    "node": "npm",
    "leiningen": "clojars",
    "r": "cran",
    "perl": "cpan",
    "gha": "githubactions",
    "github-actions": "githubactions",
}
#: Where else a name of an ecosystem may be known: conda packages carry their PyPI names, Clojure reads Maven's too.
ALSO_KNOWN_IN = {"conda": "pypi", "clojars": "maven", "maven": "clojars", "bower": "npm"}

#: How the artifact ends that stands for a plugin of Gradle.
PLUGIN_MARKER = ".gradle.plugin"

_MAJOR = re.compile(r"/v\d+$")
_PLATFORM = re.compile(r"-(?:jvm|android|js|wasm-js|iosarm64|iosx64|linuxx64|desktop)$")
_SCALA = re.compile(r"_(?:2\.1\d|3)$")


class Dependency(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One dependency as a manifest declares it."""

    #: purl type.
    ecosystem: str
    #: As it is written; namespaces joined with `/`.
    name: str
    #: In the form in which names compare.
    normal: str
    #: The range as written, '' when there is none.
    range: str = ""
    #: prod, dev, peer, optional, build, plugin or parent.
    scope: str = "prod"
    file: str
    #: The component it belongs to.
    directory: str
    #: 1-based; absent where finding it would cost a search that nobody has asked for yet.
    line: int | None = None
    locked: str | None = None
    locked_file: str | None = None
    #: Part of the codebase itself: a workspace member, a path.
    local: bool = False

    @property
    def purl(self) -> str:
        """Return the package URL without version."""
        return _purl(self.ecosystem, self.name)


@lru_cache(maxsize=16_384)
def _purl(ecosystem: str, full_name: str) -> str:
    namespace, _, name = full_name.rpartition("/")
    try:
        return PackageURL(type=ecosystem, namespace=namespace or None, name=name).to_string()
    except ValueError:
        return f"pkg:{ecosystem}/{full_name}"


@lru_cache(maxsize=4096)
def ecosystem_of(name: str) -> str:
    """Return the purl type for a name of an ecosystem, whatever people call it."""
    lower = name.strip().lower()
    return ECOSYSTEMS.get(lower, lower)


def _maven(lower: str) -> str:
    lower = _SCALA.sub("", lower.replace(":", "/"))
    group, _, artifact = lower.partition("/")
    return artifact if group == artifact else lower


def _terraform(lower: str) -> str:
    """Leave out the host of the registry, which has a dot."""
    host, sign, rest = lower.partition("/")
    return rest if sign and "." in host else lower


_SEPARATORS = re.compile(r"[-_.]+")
_SPELLINGS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("pypi", "conda"), lambda lower: _SEPARATORS.sub("-", lower)),
    **dict.fromkeys(("maven", "clojars"), _maven),
    "golang": lambda lower: _MAJOR.sub("", lower),
    "cpan": lambda lower: lower.replace("::", "-"),
    "swift": lambda lower: lower.removeprefix("https://").removesuffix(".git"),
    "terraform": _terraform,
    "cloudformation": lambda lower: lower.replace("::", "/"),
}


@lru_cache(maxsize=65_536)
def normal_name(ecosystem: str, name: str) -> str:
    """Return the name in the form in which names of that ecosystem compare."""
    lower = name.strip().lower()
    spelling = _SPELLINGS.get(ecosystem)
    return spelling(lower) if spelling else lower


def keys_of_name(ecosystem: str, normal: str) -> list[str]:
    """Return the exact keys of a dependency, in its own ecosystem first."""
    keys = [f"dep:{ecosystem}:{normal}"]
    if other := ALSO_KNOWN_IN.get(ecosystem):
        keys.append(f"dep:{other}:{normal}")
    if normal.startswith("org.webjars") and ecosystem == "maven":
        # Webjars carry packages of npm: org.webjars.npm:scope__name is @scope/name.
        scope, sign, name = normal.partition("/")[2].rpartition("__")
        keys.append(f"dep:npm:@{scope}/{name}" if sign else f"dep:npm:{name}")
    if (shorter := _SHORTER.get(ecosystem)) and (short := shorter(normal)) != normal:
        keys.append(f"dep:{ecosystem}:{short}")
    return keys


#: What a name of an ecosystem also goes by: a provider or module of Terraform by its last part, whoever publishes it;
#: an action by its repository; a resource of CloudFormation by its service; a library of Kotlin for one platform by the
#: name it has for all.
_SHORTER: dict[str, Callable[[str], str]] = {
    "terraform": lambda normal: normal.rpartition("/")[2],
    "githubactions": lambda normal: "/".join(normal.split("/", 2)[:2]),
    "cloudformation": lambda normal: "/".join(normal.split("/", 2)[:2]),
    "maven": lambda normal: _PLATFORM.sub("", normal),
}


def prefixes_of_name(normal: str) -> list[str]:
    """Return the beginnings of a name up to each separator, which expressions are indexed under."""
    return [normal[: index + 1] for index, sign in enumerate(normal) if sign in "/-._"][:8]
