"""Talking to the firmware on a virtual board, a JSON line each way."""

import json

from host_tools.virtual_board import Board


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
