"""Heel-off, mounting, walking: what must hold for any walk, any mounting, any rate."""

from __future__ import annotations

from array import array
from functools import cache
from typing import Any

import numpy as np
import pytest
from heelcue.detector import FLAT
from heelcue.events import CUE, HEEL_OFF, R_NEXT_HEEL_OFF
from heelcue.integers import isqrt
from heelcue.pipeline import Pipeline
from heelcue.settings import defaults
from hypothesis import example, given
from hypothesis import strategies as st

from host_tools.generate import Generated, Sensor, Walk, generate_activity, generate_walk
from host_tools.generated import as_recording
from host_tools.recordings import Recording, to_lsb
from host_tools.scoring import labels_of, score_times


def lsb(made: Generated, turned: Any = None) -> array[int]:
    """Raw samples at the canonical scale, the device turned by a rotation matrix."""
    acc, gyr = made.acc, made.gyr
    if turned is not None:
        acc, gyr = acc @ turned.T, gyr @ turned.T
    return array("h", to_lsb(acc, gyr).tobytes())


def events(samples: array[int], rate_hz: float, pipeline: Pipeline | None = None) -> Any:
    """Return [(time_s, bits)] of all samples on which something happened."""
    p = pipeline or Pipeline(defaults(), rate_hz)
    found = []
    for k in range(len(samples) // 6):
        bits = p.step(samples, 6 * k)
        if bits:
            found.append((k / rate_hz, bits))
    return found


@cache
def walk(preset: str = "healthy", rate_hz: float = 100.0, seed: int = 3, **sensor: float) -> Any:
    return generate_walk(
        Walk(preset=preset, duration_s=24, seed=seed, sensor=Sensor(rate_hz=rate_hz, **sensor))
    )


def rotation(angles: tuple[float, float, float]) -> Any:
    a, b, c = angles
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return x @ y @ z


def f1(made: Generated, found: Any) -> float:
    labels = labels_of(as_recording(made))
    return score_times(labels, [t for t, bits in found if bits & HEEL_OFF]).f1


ANGLE = st.floats(-np.pi, np.pi)


@given(angles=st.tuples(ANGLE, ANGLE, ANGLE))
def test_any_mounting_finds_the_same_walk(angles: tuple[float, float, float]) -> None:
    made = walk()
    assert f1(made, events(lsb(made, rotation(angles)), made.rate_hz)) >= 0.95


@pytest.mark.parametrize("rate_hz", [59, 100, 208, 416])
@pytest.mark.parametrize("preset", ["healthy", "orthopaedic"])
def test_any_rate_finds_the_walk(preset: str, rate_hz: float) -> None:
    made = walk(preset, rate_hz)
    assert f1(made, events(lsb(made), rate_hz)) >= 0.95


@given(bias=st.tuples(*[st.integers(-327, 327)] * 3))
def test_a_gyro_offset_of_20_dps_changes_nothing(bias: tuple[int, int, int]) -> None:
    made = walk()
    rows = np.array(lsb(made)).reshape(-1, 6) + np.array([0, 0, 0, *bias])
    samples = array("h", np.clip(rows, -32768, 32767).astype(np.int16).tobytes())
    assert f1(made, events(samples, made.rate_hz)) >= 0.95


def test_the_way_of_a_stride_is_reckoned_within_a_tenth() -> None:
    made = walk()
    p = Pipeline(defaults(), made.rate_hz)
    samples = lsb(made)
    ways = []
    was = p.gait.way_mm
    for k in range(len(samples) // 6):
        p.step(samples, 6 * k)
        if p.gait.way_mm != was:
            was = p.gait.way_mm
            ways.append(was)
    heel_offs = np.array([s["heel_off_s"] for s in made.strides if s["heel_off_s"]])
    position = np.asarray(made.motion.at(heel_offs).position_m)
    true = np.hypot(*np.diff(position, axis=0)[:, :2].T) * 1000
    assert 0.9 <= np.median([w for w in ways if w > 250]) / np.median(true) <= 1.1


@pytest.mark.parametrize(
    "name", ["standing", "weight_shifts", "toe_taps", "heel_taps", "heel_raises", "car", "lift"]
)
def test_what_goes_nowhere_is_never_cued(name: str) -> None:
    made = generate_activity(name, 90, 5, Sensor(rate_hz=100))
    assert not [t for t, bits in events(lsb(made), made.rate_hz) if bits & CUE]


def test_cues_begin_by_the_fourth_heel_off_and_end_with_the_walk() -> None:
    made = walk()
    p = Pipeline(defaults(), made.rate_hz)
    found = events(lsb(made), made.rate_hz, p)
    heel_offs = [s["heel_off_s"] for s in made.strides if s["heel_off_s"] is not None]
    first = next(t for t, bits in found if bits & CUE)
    assert first <= heel_offs[3] + 0.15
    still = lsb(made)[:6] * int(5 * made.rate_hz)
    after = events(still, made.rate_hz, p)
    assert not p.walking
    assert p.record[R_NEXT_HEEL_OFF] == -1
    assert not [t for t, bits in after if bits & CUE]


def test_a_turned_clip_is_noticed_within_two_strides() -> None:
    made = walk()
    first = Pipeline(defaults(), made.rate_hz)
    events(lsb(made), made.rate_hz, first)
    for angles in ((0.0, 0.0, np.pi), (0.0, 0.0, np.pi / 2), (np.pi, 0.0, 0.3)):
        second = Pipeline(defaults(), made.rate_hz)
        second.mounting.load(first.mounting.save())
        turned = lsb(made, rotation(angles))
        assert f1(made, events(turned, made.rate_hz, second)) >= 0.95


def test_a_saved_mounting_finds_the_first_stride() -> None:
    made = walk()
    first = Pipeline(defaults(), made.rate_hz)
    events(lsb(made), made.rate_hz, first)
    second = Pipeline(defaults(), made.rate_hz)
    second.mounting.load(first.mounting.save())
    found = events(lsb(made), made.rate_hz, second)
    heel_off = next(s["heel_off_s"] for s in made.strides if s["heel_off_s"] is not None)
    assert any(bits & HEEL_OFF and abs(t - heel_off) < 0.15 for t, bits in found)


@pytest.mark.parametrize("saved", [[], [1, 2], [0] * 9, ["x"] * 9, [40000] * 9, [1.5] * 9])
def test_a_damaged_saved_mounting_is_ignored(saved: list[Any]) -> None:
    p = Pipeline(defaults(), 100)
    p.mounting.load(saved)
    assert not p.mounting.known and not p.mounting.level


def test_a_gap_is_bridged_or_waited_out() -> None:
    made = walk()
    samples = lsb(made)
    p = Pipeline(defaults(), made.rate_hz)
    cut = len(samples) // 12 * 6
    events(samples[:cut], made.rate_hz, p)
    n = p.n
    p.gap(60)
    assert p.n == n + 60
    assert p.detector.state != FLAT
    assert [t for t, bits in events(samples[cut + 360 :], made.rate_hz, p) if bits & HEEL_OFF]


@given(start_s=st.floats(6, 20), lost_ms=st.integers(10, 250))
@example(start_s=7.71875, lost_ms=242)  # whose end lies between two samples
def test_lost_samples_cost_no_heel_off_but_one_that_was_among_them(
    start_s: float, lost_ms: int
) -> None:
    made = walk()
    samples = lsb(made)
    p = Pipeline(defaults(), made.rate_hz)
    cut, lost = int(start_s * made.rate_hz), int(lost_ms * made.rate_hz / 1000)
    found = events(samples[: 6 * cut], made.rate_hz, p)
    p.gap(lost)
    after = events(samples[6 * (cut + lost) :], made.rate_hz, p)
    found += [(t + (cut + lost) / made.rate_hz, bits) for t, bits in after]
    heel_offs = [t for t, bits in found if bits & HEEL_OFF]
    start_s, end_s = cut / made.rate_hz, (cut + lost) / made.rate_hz  # of samples, not of the clock
    labels = labels_of(as_recording(made))
    score = score_times(labels, heel_offs)
    for stride in score.missed:
        assert stride.heel_off_s < end_s and start_s < stride.push_off_peak_s
    assert all(-0.01 < t - end_s < 0.05 for t in score.false_s), "a push-off that was hidden, late"


@given(st.integers(0, (1 << 30) - 1))
def test_isqrt(x: int) -> None:
    r = isqrt(x)
    assert r * r <= x < (r + 1) * (r + 1)


def test_the_counter_of_samples_may_wrap() -> None:
    made = walk()
    samples = lsb(made)
    plain = events(samples, made.rate_hz)
    wrapping = Pipeline(defaults(), made.rate_hz)
    wrapping.n = (1 << 29) - len(samples) // 12
    assert events(samples, made.rate_hz, wrapping) == plain


def heel_offs_in(samples_lsb: Any, rate_hz: float) -> int:
    found = events(array("h", samples_lsb.tobytes()), rate_hz)
    return sum(bool(bits & HEEL_OFF) for _, bits in found)


def test_recorded_walks_at_any_mounting(recordings_dir: Any) -> None:
    """Turning a real recording costs no more than a stride or two in all."""
    from host_tools.find import find_recordings
    from host_tools.recordings import read_recording

    files = list(find_recordings([recordings_dir / "voisard2023"]).values())[::26]
    plain = turned = 0
    for k, file in enumerate(files):
        recording: Recording = read_recording(file)
        acc, gyr, r = recording.acc_mps2, recording.gyr_dps, rotation((0.7 * k, 1.1 - k, 2.0 + k))
        plain += heel_offs_in(to_lsb(acc, gyr), recording.rate_hz)
        turned += heel_offs_in(to_lsb(acc @ r.T, gyr @ r.T), recording.rate_hz)
    assert abs(plain - turned) <= 0.03 * plain
