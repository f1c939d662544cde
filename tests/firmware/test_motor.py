"""The motor drivers' caps and ends, in this process over the board's own timers."""

import pytest
from heelcue import boards, settings
from heelcue.haptics import base

from host_tools.virtual_board.inprocess import bench, device

BOARD = boards.BOARDS["esp32_generic"]
HOUR_MS = 3_600_000


@pytest.fixture(params=["pwm", "rmt"])
def motor(request, monkeypatch):
    """A driver without a chip of its own, motor off."""
    with bench():
        from heelcue.haptics import pwm, rmt

        for module in (base, pwm, rmt):
            monkeypatch.setattr(module, "time", device("time"), raising=False)
        monkeypatch.setattr(pwm, "machine", device("machine"))
        monkeypatch.setattr(rmt, "machine", device("machine"))
        monkeypatch.setattr(rmt, "esp32", device("esp32"))
        made = {"pwm": pwm.PwmMotor, "rmt": rmt.RmtMotor}[request.param]
        yield made(BOARD, settings.defaults())


def on_times_ms(motor) -> list[float]:
    """How long the motor's pin was driven, pulse by pulse; strength changes do not end a pulse."""
    board = device("machine")._board
    times, since = [], None
    for kind, t, _, level, *_ in board.trace.records:
        if kind == device("trace").MOTOR:
            if level and since is None:
                since = t
            elif not level and since is not None:
                times.append((t - since) / 1000)
                since = None
    assert since is None, "the motor is still on"
    return times


def wait_ms(motor, ms: int, step_ms: int = 10) -> None:
    """What the loop does: time passes, the motor is guarded."""
    time = device("time")
    for _ in range(ms // step_ms):
        time.sleep_ms(step_ms)
        motor.guard(time.ticks_ms())


def test_longer_and_stronger_than_the_caps_is_cut(motor):
    assert motor.pulse(60_000, 1000)
    wait_ms(motor, 1000)
    assert on_times_ms(motor) == pytest.approx([base.MAX_PULSE_MS], abs=2)


def test_no_second_pulse_while_one_runs_or_has_just_ended(motor):
    assert motor.pulse(100, 80)
    assert not motor.pulse(100, 80)
    wait_ms(motor, 110)
    assert not motor.pulse(100, 80), "they would be felt as one"
    wait_ms(motor, base.REST_MS)
    assert motor.pulse(100, 80)
    assert motor.refused == 2


def test_no_more_than_its_share_of_the_time(motor):
    for _ in range(240):
        motor.pulse(500, 100)
        wait_ms(motor, 540)
    share_ms = base.MAX_DUTY_PCT / 100 * 60_000  # of a minute, to begin with
    assert sum(on_times_ms(motor)) <= share_ms + base.MAX_DUTY_PCT / 100 * 240 * 540 + 500
    assert motor.over_budget + motor.pulses == 240


def test_off_is_off_whatever_timer_comes_meanwhile(motor):
    motor.pulse(300, 50)
    wait_ms(motor, motor.overdrive_ms - 10)
    release = motor._release

    def release_and_be_interrupted():
        release()
        if hasattr(motor, "_settle"):
            motor._settle(None)  # the overdrive's end, due at this very moment

    motor._release = release_and_be_interrupted
    motor.off()
    assert len(on_times_ms(motor)) == 1
    motor.deinit()
    wait_ms(motor, 1000)
    assert len(on_times_ms(motor)) == 1


def test_a_pulse_whose_timer_is_lost_is_cut_by_the_loop(motor):
    motor.pulse(100, 80)
    motor._end.deinit()  # as when the queue of callbacks is full
    wait_ms(motor, 1000)
    assert on_times_ms(motor) == pytest.approx([100], abs=20)
    assert motor.overruns == 1
    assert motor.pulse(100, 80)


def test_buzzes_after_a_week_of_rest(motor):
    """ticks_ms wraps after 12.4 days: times more than 6.2 days ago look as if they lay ahead."""
    motor.pulse(100, 80)
    wait_ms(motor, 24 * 7 * HOUR_MS, HOUR_MS)
    assert motor.pulse(100, 80)
