"""Resources that templates of AWS and Azure create: CloudFormation, SAM and the like, ARM, Bicep.

Each is a dependency by its type, `aws/s3/bucket` or `microsoft.storage/storageaccounts`; Terraform's are in
`manifests.infrastructure`.
"""

import re
from collections.abc import Iterator

from centralcloud_patterns.lexing import in_use
from centralcloud_patterns.manifests.findings import Findings, Source

MAX_TEXT = 2_000_000
MAX_RESOURCES = 500
_AWS = re.compile(r"\bType[\"']?[ \t]{0,10}:[ \t]{0,10}[\"']?AWS::([A-Za-z0-9]{1,40})::([A-Za-z0-9]{1,60})")
_AZURE = re.compile(r"[\"'](Microsoft\.[A-Za-z.]{2,50}/[A-Za-z/]{2,80})(?:@[\w-]{1,40})?[\"']")


def is_template(name: str) -> bool:
    """Tell whether a basename may be that of a template."""
    return name.endswith((".yml", ".yaml", ".json", ".template", ".bicep"))


def cloud_resources(source: Source, found: Findings) -> None:
    """Record each type of resource once, where it first stands."""
    if "AWS::" not in source.text and "Microsoft." not in source.text:
        return
    places: dict[tuple[str, str], int] = {}
    for ecosystem, kind, position in _resources(
        in_use(source.text[:MAX_TEXT], source.basename), source.path.endswith(".bicep")
    ):
        if len(places) < MAX_RESOURCES:
            places.setdefault((ecosystem, kind), position)
    for (ecosystem, kind), position in places.items():
        found.depend(source, ecosystem, kind, "", "tool", line=source.line_at(position))


def _resources(text: str, bicep: bool) -> Iterator[tuple[str, str, int]]:
    if "AWS::" in text:
        for match in _AWS.finditer(text):
            yield "cloudformation", f"AWS::{match[1]}::{match[2]}", match.start()
    if "Microsoft." in text and (bicep or "deploymentTemplate" in text):
        for match in _AZURE.finditer(text):
            yield "arm", match[1], match.start()
