"""Everything that is not walking: a table of activities, each a motion made from a seed.

Nothing here holds a stride, so a cue in any of them is a false one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from host_tools.generate import carried, everyday, on_foot, riding
from host_tools.generate.motion import Motion
from host_tools.generate.sensor import Sensor, measure
from host_tools.generate.walk import Generated, describe


class Activity(NamedTuple):
    """How to make an activity, and one line about it."""

    make: Callable[[np.random.Generator, float], Motion]
    help: str


def _activity(make: Callable[[np.random.Generator, float], Motion]) -> Activity:
    return Activity(make, (make.__doc__ or "").partition("\n")[0])


ACTIVITIES: dict[str, Activity] = {
    make.__name__: _activity(make)
    for make in (
        on_foot.standing,
        on_foot.weight_shifts,
        on_foot.toe_taps,
        on_foot.heel_taps,
        on_foot.heel_raises,
        on_foot.bouncing_leg,
        on_foot.restless_sitting,
        on_foot.leg_crossing,
        on_foot.driving,
        on_foot.putting_shoe_on,
        everyday.dangling,
        everyday.getting_up,
        everyday.kneeling,
        everyday.lying,
        everyday.jumping,
        riding.car,
        riding.bus,
        riding.lift,
        riding.cycling,
        riding.cross_trainer,
        carried.bag,
        carried.hand,
        carried.pocket,
        carried.shaking,
        carried.dropping,
        carried.table,
    )
}


def check_activity(name: str, duration_s: float) -> None:
    """Raise ValueError for an activity that does not exist, or a length that it cannot have."""
    if name not in ACTIVITIES:
        raise ValueError(f"no activity {name!r}; there are {', '.join(ACTIVITIES)}")
    if not 1 <= duration_s <= 90_000:
        raise ValueError(f"duration_s is {duration_s:g}; it must lie in 1..90000")


def generate_activity(
    name: str, duration_s: float = 60.0, seed: int = 0, sensor: Sensor | None = None
) -> Generated:
    """Generate an activity without strides; the same arguments give the same recording.

    Raises what `check_activity` does.
    """
    check_activity(name, duration_s)
    sensor = sensor or Sensor()
    make_rng, sensor_rng = np.random.default_rng([seed, zlib.crc32(name.encode())]).spawn(2)
    motion = ACTIVITIES[name].make(make_rng, duration_s)
    readings = measure(motion, duration_s, sensor, sensor_rng)
    info = describe(name, name, seed, "right")
    return Generated.of(f"{name}_{seed}", readings, sensor, duration_s, [], info, motion)
