"""A board that was killed leaves its port's name behind: nobody is taken for somebody."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools import cli
from host_tools.device.port_link import PortLink
from host_tools.device.ports import choose_port, find_ports, virtual_link
from host_tools.errors import HeelcueError

BIN = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch) -> None:
    """No board but those of this test."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("HEELCUE_PORT", raising=False)
    monkeypatch.setattr("serial.tools.list_ports.comports", list)


@pytest.fixture
def terminal():
    """Another program's terminal: the system gives a number that has become free to the next."""
    ours, theirs = os.openpty()
    yield os.ttyname(theirs)
    os.close(theirs)
    os.close(ours)


def left_behind(link: Path, port: str) -> None:
    """What is there after the process that served a port was killed."""
    PortLink(link, port).close()
    link.symlink_to(port)
    link.with_name(link.name + ".lock").touch()


def test_a_killed_board_is_noticed_said_and_cleared_away(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    command = [str(BIN / "heelcue"), "board", "--walk", "rest", "--empty", "--json"]
    command += ["--flash", str(tmp_path_factory.mktemp("board") / "flash")]

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["port"] == str(virtual_link())
        return process

    with start() as process:
        process.kill()
    assert virtual_link().is_symlink()
    done = subprocess.run([BIN / "heelcue", "doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "was killed" in done.stderr, done.stderr
    assert list(tmp_path.iterdir()) == []
    with start() as process:
        process.kill()
    with start() as process:  # it takes the name over
        assert find_ports()[0].virtual
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0 and list(tmp_path.iterdir()) == []


def test_another_program_s_terminal_is_not_taken_for_a_killed_board(terminal, capsys) -> None:
    left_behind(virtual_link(), terminal)
    assert find_ports() == []
    assert "was killed" in capsys.readouterr().err
    assert cli.run(["devices"]) == 1
    assert "was killed" not in capsys.readouterr().err, "said once"


@pytest.mark.parametrize("how", ["--port", "HEELCUE_PORT"])
def test_a_name_of_one_s_own_that_leads_nowhere_is_said_too(
    tmp_path, terminal, monkeypatch, how
) -> None:
    link = tmp_path / "mine"
    left_behind(link, terminal)
    if how == "HEELCUE_PORT":
        monkeypatch.setenv(how, str(link))
    with pytest.raises(HeelcueError, match=r"mine: the virtual board .* was killed"):
        choose_port(str(link) if how == "--port" else None)
    assert list(tmp_path.iterdir()) == []


def test_a_running_board_keeps_its_name(tmp_path, terminal) -> None:
    link = tmp_path / "mine"
    running = PortLink(link, terminal)
    assert choose_port(str(link)) == terminal
    with pytest.raises(HeelcueError, match="leads to a running board"):
        PortLink(link, terminal)
    assert choose_port(str(link)) == terminal
    running.close()
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_is_not_ours_is_left_alone(tmp_path, terminal) -> None:
    """As those in /dev/serial/by-id, or one that the user made."""
    link = tmp_path / "by-id"
    link.symlink_to(terminal)
    assert choose_port(str(link)) == terminal
    link.unlink()
    link.symlink_to("/dev/pts/none")
    assert choose_port(str(link)) == "/dev/pts/none" and link.is_symlink()
    with pytest.raises(HeelcueError, match="exists and is no link"):
        (tmp_path / "file").touch()
        PortLink(tmp_path / "file", terminal)
    with pytest.raises(HeelcueError, match="nowhere/port: cannot be made"):
        PortLink(tmp_path / "nowhere" / "port", terminal)
