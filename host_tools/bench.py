"""What the device costs and how well it does, measured: accuracy, microseconds, bytes, latency."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from heelcue.settings import defaults

from host_tools.generated import preset_recording
from host_tools.micropython import run_micropython
from host_tools.recordings import Recording
from host_tools.replay import Walk
from host_tools.scoring import quantile
from host_tools.virtual_board import Board, Options, Stimulus

DEVICE_SCRIPT = Path(__file__).with_name("bench_device.py")

PRESETS = ("healthy", "orthopaedic", "neurological", "running")
SECONDS = 60.0
BLOCK_SAMPLES = 500
BOARD_SECONDS = 60.0
BOOT_S = 4.0  # the boot window, and the application starting


class SampleCost(NamedTuple):
    """What a sample costs on real MicroPython, over one walk."""

    us_per_sample: list[float]  # one figure for each block of 500 samples
    samples: int
    bytes_left: int  # still allocated after the walk
    bytes_taken: int | None  # taken from the heap in all, call frames that went back included
    fault: str | None  # what failed with the heap locked

    @property
    def median_us(self) -> float:
        """Microseconds a sample, median of the blocks."""
        return statistics.median(self.us_per_sample)


def sample_cost(walk: Walk, settings: Mapping[str, Any] | None = None) -> SampleCost:
    """Run a walk on MicroPython: time it, count bytes, run it with the heap locked."""
    with tempfile.TemporaryDirectory(prefix="heelcue-") as name:
        samples = Path(name) / "samples"
        samples.write_bytes(walk.samples_lsb.tobytes())
        job = walk.job() | {"samples": str(samples)}
        work = Path(name) / "work.json"
        chosen = dict(settings) if settings is not None else defaults()
        work.write_text(
            json.dumps({"settings": chosen, "jobs": [job], "block_samples": BLOCK_SAMPLES})
        )
        found = json.loads(run_micropython(DEVICE_SCRIPT, [str(work)]))
    return SampleCost(
        found["us_per_sample"],
        len(walk.samples_lsb),
        found["bytes_left"],
        found["bytes_taken"],
        found["fault"],
    )


def sample_costs() -> dict[str, SampleCost]:
    """Measure every preset's walk: {preset: cost}."""
    return {preset: sample_cost(Walk.of(preset_recording(preset, SECONDS))) for preset in PRESETS}


def cost_figures(costs: Mapping[str, SampleCost]) -> dict[str, Any]:
    """Put the costs of several walks together."""
    blocks = [us for cost in costs.values() for us in cost.us_per_sample]
    samples = sum(cost.samples for cost in costs.values())
    taken = [cost.bytes_taken for cost in costs.values() if cost.bytes_taken is not None]
    return {
        "us_per_sample_median": statistics.median(blocks),
        "us_per_sample_p95": quantile(blocks, 0.95),
        "us_per_sample_by_walk": {name: cost.median_us for name, cost in costs.items()},
        "samples": samples,
        "bytes_allocated_per_sample": sum(cost.bytes_left for cost in costs.values()) / samples,
        "call_frame_bytes_per_sample": sum(taken) / samples if taken else None,
        "runs_with_heap_locked": all(cost.fault is None for cost in costs.values()),
    }


def board_latencies_us(recording: Recording) -> list[int]:
    """Let the virtual board walk; return virtual us from deciding sample to motor, of every cue."""
    walk = Walk.of(recording)
    stimulus = Stimulus.from_samples(walk.samples_lsb, walk.rate_hz, loop=True)
    with Board(Options(stimulus=stimulus)) as board:
        board.run(BOOT_S + BOARD_SECONDS)
        return board.cue_latencies_us()


def latency_figures(latencies_us: Sequence[int]) -> dict[str, Any]:
    """Return the distribution in ms; None where no cue came."""
    times = [latency_us / 1000 for latency_us in latencies_us]
    return {
        "cues": len(times),
        "p50_ms": quantile(times, 0.5),
        "p95_ms": quantile(times, 0.95),
        "p99_ms": quantile(times, 0.99),
        "max_ms": max(times, default=None),
        "min_ms": min(times, default=None),
    }


def recordings_figures(
    files: Mapping[Path, Path], settings: Mapping[str, Any], *, jobs: int, quick: bool
) -> dict[str, Any]:
    """Evaluate {relative path: recording}; unless quick, sweep them, time them on both runtimes."""
    from host_tools.evaluate import evaluate_files
    from host_tools.replay import RUNTIMES, replay_files
    from host_tools.sweep import sweep_figures, sweep_files

    evaluation = evaluate_files(files, settings, jobs=jobs)
    found: dict[str, Any] = {
        "figures": evaluation.figures(),
        "cues": evaluation.cue_figures(),
        "faults": evaluation.faults,
    }
    if quick or not evaluation.results:
        return found
    found["sweep"] = sweep_figures(sweep_files(files, settings, jobs=jobs))
    found["replay_s"] = {}
    with tempfile.TemporaryDirectory(prefix="heelcue-") as name:
        for runtime in RUNTIMES:
            begin = time.perf_counter()
            replay_files(files, Path(name) / runtime, settings, runtime=runtime, jobs=jobs)
            found["replay_s"][runtime] = time.perf_counter() - begin
    return found
