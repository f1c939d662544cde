"""Every chip at register level: the same walk gives the same cues, and motion wakes the board."""

import numpy as np
import pytest

from host_tools.virtual_board import Board, Options, Stimulus
from host_tools.virtual_board.chips import IMUS, haptic_options, imu_options
from tests.firmware.asking import after_sign, ask

# The model cannot know the maker's configuration. Reactive: a prediction may fall either way when
# another chip's samples lie a millisecond elsewhere.
FILES = {"bmi270.bin": bytes(8192), "settings.json": b'{"cue_mode": "reactive"}'}
NOISE_LSB = 2.0


@pytest.fixture(scope="module")
def rest_samples():
    """A foot at rest, with a real chip's noise."""
    noise = np.random.default_rng(1).normal(0, NOISE_LSB, (2000, 6))
    return np.rint(noise + np.array([0, 0, 2048, 0, 0, 0])).astype(np.int16)


def cue_times_s(board: Board) -> list[float]:
    """When the motor went on."""
    return [pulse.on_us / 1e6 for pulse in board.pulses()]


def cues_on(chip: str, walking: Stimulus) -> list[float]:
    """Cues of 14 s of walking with this chip; the board is healthy at the end."""
    with Board(Options(stimulus=walking, imu=imu_options(chip), files=FILES)) as board:
        board.run(14)
        status = ask(board, {"cmd": "status"})
        assert status["imu_ok"] and status["faults"] == {}
        assert board.stats["samples_lost"] == 0
        return [pulse.on_us / 1e6 for pulse in after_sign(board)]


@pytest.fixture(scope="module")
def reference(walk_samples):
    """The cues that an MPU-6050 gives."""
    samples, rate_hz, _ = walk_samples
    cues = cues_on("mpu6050", Stimulus.from_samples(samples, rate_hz, loop=True))
    assert len(cues) >= 6
    return cues


DIFFERENT = ("mpu6500", "mpu6886", "lsm6ds3tr-c", "lsm6dso", "icm42688-p", "bmi270")


@pytest.mark.parametrize("chip", DIFFERENT)
def test_same_walk_same_cues_whichever_chip(chip, walking, reference):
    cues = cues_on(chip, walking)
    assert len(cues) == len(reference)
    # rates and filters differ: up to three samples; and so do the instants of these, by one
    assert np.abs(np.subtract(cues, reference)).max() < 0.0205


@pytest.mark.parametrize(
    "chip", ["mpu6050", "mpu6500", "icm20689", "mpu6886", "lsm6ds3tr-c", "lsm6dso", "icm42688-p"]
)
def test_sleeps_at_rest_and_wakes_on_motion(chip, walk_samples, rest_samples):
    samples, rate_hz, _ = walk_samples
    walk = samples[: int(12 * rate_hz)]
    stimulus = Stimulus().then(rest_samples, 200, seconds=60).then(walk, rate_hz)
    files = {"settings.json": b'{"sleep_after_s": 10}'}
    with Board(Options(stimulus=stimulus, imu=imu_options(chip), files=files)) as board:
        board.run(72)
        asleep, awake = (record.t_us / 1e6 for record in board.trace.sleeps)
        assert 11 < asleep < 16
        assert 60 < awake < 64, "by the first step, not by noise"
        assert [cause for _, cause in board.trace.reset_causes()] == ["deep_sleep"]
        assert sum(t > 64 for t in cue_times_s(board)) >= 2, "and goes on cueing"


@pytest.mark.parametrize("chip", sorted(set(IMUS) - {"mpu6050", *DIFFERENT}))
def test_relatives_and_clones_are_known(chip):
    with Board(Options(imu=imu_options(chip))) as board:
        board.run(3)
        assert board.events()[0]["imu"], board.events()[0]["error"]


def test_bmi270_without_its_configuration_says_what_to_do(walking):
    with Board(Options(stimulus=walking, imu=imu_options("bmi270"))) as board:
        board.run(4)
        assert "mip install bmi270" in board.events()[0]["error"]


def test_a_disturbed_transfer_at_the_start_does_not_cost_the_motor_its_driver():
    """Cues went to a bare pin, unfelt, until the next start."""
    disturbed = (1.0, "nack", {"count": 2, "address": 0x5A})
    with Board(Options(haptic=haptic_options("drv2605l"), faults=[disturbed])) as board:
        board.run(4)
        assert board.events()[0]["motor"] == "drv2605"


@pytest.mark.parametrize("motor", ["erm", "lra"])
@pytest.mark.parametrize("trigger", ["off", "on"])
def test_drv2605l_cues_and_comes_back_after_it_was_gone(walking, motor, trigger):
    wanted = f'{{"motor_type": "{motor}", "drv_trigger": "{trigger}"}}'.encode()
    options = Options(
        stimulus=walking,
        haptic=haptic_options("drv2605l", motor),
        motor_pin=None,
        files={"settings.json": wanted},
    )
    with Board(options) as board:
        board.run(16)
        status = ask(board, {"cmd": "status"})
        assert status["motor"] == "drv2605" and status["faults"] == {}
        calibration, cues = board.pulses()[0], after_sign(board, before=1)
        assert calibration.off_us - calibration.on_us > 400_000
        assert len(cues) >= 8
        assert all(abs(p.off_us - p.on_us - 150_000) < 6_000 for p in cues)
        assert all(p.strength == pytest.approx(0.8, abs=0.02) for p in cues)
        board.fault("haptic_off", us=3_000_000)
        board.run(16)
        assert ask(board, {"cmd": "status"})["faults"]["haptic"] >= 1
        if trigger == "off":  # the trigger's line cannot tell
            told = [event for event in board.events() if event["ev"] == "cue"]
            assert len(told) == len(after_sign(board, before=1)), "unfelt is not told"
        assert sum(t > 26 for t in cue_times_s(board)) >= 5


def test_an_uncalibrated_drv2605l_comes_back_without_holding_the_walk_up(walking):
    haptic = {**haptic_options("drv2605l", "erm"), "fails": True}
    with Board(Options(stimulus=walking, haptic=haptic, motor_pin=None)) as board:
        board.run(12)
        board.fault("haptic_off", us=2_000_000)
        board.run(12)
        status = ask(board, {"cmd": "status"})
        assert status["faults"].keys() == {"haptic"}, "no FIFO overflow: no second calibration"
        late = [p for p in board.pulses() if p.on_us > 16e6 and p.off_us]
        assert len(late) >= 4
        assert all(abs(p.off_us - p.on_us - 150_000) < 6_000 for p in late)
        assert all(p.strength == pytest.approx(0.8, abs=0.02) for p in late), "open loop as well"
        ask(board, {"cmd": "buzz", "ms": 200, "pct": 40})
        assert any(p.strength == pytest.approx(0.4, abs=0.02) for p in board.pulses()[-3:])


def test_a_change_of_the_motor_holds_at_once():
    """Bring-up: a new board takes the LRA for an ERM until it is told; then comes the test buzz."""
    options = Options(haptic=haptic_options("drv2605l", "lra"), motor_pin=None)
    with Board(options) as board:
        board.run(5)
        ask(board, {"cmd": "mute"})
        given = {"motor_type": "lra", "drv_trigger": "on"}
        assert ask(board, {"cmd": "set", "settings": given}, 3.0)["ok"]
        ask(board, {"cmd": "buzz", "ms": 200, "pct": 100})
        assert board.pulses()[-1].strength == pytest.approx(1.0, abs=0.02)
        assert ask(board, {"cmd": "status"})["muted"]
        ask(board, {"cmd": "set", "key": "motor_drive", "value": "pwm"})
        assert ask(board, {"cmd": "hello"})["motor"] == "pwm"


def test_a_drv2605l_is_calibrated_at_full_strength_whatever_was_played_before():
    haptic = haptic_options("drv2605l", "erm")
    with Board(Options(haptic=haptic, motor_pin=None)) as board:
        board.run(5)
        ask(board, {"cmd": "buzz", "ms": 200, "pct": 40})
        assert ask(board, {"cmd": "calibrate"}, 2.0)["calibrated"]
        buzz, calibration = board.pulses()[-2:]
        assert buzz.strength == pytest.approx(0.4, abs=0.02)
        assert calibration.strength == pytest.approx(1.0, abs=0.02)


def test_a_drv2605l_that_is_not_there_is_told_and_taken_up_when_it_comes(walking):
    """No crash: the walk is logged, the chip asked again twice a second, its fault counted once."""
    haptic = haptic_options("drv2605l", "erm")
    files = {"settings.json": b'{"motor_drive": "drv2605"}'}
    gone = (0.0, "haptic_off", {"us": 20_000_000})
    options = Options(stimulus=walking, haptic=haptic, motor_pin=None, files=files, faults=[gone])
    with Board(options) as board:
        board.run(15)
        hello = ask(board, {"cmd": "hello"})
        assert hello["motor"] == "drv2605"
        assert "no DRV2605L answers at 0x5a" in hello["error"]
        status = ask(board, {"cmd": "status"})
        assert status["faults"] == {"haptic": 1}
        assert status["strides"] > 5
        assert board.pulses() == [] and board.resets == 0
        board.run(15)
        assert sum(t > 21 for t in cue_times_s(board)) >= 5
        assert ask(board, {"cmd": "hello"})["error"] == ""
