"""Timers as the ESP32 port has them, and the PWM that they switch off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.virtual_board.inprocess import build
from tests.board.parts import board_time, machine, pulses


def test_timer_refuses_what_the_port_refuses() -> None:
    build()
    with pytest.raises(ValueError, match="hard Timers are not implemented"):
        machine.Timer(0).init(period=1, hard=True)
    with pytest.raises(ValueError, match="invalid Timer number, max 4"):
        machine.Timer(4)
    with pytest.raises(ValueError, match="invalid Timer number"):
        machine.Timer(-1)


def test_a_timer_may_not_be_set_for_ever() -> None:
    """The port's count of references, eight bits, runs over: on hardware the clock stops."""
    build()
    timers = machine.Timer(0), machine.Timer(2)  # both in the place of the group's first
    for k in range(253):
        timers[k % 2].init(period=10, callback=None)
    with pytest.raises(RuntimeError, match="number 254"):
        timers[0].init(period=10, callback=None)
    machine.Timer(1).init(period=10, callback=None)


def test_periodic_timer_keeps_its_pace_under_load() -> None:
    board = build()
    hits = []
    machine.Timer(1, period=10, callback=lambda timer: hits.append(board.clock.now))
    for _ in range(100):
        board.clock.spend(3_700)
    assert [t // 10_000 for t in hits] == list(range(1, 38))


@given(st.integers(1, 500), st.integers(1, 65535))
def test_motor_trace_of_pwm(pulse_ms: int, duty: int) -> None:
    board = build()
    pwm = machine.PWM(machine.Pin(25), freq=20_000, duty_u16=0)
    timer = machine.Timer(0)
    pwm.duty_u16(duty)
    timer.init(mode=0, period=pulse_ms, callback=lambda t: pwm.duty_u16(0))
    board_time.sleep_ms(600)
    ((on_us, off_us, strength),) = pulses(board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(pulse_ms * 1000, abs=100)
    assert strength == pytest.approx(duty / 65535, abs=1e-3)


def test_pwm_limits() -> None:
    board = build()
    pwm = machine.PWM(machine.Pin(25), freq=1000, duty=512)
    assert pwm.duty() == 512
    for bad in (-1, 65536):
        with pytest.raises(ValueError):
            pwm.duty_u16(bad)
    with pytest.raises(ValueError):
        pwm.freq(0)
    pwm.deinit()
    assert pulses(board)[0][1] is not None
