"""No integer beyond 31 bits and no float from sample to motor: shown by an instrumented integer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from heelcue.pipeline import Pipeline
from heelcue.settings import SCHEMA, defaults
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools.find import find_recordings
from host_tools.recordings import read_recording
from host_tools.replay import Walk
from tests.host.int31 import LIMIT, FloatUsed, Int31, NoFloat, TooWide, instrument, samples
from tests.host.walks import generated_walk

RATES_HZ = (50, 59.3, 100, 208, 416)
SCALES = ((16.384, 2048.0), (14.2857, 2049.18), (16.4, 2048.0))  # MPU6050, LSM6DS, ICM-42688
KINDS = ("still", "swing", "spin", "noise", "square", "rail")
RAIL = 32767


def drive(pipeline: Pipeline, values: Any, gaps: dict[int, int] | None = None) -> int:
    """Run raw values (n, 6) through an instrumented pipeline; return all event bits seen."""
    instrument(pipeline)
    flat = samples(np.asarray(values).reshape(-1))
    seen = 0
    for row in range(len(flat) // 6):
        if gaps and row in gaps:
            pipeline.gap(Int31(gaps[row]))
        seen |= pipeline.step(flat, 6 * row)
        if row % 64 == 0:
            instrument(pipeline)  # counters that no sample touches are watched too
    return seen


def cold(rate_hz: float = 208, changes: dict[str, Any] | None = None) -> Pipeline:
    """Return a Pipeline at the defaults with some settings changed."""
    return Pipeline(defaults() | (changes or {}), rate_hz)


def test_instrument_sees_an_overflow_a_float_and_nothing_else() -> None:
    big = Int31(LIMIT - 1)
    assert isinstance(big - 1, Int31) and isinstance(3 - big, Int31) and isinstance(-big, Int31)
    assert isinstance(2 * (big >> 2), Int31) and isinstance(abs(-big) // 2, Int31)
    for overflow in (lambda: big + 1, lambda: 1 + big, lambda: big * big, lambda: Int31(1) << 30):
        with pytest.raises(TooWide):
            overflow()
    for use in (lambda: big / 2, lambda: big * 0.5, lambda: NoFloat(0.5) * big):
        with pytest.raises(FloatUsed):
            use()


@pytest.mark.parametrize(
    ("fault", "error"),
    [(lambda value: value << 24, TooWide), (lambda value: value * 0.5, FloatUsed)],
)
def test_instrument_notices_a_fault_put_into_the_path(
    monkeypatch: pytest.MonkeyPatch, fault: Any, error: type[Exception]
) -> None:
    """A fault in the middle of the path, computed from the samples, does not go unseen."""
    pipeline = cold()
    real = type(pipeline.mounting).step

    def faulty(self: Any, values: Any, i: int) -> Any:
        return real(self, values, i) + (fault(values[i + 4]) if values[i + 4] else 0) * 0

    monkeypatch.setattr(type(pipeline.mounting), "step", faulty)
    with pytest.raises(error):
        drive(pipeline, np.full((10, 6), 1000))


def test_instrument_notices_a_counter_that_grows_too_far() -> None:
    pipeline = cold()
    pipeline.mounting._sx = LIMIT - 2
    with pytest.raises(TooWide):
        drive(pipeline, np.full((20, 6), 5))


@pytest.mark.parametrize("rate_hz", [100, 208, 416])
def test_generated_walk_stays_within_31_bits(rate_hz: int) -> None:
    walk = generated_walk(seconds=14, rate_hz=rate_hz)
    assert drive(cold(rate_hz), walk.samples_lsb)


def test_recorded_walks_stay_within_31_bits(recordings_dir: Any) -> None:
    files = list(find_recordings([recordings_dir / "truong2019"]).values())
    for file in files[:: len(files) // 3]:
        walk = Walk.of(read_recording(file))
        assert drive(cold(walk.job()["rate_hz"]), walk.samples_lsb[:3000])


def stretch(kind: str, rows: int, seed: int) -> np.ndarray[Any, Any]:
    """Return (rows, 6) raw values of one kind: what a sensor can say, likely or not."""
    rng = np.random.default_rng(seed)
    t = np.arange(rows)[:, None]
    level = rng.integers(-RAIL, RAIL, 6)
    if kind == "still":
        out = np.tile(
            np.concatenate([rng.integers(-3000, 3000, 3), rng.integers(-400, 400, 3)]), (rows, 1)
        )
        out = out + rng.integers(-8, 9, (rows, 6))
    elif kind == "swing":
        out = level * np.sin(t / rng.integers(3, 60) + rng.random(6))
    elif kind == "spin":
        out = np.tile(level, (rows, 1))
    elif kind == "noise":
        out = rng.integers(-RAIL - 1, RAIL + 1, (rows, 6))
    elif kind == "square":
        out = np.where((t // rng.integers(1, 40)) % 2, level, -level)
    else:
        out = np.tile(rng.choice([-RAIL - 1, RAIL], 6), (rows, 1))
    return np.clip(out, -RAIL - 1, RAIL).astype(int)


EXTREMES = st.fixed_dictionaries(
    {
        key: st.sampled_from(spec[1] if isinstance(spec[1], tuple) else (spec[0], spec[1], spec[2]))
        for key, spec in SCHEMA.items()
    }
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    stretches=st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(20, 400), st.integers(0, 2**32)),
        min_size=1,
        max_size=5,
    ),
    values=EXTREMES,
    rate_hz=st.sampled_from(RATES_HZ),
    scale=st.sampled_from(SCALES),
    lost=st.integers(1, 2_000_000),
)
def test_nothing_a_sensor_can_say_leaves_31_bits(
    stretches: list[tuple[str, int, int]],
    values: dict[str, Any],
    rate_hz: int,
    scale: tuple[float, float],
    lost: int,
) -> None:
    raw = np.vstack([stretch(*one) for one in stretches])
    drive(Pipeline(values, rate_hz, *scale), raw, gaps={len(raw) // 2: lost})
