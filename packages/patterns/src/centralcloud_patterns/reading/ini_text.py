"""INI files and properties: sections of keys, or keys alone.

More lenient than configparser, because both appear cut off and with duplicates; never interpolates.
"""

MAX_LINES = 50_000


def read_ini(text: str) -> dict[str, dict[str, str]]:
    """Return the sections with their keys; indented lines continue the value above."""
    sections: dict[str, dict[str, str]] = {}
    section = sections.setdefault("", {})
    key = ""
    for line in text.removeprefix("\ufeff").splitlines()[:MAX_LINES]:
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if bare[0] == "[" and bare[-1] == "]":
            section, key = sections.setdefault(bare[1:-1].strip(), {}), ""
        elif line[0].isspace() and key:
            section[key] += "\n" + bare
        else:
            name, sign, value = bare.partition("=")
            if not sign:
                name, _, value = bare.partition(":")
            key = name.strip()
            section[key] = value.strip()
    return sections


def read_properties(text: str) -> dict[str, str]:
    """Return the keys of a properties or .env file; a later duplicate wins."""
    values = {}
    for line in text.removeprefix("\ufeff").splitlines()[:MAX_LINES]:
        bare = line.strip()
        if not bare or bare[0] in "#!;[":
            continue
        name, sign, value = bare.removeprefix("export ").partition("=")
        if not sign:
            name, sign, value = bare.partition(":")
        if sign:
            values[name.strip()] = value.strip().strip("\"'")
    return values
