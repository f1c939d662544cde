"""Runs on MicroPython: the whole path from FIFO bytes to the motor with the heap locked.

Arguments: a file of MPU-6050 FIFO packets; "clean", or "spoilt": with one allocation per sample.
The chip's end of the bus hands out those packets; its methods allocate nothing themselves, so that
any MemoryError is the firmware's. Prints samples, cues, strides and the bytes allocated.
"""

import gc
import sys
import time

import micropython


class Bus:
    """machine.I2C with one MPU-6050: registers that read back, and a FIFO filled by the test."""

    def __init__(self, *_, **__):
        self.registers = bytearray(128)
        self.registers[0x75] = 0x68
        self.packets = b""
        self.at = 0
        self.ready = 0  # bytes in the FIFO

    def readfrom_mem(self, address, register, count):
        if address != 0x68:
            raise OSError(19)
        return bytes(self.registers[register : register + count])

    def readfrom_mem_into(self, address, register, buf):
        n = len(buf)
        i = 0
        if register == 0x72:
            buf[0] = self.ready >> 8
            buf[1] = self.ready & 255
        elif register == 0x74:
            packets = self.packets
            at = self.at
            while i < n:
                buf[i] = packets[at + i]
                i += 1
            self.at = at + n
            self.ready -= n
        else:
            while i < n:
                buf[i] = self.registers[register + i]
                i += 1

    def writeto_mem(self, address, register, buf):
        self.registers[register] = buf[0] & 0x7F if register == 0x6B else buf[0]


class Line:
    """machine.Pin, PWM, Timer and WDT in one: takes every call, does nothing."""

    IN = OUT = OPEN_DRAIN = PULL_UP = PERIODIC = 1

    def __init__(self, *_, **__):
        self.callback = None

    def value(self, level=1):
        return 0

    def duty_u16(self, duty):
        pass

    def init(self, mode=1, period=0, callback=None):
        self.callback = callback

    def feed(self):
        pass

    def deinit(self):
        pass


class Machine:
    """The module machine, as far as the sample path needs it."""

    Pin = PWM = Timer = WDT = Line
    I2C = Bus


sys.modules["machine"] = Machine()

from heelcue import app, boards, faults, log, raw, settings  # noqa: E402

values = settings.defaults()
values["motor_drive"] = "pwm"
the_app = app.App(boards.BOARDS["esp32_generic"], values, faults.Faults())
sensor = the_app.sensor
bus = sensor.i2c
with open(sys.argv[1], "rb") as f:
    bus.packets = f.read()
pending = log.StrideBlock(4000)
ring = raw.Ring()
the_app.rings = [ring]
pipeline = the_app.pipeline
if sys.argv[2] == "spoilt":
    clean_step = pipeline.step

    class Spoilt:
        """A pipeline that makes a list per sample."""

        def __init__(self):
            self.n = 0

        def step(self, samples, i):
            bits = [clean_step(samples, i)]
            return bits[0]

    the_app.pipeline = Spoilt()


def walk(samples):
    """Play all packets, in batches of one to five; return how many strides were complete."""
    batch = strides = done = 0
    while done < samples:
        batch = 1 if batch >= 5 else batch + 1  # also what a stall leaves behind
        if batch > samples - done:  # noqa: PLR1730
            batch = samples - done
        bus.ready += 12 * batch
        if sensor.interrupts:
            sensor.wait()
        if sensor.due():
            n = sensor.read()
            done += n
            the_app.take(n)
            if the_app._stride_news:
                the_app._stride_news = False
                pending.add(record, the_app.cue_latency_us)
                strides += 1
            motor.guard(0)
            if motor.is_on:
                motor._end_ms = motor._settle_ms = time.ticks_ms()
                motor._beat(None)
                motor._free_ms = 0
                motor._budget_ms = 21000
        ring.count = 0
    return strides


motor = the_app.motor
record = pipeline.record
samples = len(bus.packets) // 12
strides = 0
gc.collect()
before = gc.mem_alloc()
micropython.heap_lock()
try:
    strides = walk(samples)
finally:
    micropython.heap_unlock()
allocated = gc.mem_alloc() - before
print(
    '{"samples": %d, "n": %d, "cues": %d, "strides": %d, "bytes": %d}'
    % (samples, pipeline.n, the_app.cues, strides, allocated)
)
