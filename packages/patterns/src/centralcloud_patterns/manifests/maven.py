"""pom.xml: dependencies, managed ones, plugins and parent, with properties filled in."""

import re
from collections.abc import Iterator

from centralcloud_patterns.manifests.findings import Findings, Source, items_of
from centralcloud_patterns.manifests.toolchains import engine
from centralcloud_patterns.reading.xml_text import Element

_PROPERTY = re.compile(r"\$\{([\w.-]+)\}")
_SCOPES = {"test": "dev", "provided": "prod", "runtime": "prod", "system": "prod", "import": "managed"}


def pom_xml(source: Source, found: Findings) -> None:
    """Read a pom.xml; profiles count as the project itself."""
    root = source.document()
    if not isinstance(root, Element):
        return
    properties = {child.tag: child.text.strip() for holder in root.all("properties") for child in holder.children}
    for name, value in properties.items():
        found.property(source, name, _filled(value, properties))
    for name in ("maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source"):
        if (release := _filled(properties.get(name, ""), properties)) and "${" not in release:
            engine(source, found, "java", release.removeprefix("1."))
            break
    properties["project.version"] = root.get("version") or root.get("parent", "version")
    properties["project.groupId"] = root.get("groupId") or root.get("parent", "groupId")
    found.declare("maven", f"{properties['project.groupId']}/{root.get('artifactId')}")
    for project in (root, *root.all("profiles", "profile")):
        for dependency in project.all("dependencies", "dependency"):
            scope = "optional" if dependency.get("optional") == "true" else dependency.get("scope")
            _depend(source, found, dependency, properties, _SCOPES.get(scope, scope or "prod"))
        for dependency in project.all("dependencyManagement", "dependencies", "dependency"):
            # An imported bill of materials is what a project builds on; others say only which version it would be.
            scope = "parent" if dependency.get("scope") == "import" else "managed"
            _depend(source, found, dependency, properties, scope)
            if scope == "managed" and "${" not in (version := _filled(dependency.get("version"), properties)):
                group, artifact = (_filled(dependency.get(field), properties) for field in ("groupId", "artifactId"))
                found.lock(source, "maven", f"{group}/{artifact}", version or None)
        for plugin in _plugins(project):
            _depend(source, found, plugin, properties, "plugin")
    for parent in root.all("parent"):
        _depend(source, found, parent, properties, "parent")
    modules = [module.text.strip() for module in root.all("modules", "module") if module.text.strip()]
    if items_of(modules):
        found.workspaces[source.directory] = modules


def _plugins(project: Element) -> Iterator[Element]:
    yield from project.all("build", "plugins", "plugin")
    yield from project.all("build", "pluginManagement", "plugins", "plugin")
    yield from project.all("build", "extensions", "extension")


def _depend(source: Source, found: Findings, element: Element, properties: dict[str, str], scope: str) -> None:
    group = _filled(element.get("groupId"), properties)
    if scope == "plugin" and not group:
        group = "org.apache.maven.plugins"
    artifact = _filled(element.get("artifactId"), properties)
    version = _filled(element.get("version"), properties)
    if group and artifact and "${" not in group + artifact:
        found.depend(source, "maven", f"{group}/{artifact}", version, scope, line=element.line)


def _filled(text: str, properties: dict[str, str]) -> str:
    for _ in range(3):
        if "${" not in text or len(text) > 500:
            break
        text = _PROPERTY.sub(lambda use: properties.get(use[1], use[0]), text)
    return text
