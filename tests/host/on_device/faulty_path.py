"""Runs on MicroPython: the sample path's check on a Pipeline with an allocation put into it."""

import json
import sys
from array import array

import bench_device
from heelcue.pipeline import Pipeline
from heelcue.settings import defaults

KEPT = [None]


class Faulty(Pipeline):
    """A Pipeline that allocates in step() (or, kind "gap", does nothing wrong)."""

    kind = ""

    def step(self, samples, i):
        bits = super().step(samples, i)
        if self.kind == "tuple":
            KEPT[0] = (i, bits)
        elif self.kind == "float":
            KEPT[0] = samples[i] * 0.5
        elif self.kind == "big":
            KEPT[0] = samples[i + 2] << 62
        elif self.kind == "gap":
            self.gap(1)
        return bits


def faulty(kind):
    pipeline = Faulty(defaults(), 100)
    pipeline.kind = kind
    return pipeline


samples = array("h", [100, -50, 2000, 3, 4, 5] * 500)
left, taken = bench_device.allocated(faulty(sys.argv[1]), samples)
fault = bench_device.runs_locked(faulty(sys.argv[1]), samples)
print(json.dumps({"bytes_left": left, "bytes_taken": taken, "fault": fault}))
