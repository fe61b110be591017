"""The learned entity and its parts: pattern, indicator, relation, support, provenance.

Owns their shape and vocabulary. Recognising patterns is `matching`'s work, changing them is `merging`'s.
"""

from enum import StrEnum

from msgspec import Struct


class PatternType(StrEnum):
    """The four kinds of knowledge; one code path serves them all."""

    FRAMEWORK = "framework"
    TECHNOLOGY = "technology"
    MICROSERVICE = "microservice"
    CODE = "code"


class State(StrEnum):
    """How far a pattern has come: claimed, agreed upon, or retired."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    DEPRECATED = "deprecated"


class IndicatorKind(StrEnum):
    """What an indicator looks at in the evidence."""

    DEPENDENCY = "dependency"
    FILE = "file"
    EXTENSION = "extension"
    CONTENT = "content"
    CONFIG = "config"
    ENV = "env"
    IMAGE = "image"
    IMPORT = "import"
    SCRIPT = "script"
    SHEBANG = "shebang"
    KUBERNETES = "kubernetes"
    PORT = "port"
    HOST = "host"
    STRUCTURE = "structure"
    GROUP = "group"


class Measured(Struct, frozen=True, kw_only=True, gc=False):
    """What an indicator's weight was re-estimated from; see `weights`."""

    #: What its source says it weighs.
    prior: float
    #: Codebases where it fired that have the pattern, and that don't, to two digits.
    hits: int
    misses: int
    #: The interval that holds the true weight in 95 of 100 cases.
    low: float
    high: float


class Indicator(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One checkable fact that suggests a pattern.

    Which fields apply depends on `kind`: `dependency` has ecosystem (a purl type) and name or regex, version and scope;
    `file` has glob or regex on the whole path; `extension` has name (without dot); `content` has glob and regex,
    maybe language and scope (code, comment or string);
    `config` has glob, path and maybe value or regex; `env` has name or prefix; `image` and `import` have name (import
    also language); `script` has regex; `shebang` has name; `kubernetes` has name (the object's kind), value (its
    apiVersion, or the group of it) or prefix (of an annotation or label); `port` has name (a number); `host` has name
    (a domain, which speaks of everything below it) or value (the scheme of an address); `structure` has glob and value
    (how many files at least) or path (globs with spaces between, all present below one directory); `group` has all,
    any or none.
    """

    kind: IndicatorKind
    #: Stable within its pattern: derived from the other fields when absent.
    id: str = ""
    ecosystem: str | None = None
    name: str | None = None
    prefix: str | None = None
    #: RE2 syntax.
    regex: str | None = None
    glob: str | None = None
    path: str | None = None
    value: str | None = None
    language: str | None = None
    #: A version range in the ecosystem's own notation.
    version: str | None = None
    #: Of a dependency prod, dev, peer, optional, build, plugin or parent; of content code, comment or string.
    scope: str | None = None
    #: same: the component's own directory; hoisted: there or in a parent; anywhere.
    locality: str = "hoisted"
    #: P(pattern | this indicator alone), 0..1.
    weight: float = 0.9
    #: Where the weight comes from, when it is not as said but as seen.
    measured: Measured | None = None
    #: for, or against.
    polarity: str = "for"
    all: tuple["Indicator", ...] = ()
    any: tuple["Indicator", ...] = ()
    none: tuple["Indicator", ...] = ()


class Relation(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A directed statement about two patterns: implies, requires, excludes, supersedes, alternative or part_of."""

    kind: str
    slug: str
    type: PatternType | None = None


class Example(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A snippet that shows the pattern."""

    code: str
    language: str | None = None
    title: str | None = None


class Support(Struct, frozen=True, kw_only=True, gc=False):
    """How many distinct codebases and independent instances speak for a pattern."""

    codebases: int = 0
    instances: int = 0


class Provenance(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """Who said something, when, by which tool or model."""

    #: catalogue, learn, operator, derived or a model's name.
    source: str
    #: The field spoken of; absent when it is the pattern as a whole.
    field: str | None = None
    instance_id: str | None = None
    learn_id: str | None = None
    codebase_id: str | None = None
    at: str | None = None
    #: The paid call that a model's word came from, and the prompt: name@version.
    call_id: str | None = None
    template: str | None = None
    #: Keys of the items of `field` that were found out, where it holds many.
    items: tuple[str, ...] = ()


class Pattern(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One framework, technology, microservice or code pattern: identity, description, and how it is recognised."""

    type: PatternType
    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    category: str | None = None
    description: str | None = None
    languages: tuple[str, ...] = ()
    homepage: str | None = None
    indicators: tuple[Indicator, ...] = ()
    relations: tuple[Relation, ...] = ()
    #: install, dev, build, test and the like, each one shell line; `output` is a directory.
    commands: dict[str, str] = {}
    examples: tuple[Example, ...] = ()
    practices: tuple[str, ...] = ()
    pitfalls: tuple[str, ...] = ()
    #: What a learn said that the indicator grammar could not read.
    notes: tuple[str, ...] = ()
    state: State = State.CANDIDATE
    #: P(the pattern is real and right), 0..1, derived.
    confidence: float = 0.0
    support: Support = Support()
    provenance: tuple[Provenance, ...] = ()
    #: The pattern's own counter.
    revision: int = 0
    #: The feed's number of its last change.
    seq: int = 0
