"""The remote control peripheral: pulses that end without the processor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.virtual_board.inprocess import build, device
from tests.board.parts import board_time, esp32, machine, pulses


def test_rmt_plays_a_pulse_that_ends_without_the_processor() -> None:
    board = build()
    rmt = esp32.RMT(0, pin=machine.Pin(25), clock_div=80, idle_level=False)
    # 20 ms on, then 10 periods of 10 ms at 40 %
    rmt.write_pulses([20_000, *[4_000, 6_000] * 10], [1, *[1, 0] * 10])
    board.stall(300_000)  # nothing runs, nothing is called
    ((on_us, off_us, strength),) = pulses(board)
    assert strength == 1.0
    assert off_us is not None
    assert off_us - on_us == 120_000
    assert rmt.wait_done()


@given(
    st.lists(st.integers(1, 32767), min_size=1, max_size=40),
    st.integers(0, 1),
)
def test_rmt_folding_keeps_length_and_on_time(durations: list[int], first: int) -> None:
    levels = [first ^ (k & 1) for k in range(len(durations))]
    parts = device("rmt").strengths(durations, levels)
    assert sum(us for us, _ in parts) == sum(durations)
    on = sum(us for us, level in zip(durations, levels, strict=True) if level)
    assert sum(us * strength / 65535 for us, strength in parts) == pytest.approx(
        on, abs=len(durations)
    )


@pytest.mark.parametrize(
    ("target", "left_ms", "off_after_ms"),
    [("esp32", 200, 200), ("esp32", 400, None), ("esp32s3", 400, 0)],
)
def test_the_plain_esp32_cannot_stop_a_pulse_that_plays(
    target: str, left_ms: int, off_after_ms: int | None
) -> None:
    """It waits for the end with interrupts off, until the interrupt watchdog resets the board."""
    board = build(target=target, i2c_pins=(6, 5), motor_pin=9) if target != "esp32" else build()
    rmt = esp32.RMT(0, pin=machine.Pin(25 if target == "esp32" else 9), clock_div=80)
    rmt.write_pulses([20_000] * (left_ms // 20), [1] * (left_ms // 20))
    if off_after_ms is None:
        with pytest.raises(device("board").BoardReset) as reset:
            rmt.deinit()
        assert reset.value.args == (3,)
        return
    rmt.deinit()
    ((on_us, off_us, _),) = pulses(board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(off_after_ms * 1000, abs=1000)


def test_a_pin_set_up_anew_is_no_longer_the_rmts() -> None:
    board = build()
    pin = machine.Pin(25)
    rmt = esp32.RMT(0, pin=pin, clock_div=80)
    rmt.write_pulses([20_000] * 20, [1] * 20)
    board_time.sleep_ms(50)
    pin.value(0)  # has no say while the pad is routed to the peripheral
    board_time.sleep_ms(50)
    pin.init(machine.Pin.OUT, value=0)
    board_time.sleep_ms(50)
    ((on_us, off_us, _),) = pulses(board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(100_000, abs=1000)
    assert not rmt.wait_done(), "it plays on"


def test_rmt_limits() -> None:
    build()
    rmt = esp32.RMT(1, pin=machine.Pin(25), clock_div=80)
    for bad in ([0], [32768], []):
        with pytest.raises(ValueError):
            rmt.write_pulses(bad, 1)
    rmt.deinit()
    with pytest.raises(ValueError):
        rmt.wait_done()
