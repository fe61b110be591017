"""Which codebase a directory is: the same id wherever the same repository is checked out, and no address in it."""

import hashlib
import socket
from pathlib import Path
from urllib.parse import urlsplit

_MAX_BYTES = 64 * 1024


def codebase_id(root: Path) -> str:
    """Return `git-…` by the origin's address (and the path below it), else `dir-…` by machine and place."""
    for place in (root, *root.parents):
        origin = _origin(place)
        if origin is not None:
            inside = root.relative_to(place).as_posix()
            return "git-" + _digest(origin + ("" if inside == "." else "//" + inside))
    return "dir-" + _digest(f"{socket.gethostname()}:{root}")


def _origin(place: Path) -> str | None:
    try:
        with open(place / ".git" / "config", "rb") as file:
            lines = file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return None
    section = ""
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped
        elif section == '[remote "origin"]' and stripped.replace(" ", "").startswith("url="):
            return _plain(stripped.partition("=")[2].strip())
    return None


def _plain(url: str) -> str:
    """Return host and path of a remote, so that ssh and https, with and without credentials, are one."""
    if "://" not in url and ":" in url:
        url = "ssh://" + url.replace(":", "/", 1)
    parts = urlsplit(url)
    host = (parts.netloc.rpartition("@")[2].partition(":")[0]).lower()
    return f"{host}/{parts.path.strip('/').removesuffix('.git').lower()}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
