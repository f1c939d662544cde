"""An I2C master on the board, and each IMU family started and read as its datasheet says."""

from collections.abc import Callable
from typing import Any

import numpy as np

from host_tools.virtual_board import Stimulus
from host_tools.virtual_board.chips import imu_options
from host_tools.virtual_board.inprocess import build, device

RAMP_HZ = 100.0


def ramp(rows: int = 1200) -> Stimulus:
    """Six lines of different slope: every sample tells when it was taken."""
    n = np.arange(rows)
    columns = [n * 3, 4000 - n * 2, 2048 + n, n * 20 - 9000, 9000 - n * 11, n * 5]
    return Stimulus.from_samples(np.stack(columns, axis=1).astype(np.int16), RAMP_HZ)


class Bus:
    """An I2C master on the board, and the chip's address."""

    def __init__(self, name: str, stimulus: Stimulus | None = None, **imu: Any) -> None:
        chip = imu_options(name)
        assert chip is not None
        self.board = build(
            stimulus=stimulus or ramp(),
            imu={**chip, **imu},
            costs={"sample_us": 0, "i2c_transfer_us": 100},
        )
        machine = device("machine")
        self.i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400000)
        self.address = chip["address"]
        self.sleep_ms = device("time").sleep_ms
        self.int_level = machine.Pin(4).value

    def get(self, register: int, count: int = 1) -> bytes:
        return self.i2c.readfrom_mem(self.address, register, count)

    def set(self, register: int, *values: int) -> None:
        self.i2c.writeto_mem(self.address, register, bytes(values))

    @property
    def now_s(self) -> float:
        return self.board.clock.now / 1e6


def words(data: bytes, order: str) -> np.ndarray:
    return np.frombuffer(data, dtype=f"{order}i2").astype(int)


# --- starting each family at about 200 Hz with its FIFO on; reading whole samples from the FIFO ---


def start_mpu(bus: Bus) -> None:
    bus.set(0x6B, 0x01)  # wake
    for register, value in ((0x1A, 1), (0x19, 4), (0x1B, 0x18), (0x1C, 0x18)):
        bus.set(register, value)
    bus.set(0x23, 0x18 if bus.get(0x75)[0] == 0x19 else 0x78)
    bus.set(0x6A, 0x04)
    bus.set(0x6A, 0x40)


def read_mpu(bus: Bus, limit: int) -> np.ndarray:
    size = 14 if bus.get(0x75)[0] == 0x19 else 12
    high, low = bus.get(0x72, 2)
    count = min((high << 8 | low) // size, limit)
    rows = words(bus.get(0x74, count * size), ">").reshape(count, size // 2)
    return rows if size == 12 else rows[:, [0, 1, 2, 4, 5, 6]]


def start_lsm(bus: Bus) -> None:
    bus.set(0x10, 0x54)  # 208 Hz, 16 g
    bus.set(0x11, 0x5C)  # 208 Hz, 2000 deg/s
    bus.sleep_ms(80)
    if bus.get(0x0F)[0] == 0x6C:
        bus.set(0x09, 0x55)
        bus.set(0x0A, 0x06)
    else:
        bus.set(0x08, 0x09)
        bus.set(0x0A, 0x2E)


def read_lsm(bus: Bus, limit: int) -> np.ndarray:
    low, high = bus.get(0x3A, 2)
    if bus.get(0x0F)[0] != 0x6C:
        count = min(((high & 7) << 8 | low) // 6, limit)
        rows = words(bus.get(0x3E, 12 * count), "<").reshape(count, 6)
        return rows[:, [3, 4, 5, 0, 1, 2]]
    count = min(((high & 3) << 8 | low) // 2, limit)
    raw = bus.get(0x78, 14 * count)
    rows = []
    for k in range(count):
        pair = {}
        for at in (14 * k, 14 * k + 7):
            assert bin(raw[at]).count("1") % 2 == 0  # TAG_PARITY
            pair[raw[at] >> 3] = words(raw[at + 1 : at + 7], "<")
        rows.append(np.concatenate([pair[2], pair[1]]))
    return np.array(rows).reshape(count, 6)


def start_icm(bus: Bus) -> None:
    bus.set(0x4F, 0x07)
    bus.set(0x50, 0x07)
    bus.set(0x4C, 0x70)  # count in records, big-endian
    bus.set(0x4E, 0x0F)
    bus.sleep_ms(50)
    bus.set(0x5F, 0x07)
    bus.set(0x16, 0x40)


def read_icm(bus: Bus, limit: int) -> np.ndarray:
    high, low = bus.get(0x2E, 2)
    count = min(high << 8 | low, limit)
    raw = bus.get(0x30, 16 * count)
    assert all(raw[16 * k] & 0xE0 == 0x60 for k in range(count))
    rows = [words(raw[16 * k + 1 : 16 * k + 13], ">") for k in range(count)]
    return np.array(rows).reshape(count, 6)


def configure_bmi(bus: Bus, data: bytes = bytes(8192)) -> None:
    bus.set(0x7C, 0x00)
    bus.set(0x59, 0x00)
    for at in range(0, len(data), 256):
        bus.set(0x5B, at // 2 & 15, at // 2 >> 4)
        bus.set(0x5E, *data[at : at + 256])
    bus.set(0x59, 0x01)
    bus.sleep_ms(21)


def start_bmi(bus: Bus) -> None:
    configure_bmi(bus)
    bus.set(0x40, 0xA9)
    bus.set(0x41, 0x03)
    bus.set(0x42, 0xE9)
    bus.set(0x48, 0x00)
    bus.set(0x49, 0xC0)
    bus.set(0x7D, 0x06)


def read_bmi(bus: Bus, limit: int) -> np.ndarray:
    low, high = bus.get(0x24, 2)
    count = min(((high & 0x3F) << 8 | low) // 12, limit)
    return words(bus.get(0x26, 12 * count), "<").reshape(count, 6)[:, [3, 4, 5, 0, 1, 2]]


FAMILIES: dict[str, tuple[Callable[[Bus], None], Callable[[Bus, int], np.ndarray]]] = {
    "mpu6050": (start_mpu, read_mpu),
    "mpu6500": (start_mpu, read_mpu),
    "mpu6886": (start_mpu, read_mpu),
    "lsm6ds3tr-c": (start_lsm, read_lsm),
    "lsm6dso": (start_lsm, read_lsm),
    "icm42688-p": (start_icm, read_icm),
    "bmi270": (start_bmi, read_bmi),
}
# Units of what comes out: LSB/g and LSB/(deg/s) at 16 g and 2000 deg/s
SCALES = {
    "lsm6ds3tr-c": (1 / 0.000488, 1 / 0.070),
    "lsm6dso": (1 / 0.000488, 1 / 0.070),
    "icm42688-p": (2048.0, 16.4),
}
NOMINAL_HZ = {"lsm6ds3tr-c": 208.0, "lsm6dso": 6667 / 32}
