"""The loop that feeds a file of raw samples to the device's Pipeline; runs on both runtimes.

CPython imports `drive`; the MicroPython unix port runs this file as a script with a job file
(see replay.py) and the device's package on its path. One loop, so that both do the same work.
"""

import json
import sys
from array import array

from heelcue.events import STRIDE
from heelcue.pipeline import Pipeline

TYPE_CHECKING = False  # MicroPython has no typing module; its compiler skips annotations
if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedIOBase
    from typing import Any

BLOCK_SAMPLES = 1024


def drive(
    job: "dict[str, Any]", settings: "Mapping[str, Any]", stream: "BufferedIOBase"
) -> "tuple[array[int], array[int]]":
    """Run one recording through a fresh Pipeline.

    job: rate_hz; gyro_lsb_per_dps; acc_lsb_per_g; segments [(lost, rows)]: `lost` samples are
    missing, then `rows` follow. stream: their six int16 each, native byte order.
    Returns (events, strides): array('i') of [row, bits, row, bits ...] (row: index among the
    samples fed) and array('i') of the Pipeline's records, one after another.
    """
    pipeline = Pipeline(settings, job["rate_hz"], job["gyro_lsb_per_dps"], job["acc_lsb_per_g"])
    step = pipeline.step
    events = array("i")
    strides = array("i")
    block = array("h", bytes(12 * BLOCK_SAMPLES))
    view = memoryview(block)
    row = 0
    for lost, rows in job["segments"]:
        if lost:
            pipeline.gap(lost)
        left = rows
        while left:
            take = min(left, BLOCK_SAMPLES)
            if stream.readinto(view[: 6 * take]) != 12 * take:
                raise ValueError("the file of samples is shorter than its segments")
            for i in range(0, 6 * take, 6):
                bits = step(block, i)
                if bits:
                    events.append(row + i // 6)
                    events.append(bits)
                    if bits & STRIDE:
                        strides.extend(pipeline.record)
            row += take
            left -= take
    return events, strides


def main(path: str) -> None:
    """Run a job file: JSON with settings and jobs (naming their files of samples and results)."""
    with open(path) as file:  # noqa: PTH123 (MicroPython has no pathlib)
        work = json.load(file)
    for job in work["jobs"]:
        with open(job["samples"], "rb") as stream:  # noqa: PTH123
            events, strides = drive(job, work["settings"], stream)
        for kind, numbers in (("events", events), ("strides", strides)):
            with open(job[kind], "wb") as file:  # noqa: PTH123
                file.write(numbers)


if __name__ == "__main__":
    main(sys.argv[1])
