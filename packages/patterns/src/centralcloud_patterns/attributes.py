"""What a codebase says of its own files: .gitattributes marks some as vendored, generated or documentation.

Such files tell nothing about what the codebase is made of, by its owners' own word, so they are left out.
"""

import pathspec

MAX_RULES = 200
_FOREIGN = ("linguist-vendored", "linguist-generated", "linguist-documentation")
_FILE = ".gitattributes"


def without_foreign(files: dict[str, str | None]) -> dict[str, str | None]:
    """Return the files without those that the root's .gitattributes calls somebody else's or no code."""
    rules = _rules(files.get(_FILE) or "")
    if not rules:
        return files
    try:
        spec = pathspec.GitIgnoreSpec.from_lines(rules)
    except ValueError:
        return files
    return {path: text for path, text in files.items() if not spec.match_file(path)}


def _rules(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        pattern, *attributes = line.split() or [""]
        if not pattern or pattern[0] in '#!"' or len(pattern) > 200 or pattern.count("*") > 6:
            continue
        if any(attribute in _FOREIGN or attribute.partition("=")[::2] in _TRUE for attribute in attributes):
            found.append(pattern)
    return found[:MAX_RULES]


_TRUE = {(name, "true") for name in _FOREIGN}
