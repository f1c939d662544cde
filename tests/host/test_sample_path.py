"""The sample path on real MicroPython with the heap locked, and proof that the lock would bite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from host_tools.bench import DEVICE_SCRIPT, sample_cost
from host_tools.find import find_recordings
from host_tools.micropython import run_micropython
from host_tools.recordings import read_recording
from host_tools.replay import Walk
from tests.host.walks import generated_walk

HERE = Path(__file__).parent


def test_generated_walks_allocate_nothing() -> None:
    for rate_hz in (100.0, 208.0):
        cost = sample_cost(generated_walk(20, rate_hz))
        assert cost.fault is None and cost.bytes_left == 0


def test_recorded_walks_allocate_nothing(recordings_dir: Path) -> None:
    for set_name in ("sanchez2019", "voisard2023"):
        file = next(iter(find_recordings([recordings_dir / set_name]).values()))
        cost = sample_cost(Walk.of(read_recording(file)))
        assert cost.fault is None and cost.bytes_left == 0


@pytest.mark.parametrize("fault", ["tuple", "float", "big", "gap"])
def test_lock_bites_on_an_allocation_put_into_the_path(fault: str) -> None:
    """The same check, on a Pipeline that makes one object a sample ("gap": on none)."""
    said: Any = json.loads(
        run_micropython(
            HERE / "on_device" / "faulty_path.py", [fault], paths=[DEVICE_SCRIPT.parent]
        )
    )
    assert (said["fault"] is None) == (fault == "gap"), said
    if fault in ("tuple", "float"):
        assert said["bytes_left"] > 0
