"""A few small walks for tests: fixed by their seeds, generated when asked for, never stored."""

from __future__ import annotations

from functools import lru_cache

from host_tools.generate.sensor import Sensor
from host_tools.generate.walk import Generated, Walk, generate_walk

GOLDEN: dict[str, Walk] = {
    # Aligned and without noise: what happens is what the signal shows
    "plain": Walk(
        duration_s=20.0,
        seed=1,
        course="straight",
        person_spread=0.0,
        variability=0.5,
        sensor=Sensor(mounting="aligned", ideal=True),
    ),
    "turned_clip": Walk(duration_s=30.0, seed=2, sensor=Sensor(mounting=(95.0, -40.0, 160.0))),
    "u_turns": Walk(duration_s=45.0, seed=3, leg_m=6.0),
    "stop_and_go": Walk(duration_s=45.0, seed=4, course="straight", stops_per_min=6.0),
    "restless": Walk(preset="neurological", duration_s=30.0, seed=5, variability=1.5),
    "hemiparetic": Walk(preset="hemiparetic", duration_s=40.0, seed=6, course="straight"),
    "shuffle": Walk(preset="shuffle", duration_s=30.0, seed=7, course="straight"),
    "bad_sensor": Walk(
        duration_s=30.0,
        seed=8,
        sensor=Sensor(
            gyro_bias_dps=20.0, scale_error_pct=3.0, clip_g=2.0, clip_dps=500.0, lost_per_min=4.0
        ),
    ),
}


@lru_cache(maxsize=len(GOLDEN))
def golden_walk(name: str) -> Generated:
    """Return the golden walk of that name; ValueError lists the names."""
    if name not in GOLDEN:
        raise ValueError(f"no golden walk {name!r}; there are {', '.join(GOLDEN)}")
    return generate_walk(GOLDEN[name])
