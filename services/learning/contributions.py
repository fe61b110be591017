"""Turn one learn into what it contributes: a small pattern that the core can merge, its speaker on every word.

Owns the cuts that keep a pattern's document small. Which pattern it goes into is decided by `identity`.
"""

from typing import Final

import msgspec

from centralcloud_client.messages import pattern as messages
from centralcloud_client.messages.learns import Learn
from centralcloud_patterns.merging import LEARN
from centralcloud_patterns.pattern import Example, Pattern, PatternType, Provenance, Relation
from services.learning.names import key
from services.learning.reading import Submission

#: Characters of one example that are kept.
_MAX_CODE: Final = 4_000
#: Characters of a description.
_MAX_DESCRIPTION: Final = 4_000
#: Characters of a practice, a pitfall, a note or a command.
_MAX_LINE: Final = 500
_WORDS: Final = ("category", "description", "homepage")


def contribution(submission: Submission, learn: Learn, slug: str) -> Pattern:
    """Return what a learn says about the pattern `slug`."""
    at = submission.delivery.received_at
    instance_id = submission.instance_id or None
    voice = Provenance(
        source=LEARN,
        instance_id=instance_id,
        learn_id=submission.learn_id,
        codebase_id=submission.codebase_id or None,
        at=at,
    )
    words = [word for word in _WORDS if getattr(learn, word)]
    return Pattern(
        type=PatternType(submission.type),
        slug=slug,
        name=learn.name,
        category=learn.category or None,
        description=_cut(learn.description, _MAX_DESCRIPTION),
        homepage=_cut(learn.homepage, _MAX_LINE),
        aliases=_aliases(learn),
        languages=tuple(dict.fromkeys([language.lower() for language in learn.languages])),
        indicators=submission.indications.indicators,
        notes=_lines(submission.indications.notes),
        examples=tuple([_example(example) for example in learn.examples]),
        relations=tuple([msgspec.convert(msgspec.to_builtins(relation), Relation) for relation in learn.relations]),
        practices=_lines(learn.practices),
        pitfalls=_lines(learn.pitfalls),
        commands={name: line[:_MAX_LINE] for name, line in learn.commands.items()},
        provenance=(
            voice,
            *[
                Provenance(source=LEARN, field=word, instance_id=instance_id, learn_id=submission.learn_id, at=at)
                for word in ("name", *words)
            ],
        ),
    )


def _aliases(learn: Learn) -> tuple[str, ...]:
    """Return the other names: those told, and the name itself where the learn named its pattern by slug."""
    told = [alias for alias in learn.aliases if key(alias)]
    if learn.slug and key(learn.slug) != key(learn.name):
        told.append(learn.name)
    return tuple(dict.fromkeys(told))


def _example(sent: str | messages.Example) -> Example:
    if isinstance(sent, str):
        return Example(code=sent[:_MAX_CODE])
    return Example(code=sent.code[:_MAX_CODE], language=sent.language, title=_cut(sent.title, _MAX_LINE))


def _lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([line[:_MAX_LINE] for line in lines if line.strip()])) if lines else ()


def _cut(text: str | None, most: int) -> str | None:
    return text[:most] if text else None
