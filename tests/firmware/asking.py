"""Talking to the firmware on a virtual board, a JSON line each way."""

import json

import pytest

from host_tools.virtual_board import Board
from host_tools.virtual_board.trace import Pulse


def after_sign(board: Board, before: int = 0) -> list[Pulse]:
    """The pulses that ended, after the two that say that the board was switched on."""
    pulses = [pulse for pulse in board.pulses() if pulse.off_us][before:]
    sign_ms = [(pulse.off_us - pulse.on_us) / 1000 for pulse in pulses[:2]]
    assert sign_ms == pytest.approx([80, 200], abs=12)
    return pulses[2:]


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
