"""Single keys, on a real terminal."""

import codecs
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host_tools import cli
from host_tools.terminal import plainly

Lack = dict[str, str]
Start = Callable[..., tuple[subprocess.Popen[bytes], int]]


@pytest.fixture
def on_terminal() -> Iterator[Start]:
    """Start `heelcue` on a terminal of its own; returns the process and our end of it."""
    opened: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **environment: str) -> tuple[subprocess.Popen[bytes], int]:
        ours, theirs = os.openpty()
        opened.append(ours)
        command = [str(Path(sys.executable).parent / "heelcue"), *arguments]
        process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "50"} | environment,
        )  # fmt: skip
        os.close(theirs)
        started.append(process)
        return process, ours

    yield start
    for process in started:
        process.kill()
        process.wait()
    for descriptor in opened:
        os.close(descriptor)


def read_until(descriptor: int, words: bytes) -> bytes:
    """Read what the terminal shows until it shows the words, or ends."""
    seen = b""
    while words not in seen:
        try:
            more = os.read(descriptor, 4096)
        except OSError:  # on Linux the end of a terminal is an error
            break
        if not more:
            break
        seen += more
    return seen


@pytest.mark.parametrize("key", [b"q", b"\x04"], ids=["q", "Ctrl-D"])
def test_a_key_ends_the_walk_with_its_summary(on_terminal: Start, key: bytes) -> None:
    process, terminal = on_terminal("run", "--seconds", "600")
    assert b"q ends it" in read_until(terminal, b"q ends it")
    os.write(terminal, key)
    said = read_until(terminal, b"nothing: to the end")
    assert process.wait() == 0 and b"generated walk (healthy): " in said


def test_a_key_ends_the_view_of_a_board(on_terminal: Start, shared_board) -> None:
    process, terminal = on_terminal("monitor", "--port", shared_board.port)
    assert b"q or Ctrl-C ends the view" in read_until(terminal, b"q or Ctrl-C ends the view")
    os.write(terminal, b"q")
    read_until(terminal, b"nothing: to the end")
    assert process.wait() == 0


@pytest.mark.parametrize("way", [b"q", b"\x03", b"\x11", b""], ids=["q", "^C", "^Q", "SIGTERM"])
def test_sliders_take_back_what_was_not_saved_however_they_end(
    on_terminal: Start, shared_board, capsys, way: bytes
) -> None:
    """Ctrl-C ends every command; it only told of Ctrl-Q, which left the board as it was last."""
    show = ["settings", "show", "--json", "--port", shared_board.port]
    assert cli.run(show) == 0
    before = json.loads(capsys.readouterr().out)
    process, terminal = on_terminal("tune", "--live", "--port", shared_board.port)
    read_until(terminal, b"s keeps it")
    os.write(terminal, b"\x1b[D")
    assert b"holds" in read_until(terminal, b"holds")
    if way:
        os.write(terminal, way)
    else:
        process.send_signal(signal.SIGTERM)
    read_until(terminal, b"nothing: to the end")
    assert process.wait() == (0 if way else cli.EXIT_INTERRUPTED)
    assert cli.run(show) == 0
    assert json.loads(capsys.readouterr().out) == before


@pytest.mark.parametrize("lack", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}])
def test_where_no_picture_can_be_drawn_there_are_lines(on_terminal: Start, lack: Lack) -> None:
    """What cannot draw over showed nothing before the end, ASCII a field of question marks."""
    _, terminal = on_terminal("run", "--seconds", "600", "--speed", "max", **lack)
    said = read_until(terminal, b"predicted")
    assert b"predicted" in said and b"\x1b" not in said and b"q ends it" not in said


def test_what_cannot_be_written_is_written_plainly(capfd) -> None:
    codecs.register_error("plainly", plainly)
    assert "██ 3, \u28ff, ±1…".encode("ascii", "plainly") == b"## 3, ?, +-1~"
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", "plainly")


def test_a_job_in_the_background_is_not_stopped_for_its_keys() -> None:
    """heelcue record walk.csv &: the terminal's keys belong to the shell, which stops who asks."""
    inner = "from host_tools.device.keys import keys\nwith keys() as k: print('took', k.pressed())"
    outer = (
        "import pty, sys\n"
        f"pty.spawn(['sh', '-c', 'set -m; \"$0\" -c \"$1\" & wait', sys.executable, {inner!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", outer], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=60, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert b"took" in done.stdout
