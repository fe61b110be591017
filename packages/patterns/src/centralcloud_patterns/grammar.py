r"""The small language in which a learn says how something is recognised, one indicator a line.

    FILE has NAME                     package.json has custom-framework
    file GLOB                         file next.config.{js,ts}
    dependency ECOSYSTEM:NAME[@RANGE] dependency npm:next@>=13
    pkg:TYPE/NAME                     pkg:npm/%40nestjs/core
    import NAME [in LANGUAGE]         import tokio in rust
    env NAME                          env DATABASE_URL
    env PREFIX*                       env NEXT_PUBLIC_*
    image NAME                        image bitnami/redis
    extension .EXT                    extension .svelte
    content GLOB ~ REGEX              content *.py ~ ^from django
    config FILE PATH[=VALUE]          config package.json engines.node
    script REGEX                      script \bnext dev\b
    kubernetes KIND [of API]          kubernetes VirtualService of networking.istio.io
    port NUMBER                       port 5432
    host DOMAIN                       host supabase.co
    host SCHEME://                    host redis://
    layout GLOB GLOB…                 layout app/models/** config/routes.rb
    at least N of GLOB                at least 3 of *.proto

Words are blind to case, what follows them is not; backticks and quotes around it fall away. In `FILE has NAME` a known
manifest makes a dependency of its ecosystem, any other file has its text searched for NAME. Anything else is None.
"""

import re
from collections.abc import Callable

from packageurl import PackageURL

from centralcloud_patterns.checked import BadIndicator, check
from centralcloud_patterns.expressions import BadRegex
from centralcloud_patterns.manifests.dependency import ecosystem_of
from centralcloud_patterns.pattern import Indicator, IndicatorKind

__all__ = ["BadIndicator", "BadRegex", "check", "read"]

MAX_LINE = 1000

#: Which ecosystem a manifest speaks of, for `FILE has NAME`.
MANIFESTS = {
    "package.json": "npm",
    "package-lock.json": "npm",
    "yarn.lock": "npm",
    "pnpm-lock.yaml": "npm",
    "bun.lock": "npm",
    "pyproject.toml": "pypi",
    "requirements.txt": "pypi",
    "pipfile": "pypi",
    "setup.py": "pypi",
    "setup.cfg": "pypi",
    "poetry.lock": "pypi",
    "uv.lock": "pypi",
    "environment.yml": "conda",
    "cargo.toml": "cargo",
    "cargo.lock": "cargo",
    "go.mod": "golang",
    "mix.exs": "hex",
    "mix.lock": "hex",
    "rebar.config": "hex",
    "gleam.toml": "hex",
    "pom.xml": "maven",
    "build.gradle": "maven",
    "build.gradle.kts": "maven",
    "build.sbt": "maven",
    "gemfile": "gem",
    "gemfile.lock": "gem",
    "composer.json": "composer",
    "composer.lock": "composer",
    "pubspec.yaml": "pub",
    "package.swift": "swift",
    "project.clj": "clojars",
    "deps.edn": "clojars",
}
_NAME = r"[^\s\"'`]{1,200}"
_QUOTE = "[`\"']?"
_QUOTED = r"\"[^\"]{1,200}\"|'[^']{1,200}'|`[^`]{1,200}`"
#: What looks like a file: a basename with an extension, or one like Gemfile and Dockerfile.
_DOTTED = r"[^\s\"'`]{0,200}\.[A-Za-z][\w-]{0,20}"
_NAMED_FILE = r"(?:[^\s\"'`]{0,150}/)?[A-Z][\w.-]{0,40}file"
_DEPENDENCY_NAME = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._:/+-]*")


def read(text: str) -> Indicator | None:
    """Return the indicator a line stands for, None when it is none; raise BadRegex for a refused expression."""
    line = " ".join(text.split()) if "~" not in text and not text.lower().startswith("script") else text.strip()
    if not line or len(line) > MAX_LINE:
        return None
    for expression, make in _FORMS:
        match = expression.fullmatch(line)
        if match:
            indicator = make(*(group if group is None else _bare(group) for group in match.groups()))
            return _sound(indicator) if indicator is not None else None
    return None


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "`\"'" else text


def _sound(indicator: Indicator) -> Indicator | None:
    try:
        check(indicator)
    except BadIndicator:
        return None
    return indicator


def _has(file: str, name: str) -> Indicator | None:
    ecosystem = MANIFESTS.get(file.rpartition("/")[2].lower())
    if file.lower().endswith((".csproj", ".fsproj", ".vbproj")):
        ecosystem = "nuget"
    if ecosystem and _DEPENDENCY_NAME.fullmatch(name):
        return Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem, name=name, weight=0.95)
    return Indicator(kind=IndicatorKind.CONTENT, glob=file, regex=_whole(name), weight=0.7)


def _whole(name: str) -> str:
    """Return an expression for a name that stands by itself: `vue` is not in `revue`."""
    before, behind = (r"\b" if re.match(r"\w", sign, re.ASCII) else "" for sign in (name[0], name[-1]))
    return before + _escaped(name) + behind


def _escaped(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text, flags=re.ASCII) if text.isascii() else re.escape(text)


def _file(glob: str) -> Indicator:
    return Indicator(kind=IndicatorKind.FILE, glob=glob, weight=0.9)


def _dependency(ecosystem: str, name: str, range_: str | None) -> Indicator:
    return Indicator(
        kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem_of(ecosystem), name=name, version=range_, weight=0.95
    )


def _purl(text: str) -> Indicator | None:
    try:
        purl = PackageURL.from_string(text)
    except ValueError:
        return None
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    return _dependency(purl.type, name, purl.version)


def _import(name: str, language: str | None) -> Indicator:
    return Indicator(kind=IndicatorKind.IMPORT, name=name, language=language.lower() if language else None, weight=0.9)


def _env(name: str, star: str | None) -> Indicator:
    if star:
        return Indicator(kind=IndicatorKind.ENV, prefix=name, weight=0.7)
    return Indicator(kind=IndicatorKind.ENV, name=name, weight=0.7)


def _image(name: str) -> Indicator:
    return Indicator(kind=IndicatorKind.IMAGE, name=name, weight=0.9)


def _extension(name: str) -> Indicator:
    return Indicator(kind=IndicatorKind.EXTENSION, name=name.lstrip(".").lower(), weight=0.8)


def _content(glob: str, regex: str) -> Indicator:
    return Indicator(kind=IndicatorKind.CONTENT, glob=glob, regex=regex, weight=0.8)


def _config(file: str, path: str, value: str | None) -> Indicator:
    return Indicator(kind=IndicatorKind.CONFIG, glob=file, path=path, value=value, weight=0.8)


def _script(regex: str) -> Indicator:
    return Indicator(kind=IndicatorKind.SCRIPT, regex=regex, weight=0.8)


def _kubernetes(kind: str, api: str | None) -> Indicator:
    return Indicator(kind=IndicatorKind.KUBERNETES, name=kind, value=api, weight=0.9)


def _port(number: str) -> Indicator:
    return Indicator(kind=IndicatorKind.PORT, name=number, weight=0.4)


def _host(scheme: str | None, domain: str | None) -> Indicator:
    return Indicator(kind=IndicatorKind.HOST, name=domain, value=scheme.lower() if scheme else None, weight=0.8)


def _layout(globs: str) -> Indicator:
    return Indicator(kind=IndicatorKind.STRUCTURE, path=globs, weight=0.7)


def _count(number: str, glob: str) -> Indicator:
    return Indicator(kind=IndicatorKind.STRUCTURE, glob=glob, value=number, weight=0.7)


_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Indicator | None]], ...] = tuple(
    (re.compile(expression), make)
    for expression, make in (
        (r"(pkg:\S+)", _purl),
        (rf"(?i:file) [`\"']?({_NAME})[`\"']?", _file),
        (
            r"(?i:dep(?:endency)?) [`\"']?([A-Za-z][\w.-]*):(@?[^\s@\"'`]{1,200})(?:@([^\"'`]{1,100}))?[`\"']?",
            _dependency,
        ),
        (rf"(?i:import) [`\"']?({_NAME})[`\"']?(?: in ([\w+#-]+))?", _import),
        (r"(?i:env) [`\"']?([A-Za-z_][A-Za-z0-9_]*)(\*)?[`\"']?", _env),
        (rf"(?i:image) [`\"']?({_NAME})[`\"']?", _image),
        (r"(?i:ext(?:ension)?) [`\"']?(\.?[\w.+-]{1,40})[`\"']?", _extension),
        (r"(?i:content) (\S+) ?~ ?(.+)", _content),
        (r"(?i:config) (\S+) ([^\s=]+)(?: ?= ?(.+))?", _config),
        (r"(?i:script) (.+)", _script),
        (r"(?i:kubernetes|k8s) ([A-Za-z]\w{0,99})(?: (?:of|in) ([\w./-]+))?", _kubernetes),
        (r"(?i:port) (\d{1,5})", _port),
        (rf"(?i:host) {_QUOTE}(?:([A-Za-z][\w+.-]{{0,30}})://|([A-Za-z0-9][\w.-]{{0,252}})){_QUOTE}", _host),
        (r"(?i:layout) (\S+(?: \S+)+)", _layout),
        (r"(?i:at least) (\d{1,4}) of [`\"']?(\S{1,200}?)[`\"']?", _count),
        (rf"{_QUOTE}({_DOTTED}|{_NAMED_FILE}){_QUOTE} (?:has|contains) ({_NAME}|{_QUOTED})", _has),
    )
)
