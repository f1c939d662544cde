"""What the wearer is told at switch-on, and what a switch-off forgets: mute, the cues' fading."""

import numpy as np
import pytest

from host_tools.generate import Walk, generate_walk
from host_tools.recordings import to_lsb
from host_tools.virtual_board import Board, Options, Stimulus
from tests.firmware.asking import after_sign, ask
from tests.firmware.test_sleep import press, rest

SIGN_MS = [80, 200]  # short, long
BUTTON = 0  # of the ESP32 dev kit
SIGN_S = (2.48, 2.84)  # when it is felt, from power-on


def lengths_ms(board: Board, from_s: float) -> list[int]:
    """How long the pulses were that began after `from_s`, to 20 ms."""
    pulses = [p for p in board.pulses() if p.off_us and p.on_us > from_s * 1e6]
    return [round((p.off_us - p.on_us) / 20e3) * 20 for p in pulses]


def test_switching_on_is_felt_at_once_and_costs_no_sample():
    with Board(Options()) as board:
        board.run(4)
        assert lengths_ms(board, 0) == SIGN_MS
        sign_s = (board.pulses()[0].on_us / 1e6, board.pulses()[1].off_us / 1e6)
        assert sign_s == pytest.approx(SIGN_S, abs=0.02)
        status = ask(board, {"cmd": "status"})
        assert status["n"] > 200 * (4 - SIGN_S[0])
        assert status["faults"] == {} and board.stats["samples_lost"] == 0


def test_so_is_the_press_that_ends_off_but_no_other_start(walk_samples):
    samples, rate_hz, _ = walk_samples
    stimulus = Stimulus.from_samples(rest(30), 200).then(samples[:1000], rate_hz)
    files = {"settings.json": b'{"sleep_after_s": 10, "cue_mode": "off"}'}
    options = Options(stimulus=stimulus.then(rest(300), 200), files=files, pins=((BUTTON, 1),))
    with Board(options) as board:
        board.run(40)
        assert [s.b for s in board.trace.sleeps][:2] == [1, 0], "motion has woken it"
        board.run(1)
        for how in ('{"cmd":"reset"}\n', b"\x03\x04"):
            board.send(how)
            board.run(3)
        board.fault("brownout")
        board.run(4)
        assert ask(board, {"cmd": "status"})["faults"] == {"brown_out": 1}
        assert lengths_ms(board, 3) == []
        press(board, BUTTON, 2)
        board.run(3)
        off_s = board.now_s
        press(board, BUTTON, 0.3)
        board.run(3)
        assert lengths_ms(board, off_s) == SIGN_MS


@pytest.mark.parametrize(
    "wrong", [{"imu": None}, {"files": {"settings.json": b'{"strength_pct": 0}'}}]
)
def test_nothing_is_felt_where_the_sensor_is_missing_or_the_wearer_wants_no_buzz(wrong):
    with Board(Options(**wrong)) as board:
        board.run(8)
        assert board.pulses() == []


@pytest.mark.parametrize(("stands_s", "off_s"), [(1.5, 0.011), (0.2, 0.03)])
def test_the_sign_shakes_the_sensor_but_the_rest_after_it_is_learnt_as_well(stands_s, off_s):
    """A motor at 1 g beside the sensor; a wearer who stands, or walks off, after it."""
    walk = generate_walk(Walk(duration_s=24, variability=0, course="loop"))
    samples, rate_hz = to_lsb(walk.acc, walk.gyr), walk.rate_hz
    still = samples[:20].mean(axis=0) + rest(SIGN_S[1] + stands_s) - [0, 0, 2048, 0, 0, 0]
    at_s = np.arange(len(still)) / 200
    shaking = ((at_s > SIGN_S[0]) & (at_s < SIGN_S[1]))[:, None]
    sway = np.random.default_rng(3).uniform(-1, 1, still.shape) * np.repeat([2048, 1600], 3)
    first = int((walk.strides[0]["heel_off_s"] - 0.3) * rate_hz)
    cues = []
    for before in (still, still + shaking * sway):
        stimulus = Stimulus.from_samples(np.rint(before).astype(np.int16), 200)
        with Board(Options(stimulus=stimulus.then(samples[first:], rate_hz))) as board:
            board.run(18)
            cues.append([p.on_us / 1e6 for p in after_sign(board)])
    assert len(cues[0]) >= 8
    assert cues[1] == pytest.approx(cues[0], abs=off_s)


def test_fading_goes_on_after_sleep_and_begins_anew_when_switched_off(walk_samples):
    samples, rate_hz, _ = walk_samples
    walk = samples[int(3 * rate_hz) : int(33 * rate_hz)]
    still = rest(25)
    stimulus = Stimulus.from_samples(rest(4), 200)
    for _ in range(3):
        stimulus = stimulus.then(walk, rate_hz).then(still, 200)
    files = {
        "settings.json": b'{"sleep_after_s": 10, "cue_mode": "reactive", "schedule": "fading",'
        b' "fade_strides": 10, "every_n": 20}'
    }
    with Board(Options(stimulus=stimulus, files=files, pins=((BUTTON, 1),))) as board:
        felt = []
        for until_s in (56, 111):
            board.run(until_s - board.now_s)
            assert board.trace.sleeps[-1].b == 1
            felt.append(len(after_sign(board)) - sum(felt))
        press(board, BUTTON, 0.2)  # wakes it
        board.run(1)
        press(board, BUTTON, 1.7)
        board.run(0.5)
        press(board, BUTTON, 0.2)
        off = len(board.pulses())
        board.run(166 - board.now_s)
        felt.append(len(board.pulses()) - off - len(SIGN_MS))
        first, second, third = felt
        assert first >= 15
        assert second <= first - 6, "rarer from the start"
        assert abs(third - first) <= 2, "every stride again"
