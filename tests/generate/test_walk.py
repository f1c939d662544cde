"""Generated walks: their events, their repeatability, and the definition of heel-off."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, filtfilt

from host_tools.generate import GOLDEN, Generated, Walk, generate_walk, golden_walk
from host_tools.generate.presets import PRESETS
from host_tools.generate.sensor import Sensor
from host_tools.recordings import read_recording

IDEAL = Sensor(mounting="aligned", ideal=True, rate_hz=400)
ORDER = ("heel_off_s", "step_start_s", "push_off_peak_s", "toe_off_s", "initial_contact_s")


def kinematic_heel_offs(made: Generated) -> list[tuple[float, float]]:
    """(by construction, by the recordings' definition) of every stride that counts."""
    b, a = butter(2, 15 / (made.rate_hz / 2))
    t, rate = made.t_s, filtfilt(b, a, made.gyr[:, 1])
    pitch = np.degrees(np.arcsin(np.clip(-made.motion.at(t).rotation[:, 2, 0], -1, 1)))
    out = []
    for stride in made.strides:
        if stride["heel_off_s"] is None or stride["push_off_peak_dps"] < 60:
            continue
        flat = pitch[np.searchsorted(t, stride["heel_off_s"] - 0.02)]
        i = int(np.searchsorted(t, stride["push_off_peak_s"]))
        while True:  # back through dips in which the heel stays 2 degrees up
            while rate[i] >= 20:
                i -= 1
            found = t[i] + (20 - rate[i]) / (rate[i + 1] - rate[i]) * (t[i + 1] - t[i])
            j = i
            while rate[j] < 20 and pitch[j] - flat >= 2:
                j -= 1
            if rate[j] < 20:
                break
            i = j
        out.append((stride["heel_off_s"], float(found)))
    return out


@pytest.mark.parametrize("preset", PRESETS)
def test_heel_off_by_construction_is_the_kinematic_one(preset: str) -> None:
    walks = [
        Walk(preset=preset, seed=s, duration_s=45, sensor=IDEAL, course="loop") for s in range(3)
    ]
    pairs = [pair for walk in walks for pair in kinematic_heel_offs(generate_walk(walk))]
    error_ms = 1000 * np.array([found - made for made, found in pairs])
    assert len(error_ms) > 40
    assert abs(np.median(error_ms)) < (7 if preset == "running" else 5)
    assert np.quantile(np.abs(error_ms), 0.95) < 10


@given(
    preset=st.sampled_from(sorted(PRESETS)),
    seed=st.integers(0, 10_000),
    cadence=st.one_of(st.none(), st.floats(50, 150)),
    course=st.sampled_from(["straight", "there_and_back", "loop", "figure_eight"]),
    variability=st.floats(0, 2),
    stops=st.sampled_from([0.0, 5.0]),
)
@settings(max_examples=30, deadline=None)
def test_events_come_in_their_order(
    preset: str, seed: int, cadence: float | None, course: str, variability: float, stops: float
) -> None:
    made = generate_walk(
        Walk(
            preset=preset,
            seed=seed,
            duration_s=25,
            cadence_spm=cadence,
            course=course,
            variability=variability,
            stops_per_min=stops,
            sensor=Sensor(rate_hz=59),
        )
    )
    assert len(made.strides) >= 3
    times = [stride[key] for stride in made.strides for key in ORDER]
    assert times[0] > 1
    assert times[-1] < made.duration_s
    assert all(a < b for a, b in pairwise(times))
    assert np.isfinite(made.acc).all() and np.isfinite(made.gyr).all()


@given(seed=st.integers(0, 1000), rate=st.floats(59, 416))
@settings(max_examples=6, deadline=None)
def test_rate_changes_samples_and_nothing_else(seed: int, rate: float) -> None:
    def walk(rate_hz: float) -> Generated:
        sensor = Sensor(rate_hz=rate_hz, mounting="aligned", ideal=True, bandwidth_hz=20)
        return generate_walk(Walk(seed=seed, duration_s=8, quiet_s=1, sensor=sensor))

    fine, made = walk(600.0), walk(rate)
    assert made.strides == fine.strides
    for axis in range(3):
        assert np.allclose(
            np.interp(made.t_s, fine.t_s, fine.gyr[:, axis]), made.gyr[:, axis], atol=4.0
        )
        assert np.allclose(
            np.interp(made.t_s, fine.t_s, fine.acc[:, axis]), made.acc[:, axis], atol=1.0
        )


def test_the_same_walk_is_the_same_recording_and_another_seed_another() -> None:
    one, same, other = (generate_walk(Walk(seed=s, duration_s=15)) for s in (5, 5, 6))
    assert np.array_equal(one.acc, same.acc) and np.array_equal(one.gyr, same.gyr)
    assert one.metadata == same.metadata
    assert not np.array_equal(one.acc, other.acc)


def test_sensor_faults_leave_the_walk_alone() -> None:
    kwargs = {"seed": 3, "duration_s": 60.0}
    clean = generate_walk(Walk(sensor=Sensor(mounting="aligned", ideal=True), **kwargs))
    faulty = Sensor(mounting="aligned", gyro_bias_dps=(20.0, -20.0, 5.0), lost_per_min=10,
                    clip_g=2, clip_dps=500)  # fmt: skip
    made = generate_walk(Walk(sensor=faulty, **kwargs))
    assert made.strides == clean.strides
    assert np.abs(made.gyr).max() <= 500 and np.abs(made.acc).max() <= 2 * 9.80665
    assert made.gaps_s and len(made.t_s) < len(clean.t_s)
    still = made.t_s < 2
    assert np.allclose(made.gyr[still].mean(axis=0), [20, -20, 5], atol=1.5)
    for a, b in made.gaps_s:
        assert not ((made.t_s > a) & (made.t_s < b)).any()


def test_there_and_back_comes_back() -> None:
    made = generate_walk(Walk(seed=1, duration_s=60, sensor=IDEAL))
    path = made.motion.at(np.arange(0, 60, 0.1)).position_m
    assert 8 < np.ptp(path[:, 0]) < 16
    assert np.abs(path[:, 2]).max() < 0.35


def test_files_read_back(tmp_path) -> None:  # type: ignore[no-untyped-def]
    made = generate_walk(Walk(seed=2, duration_s=20, sensor=Sensor(lost_per_min=6)))
    back = read_recording(made.save(tmp_path))
    assert np.allclose(back.t_s, made.t_s, atol=6e-5)
    assert np.allclose(back.acc_mps2, made.acc, atol=6e-4)
    assert np.allclose(back.gyr_dps, made.gyr, atol=6e-3)
    assert back.rate_hz == 208
    assert [s.heel_off_s for s in back.strides] == [s["heel_off_s"] for s in made.strides]
    assert sum(s.lost for s in back.segments) == 20 * 208 + 1 - len(made.t_s)


@pytest.mark.parametrize(
    "wrong",
    [{"preset": "moon"}, {"course": "spiral"}, {"duration_s": 5}, {"cadence_spm": 900}],
)
def test_wrong_parameters_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[0]):
        Walk(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_walks_hold_strides_that_count(name: str) -> None:
    made = golden_walk(name)
    counted = [s for s in made.strides if s["push_off_peak_dps"] >= 60]
    assert len(counted) >= 8
    assert golden_walk(name) is made


def test_a_sensor_is_as_noisy_misscaled_and_lossy_as_told() -> None:
    """Against an ideal one on the same walk, which sees the same motion."""
    clean = generate_walk(Walk(duration_s=60, sensor=Sensor(mounting="aligned", ideal=True)))

    def read(**told: float) -> Generated:
        quiet = {"gyro_noise_dps": 0.0, "acc_noise_mg": 0.0, "scale_error_pct": 0.0}
        bias = {"gyro_bias_dps": 0.0, "gyro_drift_dps_per_min": 0.0}
        return generate_walk(
            Walk(duration_s=60, sensor=Sensor(mounting="aligned", **(quiet | bias | told)))
        )

    noisy = read(gyro_noise_dps=0.5, acc_noise_mg=20.0)
    assert (noisy.gyr - clean.gyr).std() == pytest.approx(0.5, rel=0.02)
    assert (noisy.acc - clean.acc).std() == pytest.approx(0.020 * 9.80665, rel=0.02)
    scales = []
    for seed in range(12):
        sensor = Sensor(mounting="aligned", gyro_noise_dps=0, gyro_bias_dps=0, scale_error_pct=3,
                        gyro_drift_dps_per_min=0)  # fmt: skip
        off = generate_walk(Walk(duration_s=12, seed=seed, sensor=sensor))
        true = generate_walk(Walk(duration_s=12, seed=seed,
                                  sensor=Sensor(mounting="aligned", ideal=True)))  # fmt: skip
        scales += [float(off.gyr[:, k] @ true.gyr[:, k] / (true.gyr[:, k] @ true.gyr[:, k]))
                   for k in range(3)]  # fmt: skip
    assert 0.96 < min(scales) < 0.98 and 1.02 < max(scales) < 1.04
    assert np.mean(scales) == pytest.approx(1, abs=0.01)
    lossy = generate_walk(Walk(duration_s=600, sensor=Sensor(lost_per_min=10, lost_ms=50)))
    assert 70 < len(lossy.gaps_s) < 130
