"""Remove planted secrets from free text: samples, notes, whatever is stored, broadcast or sent to a model.

Files of a codebase are the collector's concern (`centralcloud_client.collect.secrets`), which blanks them at home; here
text has no file name, and code must stay code. This is care, not proof: what looks like nothing known passes.
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from centralcloud_client.collect.words import words
from centralcloud_patterns.expressions import compiled

BLANK: Final = "***"
#: Name of a value that nobody else should know.
_NAME: Final = (
    r"(?:[A-Za-z0-9_.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|auth[_-]?key|account[_-]?key|credentials?|secret[_-]?key|connection[_-]?string|signing[_-]?key"
    r"|encryption[_-]?key|client[_-]?secret|webhook[_-]?url)|(?:[A-Za-z0-9_.-]{0,40}[_.-])?(?:pass|pwd|dsn|auth))"
)
_ASSIGNED: Final = (
    rf"(?i)(\b{_NAME}[\"'`]?\s{{0,4}}(?::\s{{0,4}}[A-Za-z][\w\[\]|. ]{{0,40}}=|=>|:=|=|:)\s{{0,4}})"
    r"(\"[^\"\n]{1,500}\"|'[^'\n]{1,500}'|`[^`\n]{1,500}`|[^\s\"'`,;(){}\[\]<>&]{1,500})(.?)"
)
_KEY_BLOCK: Final = r"(?s)(-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----).*?(-----END [A-Z ]{0,60}-----|\z)"
_IN_URL: Final = r"([A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@\"'<>]{0,200}:)([^\s/@\"'<>]{1,300})(@)"
_AUTHORIZATION: Final = r"(?i)\b((?:bearer|basic)\s{1,4})([A-Za-z0-9+/._~-]{12,}={0,2})"
#: Forms by which issuers make their tokens known.
_TOKENS: Final = (
    r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bgl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_-]{16,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}"
    r"|\b(?:sk|pk|rk)-(?:[a-z0-9]{1,10}-){0,3}[A-Za-z0-9_-]{16,}|\b[prs]k_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|\bwhsec_[A-Za-z0-9]{10,}|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"
)
_MORE_TOKENS: Final = (
    r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bhf_[A-Za-z0-9]{20,}|\bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|\bdo[opr]_v1_[a-f0-9]{30,}|\bdp\.pt\.[A-Za-z0-9]{20,}|\bhvs\.[A-Za-z0-9_-]{20,}|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{20,}"
    r"|\bSK[a-f0-9]{32}\b|\b[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}|\bkey-[a-f0-9]{32}\b|\bglsa_[A-Za-z0-9_]{20,}"
    r"|hooks\.slack\.com/services/[A-Za-z0-9/]{10,}|discord(?:app)?\.com/api/webhooks/[A-Za-z0-9/_-]{10,}"
    r"|\bsq0(?:atp|csp)-[A-Za-z0-9_-]{20,}|\bATATT3[A-Za-z0-9_=-]{20,}|\brubygems_[a-f0-9]{30,}|\bdckr_pat_[A-Za-z0-9_-]{20,}"
)
_OPAQUE: Final = r"[A-Za-z0-9+/_-]{32,}={0,2}"
#: Whatever is removed has one of these about it.
_SUSPICIOUS: Final = (
    r"(?i)pass|pwd|secret|token|key|credential|dsn|auth|bearer|basic|connection|webhook|://|-----BEGIN|eyJ|[A-Z0-9]{20}"
    r"|[A-Za-z0-9+/_-]{32}|xox|xapp|sk-|rk-|pk-|sk_|rk_|pk_|gh[pousr]_|gl[a-z]{2,3}-|glsa_|npm_|pypi-|hf_|SG\.|AIza|ya29"
    r"|GOCSPX|whsec|do[opr]_|dp\.pt|hvs\.|shp|:AA|sq0|ATATT|dckr|hooks\.|discord"
)
#: One of these is in whatever is known by its form alone.
_CREDENTIAL_SIGNS: Final = (
    r"://|-----BEGIN|eyJ|A(?:KIA|SIA|ROA|IDA)|AIza|ya29|GOCSPX|whsec|SG\.|SK[a-f0-9]{32}|:AA|hvs\.|dp\.pt|ATATT|hooks|key-"
    r"|discord|x(?:ox[a-z]|app)-|[prs]k[-_]|gh[pousr]_|github_|gl[a-z]{2,3}-|glsa_|npm_|pypi-|hf_|do[opr]_|shp|sq0|dckr|rubyg"
)
_SHORTEST_CREDENTIAL: Final = 15
#: Values that only say what belongs there.
_STAND_INS: Final = (
    r"(?i)^(?:\$|%|\{\{|<|\.\.\.|x{3,}$|\*+$|your|my[_-]|changeme|example|placeholder|process\.env|os\.|env)"
)
_TYPES: Final = frozenset(
    words("""
    str string bytes text bool boolean int integer number char varchar any none null nil undefined true false required
    optional object self this unknown password token secret key field env default empty
    """)
)
#: Bits a character from which on a string is nobody's word.
_MIN_ENTROPY: Final = 4.0


def is_suspicious(text: str) -> bool:
    """Tell cheaply whether a text may hold a secret at all; most texts do not."""
    return compiled(_SUSPICIOUS).search(text) is not None


def without_secrets(text: str) -> str:
    """Return the text with every value blanked that looks like a secret; other characters stay where they are."""
    if not is_suspicious(text):
        return text
    for expression, replace in _RULES:
        text = compiled(expression).sub(replace, text)
    return text


def without_credentials(text: str) -> str:
    """Return an id or a name without what nobody means by it: keys, tokens by their form, passwords in addresses.

    Unlike free text, ids may be random and names may be any word: neither is a reason.
    """
    if (len(text) < _SHORTEST_CREDENTIAL and "://" not in text) or compiled(_CREDENTIAL_SIGNS).search(text) is None:
        return text
    for expression, replace in _RULES[:_OF_CREDENTIALS]:
        text = compiled(expression).sub(replace, text)
    return text


def line_with_secret(text: str) -> int | None:
    """Return the number of the first line that surely holds a secret; words of prose behind a colon are none."""
    clean = text
    for expression, replace in (*_RULES[:_OF_CREDENTIALS], (_ASSIGNED, _surely_assigned)):
        clean = compiled(expression).sub(replace, clean)
    if clean == text:
        return None
    lines = zip(text.split("\n"), clean.split("\n"), strict=True)
    return next(number for number, (line, kept) in enumerate(lines, 1) if line != kept)


def _surely_assigned(found: Any) -> str:
    value = found.group(2)
    plain = value[0] not in "\"'`" and value.strip(".,;!?").isalpha()
    return str(found.group(0)) if plain else _assigned(found)


def _assigned(found: Any) -> str:
    before, value, following = found.group(1), found.group(2), found.group(3)
    quoted = value[0] in "\"'`"
    inner = value[1:-1] if quoted else value
    if compiled(_STAND_INS).search(inner) or inner == BLANK:
        return str(found.group(0))
    if not quoted and not _is_literal(inner, before, following):
        return str(found.group(0))
    blanked = f"{value[0]}{BLANK}{value[-1]}" if quoted else BLANK
    return f"{before}{blanked}{following}"


def _is_literal(value: str, before: str, following: str) -> bool:
    """Tell a bare value from the code that makes one: a call, an attribute, a type."""
    if following in {"(", "[", "{", "<"} or value.lower().strip(".?!") in _TYPES:
        return False
    if any(sign.isdigit() or sign in "!@#%^*+=/$~" for sign in value):
        return True
    # `password: Secret` names a type, `x = settings.password` an attribute, `TOKEN=letmein` and `pwd: letmein` values.
    return "." not in value and not value[0].isupper() and (before.rstrip(" ") == before or before.rstrip()[-1] == ":")


def _in_url(found: Any) -> str:
    stands_in = compiled(_STAND_INS).search(found.group(2)) is not None
    return str(found.group(0)) if stands_in else f"{found.group(1)}{BLANK}{found.group(3)}"


def _authorization(found: Any) -> str:
    # "Basic authentication" is a word about it.
    return str(found.group(0)) if found.group(2).islower() else f"{found.group(1)}{BLANK}"


def _opaque(found: Any) -> str:
    value = str(found.group(0))
    return BLANK if _is_opaque(value) else value


def _is_opaque(value: str) -> bool:
    """Tell whether a long string is random: all kinds of characters, and none of them often."""
    digits = sum(sign.isdigit() for sign in value)
    if digits < 3 or value.lower() == value or value.upper() == value:
        return False
    if "/" in value and max(len(part) for part in value.split("/")) < 20:
        return False
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) >= _MIN_ENTROPY


def _key_block(found: Any) -> str:
    lines = str(found.group(0)).count("\n")
    return f"{found.group(1)}{BLANK}" + "\n" * lines + str(found.group(2))


_RULES: Final[tuple[tuple[str, Callable[[Any], str] | str], ...]] = (
    (_KEY_BLOCK, _key_block),
    (_IN_URL, _in_url),
    (_TOKENS, BLANK),
    (_MORE_TOKENS, BLANK),
    # So far what is known by its form alone.
    (_AUTHORIZATION, _authorization),
    (_ASSIGNED, _assigned),
    (_OPAQUE, _opaque),
)
_OF_CREDENTIALS: Final = 4
