"""Activities without walking: physics, variety, repeatability."""

import numpy as np
import pytest
from scipy.integrate import cumulative_simpson

from host_tools.generate import ACTIVITIES, Sensor, generate_activity
from host_tools.recordings import GRAVITY_MPS2

IDEAL = Sensor(mounting="aligned", ideal=True)


@pytest.mark.parametrize("name", ACTIVITIES)
def test_activity_is_one_physical_motion(name: str) -> None:
    made = generate_activity(name, duration_s=8, seed=4, sensor=IDEAL)
    t = np.arange(0, 8, 1 / 2500)
    state = made.motion.at(t)
    acceleration = np.einsum("nij,nj->ni", state.rotation, state.specific_force_mps2)
    acceleration[:, 2] -= GRAVITY_MPS2
    velocity = cumulative_simpson(acceleration, x=t, axis=0, initial=0) + state.velocity_mps[0]
    path = cumulative_simpson(velocity, x=t, axis=0, initial=0) + state.position_m[0]
    assert np.abs(path - state.position_m).max() < 0.01 + 1e-4 * np.ptp(state.position_m)
    # the rotation's own change is what the gyro says
    turned = np.einsum("nji,njk->nik", state.rotation[:-1], state.rotation[1:])
    vee = np.stack([turned[:, 2, 1], turned[:, 0, 2], turned[:, 1, 0]], axis=1) * 2500
    middle = np.radians(state.rate_dps[1:] + state.rate_dps[:-1]) / 2
    assert np.abs(vee - middle).max() < 0.05


@pytest.mark.parametrize("name", ACTIVITIES)
def test_activity_fills_its_time_repeats_and_varies(name: str) -> None:
    one, same, other = (generate_activity(name, 20, seed=s) for s in (7, 7, 8))
    assert one.strides == [] and one.metadata["strides"] == []
    assert len(one.t_s) == 20 * 208 + 1 and one.t_s[-1] == 20
    assert np.isfinite(one.acc).all() and np.isfinite(one.gyr).all()
    assert np.array_equal(one.gyr, same.gyr) and np.array_equal(one.acc, same.acc)
    assert not np.array_equal(one.gyr, other.gyr)
    # gravity is in it: the mean specific force over a minute without net motion is near 1 g
    size = np.linalg.norm(one.acc, axis=1)
    assert np.median(size) > 0.8 * GRAVITY_MPS2


@pytest.mark.parametrize(
    ("name", "least_dps", "most_dps"),
    [
        ("table", 0, 400),
        ("standing", 2, 300),
        ("lift", 2, 150),
        ("cycling", 60, 400),
        ("bouncing_leg", 100, 900),
        ("heel_raises", 30, 400),
        ("bag", 15, 600),
        ("dropping", 200, 3000),
    ],
)
def test_activity_turns_as_fast_as_it_should(name: str, least_dps: float, most_dps: float) -> None:
    for seed in range(2):
        gyr = generate_activity(name, 45, seed=seed, sensor=IDEAL).gyr
        assert least_dps <= np.linalg.norm(gyr, axis=1).max() <= most_dps


def test_dropped_device_falls_freely_and_hits_hard() -> None:
    made = generate_activity("dropping", 60, seed=1, sensor=IDEAL)
    size = np.linalg.norm(made.acc, axis=1)
    assert size.min() < 0.5
    assert size.max() > 20 * GRAVITY_MPS2


def test_who_jumps_falls_freely_between_two_landings() -> None:
    made = generate_activity("jumping", 60, seed=3, sensor=IDEAL)
    state = made.motion.at(made.t_s)
    still_turning = np.abs(np.gradient(state.rate_dps, made.t_s, axis=0)).max(axis=1) < 1500
    airborne = (state.position_m[:, 2] > np.median(state.position_m[:, 2]) + 0.06) & still_turning
    assert airborne.sum() > 100
    size = np.linalg.norm(state.specific_force_mps2[airborne], axis=1)
    assert np.median(size) < 0.5 * GRAVITY_MPS2  # what is left is the sensor's arm, turning
    first = np.argmax(airborne)
    standing = state.rotation[: first - 200]
    assert standing[:, 2, 2].min() > np.cos(np.radians(15))  # nobody waits for it on tiptoe


def test_who_gets_up_draws_the_foot_back_and_returns_it() -> None:
    x = generate_activity("getting_up", 120, seed=2, sensor=IDEAL)
    place = x.motion.at(x.t_s).position_m[:, 0]
    assert 0.05 < np.ptp(place) < 0.8
    assert (place < place[0] - 0.03).mean() > 0.2


def test_unknown_activity_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="cycling"):
        generate_activity("flying")
