"""Weeks without a sleep, as on a board that nothing could wake: ticks_ms wraps every 12.4 days."""

import json

import pytest

from host_tools.virtual_board import Board, Options

DAYS = 40

# The parts as start.py puts them together, and of the loop what keeps the time. Without an IMU a
# month costs nothing; `ok` says that one is there, and lies still.
AWAKE = b"""
import json, main, time
name, board = main.choose()
from heelcue import faults, services, settings
from heelcue.app import App
app = App(board, settings.load()[0], faults.Faults())
around = services.Services(app, name)
app.sensor.ok, app.sensor._use_pin = True, False
began = time.ticks_ms()
told = []
for hour in range(1, 24 * DAYS + 1):
    time.sleep_ms(3_600_000)
    now = time.ticks_ms()
    app._watch_motion(now)
    around.tick(now)
    told.append((hour, around.status()['up_s'], app.still, app.still_ms(now)))
print('told', json.dumps(told))
""".replace(b"DAYS", str(DAYS).encode())


@pytest.fixture(scope="module")
def told() -> list[list[int]]:
    """Hour by hour: hours since the start, as `status` has it, whether still, and for how long."""
    with Board(Options(imu=None, files={"main2.py": AWAKE}, ticks_start_ms=1 << 29)) as board:
        board.run(1)
        board.send(b"\x03")
        board.run(1)
        board.send(b"import main2\r")
        board.run(DAYS * 86_400 + 60)
        line = next(line for _, line in board.console_lines() if line.startswith("told "))
    return json.loads(line.removeprefix("told "))


def test_the_time_since_the_start_is_right_for_weeks(told):
    """It was negative after 6.2 days, and began anew after 12.4."""
    assert len(told) == 24 * DAYS
    assert [up_s for _, up_s, _, _ in told] == pytest.approx([h * 3600 for h, *_ in told], abs=5)


def test_a_foot_that_has_lain_still_for_weeks_lies_still(told):
    """After 6.2 days it had moved a moment ago, and no board would have slept for as long."""
    longest_ms = 3_600_000  # greatest sleep_after_s
    assert all(still for *_, still, _ in told[1:])
    assert all(still_ms >= min(longest_ms, (hour - 1) * 3_600_000) for hour, *_, still_ms in told)
