"""Whether a template may be stored, and what is wrong with it: in general, and as a question of the centre itself.

Owns what prompts of the centre must have. Filling them in is `services.findings.prompts`.
"""

import re
from collections.abc import Iterator
from typing import Final

from centralcloud_client import subjects
from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.wire import WireError
from services.secrets import line_with_secret
from services.template_text import placeholders, without_placeholders
from services.unseen import seen

#: Questions that the centre asks: by these names, or with a slash and a pattern type behind them.
PURPOSES: Final = ("discovery", "enrichment")
#: Between the instructions, and the question with its data.
PARTING: Final = "---"
#: What a question may have filled in.
VARIABLES: Final = frozenset({"type", "categories", "output", "data", "mark"})
#: The contract of the answer, and the delimited block of untrusted data.
REQUIRED: Final = {"output": "the contract of the answer", "data": "the block of untrusted data"}
MAX_PROMPT: Final = 20_000

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/ -]*[A-Za-z0-9])?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check(request: TemplatesStore) -> None:
    """Raise WireError bad_schema with the reason unless the template may be stored."""
    if not _NAME.fullmatch(request.name):
        raise WireError("bad_schema", "letters, digits, and . _ / - between them", "$.name")
    for field in ("kind", "body"):
        if not getattr(request, field).strip():
            raise WireError("bad_schema", "empty", f"$.{field}")
    for index, variable in enumerate(request.variables):
        if not _VARIABLE.fullmatch(variable):
            raise WireError("bad_schema", "letters, digits and underscores", f"$.variables[{index}]")
    if request.description and line_with_secret(request.description):
        raise WireError("bad_schema", "holds what looks like a secret", "$.description")
    if problem := _problem_of_text(request) or prompt_problem(request.name, request.kind, request.body):
        raise WireError("bad_schema", problem[:400], "$.body")


def _problem_of_text(request: TemplatesStore) -> str | None:
    for number, line in enumerate(request.body.split("\n"), 1):
        if len(seen(line)) < len(line):
            return f"line {number} holds characters that are not seen"
    if (secret := line_with_secret(request.body)) is not None:
        return f"line {secret} holds what looks like a secret: every version is kept, and all instances hear of it"
    undeclared = set(placeholders(request.body)) - set(request.variables)
    if undeclared:
        return f"placeholders that are not in variables: {', '.join(sorted(undeclared)[:10])}"
    return None


def prompt_problem(name: str, kind: str, body: str) -> str | None:
    """Return what keeps a template from being a question of the centre; None also for one that is not meant to be."""
    purpose, slash, type_ = name.lower().partition("/")
    if purpose not in PURPOSES:
        return None
    if slash and type_ not in subjects.TYPES:
        return (
            f"{type_[:60]!r} is no type of pattern: after {purpose}/ comes one of {', '.join(sorted(subjects.TYPES))}"
        )
    if kind != "prompt":
        return f"{purpose} is a question of the centre: its kind is prompt"
    if len(body) > MAX_PROMPT:
        return f"a prompt of the centre has {MAX_PROMPT} characters at most"
    return next(_problems_of_parts(body), None)


def _problems_of_parts(body: str) -> Iterator[str]:
    used = placeholders(body)
    if unknown := set(used) - VARIABLES:
        yield f"unknown variables: {', '.join(sorted(unknown)[:10])}; a prompt may use {', '.join(sorted(VARIABLES))}"
    if "{{" in without_placeholders(body) or "}}" in without_placeholders(body):
        yield "braces that are no placeholder"
    for name, what in REQUIRED.items():
        if used.count(name) != 1:
            yield f"{{{{ {name} }}}}, {what}, must stand in it exactly once"
    lines = [line.strip() for line in body.split("\n")]
    if lines.count(PARTING) != 1:
        yield f"exactly one line {PARTING} parts the instructions from the question"
        return
    before, after = lines[: lines.index(PARTING)], lines[lines.index(PARTING) + 1 :]
    if placeholders("\n".join(after)) != ["data"]:
        yield f"below the line {PARTING} stands {{{{ data }}}} and no other placeholder: instructions belong above it"
    if not any(placeholders(line) == ["data"] and not without_placeholders(line).strip() for line in after):
        yield "{{ data }} needs a line of its own"
    if not without_placeholders("".join(before)).strip():
        yield "there are no instructions"


def parts(body: str) -> tuple[str, str]:
    """Return the instructions and the question of a prompt that was checked."""
    lines = body.split("\n")
    at = next(index for index, line in enumerate(lines) if line.strip() == PARTING)
    return "\n".join(lines[:at]).strip(), "\n".join(lines[at + 1 :]).strip()
