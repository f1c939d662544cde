"""A walk for the virtual board, made once, and helpers to talk to the firmware on it."""

import json

import pytest

from host_tools.generate import Walk, generate_walk
from host_tools.virtual_board import Board, Stimulus, quantize


@pytest.fixture(scope="session")
def walk_samples():
    """A minute's generated walk: (raw samples (n, 6), rate in Hz, events)."""
    walk = generate_walk(Walk(duration_s=60, course="loop"))
    return quantize(walk.acc, walk.gyr), walk.rate_hz, walk


@pytest.fixture
def walking(walk_samples) -> Stimulus:
    """That walk, over and over."""
    samples, rate_hz, _ = walk_samples
    return Stimulus.from_samples(samples, rate_hz, loop=True)


def ask(board: Board, request: dict | str, seconds: float = 1.0) -> dict:
    """Send a request and return its answer (the first line with "ok" after it)."""
    before = len(board.console_lines())
    text = request if isinstance(request, str) else json.dumps(request)
    board.send(text + "\n")
    board.run(seconds)
    for _, line in board.console_lines()[before:]:
        if line.startswith("{") and '"ok"' in line:
            return json.loads(line)
    raise AssertionError(f"no answer to {text!r}; the board said: {board.console[-800:]}")


def fault_counts(board: Board) -> dict:
    """The faults that `status` reports."""
    return ask(board, {"cmd": "status"})["faults"]
