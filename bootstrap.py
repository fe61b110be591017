"""Build `.venv` from requirements.lock; run by `make venv` with any Python >= 3.11.

Owns the environment and nothing else. Does nothing when the environment already matches the lock, the package
definitions and the interpreter, so every make target may call it first. Standard library only.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / ".installed"
LOCK = ROOT / "requirements.lock"
EDITABLES = ("packages/patterns", "packages/client", ".")
PROJECT_FILES = [LOCK, *(ROOT / folder / "pyproject.toml" for folder in EDITABLES)]


def fingerprint() -> str:
    """Hash of everything the environment is built from."""
    digest = hashlib.sha256(f"{sys.version}\0{ROOT}".encode())
    for path in (Path(__file__), *PROJECT_FILES):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def pinned(package: str) -> str:
    """Return the lock's block for one package: the pin and its hashes."""
    block = re.search(rf"^{re.escape(package)}==.*?(?=^\S|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if block is None:
        raise SystemExit(f"bootstrap: {package} is not in {LOCK.name}")
    return "\n".join(line for line in block.group().splitlines() if not line.strip().startswith("#"))


def run(*command: str) -> None:
    """Run one installation step; bytecode is compiled now because the first start would pay for it otherwise."""
    environment = {**os.environ, "UV_COMPILE_BYTECODE": "1", "UV_LINK_MODE": "copy", "VIRTUAL_ENV": str(VENV)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("PYTHONPATH", None)
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise SystemExit(f"bootstrap: this step failed: {' '.join(command)}")


def install_uv(python: str) -> bool:
    """Put the pinned uv into the environment; False where it has no wheel, and pip does the work instead."""
    with tempfile.TemporaryDirectory() as folder:
        pin = Path(folder) / "uv.txt"
        pin.write_text(pinned("uv"))
        arguments = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", ":all:"]
        return subprocess.run([*arguments, "--require-hashes", "-r", str(pin)], cwd=ROOT, check=False).returncode == 0


def main() -> None:
    """Create or refresh the environment."""
    if sys.version_info < (3, 11):
        raise SystemExit(f"bootstrap: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("installing the environment into .venv …", flush=True)
    python = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    if not Path(python).exists() or not (VENV / ".python").exists() or (VENV / ".python").read_text() != sys.version:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
        (VENV / ".python").write_text(sys.version)
    editables = [argument for folder in EDITABLES for argument in ("-e", folder)]
    if install_uv(python):
        installer = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
        backend = [*installer, "--no-deps", "--no-build-isolation"]
    else:
        installer = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        backend = [*installer, "--no-deps", "--no-build-isolation"]
    run(*installer, "--require-hashes", "-r", str(LOCK))
    run(*backend, *editables)
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
