"""A generated motion obeys mechanics: rates and forces are those of one path of one body."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import cumulative_simpson
from scipy.spatial.transform import Rotation

from host_tools.generate import Walk, generate_walk
from host_tools.generate.motion import Motion, Shift, Turn, fixed_turn
from host_tools.generate.presets import PRESETS
from host_tools.generate.sensor import Sensor, measure
from host_tools.generate.tracks import Constant, Periodic, Sine, from_points, from_rate, noise
from host_tools.recordings import GRAVITY_MPS2

IDEAL = Sensor(mounting="aligned", ideal=True)
GRAVITY = np.array([0.0, 0.0, -GRAVITY_MPS2])


def short_walk(preset: str, seed: int) -> Motion:
    walk = Walk(preset=preset, seed=seed, duration_s=10, quiet_s=1, leg_m=3, sensor=IDEAL)
    return generate_walk(walk).motion


@pytest.mark.parametrize("preset", PRESETS)
def test_gyro_integrates_to_the_orientation(preset: str) -> None:
    t = np.arange(0, 10, 1 / 2000)
    state = short_walk(preset, 1).at(t)
    middle = (state.rate_dps[1:] + state.rate_dps[:-1]) / 2  # midpoint rule on the group
    turned = Rotation.from_matrix(state.rotation[0])
    for step in np.array_split(Rotation.from_rotvec(np.radians(middle) / 2000), 50):
        for one in step:
            turned = turned * one
    error = turned.inv() * Rotation.from_matrix(state.rotation[-1])
    assert np.degrees(error.magnitude()) < 0.02


@pytest.mark.parametrize("preset", PRESETS)
def test_specific_force_integrates_to_the_path(preset: str) -> None:
    t = np.arange(0, 10, 1 / 4000)
    state = short_walk(preset, 2).at(t)
    acceleration = np.einsum("nij,nj->ni", state.rotation, state.specific_force_mps2) + GRAVITY
    velocity = cumulative_simpson(acceleration, x=t, axis=0, initial=0) + state.velocity_mps[0]
    path = cumulative_simpson(velocity, x=t, axis=0, initial=0) + state.position_m[0]
    assert np.abs(velocity - state.velocity_mps).max() < 1e-3
    assert np.abs(path - state.position_m).max() < 2e-3


@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    lever=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
)
@settings(max_examples=30, deadline=None)
def test_a_body_at_rest_feels_one_g_whatever_its_mounting(
    angles: tuple[float, float, float], lever: tuple[float, float, float]
) -> None:
    at_rest = Motion(fixed_turn(2, 33.0), Shift(*lever))
    sensor = Sensor(mounting=angles, ideal=True)
    read = measure(at_rest, 0.5, sensor, np.random.default_rng(0))
    assert np.allclose(np.linalg.norm(read.acc, axis=1), GRAVITY_MPS2)
    assert np.allclose(read.gyr, 0)


@given(angles=st.tuples(*[st.floats(-180, 180)] * 3), seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_rotating_the_mounting_rotates_the_signals(
    angles: tuple[float, float, float], seed: int
) -> None:
    kwargs = {"seed": seed, "duration_s": 8.0, "quiet_s": 1.0}
    straight = generate_walk(Walk(sensor=IDEAL, **kwargs))
    turned = generate_walk(Walk(sensor=Sensor(mounting=angles, ideal=True), **kwargs))
    matrix = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    assert np.allclose(turned.acc @ matrix.T, straight.acc)
    assert np.allclose(turned.gyr @ matrix.T, straight.gyr)
    assert turned.strides == straight.strides


@pytest.mark.parametrize(
    "track",
    [
        Sine(2.0, 1.3, 0.4),
        Periodic(from_points([0, 4], [0, 20]), 3.0, 2.0, 0.3),
        noise(np.random.default_rng(3), 5.0, 0.2, 4.0),
        from_rate([0, 0.5, 1, 1.5, 4], [0, 40, -60, 3, 0]),
        from_points([0, 1, 2.5, 4], [0, 3, -2, 1], [0, 5, 0, 0], [0, -9, 4, 0]),
        Constant(3.0),
    ],
    ids=lambda track: type(track).__name__,
)
def test_tracks_give_their_own_derivatives(track) -> None:  # type: ignore[no-untyped-def]
    t = np.linspace(0.1, 3.9, 997)
    h = 1e-5
    value, first, second = track(t)
    ahead, behind = track(t + h), track(t - h)
    assert np.allclose((ahead[0] - behind[0]) / (2 * h), first, atol=1e-4)
    assert np.allclose((ahead[1] - behind[1]) / (2 * h), second, atol=1e-2, rtol=1e-4)
    assert value.shape == t.shape


def test_noise_has_the_rms_asked_for() -> None:
    value, first, _ = noise(np.random.default_rng(1), 2000.0, 0.1, 3.0)(np.arange(0, 2000, 0.013))
    assert np.isclose(value.std(), 3.0, rtol=0.03)
    assert np.isclose(first.std() * 0.1 / value.std(), 0.98, rtol=0.03)


def test_a_turntable_feels_its_centripetal_force() -> None:
    spinning = Motion(Turn(2, from_points([0, 100], [0, 9000.0], 90.0)), Shift(0.3))
    force, rate = spinning.felt(np.array([10.0, 20.0]))
    assert np.allclose(rate[2], 90)
    assert np.allclose(force[0], -0.3 * np.radians(90) ** 2)
    assert np.allclose(force[2], GRAVITY_MPS2)
