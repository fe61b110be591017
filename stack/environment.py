"""The environment that children inherit: ours without what they must not have."""

import os
from pathlib import Path

#: Carries the state folder in every child's environment: how a later start recognises what an earlier one left.
MARK = "CENTRALCLOUD_SUPERVISED"

#: The LLM key belongs to one worker only.
_LLM = "OPENAI_"
#: Without bytecode every start takes four times as long.
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def inherited(state: Path) -> dict[str, str]:
    """Return the environment of a child that belongs to this state folder."""
    kept = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE and not name.startswith(_LLM)}
    # Two arenas a process instead of eight a core: a third of the memory of threaded workers.
    return {**kept, "MALLOC_ARENA_MAX": "2", MARK: str(state)}


def llm_credentials() -> dict[str, str]:
    """Return the variables that only the worker of discovery may see."""
    return {name: value for name, value in os.environ.items() if name.startswith(_LLM)}


def discovery_enabled() -> bool:
    """Tell whether an LLM may be asked: whether there is a key."""
    return bool(os.environ.get("OPENAI_API_KEY", "").strip())
