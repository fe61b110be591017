"""What the core can read, the client sends: a parser for a file that stays home would never see one."""

import pytest

from centralcloud_client.collect.contents import is_read
from centralcloud_patterns.expressions import split_braces
from centralcloud_patterns.manifests import registry

GLOBS = [alternative for glob, _ in registry.BY_GLOB for alternative in split_braces(glob)]


@pytest.mark.parametrize("name", [*sorted(registry.BY_NAME), *(glob.replace("*", "x") for glob in GLOBS)])
def test_the_client_sends_every_file_that_a_parser_reads(name: str) -> None:
    assert is_read(name)
