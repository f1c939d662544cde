"""Recordings as of other people: slower, faster, worn otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.other_people import elsewhere, gravity_mps2, loose, paced
from host_tools.perturb import perturb
from host_tools.recordings import GRAVITY_MPS2, Recording
from host_tools.replay import Walk, replay_walk
from host_tools.sagittal import sagittal_axis
from host_tools.scoring import labels_of, score_times
from tests.host.walks import generated_recording

WALK = generated_recording(20)
GRAVITY = gravity_mps2(WALK)
RNG = np.random.default_rng(1)


def found(recording: Recording) -> tuple[int, int, int]:
    """Return hits, missed and false ones."""
    from heelcue.settings import defaults

    events = replay_walk(Walk.of(recording), defaults()).events
    heel_offs = [event.t_s for event in events if event.name == "heel_off"]
    score = score_times(labels_of(recording), heel_offs)
    return len(score.hits), len(score.missed), len(score.false_s)


def test_gravity_is_what_the_accelerometer_feels_at_rest_and_turns_with_the_sensor() -> None:
    assert np.allclose(np.linalg.norm(GRAVITY, axis=1), GRAVITY_MPS2)
    still = np.linalg.norm(WALK.gyr_dps, axis=1) < 3
    felt = WALK.acc_mps2[still] / np.linalg.norm(WALK.acc_mps2[still], axis=1, keepdims=True)
    cosine = (GRAVITY[still] * felt).sum(axis=1) / GRAVITY_MPS2
    assert np.median(np.degrees(np.arccos(np.clip(cosine, -1, 1)))) < 2
    turned = perturb(WALK, "random mounting")
    assert turned is not None
    other = gravity_mps2(turned)
    assert np.allclose((other * turned.acc_mps2).sum(axis=1), (GRAVITY * WALK.acc_mps2).sum(axis=1))


@settings(max_examples=30)
@given(slower=st.floats(0.5, 2.0))
def test_a_paced_walk_turns_and_travels_as_before_in_another_time(slower: float) -> None:
    other = paced(WALK, RNG, slower)
    assert other.t_s[0] == WALK.t_s[0] and len(other.t_s) == len(WALK.t_s)
    assert other.rate_hz == pytest.approx(WALK.rate_hz / slower, rel=1e-3)
    assert other.duration_s == pytest.approx(WALK.duration_s * slower)
    angle_deg = (WALK.gyr_dps[:-1] * np.diff(WALK.t_s)[:, None]).sum(axis=0)
    assert (other.gyr_dps[:-1] * np.diff(other.t_s)[:, None]).sum(axis=0) == pytest.approx(
        angle_deg
    )
    assert np.allclose((other.acc_mps2 - GRAVITY) * slower**2, WALK.acc_mps2 - GRAVITY)
    for before, after in zip(WALK.strides, other.strides, strict=True):
        row = int(np.searchsorted(WALK.t_s, before.step_start_s))
        assert np.searchsorted(other.t_s, after.step_start_s + 1e-9) in (row, row + 1)
        if before.push_off_peak_dps is not None and after.push_off_peak_dps is not None:
            assert after.push_off_peak_dps * slower == pytest.approx(before.push_off_peak_dps)


def test_gaps_and_unknown_heel_offs_keep_their_place() -> None:
    strides = [dict(entry) for entry in WALK.meta["strides"]]
    strides[1]["heel_off_s"] = None
    walk = replace(WALK, meta=WALK.meta | {"gaps_s": [[4.0, 5.0]], "strides": strides})
    other = paced(walk, RNG, 1.5)
    first_s = walk.t_s[0]
    assert other.meta["gaps_s"] == [[first_s + (t - first_s) * 1.5 for t in (4.0, 5.0)]]
    assert other.strides[1].heel_off_s is None
    assert WALK.meta["strides"][1]["heel_off_s"] is not None, "the original keeps its labels"


@pytest.mark.parametrize("slower", [0.8, 1.0, 1.25])
def test_a_generated_walk_is_found_at_any_pace(slower: float) -> None:
    hits, missed, false = found(paced(WALK, RNG, slower))
    assert hits == len(labels_of(WALK).counted) and missed == 0 and false == 0


def test_a_loose_device_lies_as_before_and_rings_at_its_resonance_after_a_knock() -> None:
    rate_hz, spring_hz, damping = 400.0, 15.0, 0.1
    t_s = np.arange(800) / rate_hz
    gyr_dps = np.zeros((800, 3))
    gyr_dps[200:, 1] = 100.0
    acc = np.tile([0.0, 3.0, 9.3], (800, 1))
    knocked = replace(
        WALK, t_s=t_s, acc_mps2=acc, gyr_dps=gyr_dps, meta={"sampling_rate_hz": rate_hz}
    )
    other = loose(knocked, RNG, spring_hz, damping)
    assert np.allclose(other.acc_mps2, acc)
    response = other.gyr_dps[200:, 1]
    assert response[-1] == pytest.approx(100, abs=1)
    peaks = np.flatnonzero((response[1:-1] > response[:-2]) & (response[1:-1] > response[2:])) + 1
    ringing_hz = rate_hz / np.diff(peaks[:4]).mean()
    assert ringing_hz == pytest.approx(spring_hz, rel=0.05)
    assert response[peaks[0]] > 150


def test_what_rings_faster_than_the_samples_show_stays() -> None:
    assert loose(WALK, RNG, 0.45 * WALK.rate_hz, 0.2) is WALK


def test_what_turns_about_one_point_is_felt_further_out_as_mechanics_says() -> None:
    rate_hz, arm_m = 200.0, 0.2
    t_s = np.arange(800) / rate_hz
    angle = 0.5 * (1 - np.cos(2 * np.pi * t_s))  # rad, heel-up about y, seen from the shoe
    rate, faster = np.gradient(angle, t_s), np.gradient(np.gradient(angle, t_s), t_s)
    gyr_dps = np.zeros((800, 3))
    gyr_dps[:, 1] = np.degrees(rate)
    acc = np.zeros((800, 3))
    acc[:, 0], acc[:, 2] = -GRAVITY_MPS2 * np.sin(angle), GRAVITY_MPS2 * np.cos(angle)
    lying = np.tile([0.0, 0.0, GRAVITY_MPS2], (8000, 1))  # mostly, as one stands
    acc, gyr_dps = np.vstack([lying, acc]), np.vstack([np.zeros((8000, 3)), gyr_dps])
    foot = replace(
        WALK,
        t_s=np.arange(8800) / rate_hz,
        acc_mps2=acc,
        gyr_dps=gyr_dps,
        meta={"sampling_rate_hz": rate_hz},
    )
    other = elsewhere(foot, RNG, forward_m=-arm_m, up_m=0.0)
    more = (other.acc_mps2 - acc)[8050:8750]
    sign = np.sign(sagittal_axis(foot)[1])  # of one axis that turns to and fro, either may be up
    assert np.allclose(more[:, 0], sign * arm_m * rate[50:750] ** 2, atol=0.1)
    assert np.allclose(more[:, 2], sign * arm_m * faster[50:750], atol=0.1)
    assert np.allclose(more[:, 1], 0, atol=1e-6)


def test_a_generated_walk_is_found_wherever_it_is_worn() -> None:
    hits, missed, false = found(elsewhere(WALK, RNG, forward_m=-0.17, up_m=-0.03))
    assert hits == len(labels_of(WALK).counted) and missed == 0 and false == 0
