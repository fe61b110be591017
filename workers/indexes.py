"""Build the source of package metadata: only in the worker that discovers, and only where an operator named indexes."""

from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from services.package_metadata import MetadataSource


def open_indexes(chosen: Settings) -> "MetadataSource | None":
    """Return the indexes that were named; None where there are none. Raises ValueError for one that is not known."""
    if not chosen.package_indexes:
        return None
    from services.package_metadata import PublicIndexes

    return PublicIndexes(chosen.package_indexes)
