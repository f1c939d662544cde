"""The I2C bus: opened at 400 kHz, and freed when a chip holds it."""

import time

import machine

from heelcue.compat import const

# Bounds clock stretching, so that no transfer blocks for long. With ESP-IDF's newer driver (from
# MicroPython 1.29 on) it is the time for each step of a transfer, in whole ticks of 10 ms: less
# than one tick counts as no time at all, so that no chip would be found, and a single tick may end
# at once. Hence two.
_TIMEOUT_US = const(20_000)


def recover(sda, scl):
    """Free a bus on which a chip holds SDA low in the middle of a byte; True when SDA is high.

    Nine clocks let it finish the byte, then a stop (UM10204, I2C specification, 3.1.16).
    """
    data = machine.Pin(sda, machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    clock = machine.Pin(scl, machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    time.sleep_us(10)
    for _ in range(9):
        if data.value():
            break
        clock.value(0)
        time.sleep_us(5)
        clock.value(1)
        time.sleep_us(5)
    clock.value(0)
    time.sleep_us(5)
    data.value(0)
    time.sleep_us(5)
    clock.value(1)
    time.sleep_us(5)
    data.value(1)
    time.sleep_us(5)
    return data.value() == 1


def open_bus(pins):
    """Return machine.I2C on pins (bus id, SDA, SCL) at 400 kHz after freeing the bus."""
    bus, sda, scl = pins
    recover(sda, scl)
    return machine.I2C(
        bus, scl=machine.Pin(scl), sda=machine.Pin(sda), freq=400_000, timeout=_TIMEOUT_US
    )
