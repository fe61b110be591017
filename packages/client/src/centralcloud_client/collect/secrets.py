"""Keep secrets at home: which files are never read, and what is blanked in those that are.

Lines stay where they are, so that what the centre says of a line holds. This is care, not proof: what looks like
nothing known passes.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from centralcloud_client.collect.words import words

#: Never read, though their names may be told.
NEVER_READ: Final = words(
    """
    .env .env.local .env.*.local .envrc *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx *.asc *.gpg *.crt *.cer
    *.der id_rsa* id_ed25519* id_ecdsa* .npmrc .yarnrc .pypirc .netrc _netrc .htpasswd .pgpass .my.cnf
    .git-credentials .dockercfg .dockerconfigjson credentials credentials.* *.credentials secrets.* secret.*
    *.secret *.secrets *.secrets.* *-secret.y*ml *-secrets.y*ml *_secrets.y*ml *secret*.json service-account*.json
    service_account*.json client_secret*.json kubeconfig* *.kubeconfig *.tfvars *.tfvars.json *.tfstate
    *.tfstate.backup terraform.tfstate* master.key .vault-token vault.y*ml .s3cfg .boto wp-config.php
    database.yml.enc *.yml.enc *.sops.* auth.json .terraformrc
    """
)
#: Shown as examples: the names of the variables are evidence, their values never leave.
_BLANKED: Final = ("example", "sample", "template", "dist", "defaults", "default")

_NEVER: Final = re.compile("|".join(fnmatch.translate(name) for name in NEVER_READ))
_SENSITIVE: Final = (
    r"(?:[A-Za-z0-9_.\-]{0,60}(?:password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|auth_?key|"
    r"credentials?|secret_?key|connection_?strings?|signing_?key|encryption_?key)"
    r"|(?:[A-Za-z0-9_.\-]{0,60}[_.\-])?(?:pass|pwd|dsn|auth))"
)
#: KEY=value, KEY: value and "KEY": "value"; values that only refer to a variable stay.
_ASSIGNED: Final = re.compile(
    rf"""(?im)^([ \t]*(?:-[ \t]+)?(?:export[ \t]+|ENV[ \t]+|ARG[ \t]+)?["']?{_SENSITIVE}["']?[ \t]*[=:][ \t]*)"""
    r"""(?!["']?\$|\{\{|["']?%|["']?<|[|>]|$)([^\s#].*)$"""
)
_ENV_VALUE: Final = re.compile(r"(?m)^([ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.\-]*[ \t]*=)[^\n]*$")
_IN_URL: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]{1,30}://[^\s:/@\"']{0,200}:)[^\s/@\"'$]{1,300}(@)")
#: One of these is in every line that _ASSIGNED finds, in lower case. Plain texts, because to look for one costs a tenth
#: of what an expression does.
_SUSPICIOUS: Final = ("pass", "pwd", "dsn", "auth", "secret", "token", "credential")
#: Where the first is in a text at all, the others are looked for.
_SUSPICIOUS_KEYS: Final = {
    "key": tuple(
        f"{kind}{sign}key" for kind in ("api", "access", "private", "signing", "encryption") for sign in ("", "_")
    ),
    "connection": ("connectionstring", "connection_string"),
}
_IN_CONNECTION: Final = re.compile(r"(?i)\b((?:password|pwd|accountkey|sharedaccesskey)=)(?!\$)[^;\s\"'&]{1,300}")
_CONNECTING: Final = ("password=", "pwd=", "accountkey=", "sharedaccesskey=")
_KEY_BLOCK: Final = re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]{0,20000}")
_TOKENS: Final = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,80}|\bgithub_pat_[A-Za-z0-9_]{20,100}"
    r"|\bglpat-[A-Za-z0-9_\-]{18,60}|\bxox[abprs]-[A-Za-z0-9\-]{10,100}|\bsk-[A-Za-z0-9_\-]{20,200}"
    r"|\bAIza[A-Za-z0-9_\-]{30,40}|\beyJ[A-Za-z0-9_\-]{10,500}\.[A-Za-z0-9_\-]{10,2000}\.[A-Za-z0-9_\-]{10,500}"
    r"|\b[sr]k_live_[A-Za-z0-9]{10,100}|\bnpm_[A-Za-z0-9]{30,60}|\bpypi-[A-Za-z0-9_\-]{30,300}"
)
#: One of these is in every one of _TOKENS.
_TOKEN_SIGNS: Final = (
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "sk-", "AIza", "eyJ"),
    *("k_live_", "npm_", "pypi-"),
)
_KUBERNETES_SECRET: Final = re.compile(r"(?m)^kind:[ \t]*[\"']?(?:Sealed)?Secret\b")
_YAML_VALUE: Final = re.compile(r"(?m)^([ \t]+[A-Za-z0-9_.\-/]+:)[ \t]+[^\n]+$")
#: Where keys are names of packages: `jsonwebtoken`, `token`.
_OF_PACKAGES: Final = frozenset(
    words("""
    package.json package-lock.json pnpm-lock.yaml yarn.lock composer.json composer.lock cargo.toml cargo.lock
    pyproject.toml
    poetry.lock uv.lock pdm.lock pipfile pipfile.lock pubspec.yaml pubspec.lock deno.json deno.lock go.sum gemfile.lock
    mix.lock bun.lock packages.lock.json libs.versions.toml shard.yml gleam.toml
""")
)
_BLANK: Final = "***"


def is_secret(path: str) -> bool:
    """Whether a file is never read, by its path."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(".env.") or ".env." in name:
        return not name.endswith(_BLANKED)
    return _NEVER.match(name) is not None


def without_secrets(path: str, text: str) -> str:
    """Return the text with every value blanked that looks like a secret."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(".env") or ".env" in name or name in {"env.example", "env.sample"}:
        # A line that is no assignment may be the rest of a value.
        return "\n".join(_blanked_line(line) for line in text.split("\n"))
    # Most files hold nothing of the kind, and to look for a plain text costs a hundredth of an expression.
    if "-----BEGIN " in text:
        text = _KEY_BLOCK.sub(_key_lines, text)
    if "://" in text and "@" in text:
        text = _on_lines(text, _lines_with(text, "://"), lambda line: _IN_URL.sub(rf"\1{_BLANK}\2", line))
    if any(sign in text for sign in _TOKEN_SIGNS):
        text = _TOKENS.sub(_BLANK, text)
    lower = text.lower().replace("ſ", "s")
    if any(sign in lower for sign in _CONNECTING):
        text = _IN_CONNECTION.sub(rf"\1{_BLANK}", text)
    if name in _OF_PACKAGES:
        return text
    if "kind:" in text and _KUBERNETES_SECRET.search(text):
        return "---".join(_without_data(part) for part in text.split("---"))
    return _without_assigned(text)


def _without_assigned(text: str) -> str:
    """Blank what is assigned to a sensitive name, looking closely only at lines that may hold one."""
    # Blind to case, `ſ` is an s; a few letters grow when lowered, and places would no longer be the text's.
    lower = text.lower().replace("ſ", "s")
    if len(lower) != len(text):
        return _ASSIGNED.sub(_assigned, text)
    signs = _SUSPICIOUS + tuple(key for sign, keys in _SUSPICIOUS_KEYS.items() if sign in lower for key in keys)
    places = [place for sign in signs if sign in lower for place in _lines_with(lower, sign)]
    return _on_lines(text, places, lambda line: _ASSIGNED.sub(_assigned, line))


def _lines_with(text: str, sign: str) -> Iterator[int]:
    """Yield a place in each line that holds the sign."""
    place = text.find(sign)
    while place >= 0:
        yield place
        end = text.find("\n", place)
        place = text.find(sign, end) if end >= 0 else -1


def _on_lines(text: str, places: Iterable[int], replaced: Callable[[str], str]) -> str:
    """Return the text with the lines at these places replaced, each once."""
    parts: list[str] = []
    done = 0
    for place in sorted(places):
        if place >= done:
            start, end = max(done, text.rfind("\n", 0, place) + 1), text.find("\n", place)
            end = len(text) if end < 0 else end
            parts += (text[done:start], replaced(text[start:end]))
            done = end
    return "".join(parts) + text[done:] if parts else text


def _blanked_line(line: str) -> str:
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        # Commented-out assignments show variables too, and may show values.
        name, sign, _ = line.partition("=")
        return name + sign
    return _ENV_VALUE.sub(r"\1", line) if _ENV_VALUE.match(line) else ""


def _key_lines(found: re.Match[str]) -> str:
    return found.group(1) + "\n" * found.group(0).count("\n")


def _assigned(found: re.Match[str]) -> str:
    value = found.group(2).rstrip()
    closing = "," if value.endswith(",") else ""
    quote = value[0] if value[0] in "\"'" else ""
    # A quote that opened before the key closes after the value.
    opened = next((sign for sign in "\"'" if found.group(1).count(sign) % 2 and value.endswith(sign)), "")
    return f"{found.group(1)}{quote}{_BLANK}{quote}{opened}{closing}"


def _without_data(document: str) -> str:
    """Blank every value below the top level of a Kubernetes Secret but its name."""
    if not _KUBERNETES_SECRET.search(document):
        return document
    return _YAML_VALUE.sub(
        lambda found: found.group(0) if "name" in found.group(1) else f"{found.group(1)} {_BLANK}", document
    )
