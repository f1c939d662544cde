"""Getting through to a board: whatever is at the other end, one clear sentence."""

import json
import os
import random
import re
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from heelcue import __version__
from heelcue import settings as schema

from host_tools import cli
from host_tools.device import console as console_module
from host_tools.device import link as link_module
from host_tools.device.console import Console, open_console
from host_tools.device.examine import _version
from host_tools.device.link import connect
from host_tools.device.ports import choose_port, virtual_link, why_not
from host_tools.device.serial_port import Transport
from host_tools.errors import HeelcueError
from host_tools.virtual_board import Options
from tests.host.walks import saved_walk

from .conftest import ServedBoard


@contextmanager
def other_end(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A port with something else at its other end: each piece it hears, it answers."""
    master, slave = os.openpty()
    tty.setraw(slave)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                heard = os.read(master, 4096)
                os.write(master, answer(heard))
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        stop.set()
        os.write(slave, b"x")
        os.close(slave)
        thread.join()
        os.close(master)


@pytest.fixture
def short_patience(monkeypatch) -> None:
    """What never answers need not be waited for as long as a board."""
    for name, value in (("PATIENCE_S", 0.05), ("ENTRY_S", 0.1), ("ATTEMPTS", 2)):
        monkeypatch.setattr(link_module, name, value)
    monkeypatch.setattr("host_tools.device.serial_port.READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(console_module, "ASK_AGAIN_S", 0.2)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda heard: b"", "nothing answers on"),
        (lambda heard: b"\xfe\x81\x00\xc3\x9a\xff\x03\xb7" * 12, "sends garbage"),
        (lambda heard: random.Random(1).randbytes(3000), "sends garbage"),
        (lambda heard: b"temperature 21.3\r\n" * 4, "does not stop for Ctrl-C"),
        (lambda heard: b"rst:0x1 (POWERON_RESET)\r\ninvalid header: 0xff\r\n", "no MicroPython"),
    ],
    ids=["silence", "garbage", "random", "another-program", "bare-chip"],
)
@pytest.mark.usefixtures("short_patience")
def test_no_repl(answer, sentence) -> None:
    """Silence, noise, another program and a bare chip are told apart."""
    with other_end(answer) as port, pytest.raises(HeelcueError, match=sentence):
        connect(port)


@pytest.mark.usefixtures("short_patience")
def test_garbage_instead_of_lines() -> None:
    """A flood without line ends is not read for ever."""
    with (
        other_end(lambda heard: b"\xff" * 4000) as port,
        pytest.raises(HeelcueError, match=r"sends garbage|nothing answers|not the Heelcue"),
    ):
        open_console(port, start=False).close()


@pytest.mark.parametrize(
    "command",
    [
        ["doctor"], ["flash"], ["monitor"], ["record", "walk.csv"], ["settings", "show"],
        ["settings", "set", "pulse_ms=120"], ["settings", "backup", "kept.json"],
        ["report", "--out", "walks"], ["tune", "--live"],
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.usefixtures("short_patience")
def test_every_command_on_a_port_that_sends_garbage(command, tmp_path, monkeypatch, capsys) -> None:
    """One sentence, exit code 1, nothing written."""
    monkeypatch.setattr(console_module, "GARBAGE_S", 0.3)
    monkeypatch.chdir(tmp_path)
    with other_end(lambda heard: random.Random(len(heard)).randbytes(600)) as port:
        assert cli.run([*command, "--port", port]) == 1
    said = capsys.readouterr()
    assert "sends garbage" in said.out + said.err
    assert "bug in heelcue" not in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "requests"),
    [
        (["settings", "set", "pulse_ms=120", "strength_pct=50"], 2),
        (["settings", "backup", "kept.json"], 1),
        (["report", "--out", "walks"], 4),
        (["monitor", "--strides", "9"], 2),
        (["record", "walk.csv", "--fetch", "last"], 2),
        (["doctor"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_unplugged_between_two_requests(
    command, requests, board, tmp_path, monkeypatch, capsys
) -> None:
    """The cable pulled before so many requests: one sentence, exit code 1, nothing half-written."""
    left = [requests]
    plain = console_module.Console.request

    def counted(self, *arguments, **fields):
        left[0] -= 1
        if left[0] == 0:
            board.close()
        return plain(self, *arguments, **fields)

    monkeypatch.setattr(console_module.Console, "request", counted)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert cli.run([*command, "--port", board.port]) == 1
    assert left[0] <= 0
    said = capsys.readouterr()
    assert "has gone" in said.out + said.err
    assert "bug in heelcue" not in said.err
    assert [path for path in Path.cwd().rglob("*") if path.is_file()] == []


def test_no_such_port(capsys) -> None:
    """The name is in the sentence; the exit code is not zero."""
    assert cli.run(["settings", "show", "--port", "/dev/ttyNONE"]) == 1
    assert "there is no port /dev/ttyNONE" in capsys.readouterr().err


def test_no_serial_port(tmp_path) -> None:
    """A plain file is no port."""
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(HeelcueError, match="no serial port"):
        connect(str(file))
    with pytest.raises(HeelcueError, match="is a folder and no port"):
        connect(str(tmp_path))


def test_port_in_use(shared_board) -> None:
    """Another program holds the port."""
    with (
        serial.serial_for_url(shared_board.port, exclusive=True),
        pytest.raises(HeelcueError, match="in use by another program"),
    ):
        connect(shared_board.port)


def test_no_permission() -> None:
    """The sentence names the command that helps."""
    sentence = str(why_not("/dev/ttyUSB0", PermissionError(13, "Permission denied")))
    assert re.search(r"usermod -aG \w+ \$USER", sentence)


def test_no_board_and_too_many(monkeypatch) -> None:
    """Without --port: none or several are each told."""
    from host_tools.device import ports

    monkeypatch.delenv("HEELCUE_PORT", raising=False)
    monkeypatch.setattr(ports, "find_ports", list)
    with pytest.raises(HeelcueError, match="cable that carries data"):
        choose_port(None)
    two = [ports.Port("/dev/ttyUSB0", "CP210x"), ports.Port("/dev/ttyUSB1", "CH340")]
    monkeypatch.setattr(ports, "find_ports", lambda: two)
    with pytest.raises(HeelcueError, match="which with --port: /dev/ttyUSB0"):
        choose_port(None)


def test_old_firmware(shared_board, monkeypatch) -> None:
    """A command that the firmware lacks, and a setting that it lacks."""
    from host_tools.device.settings_command import send

    with open_console(shared_board.port) as console:
        with pytest.raises(HeelcueError, match=r"does not know 'levitate'; .* 'heelcue flash'"):
            console.request("levitate")
        with pytest.raises(HeelcueError, match=r"has no setting levitate_mm"):
            send(console, {"levitate_mm": 3}, save=False)
        # what a setting that it lacks is by default, it does already: a backup of it goes back
        monkeypatch.setitem(schema.SCHEMA, "levitate_mm", (0, 0, 9))
        assert "levitate_mm" not in send(console, schema.defaults(), save=False)
        with pytest.raises(HeelcueError, match=r"has no setting levitate_mm"):
            send(console, {"levitate_mm": 3}, save=False)


def test_board_without_the_application(tmp_path, capsys) -> None:
    """A bare MicroPython: devices and doctor say so, and what to do."""
    with ServedBoard(Options(firmware=None), tmp_path / "bare") as served:
        assert cli.run(["doctor", "--port", served.port, "--json"]) == 1
        findings = json.loads(capsys.readouterr().out)["findings"]
    states = {finding["what"]: finding for finding in findings}
    assert states["MicroPython"]["state"] == "ok"
    assert states["application"]["state"] == "fail"
    assert "heelcue flash" in states["application"]["advice"]


def test_devices_lists_boards_and_ends_with_1_without_one(
    shared_board, tmp_path, monkeypatch, capsys
) -> None:
    """In words and as JSON alike."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    assert cli.run(["devices"]) == 1
    assert "No board found" in capsys.readouterr().out
    assert cli.run(["devices", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == []
    virtual_link().symlink_to(shared_board.port)
    assert cli.run(["devices"]) == 0
    assert capsys.readouterr().out.startswith(f"{virtual_link()}  virtual board: Heelcue ")
    assert cli.run(["devices", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["virtual"] is True and found["board"] == "esp32_generic"


def test_without_a_board_doctor_says_what_to_try_on_this_system(
    tmp_path, monkeypatch, capsys
) -> None:
    """Every other error sends people to doctor, which must know more than they were told."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("HEELCUE_PORT", raising=False)
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    (tmp_path / "brltty").touch(0o755)  # takes USB serial chips for Braille displays
    monkeypatch.setenv("PATH", str(tmp_path))
    for system, clue in (("linux", "sudo apt remove brltty"), ("darwin", "driver")):
        monkeypatch.setattr("sys.platform", system)
        assert cli.run(["doctor"]) == 1
        said = capsys.readouterr().out
        assert "BOOT button" in said and clue in said
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "brltty").unlink()
    assert cli.run(["doctor"]) == 1
    assert "brltty" not in capsys.readouterr().out


def test_doctor_finds_a_missing_imu(tmp_path, capsys) -> None:
    """No IMU on the bus: named, with the wires to check."""
    with ServedBoard(Options(imu=None), tmp_path / "noimu") as served:
        assert cli.run(["doctor", "--port", served.port]) == 1
    said = capsys.readouterr().out
    assert "FAIL  IMU" in said
    assert "four wires" in said


def test_doctor_does_not_call_an_older_firmware_an_update() -> None:
    advice = [_version({"fw": fw, "board": "x"}).advice for fw in ("0.0.9", __version__, "0.10.2")]
    assert "brings the board up to date" in advice[0] and not advice[1]
    assert "bring these tools up to date" in advice[2]


def test_a_request_lost_in_a_restart_is_asked_again() -> None:
    said = iter([b'{"ev": "hello"}\n', b'{"ok": true, "id": 1}\n'])
    with other_end(lambda heard: next(said, b"")) as port, Console(Transport(port)) as console:
        assert console.request("status")["ok"]
        assert [line["ev"] for line in console.events] == ["hello"]


def test_safe_mode_is_told_as_such() -> None:
    said = b"heelcue: safe mode, the button was held; the REPL is free\r\n"
    with (
        other_end(lambda heard: said) as port,
        Console(Transport(port)) as console,
        pytest.raises(HeelcueError, match="is in safe mode"),
    ):
        console.greet(start=False, seconds=0.1)


def test_silence_may_be_sleep() -> None:
    with (
        other_end(lambda heard: b"") as port,
        Console(Transport(port)) as console,
        pytest.raises(HeelcueError, match="it sleeps: move it, or press its button"),
    ):
        console.greet(start=True, seconds=0.1)


def test_doctor_on_a_good_board(shared_board, capsys) -> None:
    """All well."""
    assert cli.run(["doctor", "--port", shared_board.port, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]


def test_a_stuck_application_is_interrupted(tmp_path) -> None:
    """A program that never waits gives way to the raw REPL."""
    options = Options(firmware=None, files={"main.py": b"n = 0\nwhile True:\n    n += 1\n"})
    with ServedBoard(options, tmp_path / "stuck") as served, connect(served.port) as link:
        assert link.ask("6 * 7") == 42


def test_settings_round_trip(shared_board, tmp_path, capsys) -> None:
    """set, diff, backup, reset, restore: each does what it says."""
    port = ["--port", shared_board.port]
    assert cli.run(["settings", "set", "pulse_ms=120", "schedule=nth", *port]) == 0
    assert cli.run(["settings", "diff", "--json", *port]) == 0
    different = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert different["pulse_ms"] == {"board": 120, "default": 150}
    kept = tmp_path / "kept.json"
    assert cli.run(["settings", "backup", str(kept), *port]) == 0
    assert cli.run(["settings", "backup", str(kept), *port]) == 0  # over an older one
    labels = saved_walk(tmp_path).with_name("walk.json")
    before = labels.read_bytes()
    for other in (labels, tmp_path / "walk.csv.gz"):
        assert cli.run(["settings", "backup", str(other), *port]) == 2
    assert labels.read_bytes() == before
    assert cli.run(["settings", "reset", "--no-save", *port]) == 0
    assert cli.run(["settings", "restore", str(kept), *port]) == 0
    capsys.readouterr()
    assert cli.run(["settings", "show", "--json", *port]) == 0
    assert json.loads(capsys.readouterr().out)["schedule"] == "nth"
    assert cli.run(["settings", "set", "log_kb=512", "pulse_ms=130", "--no-save", *port]) == 0
    said = capsys.readouterr().out
    assert "log_kb holds from the next start only: without saving it does nothing" in said
    assert cli.run(["settings", "set", "console_events=off", "pulse_ms=99", "--json", *port]) == 0
    assert json.loads(capsys.readouterr().out)["at_next_start"] == ["console_events"]
    for wrong, words in (
        ("pulse_ms=9999", "from 20 to 500"),
        ("pulse_ms=long", "from 20 to 500"),
        ("pulse_ms", "pulse_ms=120"),
        ("pulse=120", "unknown setting"),
        ("schedule=often", "one of"),
    ):
        assert cli.run(["settings", "set", wrong, *port]) == 2
        assert words in capsys.readouterr().err
    assert cli.run(["settings", "reset", *port]) == 0
