"""Which reader a file gets, by its name.

Owns that table. Callers keep the value; nothing is cached here.
"""

import re
from typing import Any

from centralcloud_patterns.paths import basename_of
from centralcloud_patterns.reading.ini_text import read_ini, read_properties
from centralcloud_patterns.reading.json_text import read_json
from centralcloud_patterns.reading.toml_text import read_toml
from centralcloud_patterns.reading.unreadable import Unreadable
from centralcloud_patterns.reading.xml_text import read_xml
from centralcloud_patterns.reading.yaml_text import read_yaml

_BY_NAME = {
    "composer.lock": read_json,
    "Pipfile.lock": read_json,
    "Pipfile": read_toml,
    "Cargo.lock": read_toml,
    "uv.lock": read_toml,
    "poetry.lock": read_toml,
    "deno.lock": read_json,
    "bun.lock": read_json,
    "flake.lock": read_json,
    "Package.resolved": read_json,
    "renv.lock": read_json,
    "Chart.lock": read_yaml,
    "shard.lock": read_yaml,
    ".babelrc": read_json,
    ".eslintrc": read_json,
    ".prettierrc": read_yaml,
    ".swcrc": read_json,
    ".sequelizerc": read_json,
    ".flake8": read_ini,
    ".editorconfig": read_ini,
    ".npmrc": read_properties,
}
_BY_EXTENSION = {
    **dict.fromkeys(("json", "jsonc", "json5", "webmanifest", "code-workspace", "jsonl"), read_json),
    **dict.fromkeys(("yaml", "yml"), read_yaml),
    "toml": read_toml,
    **dict.fromkeys(("xml", "csproj", "fsproj", "vbproj", "props", "targets", "config", "nuspec", "pom"), read_xml),
    **dict.fromkeys(("ini", "cfg", "conf"), read_ini),
    **dict.fromkeys(("properties", "env"), read_properties),
}

#: What a template is filled in by: Jinja, Liquid, Handlebars, EJS, ERB.
_TAG = re.compile(r"\{%[^\n]{0,200}?%\}|\{\{[^\n]{0,200}?\}\}|<%[^\n]{0,200}?%>")
_MAX_TEMPLATE = 64_000


def read_document(path: str, text: str) -> Any:
    """Return the plain value of a configuration file; raise Unreadable when its kind is unknown or it is broken."""
    name = basename_of(path)
    reader: Any = _BY_NAME.get(name) or _BY_EXTENSION.get(name.rpartition(".")[2].lower())
    if reader is None and name.startswith(".env"):
        reader = read_properties
    if reader is None:
        raise Unreadable("not a kind of configuration file that is known")
    try:
        return reader(text)
    except Unreadable as error:
        bare = _TAG.sub("", text) if len(text) <= _MAX_TEMPLATE else text
        if bare == text:
            raise
        raise _of_template(reader, bare, error) from None


def _of_template(reader: Any, bare: str, error: Unreadable) -> Unreadable:
    """Return what is wrong with a template of a file, with what it says beside its tags."""
    try:
        return Unreadable(f"read as a template: {error}"[:300], reader(bare))
    except Unreadable as worse:
        return error if error.partial else worse
