"""Short generated walks for the host tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from host_tools.generate import Sensor, generate_walk
from host_tools.generate import Walk as Plan
from host_tools.generated import preset_recording
from host_tools.recordings import Recording
from host_tools.replay import Walk


@cache
def generated_recording(
    seconds: float = 20.0, rate_hz: float = 208.0, seed: int = 1, preset: str = "healthy"
) -> Recording:
    """Return a generated walk as a recording with labels."""
    return preset_recording(preset, seconds, seed, rate_hz)


def generated_walk(
    seconds: float = 20.0, rate_hz: float = 208.0, seed: int = 1, preset: str = "healthy"
) -> Walk:
    """Return a generated walk as the pipeline takes it."""
    return Walk.of(generated_recording(seconds, rate_hz, seed, preset))


def saved_walk(folder: Path, seconds: float = 12.0, seed: int = 1, name: str = "walk") -> Path:
    """Write a generated walk as NAME.csv.gz and NAME.json; return the CSV."""
    made = generate_walk(Plan(duration_s=seconds, seed=seed, sensor=Sensor(rate_hz=208.0)))
    return made.save(folder / f"{name}.csv.gz")
