"""The detector alone: rates in, phases and events out."""

from __future__ import annotations

from array import array

import pytest
from heelcue.detector import FLAT, LANDED, SWING, Detector
from heelcue.events import HEEL_OFF, INITIAL_CONTACT, R_HEEL_OFF, TOE_OFF
from heelcue.events import STRIDE as STRIDE_OVER
from heelcue.mounting import Mounting
from heelcue.pipeline import Pipeline
from heelcue.settings import defaults

RATE_HZ = 200
G_LSB = 2048
LSB_PER_DPS = 16.384

# (milliseconds, deg/s about the sagittal axis) of an ordinary stride, beginning with foot-flat
PUSH_OFF = [(60, 30.0), (60, 120.0), (60, 350.0), (40, 200.0)]
SWING_ON = [(120, -250.0), (160, -60.0), (60, 120.0), (30, -80.0)]
STANCE = [(400, 2.0)]
STRIDE = STANCE + PUSH_OFF + SWING_ON


class Foot:
    """A detector whose axis is y and whose foot is level, fed with rates."""

    def __init__(self) -> None:
        self.mounting = Mounting(RATE_HZ, LSB_PER_DPS, G_LSB)
        self.mounting.load([0, 4096, 0, 0, 0, 0, 0, 0, G_LSB])
        self.detector = Detector(defaults(), RATE_HZ, self.mounting)
        self.detector.trust = 3
        self.n = 0
        self.events: list[tuple[int, int]] = []  # bits, milliseconds

    def feed(
        self, segments: list[tuple[int, float]], tilt_mg: int = 0, shake_mg: int = 0
    ) -> list[tuple[int, int]]:
        """Take rates held for so long each; return the new events."""
        before = len(self.events)
        for ms, dps in segments:
            for k in range(ms * RATE_HZ // 1000):
                x_mg = tilt_mg + (shake_mg if k % 8 < 4 else -shake_mg)
                x = x_mg * G_LSB // 1000
                sample = array("h", [x, 0, G_LSB, 0, round(dps * LSB_PER_DPS), 0])
                s = self.mounting.step(sample, 0)
                bits = self.detector.step(self.n, s)
                if bits:
                    self.events.append((bits, self.n * 1000 // RATE_HZ))
                self.n += 1
        return self.events[before:]


def walking(strides: int = 3) -> Foot:
    foot = Foot()
    for _ in range(strides):
        foot.feed(STRIDE)
    return foot


def test_a_stride_has_its_three_events_in_order() -> None:
    foot = walking()
    assert [bits for bits, _ in foot.feed(STRIDE)] == [HEEL_OFF, TOE_OFF, INITIAL_CONTACT]


def test_heel_off_is_seen_within_40_ms_of_the_rise() -> None:
    foot = walking()
    foot.feed(STANCE)
    rise_ms = foot.n * 1000 // RATE_HZ
    ((bits, at_ms),) = foot.feed(PUSH_OFF[:2])
    assert bits == HEEL_OFF
    assert 0 < at_ms - rise_ms <= 40


@pytest.mark.parametrize("tilt_mg", [0, 300])
def test_a_step_without_swing_ends_when_the_foot_is_quiet(tilt_mg: int) -> None:
    """Set down at another slope (300 mg: 17 degrees) the foot is at rest all the same."""
    foot = walking()
    foot.feed(STANCE + PUSH_OFF + [(10, -15.0)])
    assert foot.detector.state == SWING
    foot.feed([(400, 3.0)], tilt_mg=tilt_mg)
    assert foot.detector.state == FLAT
    assert [bits for bits, _ in foot.feed(PUSH_OFF, tilt_mg=tilt_mg)] == [HEEL_OFF]


BUMP = [(50, 38.0)]  # 1.9 degrees


def test_a_bump_just_after_the_landing_is_no_heel_off_but_later_it_is() -> None:
    soon = walking()
    soon.feed([(110, 2.0)])
    assert soon.detector.state == FLAT
    assert soon.feed(BUMP) == []
    late = walking()
    late.feed(STANCE)
    assert [bits for bits, _ in late.feed(BUMP)] == [HEEL_OFF]


def test_a_bump_of_a_foot_that_still_shakes_is_no_heel_off_but_of_a_calm_one_it_is() -> None:
    for shake_mg, expected in ((400, []), (0, [HEEL_OFF])):
        foot = walking()
        foot.feed([(250, 2.0)], shake_mg=shake_mg)
        assert foot.detector.state == FLAT
        assert [bits for bits, _ in foot.feed(BUMP, shake_mg=shake_mg)] == expected


def test_a_person_who_lifts_the_heel_early_is_learnt() -> None:
    """The time from flat to heel-off is the person's own: a short one no longer raises the bar."""
    foot = walking()
    hurried = [(150, 2.0), *PUSH_OFF, *SWING_ON]
    late_ms = []
    for _ in range(12):
        begin_ms = foot.n * 1000 // RATE_HZ + 150
        late_ms.append(next(at for bits, at in foot.feed(hurried) if bits == HEEL_OFF) - begin_ms)
    assert late_ms[-1] < late_ms[0]


def test_far_from_flat_a_quiet_foot_is_flat_sooner_if_it_lies_as_when_flat() -> None:
    """The angle may be wrong (another axis, a gap); what the accelerometer says is not."""
    took = {}
    for tilt_mg in (0, 300):
        foot = walking()
        foot.feed(STANCE)
        foot.detector.lost(foot.n)
        foot.detector.angle = 30 * foot.detector.degree
        assert foot.detector.state == LANDED
        for ms in range(0, 1000, 5):
            foot.feed([(5, 1.0)], tilt_mg=tilt_mg)
            if foot.detector.state == FLAT:
                took[tilt_mg] = ms
                break
    assert took[0] < took[300] <= 300


# The heel rises by 4 degrees, waits until the foot is stiller than before, and rises
FIRST_STAGE = [(150, 27.0), (20, -10.0), (150, 1.0)]
TWO_STAGES = [(350, 4.0), (70, 27.0), (20, -10.0), (200, 1.0), *PUSH_OFF, *SWING_ON]


def test_a_rise_after_which_the_foot_is_stiller_than_before_is_taken_back() -> None:
    """That rise was not heel-off by the definition; the next one is, and is reported."""
    foot = walking()
    foot.feed([(400, 4.0)])
    ((bits, first_ms),) = foot.feed(FIRST_STAGE)
    assert bits == HEEL_OFF
    assert foot.detector.state == FLAT
    rise_ms = foot.n * 1000 // RATE_HZ
    (again, *_) = foot.feed(PUSH_OFF)
    assert again[0] == HEEL_OFF
    assert 0 < again[1] - rise_ms <= 40
    assert again[1] - first_ms < 400  # sooner than two strides can follow each other


def test_a_rise_that_only_slows_down_is_one_heel_off() -> None:
    foot = walking()
    foot.feed(STANCE)
    paused = [(100, 40.0), (100, 12.0), *PUSH_OFF]
    assert [bits for bits, _ in foot.feed(paused)].count(HEEL_OFF) == 1


def test_who_raises_the_heel_in_two_stages_is_learnt_by_the_second() -> None:
    """The first stage comes long before the usual time of the second."""
    foot = walking()
    heel_offs = []
    for _ in range(25):
        bits = [bits for bits, _ in foot.feed(TWO_STAGES)]
        heel_offs.append(bits.count(HEEL_OFF))
    assert heel_offs[0] == 2
    assert heel_offs[-1] == 1


def test_after_a_short_stride_a_small_rise_is_not_believed() -> None:
    """The foot may only be turned or put beside the other; a push-off is heel-off all the same."""
    small = [(50, 26.0), (40, -10.0)]  # 1.3 degrees
    for wary, expected in ((False, [HEEL_OFF]), (True, [])):
        foot = walking()
        foot.feed(STANCE)
        foot.detector.wary = wary
        assert [bits for bits, _ in foot.feed(small)] == expected
        foot.feed([(500, 1.0)])
        if wary:
            assert HEEL_OFF in [bits for bits, _ in foot.feed(PUSH_OFF)]
            assert not foot.detector.wary


def test_two_stages_of_one_rise_are_one_stride() -> None:
    pipeline = Pipeline(defaults(), RATE_HZ, LSB_PER_DPS, G_LSB)
    pipeline.mounting.load([0, 4096, 0, 0, 0, 0, 0, 0, G_LSB])
    pipeline.detector.trust = 3
    found = []
    recorded = []
    for ms, dps in [*STRIDE, (400, 4.0), *FIRST_STAGE, *PUSH_OFF, *SWING_ON, *STANCE, *PUSH_OFF]:
        sample = array("h", [0, 0, G_LSB, 0, round(dps * LSB_PER_DPS), 0])
        for _ in range(ms * RATE_HZ // 1000):
            found.append(pipeline.step(sample, 0))
            if found[-1] & STRIDE_OVER:
                recorded.append(pipeline.record[R_HEEL_OFF])
    heel_offs = [n for n, bits in enumerate(found) if bits & HEEL_OFF]
    assert len(heel_offs) == 4
    assert recorded == [heel_offs[0], heel_offs[2]], "uncued, so the second stage is the heel-off"


def test_a_foot_that_is_never_quiet_is_flat_after_some_patience() -> None:
    """45 deg/s to and fro in stance: too much to be flat at once, too little to fly for seconds."""
    lively = [(5, 45.0), (5, -45.0)] * 40
    foot = walking()
    found = [HEEL_OFF in [b for b, _ in foot.feed(lively + PUSH_OFF + SWING_ON)] for _ in range(9)]
    assert not found[0]
    assert sum(found) >= 4
    quiet = foot.feed(STRIDE + STRIDE)
    assert [bits for bits, _ in quiet].count(HEEL_OFF) == 2


def test_patience_counts_from_when_the_axis_was_found() -> None:
    """Nothing was known for five seconds: that makes the swing of the first step no quieter."""
    for begin in (Detector.lost, lambda d, n: d.airborne(n, 20)):
        foot = Foot()
        foot.n = 5 * RATE_HZ
        begin(foot.detector, foot.n)
        foot.feed([(200, 45.0)])
        assert foot.detector.state != FLAT


# A heel that rises by 9 degrees, a toe that rises by 21 in swing: a leg that can't push off
WEAK = [(60, 30.0), (120, 60.0), (220, -95.0), (120, 90.0)]


def test_a_toe_that_always_rises_first_is_a_heel() -> None:
    pipeline = Pipeline(defaults(), RATE_HZ, LSB_PER_DPS, G_LSB)
    pipeline.mounting.load([0, -4096, 0, 0, 0, 0, 0, 0, G_LSB])  # the wrong way round
    pipeline.detector.trust = 3
    heel_off_ms: list[list[int]] = []
    for _ in range(8):
        heel_off_ms.append([])
        at_ms = -500
        for ms, dps in [(500, 2.0), *WEAK]:
            sample = array("h", [0, 0, G_LSB, 0, round(dps * LSB_PER_DPS), 0])
            for _ in range(ms * RATE_HZ // 1000):
                if pipeline.step(sample, 0) & HEEL_OFF:
                    heel_off_ms[-1].append(at_ms)
                at_ms += 1000 // RATE_HZ
    assert all(at_ms[0] > 150 for at_ms in heel_off_ms[:2]), "in swing, where the toe rises"
    assert pipeline.mounting.vy > 0
    assert all(0 <= at_ms[0] < 100 for at_ms in heel_off_ms[4:])


def test_a_toe_that_rises_a_little_before_a_real_push_off_says_nothing() -> None:
    foot = walking()
    for _ in range(6):
        bits = [b for b, _ in foot.feed([*STANCE, (100, -65.0), (50, 0.0), *PUSH_OFF, *SWING_ON])]
        assert HEEL_OFF in bits
        assert foot.detector.toe_first == 0


def test_what_spoke_against_the_sign_before_it_was_turned_does_not_speak_against_the_new_one() -> (
    None
):
    pipeline = Pipeline(defaults(), RATE_HZ, LSB_PER_DPS, G_LSB)
    pipeline.mounting.load([0, -4096, 0, 0, 0, 0, 0, 0, G_LSB])
    pipeline.detector.toe_first = 2
    pipeline.alignment.travelled([0, 4096, 0], True)  # once is enough: the sign is not proven
    assert pipeline.mounting.vy > 0
    assert pipeline.detector.toe_first == 0


@pytest.mark.parametrize("rate_hz", [59, 98, 104, 208, 416])
def test_a_first_push_off_that_pauses_for_40_ms_is_one_rotation_at_any_rate(rate_hz: int) -> None:
    """It turns evenly for a moment, as a rest does whose offset is not known."""
    pipeline = Pipeline(defaults(), rate_hz, LSB_PER_DPS, G_LSB)
    swing: list[float] = []
    for k in range(2 * rate_hz):
        ms = 1000 * k / rate_hz - 1000
        if ms < 0:
            dps = 0.0
        elif ms < 100:
            dps = ms  # 5 degrees
        elif ms < 140:
            dps = 100.0  # 4
        elif ms < 240:
            dps = 100.0 + 2 * (ms - 140)  # 20
        else:
            dps = -300.0
        pipeline.step(array("h", [0, 0, G_LSB, 0, round(dps * LSB_PER_DPS), 0]), 0)
        if pipeline.mounting.known:
            swing.append(pipeline.detector.angle / pipeline.detector.degree)
    assert swing and 18 < swing[0] < 32
