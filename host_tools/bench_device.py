"""Runs on MicroPython: what a sample costs, from its raw values to the scheduler's decision.

Arguments: a job file (JSON, as drive.py's, with one walk and `block_samples`). Prints one line of
JSON: microseconds a sample, one figure for each block; bytes left allocated and bytes taken in all
(call frames that do not fit on the stack come from the heap and go back); and whether the whole
walk runs with the heap locked.
"""

import gc
import json
import sys
import time
from array import array

import micropython
from heelcue.pipeline import Pipeline

TYPE_CHECKING = False  # MicroPython has no typing module; its compiler skips annotations
if TYPE_CHECKING:
    from typing import Any

try:
    taken_bytes = micropython.mem_total  # in builds with memory statistics
except AttributeError:
    taken_bytes = None


def make_pipeline(work: "dict[str, Any]") -> "Pipeline":
    """Return a cold Pipeline for the job's walk."""
    job = work["jobs"][0]
    return Pipeline(work["settings"], job["rate_hz"], job["gyro_lsb_per_dps"], job["acc_lsb_per_g"])


def feed(pipeline: "Pipeline", samples: "array[int]", first: int, stop: int) -> None:
    """Step through samples[first:stop] (indices of values, six a sample); allocates nothing."""
    i = first
    while i < stop:
        pipeline.step(samples, i)  # a method kept in a variable would itself be an object
        i += 6


def block_times_us(pipeline: "Pipeline", samples: "array[int]", block: int) -> "list[float]":
    """Return microseconds a sample for each whole block of `block` samples."""
    times = []
    size = 6 * block
    for first in range(0, len(samples) - size + 1, size):
        begin = time.ticks_us()
        feed(pipeline, samples, first, first + size)
        times.append(time.ticks_diff(time.ticks_us(), begin) / block)
    return times


def allocated(pipeline: "Pipeline", samples: "array[int]") -> "tuple[int, int | None]":
    """Return (bytes still allocated, bytes taken in all) after a whole walk without collecting."""
    gc.collect()
    gc.disable()
    try:
        taken = taken_bytes() if taken_bytes else 0
        used = gc.mem_alloc()
        feed(pipeline, samples, 0, len(samples))
        used = gc.mem_alloc() - used
        taken = taken_bytes() - taken if taken_bytes else None
    finally:
        gc.enable()
    return used, taken


def runs_locked(pipeline: "Pipeline", samples: "array[int]") -> "str | None":
    """Run a walk with the heap locked; return what failed, None if nothing did."""
    gc.collect()
    fault = None
    micropython.heap_lock()
    try:
        feed(pipeline, samples, 0, len(samples))
    except MemoryError:
        fault = "allocated"  # no text can be made here: the heap is locked
    micropython.heap_unlock()
    return fault and f"sample {pipeline.n} allocated memory"


def main(path: str) -> None:
    """Measure and print."""
    with open(path) as file:  # noqa: PTH123 (MicroPython has no pathlib)
        work = json.load(file)
    job = work["jobs"][0]
    samples = array("h", bytes(12 * sum(rows for _, rows in job["segments"])))
    with open(job["samples"], "rb") as stream:  # noqa: PTH123
        stream.readinto(samples)
    times = block_times_us(make_pipeline(work), samples, work["block_samples"])
    left, taken = allocated(make_pipeline(work), samples)
    fault = runs_locked(make_pipeline(work), samples)
    print(
        json.dumps(
            {"us_per_sample": times, "bytes_left": left, "bytes_taken": taken, "fault": fault}
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
