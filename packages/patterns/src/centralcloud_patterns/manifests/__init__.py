"""Manifests and lock files into dependencies, commands, images and variables: one small parser module a family.

`registry` says who reads what; `findings` is what parsers share. Knows nothing of patterns.
"""

from centralcloud_patterns.manifests.dependency import Dependency
from centralcloud_patterns.manifests.findings import Findings, Located, Source

__all__ = ["Dependency", "Findings", "Located", "Source"]
