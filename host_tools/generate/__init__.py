"""Walks and activities with known events, for tests and for trying things out."""

from host_tools.generate.activities import ACTIVITIES, generate_activity
from host_tools.generate.day import generate_day
from host_tools.generate.golden import GOLDEN, golden_walk
from host_tools.generate.presets import PRESETS
from host_tools.generate.sensor import Sensor
from host_tools.generate.walk import Generated, Walk, generate_walk

__all__ = [
    "ACTIVITIES",
    "GOLDEN",
    "PRESETS",
    "Generated",
    "Sensor",
    "Walk",
    "generate_activity",
    "generate_day",
    "generate_walk",
    "golden_walk",
]
