"""The Dockerfile installs from the lock by hash, runs unprivileged, and takes in nothing that is secret."""

from tests.compose.compose_file import ROOT, instructions, services, words


def _last_stage() -> list[tuple[str, str]]:
    found = instructions()
    last = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def test_it_is_built_in_stages_on_a_supported_python() -> None:
    bases = [arguments.split()[0] for name, arguments in instructions() if name == "FROM"]
    assert len(bases) == 2
    assert all(base.startswith("python:3.") and base.endswith("-slim") for base in bases)


def test_everything_is_installed_from_the_lock_with_hashes() -> None:
    installs = [arguments for name, arguments in instructions() if name == "RUN" and " install " in arguments]
    assert len(installs) == 2
    bootstrap, rest = installs
    assert "--require-hashes" in bootstrap
    assert "pinned('uv')" in bootstrap
    for option in ("--verify-hashes", "--constraints requirements.lock", "--build-constraints requirements.lock"):
        assert option in rest
    assert not any("install" in arguments for name, arguments in _last_stage() if name == "RUN")


def test_it_runs_as_nobody_special() -> None:
    users = [arguments for name, arguments in _last_stage() if name == "USER"]
    assert users
    assert users[-1].split(":")[0] not in ("root", "0")


def test_it_leaves_health_to_compose_and_takes_no_secret() -> None:
    names = [name for name, _ in instructions()]
    assert not {"HEALTHCHECK", "ADD", "ARG", "EXPOSE"} & set(names)
    for name, arguments in instructions():
        if name == "ENV":
            assert not any(word in arguments for word in ("PASSWORD", "SECRET", "TOKEN", "KEY"))


def test_what_is_copied_exists() -> None:
    for name, arguments in instructions():
        if name == "COPY" and "--from=" not in arguments:
            assert all((ROOT / source).exists() for source in words(arguments)[:-1])


def test_the_context_holds_what_the_processes_need_and_no_more() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "protocol"}
    assert allowed >= packages | {"packages", "catalogue", "settings.py", "celeryconfig.py", "requirements.lock"}
    assert not allowed & {".env", ".git", ".venv", ".centralcloud", "deploy", "tests"}
    assert all((ROOT / name).exists() for name in allowed)


def test_every_service_of_ours_uses_it() -> None:
    ours = {name for name, service in services().items() if "build" in service}
    assert {services()[name]["image"] for name in ours} == {"centralcloud:${CENTRALCLOUD_IMAGE_TAG:-local}"}
    assert len(ours) == len(services()) - 3
