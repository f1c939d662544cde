"""The clock and calendar as the ESP32 port has them: ticks that wrap, time that passes by costs."""

from hypothesis import given
from hypothesis import strategies as st

from host_tools.virtual_board.inprocess import build
from tests.board.parts import board_time


@given(st.integers(0, (1 << 30) - 1), st.integers(-(1 << 29), (1 << 29) - 1))
def test_ticks_wrap_at_2_to_the_30(start: int, delta: int) -> None:
    end = board_time.ticks_add(start, delta)
    assert 0 <= end < 1 << 30
    assert board_time.ticks_diff(end, start) == delta


def test_ticks_cross_the_wrap() -> None:
    build(ticks_start_ms=(1 << 30) - 1000)
    start = board_time.ticks_ms()
    board_time.sleep_ms(1500)
    assert board_time.ticks_ms() < start
    assert board_time.ticks_diff(board_time.ticks_ms(), start) == 1500


def test_time_passes_by_costs_only() -> None:
    board = build()
    assert board.clock.now == 0
    for _ in range(10):
        board_time.ticks_us()
    assert board.clock.now == 10 * board.costs["call_us"]


def test_calendar_starts_in_2000() -> None:
    build()
    assert board_time.gmtime(0)[:6] == (2000, 1, 1, 0, 0, 0)
    for seconds in (0, 5_097_600, 68_256_000, 789_000_000):
        assert board_time.mktime(board_time.gmtime(seconds)) == seconds
