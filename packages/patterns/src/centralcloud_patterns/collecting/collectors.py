"""Which collector reads which file; parsers of manifests are in `manifests.registry`."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from centralcloud_patterns.collecting import (
    addresses,
    cloud_resources,
    commands,
    environment,
    images,
    kubernetes,
    ports,
    recipes,
)
from centralcloud_patterns.collecting.imports import imports
from centralcloud_patterns.languages import language_of
from centralcloud_patterns.manifests.findings import Findings, Source
from centralcloud_patterns.paths import WRAPPERS

Collector = Callable[[Source, Findings], None]


@lru_cache(maxsize=8192)
def _by_name(name: str) -> tuple[Collector, ...]:
    found: list[Collector] = []
    if environment.is_env_file(name):
        found.append(environment.env_file)
    if images.is_dockerfile(name):
        found += [images.dockerfile, ports.exposed]
    if name.endswith((".yml", ".yaml")):
        found += [images.yaml_images, kubernetes.kubernetes]
    if environment.is_compose(name):
        found += [environment.compose, ports.published]
    if addresses.is_configuration(name):
        found.append(addresses.addresses)
    if cloud_resources.is_template(name):
        found.append(cloud_resources.cloud_resources)
    if name.startswith("Procfile"):
        found.append(commands.procfile)
    if recipe := recipes.reader_of(name):
        found.append(recipe)
    if language_of(name):
        found.append(imports)
    return tuple(found)


def collectors_for(name: str, text: str) -> Iterator[Collector]:
    """Yield the collectors that read a file of this basename."""
    yield from _by_name(name)
    if text.startswith("#!") and name not in WRAPPERS:
        yield commands.shebang
