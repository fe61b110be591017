"""The kinds of indicators, and the index they build together.

Groups are not here: they are made of indicators, and `keying` and `matching` take them apart.
"""

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators import config, content, dependency, deployed, extension, file, named, structure
from centralcloud_patterns.indicators.rules import RESIDUE, Rules
from centralcloud_patterns.pattern import IndicatorKind
from centralcloud_patterns.words import words_in

#: Different words up to which it is remembered which file holds which.
MAX_WORDS = 100_000

RULES: dict[IndicatorKind, Rules] = {
    IndicatorKind.DEPENDENCY: dependency.RULES,
    IndicatorKind.FILE: file.RULES,
    IndicatorKind.EXTENSION: extension.RULES,
    IndicatorKind.CONTENT: content.RULES,
    IndicatorKind.CONFIG: config.RULES,
    IndicatorKind.ENV: named.ENV,
    IndicatorKind.IMAGE: named.IMAGE,
    IndicatorKind.IMPORT: named.IMPORT,
    IndicatorKind.SCRIPT: named.SCRIPT,
    IndicatorKind.SHEBANG: named.SHEBANG,
    IndicatorKind.KUBERNETES: deployed.KUBERNETES,
    IndicatorKind.PORT: deployed.PORT,
    IndicatorKind.HOST: deployed.HOST,
    IndicatorKind.STRUCTURE: structure.RULES,
}


def index_into(facts: Facts) -> None:
    """Fill the index of the facts and freeze its keys."""
    index = facts.index
    for rules in RULES.values():
        for key, fact in rules.index(facts):
            under = index.get(key)
            if under is None:
                index[key] = [fact]
            else:
                under.append(fact)
    index.setdefault(RESIDUE, [])
    words: set[str] = set()
    for path in facts.own:
        text = facts.files[path]
        if text is not None:
            found = words_in(text)
            words |= found
            if len(words) <= MAX_WORDS:
                facts.words[path] = found
            else:
                facts.words_are_all = False
    facts.found_by(words.union(index, facts.named))
