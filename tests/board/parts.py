"""The board's modules in this process, an I2C bus on it, and what its motor did."""

from typing import Any

from host_tools.virtual_board.device.trace import MOTOR
from host_tools.virtual_board.inprocess import build, device
from host_tools.virtual_board.trace import Record, Trace

machine = device("machine")
esp32 = device("esp32")
board_time = device("time")


def pulses(board: Any) -> list[tuple[int, int | None, float]]:
    """Motor pulses of an in-process board."""
    trace = Trace()
    for kind, t, a, b, c, t2 in board.trace.records:
        if kind == MOTOR:
            trace.add(Record(kind, a, b, c, t, t2))
    return [(p.on_us, p.off_us, round(p.strength, 3)) for p in trace.pulses()]


def i2c(**options: Any) -> tuple[Any, Any]:
    """A board and the master of its bus."""
    board = build(**options)
    bus = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
    return board, bus
