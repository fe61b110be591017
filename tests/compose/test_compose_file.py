"""docker-compose.yml is well formed, complete, hardened, and says the same as the code."""

from pathlib import Path

import jsonschema
import pytest

from celeryconfig import WORKERS, Worker
from stack.processes import (
    LLM_WORKER,
    beat_arguments,
    celery,
    flower_arguments,
    gateway_arguments,
    worker_arguments,
)
from stack.valkey_server import valkey_process
from tasks import names
from tests.compose.compose_file import ROOT, SERVERS, compose, filled, schema, services, variables

APPLICATION = tuple(name for name in services() if name not in SERVERS)
WORKER_NAMES = tuple(worker.name for worker in WORKERS)
GIVEN = {"CENTRALCLOUD_NATS_PASSWORD": "n", "CENTRALCLOUD_DATABASE_PASSWORD": "d", "FLOWER_BASIC_AUTH": "a:b"}


def test_file_follows_the_specification() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(filled(compose(), GIVEN))


def test_every_process_has_its_service() -> None:
    assert set(services()) == {*SERVERS, "migrate", "gateway", *WORKER_NAMES, "beat", "flower"}


def _in_image(argv: tuple[str, ...]) -> list[str]:
    """Return one of our command lines as the image has it."""
    return ["python", *("/app" if word == str(ROOT) else word for word in argv[1:])]


@pytest.mark.parametrize("worker", WORKERS, ids=WORKER_NAMES)
def test_workers_run_the_same_command_as_up(worker: Worker) -> None:
    expected = celery(*worker_arguments(worker, f"{worker.name}@%h"))
    assert services()[worker.name]["command"] == _in_image(expected)
    assert services()[worker.name].get("scale", 1) == worker.processes


def test_the_other_processes_run_the_same_command_as_up() -> None:
    assert services()["gateway"]["command"] == ["python", *gateway_arguments()]
    assert services()["beat"]["command"] == _in_image(celery(*beat_arguments(Path("/tmp/celerybeat-schedule"))))
    assert services()["flower"]["command"] == _in_image(celery(*flower_arguments("0.0.0.0", 5555)))


def test_every_queue_is_drained_and_no_other() -> None:
    drained = [
        queue
        for service in services().values()
        for word in service.get("command", [])
        if word.startswith("--queues=")
        for queue in word.removeprefix("--queues=").split(",")
    ]
    assert sorted(drained) == sorted(names.QUEUES)


def test_redis_has_the_options_of_the_embedded_one() -> None:
    argv = valkey_process(Path("/tmp"), {}, 1).argv[1:]
    embedded = dict(zip(argv[::2], argv[1::2], strict=True))
    written = services()["redis"]["command"][1:]
    ours = dict(zip(written[::2], written[1::2], strict=True))
    assert ours == {
        name: embedded[name] for name in embedded if name not in ("--bind", "--port", "--dir", "--daemonize")
    }


@pytest.mark.parametrize("name", services())
def test_service_is_watched_and_hardened(name: str) -> None:
    service = services()[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert "container_name" not in service
    if name in APPLICATION:
        assert service["cap_drop"] == ["ALL"]
        assert service["tmpfs"] == ["/tmp"]


@pytest.mark.parametrize("name", services())
def test_dependencies_are_waited_for(name: str) -> None:
    for needed, how in services()[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed == "migrate" else "service_healthy"
        assert how["condition"] == expected
        assert needed in services()


@pytest.mark.parametrize("name", ["gateway", *WORKER_NAMES])
def test_nothing_serves_before_the_migration(name: str) -> None:
    # A gateway also waits for the stream that tells of what it lets in.
    assert set(services()[name]["depends_on"]) == {*SERVERS, "migrate", *(["sync"] if name == "gateway" else [])}


def test_only_nats_and_flower_are_published_and_flower_on_loopback() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert set(published) == {"nats", "flower"}
    assert all(port.startswith("127.0.0.1:") for port in published["flower"])


def test_only_discovery_nats_and_flower_reach_outside() -> None:
    outside = {name for name, service in services().items() if "outside" in service["networks"]}
    assert outside == {"nats", "flower", LLM_WORKER}
    assert compose()["networks"]["inside"]["internal"] is True


def test_volumes_are_declared() -> None:
    used = {volume.split(":")[0] for service in services().values() for volume in service.get("volumes", [])}
    assert {name for name in used if not name.startswith(".")} == set(compose()["volumes"])


def test_secrets_are_demanded_and_nowhere_written() -> None:
    assert {name for name, (how, _) in variables().items() if how == ":?"} == set(GIVEN)
    secret = ("PASSWORD", "BASIC_AUTH", "API_KEY", "SECRET", "TOKEN")
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if any(part in name for part in secret):
                assert value is None or (value.startswith("${") and ":?" in value), name
            assert value is None or "@" not in value or ":@" not in value.replace("//", "")
    with pytest.raises(KeyError):
        filled(compose(), {})


def test_each_process_knows_the_secrets_it_needs_only() -> None:
    def knows(variable: str) -> set[str]:
        return {name for name in APPLICATION if variable in services()[name]["environment"]}

    assert knows("OPENAI_API_KEY") == {LLM_WORKER}
    assert knows("PGPASSWORD") == {"migrate", *WORKER_NAMES}
    assert knows("CENTRALCLOUD_NATS_PASSWORD") == {"gateway", *WORKER_NAMES}
    assert knows("FLOWER_BASIC_AUTH") == {"flower"}
