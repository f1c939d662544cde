"""Walks and activities with known events, for tests and for trying things out."""

from host_tools.generate.walk import Generated, Walk, generate_walk

__all__ = ["Generated", "Walk", "generate_walk"]
