""".NET: project files with their SDK, packages.config, central package versions, global.json, paket."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, table_of
from centralcloud_patterns.manifests.toolchains import engine
from centralcloud_patterns.reading.xml_text import Element

_MODERN = re.compile(r"net(?:coreapp)?(\d{1,3}\.\d{1,3})")
_PAKET = re.compile(r"^[ \t]*nuget[ \t]+([\w.-]+)(?:[ \t]+([^\n]{1,60}))?", re.MULTILINE)


def project(source: Source, found: Findings) -> None:
    """Read a csproj, fsproj, vbproj or Directory.Build.props: SDKs, package and framework references."""
    root = source.document()
    if not isinstance(root, Element):
        return
    for sdk in root.attributes.get("Sdk", "").split(";"):
        name, _, version = sdk.strip().partition("/")
        found.depend(source, "nuget", name, version, "plugin", line=root.line)
    targets = (*root.all("PropertyGroup", "TargetFramework"), *root.all("PropertyGroup", "TargetFrameworks"))
    for framework in [element.text.strip() for element in targets][:1]:
        if match := _MODERN.match(framework):
            engine(source, found, "dotnet", match[1])
    for element in root.all("Sdk"):
        found.depend(source, "nuget", element.attributes.get("Name"), element.attributes.get("Version", ""), "plugin")
    for element in root.all("Import"):
        found.depend(source, "nuget", element.attributes.get("Sdk"), "", "plugin", line=element.line)
    for reference in _items(root, "PackageReference"):
        _package(source, found, reference, "prod")
    for reference in _items(root, "FrameworkReference"):
        _package(source, found, reference, "plugin")
    for reference in _items(root, "Reference"):
        name = reference.attributes.get("Include", "").partition(",")[0]
        found.depend(source, "nuget", name, "", "prod", line=reference.line)


def _items(root: Element, kind: str) -> list[Element]:
    """Return the items of a kind, also those that a condition decides on."""
    places = (("ItemGroup",), ("Choose", "When", "ItemGroup"), ("Choose", "Otherwise", "ItemGroup"))
    return [item for place in places for item in root.all(*place, kind)]


def _package(source: Source, found: Findings, reference: Element, scope: str) -> None:
    attributes = reference.attributes
    version = attributes.get("Version") or attributes.get("VersionOverride") or reference.get("Version")
    name = attributes.get("Include") or attributes.get("Update")
    found.depend(source, "nuget", name, "" if "$(" in version else version, scope, line=reference.line)


def packages_config(source: Source, found: Findings) -> None:
    """Read packages.config."""
    root = source.document()
    for package in root.all("package") if isinstance(root, Element) else ():
        found.depend(
            source, "nuget", package.attributes.get("id"), package.attributes.get("version", ""), line=package.line
        )


def central_versions(source: Source, found: Findings) -> None:
    """Read Directory.Packages.props: versions for the projects below, and packages that all of them have."""
    root = source.document()
    if isinstance(root, Element):
        for entry in root.all("ItemGroup", "PackageVersion"):
            found.lock(source, "nuget", entry.attributes.get("Include"), entry.attributes.get("Version"))
        for reference in root.all("ItemGroup", "GlobalPackageReference"):
            _package(source, found, reference, "build")
    project(source, found)


def packages_lock(source: Source, found: Findings) -> None:
    """Read packages.lock.json."""
    for framework in table_of(source.mapping(), "dependencies").values():
        for name, package in table_of(framework).items():
            found.lock(source, "nuget", name, table_of(package).get("resolved"))


def global_json(source: Source, found: Findings) -> None:
    """Read the SDKs of a global.json, .NET's own version included."""
    if version := table_of(source.mapping(), "sdk").get("version"):
        engine(source, found, "dotnet", version)
    for name, version in table_of(source.mapping(), "msbuild-sdks").items():
        found.depend(source, "nuget", name, version, "plugin")


def paket(source: Source, found: Findings) -> None:
    """Read paket.dependencies or paket.references."""
    for name, wanted in _PAKET.findall(source.text):
        found.depend(source, "nuget", name, wanted)


def nuspec(source: Source, found: Findings) -> None:
    """Read the dependencies of a package description."""
    root = source.document()
    if not isinstance(root, Element):
        return
    listed = root.all("metadata", "dependencies")
    for dependency in [
        found for group in listed for found in (*group.all("dependency"), *group.all("group", "dependency"))
    ]:
        attributes = dependency.attributes
        found.depend(source, "nuget", attributes.get("id"), attributes.get("version", ""), line=dependency.line)
