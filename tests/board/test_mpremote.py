"""The real mpremote against the board's pseudo-terminal."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.virtual_board import Options
from host_tools.virtual_board.device.trace import RESET
from host_tools.virtual_board.pty import PtyBoard
from host_tools.virtual_board.trace import CAUSES, Record

MAIN = b"""
import time, machine
print('main runs', machine.reset_cause())
while True:
    time.sleep_ms(20)
"""


class Served:
    """A board kept running in a thread, and mpremote for it."""

    def __init__(self, folder: Path, speed: int = 0) -> None:
        options = Options(firmware=None, files={"main.py": MAIN}, speed=speed)
        self.woken = threading.Event()  # from deep sleep
        self.pty = PtyBoard(options, folder / "board", on_record=self._watch)
        self.failure: BaseException | None = None
        self._going = True
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _watch(self, record: Record) -> None:
        if record.kind == RESET and CAUSES[record.a] == "deep_sleep":
            self.woken.set()

    def _serve(self) -> None:
        try:
            while self._going:
                self.pty.step(0.02)
        except BaseException as error:
            self.failure = error

    def close(self) -> None:
        self._going = False
        self._thread.join()
        self.pty.close()
        assert self.failure is None

    def mpremote(self, *arguments: str, fails: bool = False) -> str:
        command = [str(Path(sys.executable).parent / "mpremote"), "connect", self.pty.port]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path)
    yield running
    running.close()


def test_exec_run_and_errors(served: Served, tmp_path: Path) -> None:
    assert served.mpremote("exec", "print(6 * 7)") == "42\n"
    script = tmp_path / "script.py"
    script.write_text("import sys\nfor k in range(3):\n    print(k, sys.platform)\n")
    assert served.mpremote("run", str(script)) == "0 esp32\n1 esp32\n2 esp32\n"
    said = served.mpremote("exec", "def f():\n    raise ValueError('no')\nf()", fails=True)
    assert "ValueError: no" in said
    assert served.mpremote("resume", "exec", "x = 5", "exec", "print(x)") == "5\n"


def test_files_over_resets(served: Served, tmp_path: Path) -> None:
    data = os.urandom(9000)
    local = tmp_path / "data.bin"
    local.write_bytes(data)
    served.mpremote("fs", "mkdir", "sub", "+", "fs", "cp", str(local), ":sub/data.bin")
    assert hashlib.sha256(data).hexdigest() in served.mpremote("fs", "sha256sum", "sub/data.bin")
    served.mpremote("reset")
    back = tmp_path / "back.bin"
    served.mpremote("fs", "cp", ":sub/data.bin", str(back))
    assert back.read_bytes() == data
    assert "9000 data.bin" in served.mpremote("fs", "ls", "sub")
    served.mpremote("fs", "rm", "sub/data.bin")
    assert "data.bin" not in served.mpremote("fs", "ls", "sub")


def test_reset_causes_and_main(served: Served) -> None:
    assert served.mpremote("resume", "exec", "import machine; print(machine.reset_cause())") == (
        "1\n"
    )
    # mpremote resets softly when it connects: main.py is not run, the cause is told
    assert served.mpremote("exec", "import machine; print(machine.reset_cause())") == "5\n"
    served.mpremote("reset")
    assert served.mpremote("resume", "exec", "import machine; print(machine.reset_cause())") == (
        "2\n"
    )


def test_code_that_never_waits_can_be_interrupted(served: Served) -> None:
    served.mpremote("exec", "--no-follow", "while True: pass")
    assert served.mpremote("exec", "print('alive')") == "alive\n"


def test_port_is_exclusive(served: Served) -> None:
    import serial

    with serial.Serial(served.pty.port, exclusive=True):
        assert "in use" in served.mpremote("exec", "print(1)", fails=True)
    assert served.mpremote("exec", "print(1)") == "1\n"


def test_a_client_that_vanishes_in_the_middle_of_a_line_does_no_harm(served: Served) -> None:
    import serial

    for part in (b"\r\x03\r\x01", b"print('x' * 500", b"\x05A\x01for k in ra"):
        with serial.Serial(served.pty.port) as port:
            port.write(part)
            port.flush()
    assert served.mpremote("exec", "print('whole')") == "whole\n"


def test_deep_sleep_behind_the_port(served: Served) -> None:
    program = "import machine, time; time.sleep_ms(50); machine.deepsleep(200)"
    served.mpremote("resume", "exec", "--no-follow", program)
    assert served.woken.wait(timeout=60)
    # main.py may be interrupted before its first line: import here
    assert served.mpremote("resume", "exec", "import machine; print(machine.reset_cause())") == (
        "4\n"
    )


def test_mount_and_clock(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "far.py").write_text("print('from the host')\n")
    # in real time: the board's side of a mount waits a second for its host, not longer
    served = Served(tmp_path, speed=1)
    try:
        said = served.mpremote("mount", str(tmp_path / "there"), "exec", "import far")
        assert "from the host" in said
        served.mpremote("rtc", "--set")
        assert "(2000," not in served.mpremote("rtc")
    finally:
        served.close()
