"""The tests' scripted model server as a process of its own, so that what it costs is not measured in ours."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.ports import HOST, Ports

#: What it answers to every question: a thing that exists, under the name that was asked for.
_FOUND = {
    "exists": True,
    "reason": None,
    "alias_of": None,
    "name": None,
    "description": "A framework that exists in benchmarks only.",
    "category": "web-framework",
    "languages": ["elixir"],
    "aliases": [],
    "homepage": None,
    "indicators": [],
    "relations": [],
    "practices": [],
    "pitfalls": [],
    "examples": [],
}
_KEY = "OPENAI_API_KEY"
_URL = "OPENAI_BASE_URL"


@dataclass(frozen=True)
class ScriptedModel:
    """A running server; every request it got is a line of its log."""

    log: Path

    @property
    def requests(self) -> int:
        """How often it was asked, and would have been paid."""
        return sum(line[:1].isdigit() for line in self.log.read_text("utf-8").splitlines())


@contextmanager
def scripted_model(folder: Path, *, delay: float) -> Iterator[ScriptedModel]:
    """Run the server, and let the processes that are started meanwhile find it in the environment."""
    port = Ports(folder / "model-ports.json").choose("model")
    answers, log = folder / "answers.jsonl", folder / "model.log"
    answers.write_text(json.dumps({"when": "", "answer": _FOUND}) + "\n", "utf-8")
    command = (sys.executable, "-u", "-m", "tests.llm.scripted_server", "--port", str(port))
    with log.open("wb") as output:
        process = subprocess.Popen(
            (*command, "--answers", str(answers), "--delay", str(delay)), stdout=output, stderr=output
        )
    before = {name: os.environ.get(name) for name in (_KEY, _URL)}
    os.environ |= {_KEY: "sk-bench", _URL: f"http://{HOST}:{port}/v1"}
    try:
        while b"OPENAI" not in log.read_bytes():
            if process.poll() is not None:
                raise RuntimeError(f"the model's server ended: {log.read_text('utf-8')}")
            time.sleep(0.05)
        yield ScriptedModel(log)
    finally:
        process.terminate()
        process.wait(10)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
