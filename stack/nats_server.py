"""The embedded NATS server: its configuration file and how to start it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from stack import binaries
from stack.child import Process, answers
from stack.nats_permissions import authorization
from stack.ports import HOST

#: How long a gateway that hangs keeps its share of the requests: the server's own 2 minutes would leave half of them
#: without an answer for that long.
LIVENESS = """\
ping_interval: "5s"
ping_max: 2
"""


def nats_process(folder: Path, env: Mapping[str, str], port: int, monitoring_port: int, password: str) -> Process:
    """Write the configuration into `folder` (which also keeps the streams) and return the process."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = folder / "nats.conf"
    # Opened private: the file holds the centre's secret.
    handle = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(_configuration(folder / "jetstream", port, monitoring_port, password))
    return Process(
        name="nats",
        argv=(binaries.nats_server(), "-c", str(configuration)),
        env={**env, "GOMEMLIMIT": "256MiB"},
        # Not plain /healthz: that stays red over a stream whose making a kill cut short, which its owner can only
        # make anew once the server is up.
        ready=answers(f"http://{HOST}:{monitoring_port}/healthz?js-server-only=true"),
    )


def _configuration(store: Path, port: int, monitoring_port: int, password: str) -> str:
    # Its texts are written as in JSON, but for `\u`: the server knows no such escape.
    return f"""\
server_name: centralcloud
listen: "{HOST}:{port}"
http: "{HOST}:{monitoring_port}"
max_payload: 8MB
{LIVENESS}jetstream {{
  store_dir: {json.dumps(str(store), ensure_ascii=False)}
  max_memory_store: 256MB
  max_file_store: 64GB
}}
{authorization(password)}"""
