"""Generated walks and activities as recordings in memory."""

from __future__ import annotations

from pathlib import Path

from host_tools.errors import HeelcueError
from host_tools.generate import Generated, Sensor, Walk, generate_walk
from host_tools.options import as_options
from host_tools.recordings import Recording

RATE_HZ = 208.0  # the firmware's nominal rate


def as_recording(made: Generated) -> Recording:
    """Return what was generated as a recording with its labels."""
    return Recording(Path(f"{made.name}.csv"), made.t_s, made.acc, made.gyr, dict(made.metadata))


def preset_recording(
    preset: str, seconds: float, seed: int = 1, rate_hz: float = RATE_HZ
) -> Recording:
    """Generate a walk of a preset. Raises HeelcueError for an unknown preset or a wrong length.

    It speaks of --seconds, as `heelcue run` has it.
    """
    try:
        walk = Walk(preset, duration_s=seconds, seed=seed, sensor=Sensor(rate_hz=rate_hz))
    except ValueError as error:
        raise HeelcueError(as_options(error, {"duration_s": "--seconds"}), 2) from None
    return as_recording(generate_walk(walk))
