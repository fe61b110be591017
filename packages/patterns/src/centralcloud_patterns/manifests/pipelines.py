"""What pipelines use: GitHub workflows and composite actions, GitLab CI with its services, includes and scripts.

By line where half of the files are templates, from the parsed file where lists matter.
"""

import re
from collections.abc import Iterator
from typing import Any

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, strings_of, table_of, tables_of

_USES = re.compile(r"^[ \t]*(?:-[ \t]+)?uses:[ \t]*[\"']?([\w.-]+/[\w./-]+)@([\w./-]+)", re.MULTILINE)
_DOCKER = re.compile(r"^[ \t]*(?:-[ \t]+)?uses:[ \t]*[\"']?docker://([^\s\"']{1,300})", re.MULTILINE)
_MAX_STEPS = 500
_MAX_LINES = 60
#: Keys of a GitLab pipeline that are no jobs.
_NO_JOBS = frozenset({"stages", "variables", "workflow", "include", "image", "services", "cache", "spec"})


def github_workflow(source: Source, found: Findings) -> None:
    """Record the actions that a workflow or composite action uses, and what it runs."""
    for name, version in _USES.findall(source.text):
        found.depend(source, "githubactions", name, version.removeprefix("v"), "build")
    for match in _DOCKER.finditer(source.text):
        found.image(source, match[1], source.line_at(match.start(1)))
    document = source.mapping()
    jobs = [*tables_of(document.get("jobs")).values(), table_of(document, "runs")]
    for job in jobs:
        for step in items_of(job.get("steps"))[:_MAX_STEPS]:
            _step(source, found, step)


def _step(source: Source, found: Findings, step: Any) -> None:
    if not isinstance(step, dict):
        return
    for line in _lines(step.get("run")):
        found.command(source, "run", line)


def _lines(script: object) -> Iterator[str]:
    for block in items_of(script)[:_MAX_LINES]:
        if isinstance(block, str):
            yield from (line for line in block.split("\n")[:_MAX_LINES] if line.strip()[:1] not in {"", "#"})


def gitlab_ci(source: Source, found: Findings) -> None:
    """Record what a GitLab pipeline runs: services, images given as mappings, scripts, variables, included parts."""
    pipeline = source.mapping()
    for include in items_of(pipeline.get("include")):
        part = include if isinstance(include, dict) else {}
        for field in ("project", "component", "template"):
            name, _, version = str(part.get(field) or "").partition("@")
            found.depend(source, "gitlabci", name, version or str(part.get("ref") or ""), "build")
    for name, job in [("default", pipeline), *tables_of(pipeline).items()]:
        for service in items_of(job.get("services")):
            found.image(source, service.get("name") if isinstance(service, dict) else service)
        image = job.get("image")
        if isinstance(image, dict):
            found.image(source, image.get("name"))
        for variable, value in strings_of(job.get("variables")).items():
            found.variable(source, variable, value)
        if name not in _NO_JOBS:
            for field in ("before_script", "script", "after_script"):
                for line in _lines(job.get(field)):
                    found.command(source, name, line)
