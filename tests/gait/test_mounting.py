"""Gravity and gyro offset, from rests alone."""

from __future__ import annotations

import math
from array import array

from heelcue.integers import weight
from heelcue.mounting import Mounting
from hypothesis import given
from hypothesis import strategies as st

RATE_HZ = 100
G_LSB = 2048
LSB_PER_DPS = 16.384


class Clip:
    """A mounting, fed with rests and motion."""

    def __init__(self) -> None:
        self.mounting = Mounting(RATE_HZ, LSB_PER_DPS, G_LSB)

    def rest(self, ms: int, roll_dps: float) -> None:
        x = round(roll_dps * LSB_PER_DPS)
        for _ in range(ms * RATE_HZ // 1000):
            self.mounting.step(array("h", [0, 0, G_LSB, 0, x, 0]), 0)

    def move(self) -> None:
        for k in range(40):
            self.mounting.step(array("h", [500 * (k % 3), 0, G_LSB, 0, 4000 - 200 * k, 0]), 0)

    def stride(self, left_dps: float) -> None:
        """One second: up and down again, and left_dps throughout that no foot turns."""
        for k in range(RATE_HZ):
            x = round(((300 if k < 40 else -200) + left_dps) * LSB_PER_DPS)
            self.mounting.step(array("h", [300 * (k % 3), 0, G_LSB, 0, x, 0]), 0)
        self.mounting.flat_again()

    @property
    def offset_dps(self) -> float:
        return self.mounting.by / LSB_PER_DPS


def test_a_start_in_mid_walk_is_level_after_60_ms_of_rest() -> None:
    clip = Clip()
    clip.move()
    clip.rest(40, 3.0)
    clip.move()
    assert not clip.mounting.level
    clip.rest(80, 3.0)
    clip.move()
    assert clip.mounting.level
    assert clip.mounting.gz == G_LSB


def test_a_longer_rest_takes_the_place_of_what_was_better_than_nothing() -> None:
    clip = Clip()
    clip.move()
    clip.rest(80, 10.0)
    clip.move()
    assert 7.0 <= clip.offset_dps <= 8.0
    clip.rest(140, -8.0)
    clip.move()
    assert -6.0 <= clip.offset_dps <= -3.0, "18 deg/s apart, a jump, and taken at once all the same"
    clip.rest(80, 10.0)
    clip.move()
    assert -6.0 <= clip.offset_dps <= -3.0, "a short one says nothing any more"


def test_an_offset_is_known_to_half_a_roll_after_the_first_stance_and_exactly_after_standing() -> (
    None
):
    clip = Clip()
    clip.move()
    clip.rest(140, 20.0)
    clip.move()
    assert abs(clip.offset_dps - 20.0) <= 2.6
    for _ in range(8):
        clip.rest(1100, 20.0)
    assert abs(clip.offset_dps - 20.0) <= 0.2


def test_rests_that_disagree_are_forgotten() -> None:
    """A device that tumbles rests first one side then the other; the mean is no gravity."""
    mounting = Mounting(RATE_HZ, LSB_PER_DPS, G_LSB)
    for side in [1, -1] * 10:
        for _ in range(RATE_HZ // 5):
            mounting.step(array("h", [0, 0, side * G_LSB, 0, 0, 0]), 0)
        for k in range(20):
            mounting.step(array("h", [500 * (k % 3), 0, side * G_LSB, 0, 4000 - 400 * k, 0]), 0)
        assert not mounting.level or abs(mounting.gz) > 0.7 * G_LSB


def test_what_is_never_quite_at_rest_is_level_in_the_end_but_not_where_it_swings() -> None:
    """A foot that rolls at 20 deg/s per 50 ms while it stands; in a bag one g is not alone."""
    for g_lsb, level in ((G_LSB, True), (G_LSB * 6 // 5, False)):
        clip = Clip()
        for _ in range(3):
            clip.move()
            for k in range(12):
                rate = round((4.0 * k - 24.0) * LSB_PER_DPS)
                clip.mounting.step(array("h", [0, 0, g_lsb, 0, rate, 0]), 0)
        assert clip.mounting.level is level


def test_strides_say_the_offset_where_no_one_ever_stood_and_hardly_against_standing() -> None:
    clip = Clip()
    clip.move()
    clip.rest(140, 9.0)  # the foot rolls through its stance
    clip.move()
    clip.mounting.set_axis(0, 4096, 0)
    clip.mounting.flat_again()  # what it turned since the start was no whole stride
    assert 6.0 < clip.offset_dps < 7.0
    clip.stride(1.0)
    assert 3.3 < clip.offset_dps < 4.3, "the first counts for half"
    for _ in range(12):
        clip.stride(1.0)
    assert 1.0 <= clip.offset_dps < 2.0
    clip.stride(40.0)
    assert 1.0 <= clip.offset_dps < 2.0, "it ended on a slope"
    clip.rest(1500, 3.0)
    clip.move()
    stood_dps = clip.offset_dps
    assert 1.5 < stood_dps < 3.2
    clip.mounting.flat_again()
    clip.stride(-10.0)
    assert stood_dps - 0.4 < clip.offset_dps < stood_dps


def test_a_stride_that_lost_samples_says_nothing_of_the_offset() -> None:
    clip = Clip()
    clip.rest(1500, 2.0)
    clip.move()
    clip.mounting.set_axis(0, 4096, 0)
    clip.mounting.flat_again()
    before_dps = clip.offset_dps
    clip.mounting.gap()
    clip.stride(-15.0)
    assert clip.offset_dps == before_dps
    clip.stride(-15.0)
    assert clip.offset_dps < before_dps


@given(looks_hz=st.floats(30.0, 120.0), share=st.sampled_from([0.125, 0.25]))
def test_a_running_mean_lasts_as_long_at_any_rate(looks_hz: float, share: float) -> None:
    left = (1 - weight(share, looks_hz) / 256) ** (0.1 * looks_hz)
    assert math.isclose(left, (1 - share) ** 5, abs_tol=0.02)


def shaken(rate_hz: int) -> int:
    """A 10 Hz vibration of 0.2 g for half a second, then 60 ms of rest."""
    mounting = Mounting(rate_hz, LSB_PER_DPS, G_LSB)
    for k in range(rate_hz * 56 // 100):
        x = round(0.2 * G_LSB * math.sin(2 * math.pi * 10 * min(k / rate_hz, 0.5)))
        mounting.step(array("h", [x, 0, G_LSB, 0, 0, 0]), 0)
    return mounting.rests.shake


def test_vibration_counts_as_much_at_98_hz_as_at_100_though_looked_at_twice_as_often() -> None:
    assert math.isclose(shaken(98), shaken(100), rel_tol=0.2)
    assert math.isclose(shaken(75), shaken(100), rel_tol=0.2)
