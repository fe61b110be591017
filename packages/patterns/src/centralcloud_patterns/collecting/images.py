"""Container images: Dockerfiles, and every `image:` of a YAML file, whatever platform reads it.

YAML is scanned by line, because half of such files are templates that no parser would take.
"""

import re
from functools import lru_cache

from centralcloud_patterns.manifests.findings import Findings, Source

#: Dockerfile, Dockerfile.dev, Dockerfile-web, web.Dockerfile; the same of a Containerfile.
_DOCKERFILE = re.compile(r"(?:[\w.-]{1,100}\.)?(?i:dockerfile|containerfile)(?:[._-][\w.-]{1,100})?")
_FROM = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?(\S+)(?:[ \t]+AS[ \t]+(\S+))?", re.IGNORECASE | re.MULTILINE
)
_ARG = re.compile(r"^[ \t]*ARG[ \t]+(\w+)=[\"']?([^\s\"']+)", re.MULTILINE)
_ENV = re.compile(r"^[ \t]*ENV[ \t]+(\w+)[= \t]", re.MULTILINE)
_RUN = re.compile(r"^[ \t]*(CMD|ENTRYPOINT)[ \t]+([^\n]{1,1000})", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
_IMAGE = re.compile(
    r"^[ \t]*(?:-[ \t]+)?[\"']?image[\"']?:[ \t]+[\"']?([^\s\"'#{},\[\]]+|\$\{[^}\s]+\}[^\s\"']*)", re.MULTILINE
)
#: What YAML holds that runs containers: compose, Kubernetes, pipelines. Elsewhere `image:` may be anything.
_RUNS_CONTAINERS = re.compile(
    r"^(?:apiVersion|services|jobs|stages|pipelines?|steps|image|build|tasks|default|x-[\w-]+):"
    r"|^[ \t]+(?:-[ \t]+)?containers:",
    re.MULTILINE,
)
_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")
_REGISTRY = re.compile(r"^(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?|localhost(?::\d+)?|[\w-]+:\d+)/")


def is_dockerfile(name: str) -> bool:
    """Tell whether a basename is that of a Dockerfile."""
    return _DOCKERFILE.fullmatch(name) is not None


def dockerfile(source: Source, found: Findings) -> None:
    """Record base images (build arguments filled in, stages left out), variables, CMD and ENTRYPOINT."""
    text = source.text
    arguments = dict(_ARG.findall(text))
    stages: set[str] = set()
    for match in _FROM.finditer(text):
        name = _VARIABLE.sub(lambda use: arguments.get(use[1]) or use[2] or "", match[1])
        if name.lower() not in stages and name != "scratch":
            found.image(source, name, source.line_at(match.start(1)))
        if match[2]:
            stages.add(match[2].lower())
    for name in _ENV.findall(text):
        found.variable(source, name)
    for kind, command in _RUN.findall(text):
        found.command(source, kind, re.sub(r'[\[\]",]+', " ", command))


def yaml_images(source: Source, found: Findings) -> None:
    """Record what stands behind `image:` keys."""
    if "image" not in source.text or not (_RUNS_CONTAINERS.search(source.text) or source.basename.startswith("values")):
        return
    for match in _IMAGE.finditer(source.text):
        found.image(source, _DEFAULT.sub(r"\1", match[1]), source.line_at(match.start(1)))


@lru_cache(maxsize=8192)
def repository_of(image: str) -> tuple[str, str]:
    """Return repository (no registry, no `library/`) and tag of an image name, both may be ''."""
    name = image.partition("@")[0]
    name = _REGISTRY.sub("", name)
    head, _, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    repository = f"{head}/{last}" if head else last
    return repository.removeprefix("library/").lower(), tag
