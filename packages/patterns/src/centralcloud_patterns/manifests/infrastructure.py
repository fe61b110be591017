"""What deployment code uses: Terraform providers and modules, GitHub Actions, Helm charts."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, table_of, tables_of

_TF_SOURCE = re.compile(
    r"^[ \t]*source[ \t]*=[ \t]*\"([\w-]+/[\w-]+(?:/[\w-]+)?)\"(?:[ \t]*\n[ \t]*version[ \t]*=[ \t]*\"([^\"]+)\")?",
    re.MULTILINE,
)
_TF_PROVIDER = re.compile(r"^provider[ \t]+\"([\w-]+)\"", re.MULTILINE)
_TF_RESOURCE = re.compile(r"^(?:resource|data)[ \t]+\"([a-z0-9]+)_[\w]+\"", re.MULTILINE)
_BAZEL = re.compile(
    r"\bbazel_dep\([ \t\n]*name[ \t]*=[ \t]*\"([\w.-]+)\"(?:[ \t\n]*,[ \t\n]*version[ \t]*=[ \t]*\"([^\"\n]*)\")?"
)
_USES = re.compile(r"^[ \t]*(?:-[ \t]+)?uses:[ \t]*[\"']?([\w.-]+/[\w./-]+)@([\w./-]+)", re.MULTILINE)
_RUN = re.compile(r"^[ \t]*(?:-[ \t]+)?run:[ \t]*([^|>\n][^\n]{0,500})", re.MULTILINE)


def terraform(source: Source, found: Findings) -> None:
    """Record providers and modules of a Terraform file; a provider used by a resource alone counts as well."""
    providers = set(_TF_PROVIDER.findall(source.text)) | set(_TF_RESOURCE.findall(source.text))
    for name, wanted in _TF_SOURCE.findall(source.text):
        found.depend(source, "terraform", name, wanted)
        providers.discard(name.rpartition("/")[2])
    for name in sorted(providers):
        found.depend(source, "terraform", f"hashicorp/{name}")


def github_workflow(source: Source, found: Findings) -> None:
    """Record the actions that a workflow uses and the commands it runs."""
    for name, version in _USES.findall(source.text):
        found.depend(source, "githubactions", name, version.removeprefix("v"), "build")
    for command in _RUN.findall(source.text):
        found.command(source, "run", command)


def helm_chart(source: Source, found: Findings) -> None:
    """Record the charts that a Helm chart depends on."""
    for member in items_of(source.mapping().get("dependencies")):
        if isinstance(member, dict):
            found.depend(source, "helm", member.get("name"), member.get("version", ""))


def bazel_module(source: Source, found: Findings) -> None:
    """Record the modules that a MODULE.bazel depends on."""
    for name, version in _BAZEL.findall(source.text):
        found.depend(source, "bazel", name, version)


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
