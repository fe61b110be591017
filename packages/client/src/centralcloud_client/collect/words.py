"""Lists of names, written as text."""


def words(text: str) -> tuple[str, ...]:
    """Return the words between spaces and line ends."""
    return tuple(text.split())
