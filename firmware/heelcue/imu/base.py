"""What all IMU drivers share: register access, bounded waits, the FIFO read."""

import time

from heelcue.imu import NOT_READY, ImuError

try:
    from heelcue.imu.unpack_fast import gather, pair_tagged
except (ImportError, SyntaxError, ValueError, MemoryError):
    # CPython; a build without the native emitter, or with another than it was compiled for; no room
    # where code may run (its own memory on an ESP32)
    from heelcue.imu.unpack_plain import gather, pair_tagged

MAX_BATCH = 16  # samples per read; more only waits for the next call
MOTION_MG = 80  # a change of acceleration by more than this ends deep sleep

__all__ = ("MAX_BATCH", "MOTION_MG", "Imu", "gather", "nearest", "pair_tagged")


def nearest(wanted_hz, rates_hz):
    """Return the index of the rate nearest to the one wanted (ties: the faster one)."""
    best = 0
    for i in range(1, len(rates_hz)):
        if abs(rates_hz[i] - wanted_hz) < abs(rates_hz[best] - wanted_hz) or (
            abs(rates_hz[i] - wanted_hz) == abs(rates_hz[best] - wanted_hz)
            and rates_hz[i] > rates_hz[best]
        ):
            best = i
    return best


class Imu:
    """Interface and common part of the drivers.

    name                chip
    rate_hz             true sample rate after start()
    gyro_lsb_per_dps, acc_lsb_per_g    scale of what read() delivers
    fifo_samples        how many samples the FIFO holds
    overflowed          how often the FIFO was found to have overflowed since start()
    left                samples that the last read() left in the FIFO
    suspect             set from outside when a transfer has failed: packets may be out of step
    lost_exactly        samples lost in the last overflow where the chip counts them, else -1
    """

    gyro_lsb_per_dps = 16.384
    acc_lsb_per_g = 2048.0
    packet_bytes = 12
    motion_status = -1  # register whose reading clears the motion interrupt; -1: no motion wake

    def __init__(self, i2c, address, name, int_pin=None):
        self.i2c = i2c
        self.address = address
        self.name = name
        self.int_pin = int_pin
        self.rate_hz = 0
        self.overflowed = 0
        self.left = 0
        self.suspect = False
        self.lost_exactly = -1
        self._one = bytearray(1)
        self._two = bytearray(2)
        raw = memoryview(bytearray(MAX_BATCH * self.packet_bytes))
        self._raw = raw
        # One view per batch size, made now so that read() makes none
        self._views = [raw[: n * self.packet_bytes] for n in range(MAX_BATCH + 1)]
        self._reset()

    def _reset(self):
        raise NotImplementedError

    def _get(self, register):
        self.i2c.readfrom_mem_into(self.address, register, self._one)
        return self._one[0]

    def _set(self, register, value):
        self._one[0] = value
        self.i2c.writeto_mem(self.address, register, self._one)

    def _wait(self, register, mask, value, timeout_ms, what):
        """Poll until register & mask == value; raise ImuError after timeout_ms."""
        for _ in range(timeout_ms):
            try:
                if self._get(register) & mask == value:
                    return
            except OSError:  # some chips do not acknowledge while they reset
                pass
            time.sleep_ms(1)
        raise ImuError(
            NOT_READY,
            "%s does not answer as it should: %s (after %d ms)" % (self.name, what, timeout_ms),
        )

    def _set_checked(self, register, value):
        """Write a register that reads back as written; raise ImuError when it does not."""
        self._set(register, value)
        got = self._get(register)
        if got != value:
            raise ImuError(
                NOT_READY,
                "%s: register 0x%02x holds 0x%02x, not the 0x%02x written"
                % (self.name, register, got, value),
            )

    def clear_motion(self):
        """Take the motion interrupt back; True when the pin says so, or there is no pin."""
        for _ in range(20):
            self._get(self.motion_status)
            time.sleep_ms(20)
            if self.int_pin is None or self.int_pin.value():
                return True
        return False
