"""The share of a minute that the motor may run holds, whatever a host asks for meanwhile."""

import json

import pytest
from heelcue.haptics import base

from host_tools.virtual_board import Board, Options
from host_tools.virtual_board.chips import haptic_options
from tests.firmware.asking import ask


def on_s(board: Board) -> float:
    """How long the motor ran since the start."""
    return sum(pulse.off_us - pulse.on_us for pulse in board.pulses() if pulse.off_us) / 1e6


def allowed_s(board: Board) -> float:
    """A minute's share to begin with, and what comes back since."""
    return base.MAX_DUTY_PCT / 100 * (60 + board.now_s)


def set_motor(board: Board, turn: int) -> None:
    """Say that it is another motor with each turn; it gets another driver."""
    kind = ("lra", "erm")[turn % 2]
    board.send(json.dumps({"cmd": "set", "key": "motor_type", "value": kind}) + "\n")


def test_a_change_of_the_driver_gives_no_more_time():
    """A driver began with a whole minute's share: a buzz and a `set`, again and again, ran it."""
    with Board(Options()) as board:
        board.run(4)
        for turn in range(160):
            board.send('{"cmd": "buzz", "ms": 500, "pct": 100}\n')
            board.run(0.6)
            set_motor(board, turn)
            board.run(0.05)
        assert 0.8 * allowed_s(board) < on_s(board) < allowed_s(board) + 0.5
        status = ask(board, {"cmd": "status"})
        assert status["faults"]["haptic_budget"] > 10
        assert status["pulses"] + status["faults"]["haptic_budget"] >= 160, (
            "counted since the start"
        )


def test_a_driver_that_was_replaced_leaves_a_pause_before_the_next_pulse():
    with Board(Options(files={"settings.json": b'{"motor_drive": "pwm"}'})) as board:
        board.run(4)
        board.send('{"cmd": "buzz", "ms": 500}\n')
        board.run(0.2)
        board.send('{"cmd": "set", "key": "motor_type", "value": "lra"}\n{"cmd": "buzz"}\n')
        board.run(1)
        (*_, cut, after) = board.pulses()
        assert after.on_us - cut.off_us > 30_000


@pytest.mark.parametrize(("asked", "every_s"), [("calibrate", 1.1), ("another motor", 0.5)])
def test_measuring_a_motor_again_and_again_counts_too(asked, every_s):
    """It runs the motor for most of a second, at full strength."""
    with Board(Options(haptic=haptic_options("drv2605l", "erm"))) as board:
        board.run(4)
        for turn in range(round(132 / every_s)):
            if asked == "calibrate":
                board.send('{"cmd": "calibrate"}\n')
            else:
                set_motor(board, turn)
            board.run(every_s)
        assert on_s(board) < allowed_s(board)
        assert ask(board, {"cmd": "status"})["faults"]["haptic_budget"] > 5
        assert ask(board, {"cmd": "buzz", "ms": 100}, 30)["ok"]
        assert board.pulses()[-1].off_us - board.pulses()[-1].on_us == pytest.approx(1e5, abs=2e4)
