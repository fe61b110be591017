"""The secret of the centre's NATS user: made once per state folder, readable by its owner only."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def centre_password(path: Path) -> str:
    """Return the secret kept at `path`, made when there is none."""
    with suppress(FileNotFoundError):
        if kept := path.read_text().strip():
            return kept
    password = secrets.token_urlsafe(24)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password)
    return password
