"""A walk for the virtual board, made once."""

import pytest

from host_tools.generate import Walk, generate_walk
from host_tools.recordings import to_lsb
from host_tools.virtual_board import Stimulus


@pytest.fixture(scope="session")
def walk_samples():
    """A minute's generated walk: (raw samples (n, 6), rate in Hz, events)."""
    walk = generate_walk(Walk(duration_s=60, course="loop"))
    return to_lsb(walk.acc, walk.gyr), walk.rate_hz, walk


@pytest.fixture
def walking(walk_samples) -> Stimulus:
    """That walk, over and over."""
    samples, rate_hz, _ = walk_samples
    return Stimulus.from_samples(samples, rate_hz, loop=True)
