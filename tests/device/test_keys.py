"""Single keys, on a real terminal."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Start = Callable[..., tuple[subprocess.Popen[bytes], int]]


@pytest.fixture
def on_terminal() -> Iterator[Start]:
    """Start `heelcue` on a terminal of its own; returns the process and our end of it."""
    opened: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
        ours, theirs = os.openpty()
        opened.append(ours)
        command = [str(Path(sys.executable).parent / "heelcue"), *arguments]
        process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "50"},
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
