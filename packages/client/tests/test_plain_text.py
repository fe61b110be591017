"""Text that is shown or kept: what is replaced, and that all else stays."""

import pytest

from centralcloud_client.plain_text import plain, plain_or_none, plain_throughout


@pytest.mark.parametrize("unfit", ["\0", "\x1b", "\x7f", "\x9b", "\ud800", "\b"])
def test_what_no_database_or_terminal_takes_is_replaced(unfit: str) -> None:
    assert plain(f"a{unfit}b") == "a\ufffdb"
    assert plain_throughout({f"k{unfit}": [f"v{unfit}", 1, None]}) == {"k\ufffd": ["v\ufffd", 1, None]}


@pytest.mark.parametrize("fit", ["", "next@^15", "größer 版本 🙂", "two\n\tlines\r\n", "a\u00a0b"])
def test_all_else_stays(fit: str) -> None:
    assert plain(fit) == plain_or_none(fit) == fit
    assert plain_or_none(None) is None
