"""What deployment code uses: Terraform, Helm charts, Kustomize, Bazel modules, serverless platforms."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, table_of, tables_of

_TF_SOURCE = re.compile(
    r"^[ \t]*source[ \t]*=[ \t]*\"((?:[\w-]+\.)?[\w.-]+/[\w-]+(?:/[\w-]+){0,2})\""
    r"(?:[ \t]*\n[ \t]*version[ \t]*=[ \t]*\"([^\"]+)\")?",
    re.MULTILINE,
)
_TF_PROVIDER = re.compile(r"^provider[ \t]+\"([\w-]+)\"", re.MULTILINE)
_TF_RESOURCE = re.compile(r"^(?:resource|data)[ \t]+\"([a-z0-9]+)_[\w]+\"", re.MULTILINE)
_BAZEL = re.compile(
    r"\bbazel_dep\([ \t\n]*name[ \t]*=[ \t]*\"([\w.-]+)\"(?:[ \t\n]*,[ \t\n]*version[ \t]*=[ \t]*\"([^\"\n]*)\")?"
)
_TF_KIND = re.compile(r"^(?:resource|data)[ \t]+\"([a-z0-9]+_\w{1,80})\"", re.MULTILINE)
_MAX_KINDS = 500
_HTTP_ARCHIVE = re.compile(
    r"\b(?:http_archive|git_repository)\([ \t\n]{0,40}name[ \t]{0,10}=[ \t]{0,10}\"([\w.-]{1,80})\""
)
_ARTIFACT = re.compile(r"\"([A-Za-z][\w.-]{1,100}\.[\w-]{1,60}):([A-Za-z][\w.-]{1,100}):(\d[\w.+-]{0,40})\"")


def terraform(source: Source, found: Findings) -> None:
    """Record providers and modules of a Terraform file; a provider used by a resource alone counts as well."""
    providers: dict[str, int] = {}
    for expression in (_TF_PROVIDER, _TF_RESOURCE):
        for match in expression.finditer(source.text):
            providers.setdefault(match[1], match.start())
    for match in _TF_SOURCE.finditer(source.text):
        found.depend(source, "terraform", match[1], match[2] or "", line=source.line_at(match.start(1)))
        providers.pop(match[1].rpartition("/")[2], None)
    for name, position in sorted(providers.items()):
        found.depend(source, "terraform", f"hashicorp/{name}", line=source.line_at(position))
    kinds: dict[str, int] = {}
    for match in _TF_KIND.finditer(source.text):
        kinds.setdefault(match[1], match.start())
    for kind, position in list(kinds.items())[:_MAX_KINDS]:
        found.depend(source, "terraform-resource", kind, "", "tool", line=source.line_at(position))


def helm_chart(source: Source, found: Findings) -> None:
    """Record the charts that a Helm chart depends on."""
    for member in items_of(source.mapping().get("dependencies")):
        if isinstance(member, dict):
            found.depend(source, "helm", member.get("name"), member.get("version", ""))


def bazel_module(source: Source, found: Findings) -> None:
    """Record the modules that a MODULE.bazel depends on, and the Maven artifacts it installs."""
    for name, version in _BAZEL.findall(source.text):
        found.depend(source, "bazel", name, version)
    _artifacts(source, found)


def bazel_workspace(source: Source, found: Findings) -> None:
    """Record the archives that a WORKSPACE fetches, and the Maven artifacts it installs."""
    for name in _HTTP_ARCHIVE.findall(source.text):
        found.depend(source, "bazel", name)
    _artifacts(source, found)


def _artifacts(source: Source, found: Findings) -> None:
    if "maven" in source.text:
        for group, artifact, version in _ARTIFACT.findall(source.text):
            found.depend(source, "maven", f"{group}/{artifact}", version)


def kustomization(source: Source, found: Findings) -> None:
    """Record the images and charts that a Kustomize overlay names."""
    for image in items_of(source.mapping().get("images")):
        if isinstance(image, dict):
            tag = image.get("newTag")
            name = image.get("newName") or image.get("name")
            found.image(source, f"{name}:{tag}" if isinstance(tag, str) else name)
    for chart in items_of(source.mapping().get("helmCharts")):
        if isinstance(chart, dict):
            found.depend(source, "helm", chart.get("name"), chart.get("version", ""))


def app_json(source: Source, found: Findings) -> None:
    """Record the variables that an app.json of Heroku asks for."""
    for name in table_of(source.mapping(), "env"):
        found.variable(source, name)


def serverless(source: Source, found: Findings) -> None:
    """Record plugins and variables of a serverless.yml."""
    for name in items_of(source.mapping().get("plugins")):
        found.depend(source, "npm", name, "", "plugin")
    for holder in (table_of(source.mapping(), "provider"), *tables_of(source.mapping().get("functions")).values()):
        for name in table_of(holder, "environment"):
            found.variable(source, name)
