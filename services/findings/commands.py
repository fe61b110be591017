"""Which text installs something or runs it from elsewhere: no such command of a model's enters a broadcast.

Errs on the safe side: a sentence that only mentions one is left out as well. Words may be parted by quotes, commas,
line continuations or `$IFS`, and be written in full-width letters: that changes nothing.
"""

import re
import unicodedata
from typing import Final

from centralcloud_client.collect.words import words

#: What may stand between the words of a command.
_GAP: Final = r"(?:[\s\"'`,\\\[\]()]|\$\{?IFS\}?){1,12}"
#: Options before the verb.
_VERB: Final = rf"(?:{_GAP}-{{1,2}}[\w.=/:@-]{{1,60}}){{0,6}}{_GAP}"
#: Programs, and the verbs by which they fetch.
_FETCHING: Final = (
    ("npm|pnpm|yarn|bun|cnpm|tnpm", "i|install|ci|add|x|exec|dlx|create|init|global|update"),
    ("npx|pnpx|bunx|uvx|pipx|degit", r"[\w@./:-]+"),
    (r"pip[0-9.]*|easy_install|uv|poetry|pdm|rye|pixi|pipenv", "install|add|sync|tool|pip|run|download"),
    ("conda|mamba|micromamba", "install|create|update"),
    ("gem|bundle|bundler", "install|add|update|i"),
    ("cargo", "install|add|binstall"),
    ("go", "install|get|run"),
    ("mix", r"archive\.install|escript\.install|deps\.get|local\.hex|igniter\.install|phx\.new"),
    ("composer", "require|install|create-project|global|update"),
    ("dotnet", "add|tool|new|restore|workload"),
    (
        "apt|apt-get|aptitude|dnf|tdnf|microdnf|yum|zypper|apk|opkg|snap|flatpak|xbps|emerge|brew",
        "install|add|tap|update",
    ),
    ("nuget|paket|winget|choco|scoop|port|pkg|pkg_add|xbps-install|guix|pear|pecl", "install|add|get|update"),
    ("nix|nix-env|nix-shell", "profile|run|shell|-i|-iA|-p"),
    ("asdf|mise|sdk|volta|nvm|fnm|rustup|rvm|rbenv|pyenv|ghcup|juliaup|tfenv", "install|use|plugin|toolchain|add"),
    ("pacman|yay|paru", r"-S\w*"),
    ("helm", "install|upgrade|repo|pull|plugin"),
    ("kubectl|oc", "apply|create|krew"),
    ("istioctl|linkerd|flux|argocd|cilium", "install|bootstrap|upgrade"),
    ("terraform|tofu|vagrant", "init|up"),
    ("ansible-galaxy|ansible-pull", r"install|collection|role|-U"),
    ("docker|podman|nerdctl|docker-compose|crictl", "run|pull|up"),
    (r"docker\s{1,4}compose", "run|pull|up"),
    ("git|hg|svn|gh", "clone|submodule|checkout|co|extension|repo"),
    (
        "cpan|cpanm|luarocks|opam|cabal|stack|vcpkg|conan|carthage|nimble|shards|spago|dub|zef|haxelib",
        "install|get|fetch",
    ),
    ("pod|lein|rebar3|gleam|elm|jsr|raco|spack|deno", "install|add|get|deps|pkg|run|update"),
    (r"dart\s{1,4}pub|flutter\s{1,4}pub|swift\s{1,4}package", r"add\S*|get|global|update|resolve"),
    ("code|codium|cursor", "--install-extension"),
    (r"claude\s{1,4}mcp", "add"),
    ("make", "install"),
    ("install-package|install-module|install-script|add-appxpackage", r"[\w.-]+"),
    (r"python[0-9.]*|py", r"-m\s{1,4}(?:pip|ensurepip|pipx|uv)|-c|setup\.py"),
    ("node|ruby|perl|php", "-e|--eval|-r"),
)
_SHELL: Final = r"(?:/(?:usr/)?bin/(?:env\s{1,4})?)?(?:ba|z|da|k|fi|tc|pw)?sh(?:\.exe)?\b"
_SOURCES: Final = r"(?:curl|wget|fetch|echo|printf|cat|base64|openssl|gunzip|xz|tar|iwr|irm|https?://)"
_OTHERS: Final = (
    rf"\|\s{{0,8}}(?:sudo\s{{1,4}}(?:-\w+\s{{1,4}}){{0,3}})?{_SHELL}",
    rf"{_SOURCES}[^\n]{{0,300}}\|\s{{0,8}}(?:sudo|python[0-9.]*|node|perl|ruby|php|powershell|iex|cmd|xargs|tee)\b",
    rf"\b{_SHELL}\s{{1,4}}(?:-\w+\s{{1,4}}){{0,3}}-\w{{0,4}}c\b|\b{_SHELL}\s{{0,4}}<\s?\(|\b(?:source|\.)\s{{0,4}}<\s?\(",
    r"\beval\s{0,4}[\"'(]{0,2}\s?(?:\$\(|`)|\b(?:curl|wget)\s{1,4}(?:-|[\"']?[\w.-]{1,80}\.[a-z]{2}|[\"']?https?:)",
    r"\b(?:aria2c|fetch)\s{1,4}(?:-\S{1,20}\s{1,4}){0,4}[\"']?https?:",
    r"\b(?:iwr|irm|invoke-expression|invoke-webrequest|invoke-restmethod|start-bitstransfer|downloadstring|downloadfile)\b",
    r"\biex\s{0,4}[(\"'&$]|\|\s{0,4}iex\b|\b(?:powershell|pwsh)(?:\.exe)?\s{1,4}-|\bcmd(?:\.exe)?\s{1,4}/c\b",
    r"\bcertutil\b[^\n]{0,60}-urlcache|\bbitsadmin\b|\bmshta\b|\brundll32\b|\bregsvr32\b|\bcrontab\s{1,4}-",
    r"\bsudo\s{1,4}\S|\bchmod\s{1,4}(?:\+x|[0-7]{3,4}\b)|\brm\s{1,4}-\w{0,6}[rf]|\bbase64\s{1,4}(?:-d|--decode)\b",
    r"\bPkg\.add\s?\(|\binstall\.packages\s?\(|\bdevtools::install|\bql:quickload\b|\bmix\.install\b",
    r"\b(?:subprocess|os\.system|child_process|execsync|popen)\b[^\n]{0,120}\binstall\b",
)
_COMMAND: Final = re.compile(
    "|".join([rf"(?<![\w.-])(?:{program}){_VERB}(?:{verb})(?![\w-])" for program, verb in _FETCHING] + list(_OTHERS)),
    re.IGNORECASE,
)
_SHELL_LANGUAGES: Final = frozenset(
    words("""
    bash sh shell zsh fish ksh csh console terminal shell-session shellscript powershell pwsh ps1 bat batch cmd dos
    dockerfile docker makefile make
    """)
)
_SHEBANG: Final = re.compile(r"\A#!.{0,80}\b(?:ba|z|da|k|fi)?sh\b")
#: A line as it is typed at a prompt, or run while an image is built.
_PROMPT: Final = re.compile(r"^\s{0,12}(?:\$|>{1,3}|PS(?: [A-Za-z]:[^>\n]{0,60})?>|#>|RUN)\s{1,4}[A-Za-z./~\[-]")
_CONTINUED: Final = re.compile(r"\\\s{0,4}\n\s{0,40}")


def holds_command(text: str) -> bool:
    """Tell whether a text holds a command that installs, or runs what comes from elsewhere."""
    plain = unicodedata.normalize("NFKC", text)
    return _COMMAND.search(plain) is not None or (
        "\\" in plain and _COMMAND.search(_CONTINUED.sub(" ", plain)) is not None
    )


def without_command_lines(code: str) -> str:
    """Return code without the lines that hold a command or look typed at a prompt; '' where one spans several lines."""
    kept = "\n".join(line for line in code.split("\n") if not _PROMPT.match(line) and not holds_command(line))
    return "" if holds_command(kept) else kept


def is_shell(language: str | None, code: str) -> bool:
    """Tell whether a sample is meant to be run by a shell."""
    return (language or "").strip().lower() in _SHELL_LANGUAGES or _SHEBANG.match(code) is not None
