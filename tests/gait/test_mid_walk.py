"""Switched on, or restarted, while walking: nothing is known, and the foot never stands still."""

from __future__ import annotations

from array import array
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from heelcue.pipeline import Pipeline
from heelcue.settings import defaults
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from host_tools.generate import Sensor, Walk, generate_walk
from host_tools.generated import as_recording
from host_tools.perturb import begun_at
from host_tools.recordings import Recording
from host_tools.replay import Walk as Samples
from host_tools.replay import replay_walk
from host_tools.scoring import first_found, labels_of, score_times
from tests.gait.test_detection import ANGLE, rotation

PEOPLE, MOMENTS = 8, 6
RATES_HZ = (59.0, 83.0, 100.0, 104.0, 150.0, 208.0)
OFFSET_DPS = st.floats(-20.0, 20.0)


@cache
def walk(seed: int, rate_hz: float, spread: float) -> Recording:
    sensor = Sensor(rate_hz=rate_hz, mounting="aligned", gyro_bias_dps=0.0)
    plan = Walk(duration_s=24, seed=seed, course="straight", person_spread=spread, sensor=sensor)
    return as_recording(generate_walk(plan))


def begun(whole: Recording, share: float) -> Recording:
    """The walk begun at a share of the way from its second heel-off to the last but seventh."""
    walked = labels_of(whole).walked
    first_s, last_s = walked[1].heel_off_s, walked[-8].heel_off_s
    return begun_at(whole, first_s + share * (last_s - first_s))


def worn_and_begun(
    person: int,
    share: float,
    rate_hz: float,
    angles: tuple[float, float, float],
    offset_dps: tuple[float, float, float],
) -> Recording:
    """A person's walk, the clip turned and the gyro off by so much, begun at that share of it."""
    whole = walk(person, rate_hz, 0.5)
    turned = rotation(angles)
    return begun(
        replace(
            whole,
            acc_mps2=whole.acc_mps2 @ turned.T,
            gyr_dps=whole.gyr_dps @ turned.T + offset_dps,
        ),
        share,
    )


def heel_offs_s(recording: Recording) -> list[float]:
    events = replay_walk(Samples.of(recording), defaults()).events
    return [event.t_s for event in events if event.name == "heel_off"]


@hypothesis_settings(max_examples=80)
@given(
    person=st.integers(0, PEOPLE - 1),
    share=st.floats(0.0, 1.0),
    rate_hz=st.sampled_from(RATES_HZ),
    angles=st.tuples(ANGLE, ANGLE, ANGLE),
    offset_dps=st.tuples(OFFSET_DPS, OFFSET_DPS, OFFSET_DPS),
)
def test_begun_at_any_moment_all_heel_offs_from_the_fourth_on_are_found(
    person: int,
    share: float,
    rate_hz: float,
    angles: tuple[float, float, float],
    offset_dps: tuple[float, float, float],
) -> None:
    """At any rate and mounting, with any gyro offset; the third is missed once in 2000."""
    recording = worn_and_begun(person, share, rate_hz, angles, offset_dps)
    labels = labels_of(recording)
    score = score_times(labels, heel_offs_s(recording))
    assert len(labels.counted) >= 5
    assert not [stride for stride in score.missed if stride is not labels.counted[0]]


@hypothesis_settings(max_examples=60)
@given(
    person=st.integers(0, PEOPLE - 1),
    share=st.floats(0.0, 0.5),
    rate_hz=st.sampled_from(RATES_HZ),
    angles=st.tuples(ANGLE, ANGLE, ANGLE),
    offset_dps=st.tuples(OFFSET_DPS, OFFSET_DPS, OFFSET_DPS),
)
def test_the_gyro_offset_is_known_from_strides_alone(
    person: int,
    share: float,
    rate_hz: float,
    angles: tuple[float, float, float],
    offset_dps: tuple[float, float, float],
) -> None:
    """The foot never stands: it rolls through each stance, which rests take for an offset."""
    recording = worn_and_begun(person, share, rate_hz, angles, offset_dps)
    samples = Samples.of(recording)
    pipeline = Pipeline(
        defaults(), samples.rate_hz, samples.gyro_lsb_per_dps, samples.acc_lsb_per_g
    )
    raw = array("h", samples.samples_lsb.ravel().tolist())
    last = round((labels_of(recording).walked[-1].heel_off_s - recording.t_s[0]) * rate_hz)
    for k in range(last):
        pipeline.step(raw, 6 * k)
    mounting = pipeline.mounting
    axis = np.array([mounting.vx, mounting.vy, mounting.vz]) / 4096
    found = np.array([mounting.bx, mounting.by, mounting.bz]) / samples.gyro_lsb_per_dps
    assert abs((found - offset_dps) @ axis) < 4


@pytest.mark.parametrize("offset_dps", [0.0, 20.0])
def test_whoever_walks_third_heel_offs_are_found_and_few_are_made_up(offset_dps: float) -> None:
    """People who differ as people do, at moments spread over all phases of a stride.

    What is false in the whole walk is false however late one begins.
    """
    found = []
    false = 0
    for person in range(12):
        whole = walk(person, RATES_HZ[person % len(RATES_HZ)], 1.0)
        false -= MOMENTS * len(score_times(labels_of(whole), heel_offs_s(whole)).false_s)
        for number in range(MOMENTS):
            offset = replace(whole, gyr_dps=whole.gyr_dps + offset_dps)
            recording = begun(offset, number / MOMENTS)
            labels, times_s = labels_of(recording), heel_offs_s(recording)
            found.append(first_found(labels, times_s))
            false += len(score_times(labels, times_s).false_s)
    shares = [sum(bool(one[k]) for one in found) / len(found) for k in range(6)]
    assert shares[1] >= 0.65 and shares[2] >= 0.93 and shares[3] >= 0.95
    assert min(shares[4:]) >= 0.98
    assert false <= 2
