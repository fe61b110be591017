"""Kubernetes objects of YAML files: kind, apiVersion, and the annotations and labels that name a domain.

By line, because half of such files are templates that no parser would take.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, KubernetesObject, Source

MAX_OBJECTS = 500
_MAX_ANNOTATIONS = 100

_SEPARATOR = re.compile(r"^---", re.MULTILINE)
_API = re.compile(r"^apiVersion:[ \t]*[\"']?([\w./-]{1,200})", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*[\"']?(\w{1,100})", re.MULTILINE)
_ANNOTATION = re.compile(r"^[ \t]+[\"']?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20}/[\w.-]{1,100})[\"']?:", re.MULTILINE)
_PORT = re.compile(r"^[ \t]+(?:-[ \t]+)?(?:containerPort|targetPort|port):[ \t]*(\d{1,5})[ \t]*$", re.MULTILINE)


def kubernetes(source: Source, found: Findings) -> None:
    """Record the objects of a YAML file and the ports they name; what lacks apiVersion or kind is none."""
    text = source.text
    if "apiVersion:" not in text:
        return
    starts = [0, *(match.end() for match in _SEPARATOR.finditer(text))][:MAX_OBJECTS]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        api, kind = _API.search(text, start, end), _KIND.search(text, start, end)
        if api and kind:
            annotations = dict.fromkeys(_ANNOTATION.findall(text, start, end)[:_MAX_ANNOTATIONS])
            line = source.line_at(kind.start())
            found.objects.append(KubernetesObject(kind[1], api[1], tuple(annotations), source.path, line))
            for port in list(_PORT.finditer(text, start, end))[:50]:
                found.port(source, port[1], source.line_at(port.start(1)), port[0].strip(" \t-"))
