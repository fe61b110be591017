"""Ports are kept over restarts, and replaced when somebody else has them."""

import socket
from pathlib import Path

from stack.ports import Ports, is_free


def test_a_kept_port_is_chosen_again(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json")
    chosen = first.choose("nats")
    first.save()
    assert Ports(tmp_path / "ports.json").choose("nats") == chosen


def test_a_taken_port_is_replaced_and_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        ports = Ports(tmp_path / "ports.json")
        got = ports.choose("nats", wanted)
        assert got != wanted
        assert is_free(got)
        assert ports.replaced == [("nats", wanted, got)]


def test_a_kept_port_is_no_replacement(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json")
    chosen = first.choose("nats")
    first.save()
    again = Ports(tmp_path / "ports.json")
    assert again.choose("nats", 4222) == chosen
    assert again.replaced == []


def test_no_port_is_given_twice(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    assert len({ports.choose(f"worker-{number}-health") for number in range(50)}) == 50


def test_a_damaged_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"nats": "not a number", ')
    assert Ports(tmp_path / "ports.json").choose("nats") > 1023
