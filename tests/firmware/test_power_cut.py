"""Power cut at flash operations of a whole session: it always boots, and nothing finished is lost.

The ordinary test cuts at a few of the operations, `make soak` (HEELCUE_CUT_STEP=1) at every one.
"""

import base64
import os

import numpy as np
import pytest
from heelcue import log

from host_tools.device import log_reader
from host_tools.virtual_board import Board, Options, Stimulus
from tests.firmware.asking import ask

STEP = int(os.environ.get("HEELCUE_CUT_STEP", "23"))
SETTLED_S = 1.0  # what was asked for is on flash after so long

# (at second, request): each changes something that must outlive the cut
SESSION = (
    (4.0, {"cmd": "record", "what": "mark", "label": "a"}),
    (4.2, {"cmd": "log", "what": "flush"}),
    (6.0, {"cmd": "set", "key": "pulse_ms", "value": 91}),
    (6.2, {"cmd": "save"}),
    (8.0, {"cmd": "record", "what": "mark", "label": "b"}),
    (8.2, {"cmd": "log", "what": "flush"}),
    (10.0, {"cmd": "set", "key": "pulse_ms", "value": 92}),
    (10.2, {"cmd": "save"}),
    (12.0, {"cmd": "record", "what": "start", "seconds": 1}),
    (15.0, {"cmd": "record", "what": "mark", "label": "c"}),
    (15.2, {"cmd": "log", "what": "flush"}),
)
END_S = 17.0


def rest() -> Stimulus:
    """A foot at rest: every moment is calm."""
    noise = np.random.default_rng(2).normal(0, 2, (400, 6))
    rows = np.rint(noise + np.array([0, 0, 2048, 0, 0, 0])).astype(np.int16)
    return Stimulus.from_samples(rows, 200, loop=True)


def play(board: Board) -> None:
    """The session, as far as the board listens."""
    for at_s, request in SESSION:
        board.run(max(0.0, at_s - board.now_s))
        if board.resets:
            break
        board.send(str(request).replace("'", '"') + "\n")
    board.run(max(0.0, END_S - board.now_s))


def read_file(board: Board, path: str) -> bytes:
    """Download a file over the console."""
    data = b""
    while True:
        part = ask(board, {"cmd": "log", "what": "read", "path": path, "at": len(data)}, 0.15)
        if not part["len"]:
            return data
        data += base64.b64decode(part["d"])


@pytest.fixture(scope="module")
def operations() -> tuple[int, int]:
    """Flash operations before the session's first request, and at its end."""
    with Board(Options(stimulus=rest())) as board:
        board.run(3.5)
        first = board.stats["flash_operations"]
        play(board)
        return first, board.stats["flash_operations"]


def check_cut_at(operation: int) -> None:
    """Cut there; the board must come back with everything that was finished before."""
    with Board(Options(stimulus=rest(), cut_at_flash=operation)) as board:
        play(board)
        assert board.resets == 1, "the cut came"
        cut_s = board.trace.resets[0].t_us / 1e6
        board.run(5)
        assert ask(board, {"cmd": "hello"})["imu"] == "MPU6050", "it boots"
        done = [request for at_s, request in SESSION if at_s + SETTLED_S < cut_s]
        pulses = [150]
        for request in (r for _, r in SESSION):
            if "value" in request:
                pulses.append(request["value"])
        saves = sum(request["cmd"] == "save" for request in done)
        found = ask(board, {"cmd": "get", "key": "pulse_ms"})["value"]
        assert found in pulses[saves : saves + 2], "the last saved, or the one being saved"
        assert "settings" not in ask(board, {"cmd": "status"})["faults"]
        labels = set()
        for path, _ in ask(board, {"cmd": "log"})["files"]:
            for kind, payload in log_reader.blocks(read_file(board, path)):
                if kind == log.NOTE and b'"label"' in payload:
                    labels.add(payload.split(b'"label": "')[1][:1].decode())
        flushed = [r.get("label") for r in done if "label" in r]
        assert labels >= set(flushed[: sum(r.get("what") == "flush" for r in done)])
        # and it still writes
        ask(board, {"cmd": "set", "key": "pulse_ms", "value": 93})
        ask(board, {"cmd": "save"}, 2)
        ask(board, {"cmd": "reset"}, 5)
        assert ask(board, {"cmd": "get", "key": "pulse_ms"})["value"] == 93


def test_a_cut_at_any_flash_operation_loses_nothing_finished(operations):
    first, last = operations
    assert last - first > 40
    for operation in range(first, last + 1, STEP):
        check_cut_at(operation)
