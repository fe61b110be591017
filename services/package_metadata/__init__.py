"""What package indexes say about a name. Off unless an operator names indexes; nothing here is stored.

Owns the interface and its implementation for indexes that answer in JSON.
"""

from services.package_metadata.indexes import PublicIndexes
from services.package_metadata.source import MetadataSource, Package

__all__ = ["MetadataSource", "Package", "PublicIndexes"]
