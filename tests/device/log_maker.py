"""Stride logs for tests, written with the firmware's own format."""

import random
from array import array

from heelcue import events as gait
from heelcue import log

RATE_HZ = 200.0


def make_log(
    strides: int = 400,
    epoch_s: int | None = 1_790_000_000,
    seed: int = 1,
    start_n: int = 2000,
    settings: dict[str, int] | None = None,
    false_cues: int = 0,
) -> bytes:
    """One session with one walk: mostly predicted cues, some reactive, some missed.

    false_cues: so many cues come after the last stride, each for one that never came.
    """
    rng = random.Random(seed)
    session = {"fw": "0.1.0", "board": "esp32_generic", "imu": "MPU6050", "rate_hz": RATE_HZ,
               "settings": settings or {"pulse_ms": 120}}  # fmt: skip
    if epoch_s is not None:
        session["epoch_s"] = epoch_s
    data = log.json_block(log.SESSION, session)
    block = log.StrideBlock()
    n = start_n
    record = array("i", [-1] * gait.RECORD_FIELDS)
    for number in range(strides):
        length = round(rng.gauss(222, 5))
        kind = gait.CUE_REACTIVE if number < 4 else gait.CUE_PREDICTED
        if rng.random() < 0.05:
            kind = gait.CUE_NONE
        record[gait.R_HEEL_OFF] = n
        record[gait.R_TOE_OFF] = n + round(rng.gauss(46, 2))
        record[gait.R_CONTACT] = n + round(rng.gauss(124, 3))
        record[gait.R_NEXT_HEEL_OFF] = n + length if number < strides - 1 else -1
        shift = 4 if kind == gait.CUE_REACTIVE else round(rng.gauss(-8, 5))
        record[gait.R_CUE] = -1 if kind == gait.CUE_NONE else n + shift
        record[gait.R_CUE_KIND] = kind
        record[gait.R_PREDICTED] = n if kind == gait.CUE_PREDICTED else -1
        record[gait.R_PEAK_DPS] = round(rng.gauss(400, 20))
        latency_us = -1 if kind == gait.CUE_NONE else round(rng.expovariate(1 / 1500)) + 300
        while not block.add(record, latency_us):
            data += log.block(log.STRIDES, block.payload())
            block.clear()
        if number % 100 == 50:
            mv = 4000 - number // 4
            data += log.json_block(log.NOTE, {"ev": "battery", "n": n, "mv": mv})
        n += length
    for _ in range(false_cues):
        never = array("i", [-1] * gait.RECORD_FIELDS)
        never[gait.R_CUE], never[gait.R_PREDICTED] = n, n + 8
        never[gait.R_CUE_KIND] = gait.CUE_FALSE
        while not block.add(never, 900):
            data += log.block(log.STRIDES, block.payload())
            block.clear()
        n += 400
    return data + log.block(log.STRIDES, block.payload())
