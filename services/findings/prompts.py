"""Build the questions: the newest template of the purpose, filled in, its untrusted data in a delimited block.

A template for the very type goes before the one for all types. What is untrusted stands in the block and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from centralcloud_patterns.pattern import Pattern
from llm.prompt import Prompt
from models import patterns, templates
from models.base import AnyRow
from services.findings.contract import OUTPUT
from services.findings.data_block import data_block
from services.grounding import Fact, Facts
from services.secrets import without_secrets
from services.template_checks import parts, prompt_problem
from services.template_text import BadTemplateError, render
from services.unseen import seen

#: Fields of a pattern that a model is shown.
_SHOWN: Final = ("name", "category", "description", "languages", "aliases", "homepage", "practices", "pitfalls")
_MAX_NAME: Final = 256
_log = structlog.get_logger(__name__)


class NoTemplateError(LookupError):
    """No usable template is stored: those that ship are loaded with the catalogue, by `python -m workers.migrate`."""


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A question ready to be asked, and the template it was made from."""

    prompt: Prompt
    template: str
    version: int


def discovery_prompt(connection: Connection, type_: str, name: str, facts: Facts) -> BuiltPrompt:
    """Return the question about a name that nobody knows; raises NoTemplateError."""
    asked = {"asked": {"type": type_, "name": seen(without_secrets(name))[:_MAX_NAME]}}
    return _built(connection, "discovery", type_, [asked, *_records(facts.items)])


def enrichment_prompt(connection: Connection, pattern: Pattern, facts: Facts) -> BuiltPrompt:
    """Return the question about a pattern that was learned and is thin; raises NoTemplateError."""
    known = {"type": pattern.type.value, "slug": pattern.slug}
    known |= {field: value for field in _SHOWN if (value := _shown(getattr(pattern, field)))}
    return _built(connection, "enrichment", pattern.type.value, [{"pattern": known}, *_records(facts.items)])


def _built(connection: Connection, purpose: str, type_: str, records: Iterable[Mapping[str, Any]]) -> BuiltPrompt:
    row = _template(connection, purpose, type_)
    block = data_block(records)
    instructions, question = parts(row.body)
    values = {
        "type": type_,
        "categories": ", ".join(patterns.curated_categories(connection, type_)),
        "output": OUTPUT,
        "data": block.text,
        "mark": block.mark,
    }
    prompt = Prompt(system=render(instructions, values), user=render(question, values))
    return BuiltPrompt(prompt, row.name, row.version)


def _template(connection: Connection, purpose: str, type_: str) -> AnyRow:
    """Return the newest version that can be used, of the type's own template if there is one."""
    for name in (f"{purpose}/{type_}", purpose):
        for row in templates.versions(connection, name):
            problem = prompt_problem(row.name, row.kind, row.body)
            if problem is None:
                return row
            _log.warning("template passed over", name=row.name, version=row.version, problem=problem)
    raise NoTemplateError(f"no template {purpose!r}: those that ship are loaded by `python -m workers.migrate`")


def _records(facts: Iterable[Fact]) -> list[dict[str, str]]:
    return [{"id": it.id, "kind": it.kind.value, "said_by": it.source, "text": it.text} for it in facts]


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return seen(without_secrets(value))
    return [seen(without_secrets(each)) for each in value] if value else None


__all__ = ["BadTemplateError", "BuiltPrompt", "NoTemplateError", "discovery_prompt", "enrichment_prompt"]
