"""`centralcloud`, `up` and `down` as a user meets them when something is wrong; and that help is quick."""

import subprocess
import sys
from pathlib import Path

import pytest

from stack.state import StateFolder

_COMMAND = str(Path(sys.executable).with_name("centralcloud"))


def _centralcloud(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([_COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--gateways", "many"], "--gateways"),
        (["--gateways", "0"], "--gateways must be 1 to 64, not 0"),
        (["--scale", "nonsense=2"], "no queue 'nonsense'"),
        (["--scale", "detect"], "as in detect=2"),
        (["--scale", "detect=-1"], "as in detect=2"),
        (["--nats-url", "127.0.0.1:4222"], "should begin with nats://"),
        (["--redis-url", "http://127.0.0.1"], "should begin with redis://"),
        (["--database-url", "mysql://127.0.0.1"], "should begin with postgresql://"),
        (["--ephemeral", "--state", "here"], "leave --state out"),
        (["--state", "a-file"], "is not a folder"),
        (["--unknown"], "--unknown"),
    ],
)
def test_a_wrong_option_is_one_clear_line(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    (tmp_path / "a-file").touch()
    done = _centralcloud("up", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("centralcloud: ")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"a-file"}


def test_a_state_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    done = _centralcloud("up", "--detach", "--state", "a-file/below", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"centralcloud: {tmp_path}/a-file/below/log: Not a directory\n"


def test_an_unknown_command_is_one_clear_line(tmp_path: Path) -> None:
    done = _centralcloud("fly", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "centralcloud: No such command 'fly'.\n"


def test_up_on_a_live_state_says_so_with_code_3(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / ".centralcloud")
    folder.hold()
    done = _centralcloud("up", cwd=tmp_path)
    assert done.returncode == 3
    assert f"already running on {folder.path}" in done.stderr
    assert done.stderr.count("\n") == 1
    folder.release()


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    done = _centralcloud("down", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"nothing runs on {tmp_path / '.centralcloud'}\n")


def test_help_lists_the_commands_without_loading_what_they_need(tmp_path: Path) -> None:
    program = (
        "import sys; from cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'celery', 'kombu', 'sqlalchemy', 'nats', 'rich', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Run servers, gateway, workers, beat and Flower." in done.stdout
    assert done.stdout.endswith("[]\n")
