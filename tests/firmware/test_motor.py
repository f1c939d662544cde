"""The motor drivers' caps and ends, in this process over the board's own timers."""

from pathlib import Path

import pytest
from heelcue import boards, settings
from heelcue.haptics import base

from host_tools.virtual_board.inprocess import bench, device

BEAT_MS = 4  # of heelcue.haptics.timed, which only a board can import
BOARD = boards.BOARDS["esp32_generic"]
HOUR_MS = 3_600_000


@pytest.fixture(params=["pwm", "rmt"])
def motor(request):
    """A driver without a chip of its own, motor off."""
    with bench():
        from heelcue.haptics import pwm, rmt

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
    assert settings.SCHEMA["pulse_ms"][2] == base.MAX_PULSE_MS
    assert motor.pulse(60_000, 1000)
    wait_ms(motor, 1000)
    assert on_times_ms(motor) == pytest.approx([base.MAX_PULSE_MS], abs=BEAT_MS + 1)


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
        wait_ms(motor, 20, 1)  # the overdrive's end, due at this very moment

    motor._release = release_and_be_interrupted
    motor.off()
    assert len(on_times_ms(motor)) == 1
    motor.deinit()
    wait_ms(motor, 1000)
    assert len(on_times_ms(motor)) == 1
    assert not any(timer.callback for timer in device("machine")._board.timers), "none beats on"


@pytest.mark.parametrize("motor", ["pwm"], indirect=True)
def test_a_ctrl_c_that_comes_within_the_timer_s_callback_is_not_lost(motor):
    """MicroPython prints what a callback raises, and goes on: no REPL, and the motor still on."""

    def interrupted():
        raise KeyboardInterrupt

    finish, motor._finish = motor._finish, interrupted
    time = device("time")
    assert motor.pulse(50, 80)
    time.sleep_ms(60)
    with pytest.raises(KeyboardInterrupt):
        motor.guard(time.ticks_ms())
    motor._finish = finish
    motor.off()
    motor.guard(time.ticks_ms())
    assert len(on_times_ms(motor)) == 1


def test_a_pulse_that_does_not_end_by_itself_is_cut_by_the_loop(motor):
    motor.pulse(100, 80)
    if motor.kind == "pwm":
        motor._timer.deinit()  # as when the queue of callbacks is full
    else:
        motor._rmt.wait_done = lambda timeout: False
    wait_ms(motor, 1000)
    assert on_times_ms(motor) == pytest.approx([100], abs=25)
    assert motor.overruns == 1
    assert motor.pulse(100, 80)


def test_buzzes_after_more_pulses_than_a_timer_may_be_set(motor):
    """The port's count of references runs over at the 254th Timer.init(), and the clock stops."""
    for _ in range(400):
        motor._budget_ms = 21_000
        assert motor.pulse(50, 80)
        wait_ms(motor, 100)
    assert len(on_times_ms(motor)) == 400


@pytest.mark.parametrize("ran_ms", [20, 150, 350])
def test_off_cuts_a_long_pulse_at_once_and_the_next_one_is_whole(motor, ran_ms):
    """The plain ESP32's RMT cannot be stopped: waiting for it to end would reset the board."""
    motor.pulse(500, 80)
    wait_ms(motor, ran_ms)
    before = device("time").ticks_ms()
    motor.off()
    assert device("time").ticks_ms() - before <= 1
    assert on_times_ms(motor) == pytest.approx([ran_ms], abs=2)
    wait_ms(motor, 600)
    assert motor.pulse(200, 80)
    wait_ms(motor, 300)
    assert on_times_ms(motor) == pytest.approx([ran_ms, 200], abs=BEAT_MS + 1)
    motor.pulse(500, 80)
    motor.deinit()
    assert on_times_ms(motor)[2:] in ([], pytest.approx([0], abs=2))


def test_buzzes_after_a_week_of_rest(motor):
    """ticks_ms wraps after 12.4 days: times more than 6.2 days ago look as if they lay ahead."""
    motor.pulse(100, 80)
    wait_ms(motor, 200)
    if motor.kind == "pwm":
        motor._timer.deinit()  # a week of its beats would take hours here
    wait_ms(motor, 24 * 7 * HOUR_MS, HOUR_MS)
    assert motor.pulse(100, 80)


def test_a_change_of_the_overdrive_is_felt_with_the_next_pulse(motor):
    def full_ms() -> float:
        """How long the last pulse began with full drive."""
        motor.pulse(150, 50)
        wait_ms(motor, 300)
        levels = [
            r for r in device("machine")._board.trace.records if r[0] == device("trace").MOTOR
        ]
        full = next(k for k in reversed(range(len(levels))) if levels[k][3] == 65535)
        return (levels[full + 1][1] - levels[full][1]) / 1000

    assert full_ms() == pytest.approx(motor.overdrive_ms, abs=BEAT_MS + 1)
    motor.overdrive_ms = 60
    assert full_ms() == pytest.approx(60, abs=BEAT_MS + 1)


@pytest.mark.parametrize("motor", ["rmt"], indirect=True)
def test_a_cue_after_a_buzz_of_another_kind_is_worked_out_before_it_is_due(motor, monkeypatch):
    """Muted, unmuted, tested: the next cue had its symbols made, and memory taken, as it came."""
    from heelcue.haptics import rmt

    motor.prepare(90, 70)
    assert motor.pulse(60, 60)
    wait_ms(motor, 300)
    monkeypatch.setattr(rmt, "symbols", None)
    assert motor.pulse(90, 70)
    wait_ms(motor, 300)
    assert on_times_ms(motor) == pytest.approx([60, 90], abs=2)


def test_a_build_whose_rmt_does_not_work_still_has_a_motor(monkeypatch):
    """`motor_drive` rmt, once saved, would end every start in a crash."""
    with bench():
        from heelcue import haptics
        from heelcue.haptics import rmt

        monkeypatch.setattr(rmt, "esp32", object())
        found = haptics.find(BOARD, {**settings.defaults(), "motor_drive": "rmt"}, None)
        assert found.kind == "pwm" and "RMT" in found.error
        assert found.pulse(100, 80)
        quiet = haptics.find(BOARD, {**settings.defaults(), "motor_drive": "auto_pin"}, None)
        assert quiet.kind == "pwm" and not quiet.error


def test_the_lra_of_the_bill_is_driven_as_its_maker_says():
    """VG1040003D: 2.5 V rms, 170 Hz (Vybronics). Formulas: SLOS854, 8.5.2.1 and 8.6.21."""
    bill = Path(__file__).parents[2] / "hardware" / "bill_of_materials.csv"
    assert "Coin vibration motor LRA,Vybronics,VG1040003D" in bill.read_text()
    with bench():
        from heelcue.haptics import drv2605

        rated, clamp, feedback, control1, library = drv2605._MOTORS["lra"]
        erm = drv2605._MOTORS["erm"]
    assert 20.58e-3 * rated / (1 - 1.5e-3 * 170) ** 0.5 == pytest.approx(2.5, rel=0.01)
    assert 21.22e-3 * clamp == pytest.approx(3.3, rel=0.01), "no more than the supply"
    assert 0.5 + 0.1 * (control1 & 0x1F) == pytest.approx(500 / 170, rel=0.05)
    assert feedback & 0x80 and library == 6, "N_ERM_LRA; the library of LRAs"
    # the ERM: 3 V, closed loop, and library B, whose motors are for 3 V too
    assert 21.33e-3 * erm[0] == pytest.approx(3.0, rel=0.01)
    assert not erm[2] & 0x80 and erm[4] == 2
