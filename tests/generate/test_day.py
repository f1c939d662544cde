"""Part of a day: pieces join smoothly, and the strides are where the walks are."""

import numpy as np
import pytest
from scipy.integrate import cumulative_simpson

from host_tools.generate import Sensor, generate_day
from host_tools.generate.day import WORN, Joined
from host_tools.recordings import GRAVITY_MPS2, Floats

IDEAL = Sensor(mounting="aligned", ideal=True)


@pytest.fixture(scope="module")
def day():  # type: ignore[no-untyped-def]
    return generate_day(600, seed=3, sensor=IDEAL)


def test_pieces_take_turns(day) -> None:  # type: ignore[no-untyped-def]
    what = [piece["what"] for piece in day.info["pieces"]]
    assert set(what[::2]) == {"walk"}
    assert set(what[1::2]) <= set(WORN)
    assert day.t_s[-1] == pytest.approx(day.duration_s, abs=0.01)
    starts = [piece["start_s"] for piece in day.info["pieces"]]
    spans = [*zip(starts, [*starts[1:], day.duration_s], strict=True)][::2]
    for stride in day.strides:
        assert any(a + 1 < stride["heel_off_s"] and stride["step_end_s"] < b for a, b in spans)


def test_strides_are_labelled_where_they_happen(day) -> None:  # type: ignore[no-untyped-def]
    for stride in day.strides:
        at = np.array([stride["heel_off_s"], stride["push_off_peak_s"]])
        rate = day.motion.at(at).rate_dps[:, 1]
        assert abs(rate[0] - 20) < 15
        assert abs(rate[1] / stride["push_off_peak_dps"] - 1) < 0.15


def test_nothing_jumps_at_the_joints(day) -> None:  # type: ignore[no-untyped-def]
    joined = day.motion
    assert isinstance(joined, Joined)
    for start in joined.starts_s[1:]:
        for joint in (start - 1.0, start):
            force, rate = joined.felt(joint + np.array([-1e-6, 1e-6]))
            assert np.abs(rate[:, 1] - rate[:, 0]).max() < 0.1
            assert np.abs(force[:, 1] - force[:, 0]).max() < 0.1


def test_slowed_motions_obey_mechanics(day) -> None:  # type: ignore[no-untyped-def]
    start = day.motion.starts_s[1]
    t: Floats = np.arange(start, start + 3, 1 / 2000) + 1e-7
    state = day.motion.at(t)
    acceleration = np.einsum("nij,nj->ni", state.rotation, state.specific_force_mps2)
    acceleration[:, 2] -= GRAVITY_MPS2
    velocity = cumulative_simpson(acceleration, x=t, axis=0, initial=0) + state.velocity_mps[0]
    assert np.abs(velocity - state.velocity_mps).max() < 2e-3


def test_another_walk_of_the_same_person() -> None:
    one, same = generate_day(120, seed=1), generate_day(120, seed=1)
    assert np.array_equal(one.gyr, same.gyr) and one.metadata == same.metadata
