"""Pipelines beyond GitHub's and GitLab's: what Travis, CircleCI, Azure, Bitbucket, Jenkins and their kin run.

Owns the walk through YAML that finds commands wherever they stand; `pipelines` reads the two with a shape of their own.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, strings_of, tables_of

MAX_COMMANDS = 500
_MAX_DEPTH = 8
_MAX_LINES = 60
_MAX_TEXT = 400_000
_JENKINS = re.compile(r"\b(?:sh|bat|powershell)[ \t(]{1,5}(?:script:[ \t]{0,5})?(\"{3}|'{3}|\"|')([^\"']{1,2000})")
#: Keys behind which commands stand.
_COMMANDS = frozenset(
    {
        *("run", "command", "commands", "script", "scripts", "cmds", "cmd", "bash", "pwsh", "powershell"),
        *("before_install", "install", "before_script", "after_script", "after_success", "before_deploy"),
        *("build_script", "test_script", "entrypoint", "startCommand", "buildCommand"),
    }
)
#: What Travis calls a service, and the image of the same server.
_SERVICES = {"postgresql": "postgres", "redis-server": "redis", "mongodb": "mongo", "memcache": "memcached"}


def pipeline(source: Source, found: Findings) -> None:
    """Record what stands behind the keys of a pipeline that hold commands, however deep."""
    _record(source, found, _commands_in(source.document(), "", _MAX_DEPTH))


def travis(source: Source, found: Findings) -> None:
    """Record the services and commands of a .travis.yml."""
    for service in items_of(source.mapping().get("services")):
        if isinstance(service, str):
            found.image(source, _SERVICES.get(service, service), source.line_at(source.text.find(service)))
    pipeline(source, found)


def circleci(source: Source, found: Findings) -> None:
    """Record the orbs, variables and commands of a CircleCI configuration."""
    for orb in strings_of(source.mapping().get("orbs")).values():
        name, _, version = orb.partition("@")
        found.depend(source, "circleciorb", name, version, "build")
    for job in tables_of(source.mapping().get("jobs")).values():
        for variable, value in strings_of(job.get("environment")).items():
            found.variable(source, variable, value)
    pipeline(source, found)


def jenkinsfile(source: Source, found: Findings) -> None:
    """Record the shell steps of a Jenkinsfile."""
    _record(source, found, (("sh", match[2]) for match in _JENKINS.finditer(source.text[:_MAX_TEXT])))


def _commands_in(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield blocks of commands, each with the name of what holds it."""
    if depth < 0:
        return
    if isinstance(value, list):
        for item in value[:MAX_COMMANDS]:
            yield from _commands_in(item, name, depth - 1)
    elif isinstance(value, dict):
        for key, item in list(value.items())[:MAX_COMMANDS]:
            if str(key) in _COMMANDS:
                yield from ((name or str(key), block) for block in items_of(item) if isinstance(block, str))
            yield from _commands_in(item, str(key), depth - 1)


def _record(source: Source, found: Findings, blocks: Iterable[tuple[str, str]]) -> None:
    lines = ((name, line) for name, block in blocks for line in block.split("\n")[:_MAX_LINES])
    for name, line in islice(lines, MAX_COMMANDS):
        if line.strip()[:1] not in {"", "#"}:
            found.command(source, name, line)
