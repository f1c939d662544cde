"""The constants that were chosen on recordings: their names, their alternatives, another in place.

Some are settings. The others are globals of the device's modules, named as `module._NAME`; they
are looked up when the code runs, so another value holds from the next Pipeline on. Not listed are
those that define heel-off, bound what a person can do or fit a format; those that matter in hardly
any recording; and those that keep what is not walking from being cued (most of heelcue.walking),
which recordings of walks alone would have loosened.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from heelcue import settings as schema

from host_tools.errors import HeelcueError

# For finding heel-offs
DETECTION = (
    "heel_off_rate_dps", "heel_off_angle_cdeg", "roll_rate_dps", "roll_angle_cdeg", "shake_pct",
    "quiet_rate_dps", "flat_ms", "detector._STIR_MS", "detector._FRESH_PCT",
    "detector._QUIET_L1_DPS", "detector._FAR_DEG", "detector._PROVE_DEG", "detector._PUSH_MIN_DPS",
    "detector._TURN_RATIO", "mounting._JUMP_DPS", "mounting._ROLL_DPS", "mounting._MOVING_DPS",
    "mounting._WINDOW_MS", "rests._STILL_MIN_MS", "rests._STANDING_MS", "rests._STILL_DPS",
    "rests._STILL_MG", "alignment._REVERSED_DPS", "alignment._AGAIN_DEG",
)  # fmt: skip
# For cues felt at heel-off
PREDICTION = (
    "predict_error_ms", "predictor._SLOPE_MS", "predictor._SHORT_DPS_PER_S",
    "predictor._LATE_DPS_PER_S", "predictor._OPEN_MS", "predictor._CLOSE_MS",
    "predictor._DETECTED_LATE_MS", "predictor._ODD_MS",
)  # fmt: skip
FACTORS = (0.7, 0.85, 1.2, 1.4)

UNIT_OF_ENDING = {
    "dps_per_s": "deg/s per s", "dps": "deg/s", "cdeg": "0.01 deg", "deg": "deg", "pct": "%",
    "ms": "ms", "mg": "mg", "mm": "mm",
}  # fmt: skip

Changes = tuple[tuple[str, int], ...]  # (constant, value); none: as it is


def _home_of(name: str) -> tuple[ModuleType, str]:
    """Return the module that has a constant, and the constant's name there."""
    module_name, _, attribute = name.rpartition(".")
    try:
        module = importlib.import_module(f"heelcue.{module_name}")
        if isinstance(getattr(module, attribute), int):
            return module, attribute
    except (ImportError, AttributeError):
        pass
    raise HeelcueError(f"the firmware has no constant {name}; was it renamed?")


def is_setting(name: str) -> bool:
    """Say whether a constant is a setting rather than a global of a module."""
    return "." not in name


def unit_of(name: str) -> str:
    """Return a constant's unit, as its name ends; "times" for a bare number."""
    for ending, unit in UNIT_OF_ENDING.items():
        if name.lower().endswith(f"_{ending}"):
            return unit
    return "times"


def value_of(name: str, settings: Mapping[str, Any]) -> int:
    """Return what a constant is now. Raises HeelcueError if the firmware has none of that name."""
    if is_setting(name):
        if not isinstance(settings.get(name), int):
            raise HeelcueError(f"the firmware has no setting {name} that is a number")
        return int(settings[name])
    module, attribute = _home_of(name)
    return int(getattr(module, attribute))


def alternatives(name: str, value: int) -> dict[float, int]:
    """Return {factor: other value} for a constant, whole numbers that differ, in order."""
    found: dict[float, int] = {}
    for factor in FACTORS:
        other = int(factor * value + 0.5)
        if is_setting(name):
            least, greatest = schema.SCHEMA[name][1:3]
            other = max(least, min(greatest, other))
        if other not in (0, value, *found.values()):
            found[factor] = other
    return found


@contextmanager
def changed(changes: Changes, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Put other values in place, in this process; yields the settings that go with them.

    Raises HeelcueError for a name that the firmware does not have. All is as before afterwards.
    """
    chosen = dict(settings)
    before: list[tuple[ModuleType, str, int]] = []
    try:
        for name, value in changes:
            value_of(name, settings)
            if is_setting(name):
                chosen[name] = value
                continue
            module, attribute = _home_of(name)
            before.append((module, attribute, getattr(module, attribute)))
            setattr(module, attribute, value)
        yield chosen
    finally:
        for module, attribute, value in reversed(before):
            setattr(module, attribute, value)
