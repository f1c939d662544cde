"""Facts of the IMUs' datasheets, asked over the bus as any driver would."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.virtual_board import Stimulus
from host_tools.virtual_board.chips import IMUS
from tests.board.imu_bus import (
    FAMILIES,
    NOMINAL_HZ,
    RAMP_HZ,
    SCALES,
    Bus,
    configure_bmi,
    read_icm,
    start_bmi,
    start_icm,
    start_lsm,
    start_mpu,
    words,
)


@pytest.mark.parametrize("name", list(IMUS))
def test_identity(name: str) -> None:
    bus = Bus(name)
    register = {0x68: 0x75, 0x6A: 0x0F}[bus.address]
    if name == "bmi270":
        register = 0x00
    assert bus.get(register)[0] == IMUS[name]["identity"]


@pytest.mark.parametrize("name", list(FAMILIES))
def test_samples_are_the_stimulus_at_the_chips_own_instants(name: str) -> None:
    start, read = FAMILIES[name]
    bus = Bus(name, filter_delay=False)
    start(bus)
    while len(read(bus, 99)):
        pass
    bus.sleep_ms(200)
    rows = read(bus, 99)
    rate_hz = NOMINAL_HZ.get(name, 200.0)
    assert len(rows) == pytest.approx(0.2 * rate_hz, abs=2)
    acc_scale, gyr_scale = SCALES.get(name, (2048.0, 16.384))
    # The ramps' slopes per second, in the chip's units, over the span of these samples
    slopes = np.array([3, -2, 1, 20, -11, 5]) * RAMP_HZ
    slopes = slopes * np.array([acc_scale / 2048] * 3 + [gyr_scale / 16.384] * 3)
    seconds = (len(rows) - 1) / rate_hz
    assert rows[-1] - rows[0] == pytest.approx(slopes * seconds, abs=2)
    assert np.abs(np.diff(rows, axis=0) - slopes / rate_hz).max() <= (
        2.01 if name in SCALES else 1.01
    )
    # and the newest is no older than one period and a transfer
    age_s = bus.now_s - (rows[-1, 3] * 16.384 / gyr_scale + 9000) / (20 * RAMP_HZ)
    assert 0 <= age_s < 1 / rate_hz + 0.02


@pytest.mark.parametrize("name", list(FAMILIES))
@settings(max_examples=8, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 15), st.integers(1, 16)), min_size=3, max_size=12))
def test_every_sample_comes_out_once_and_in_order(name: str, steps: list[tuple[int, int]]) -> None:
    start, read = FAMILIES[name]
    bus = Bus(name)
    start(bus)
    while len(read(bus, 16)):
        pass
    first = bus.board.imu.index
    rows = []
    for pause_ms, limit in steps:
        bus.sleep_ms(pause_ms)
        rows.extend(read(bus, limit))
    while len(more := read(bus, 16)):
        rows.extend(more)
    imu = bus.board.imu
    assert len(rows) == imu.index - first - imu.fifo_used // imu.frame
    if len(rows) > 2:
        # 20 counts per 10 ms: about 10 a sample, at any scale never 0 and never 2 samples' worth
        climbs = np.diff(np.array(rows)[:, 3])
        assert climbs.min() >= 7 and climbs.max() <= 12


@pytest.mark.parametrize("name", list(FAMILIES))
def test_an_overflow_is_told_and_counted(name: str) -> None:
    start, _ = FAMILIES[name]
    bus = Bus(name)
    start(bus)
    bus.sleep_ms(4000)
    imu = bus.board.imu
    lost = 0
    imu.sync()
    assert imu.lost > lost
    told = {
        "mpu": lambda: bus.get(0x3A)[0] & 0x10,
        "lsm": lambda: bus.get(0x3B)[0] & 0x40,
        "icm": lambda: bus.get(0x2D)[0] & 0x02,
        "bmi": lambda: bus.get(0x1D)[0] & 0x01,
    }[name[:3]]
    assert told()
    capacity = {
        "mpu6050": 1024,
        "mpu6500": 512,
        "mpu6886": 1024,
        "lsm6ds3tr-c": 4096,
        "lsm6dso": 3584,  # 512 words with their tags
        "icm42688-p": 2048,
        "bmi270": 2040,  # whole frames
    }
    assert imu.fifo_used == capacity[name]


@pytest.mark.parametrize("name", list(FAMILIES))
def test_supply_glitch_brings_reset_values_back(name: str) -> None:
    start, _ = FAMILIES[name]
    bus = Bus(name)
    fresh = [bus.board.imu.read(r) for r in (0x10, 0x1C, 0x40, 0x4F, 0x6B)]
    start(bus)
    bus.board.imu.power_on()
    assert [bus.board.imu.read(r) for r in (0x10, 0x1C, 0x40, 0x4F, 0x6B)] == fresh
    bus.sleep_ms(50)
    assert bus.board.imu.fifo_used == 0


# --- MPU-6050 (RM-MPU-6000A rev 4.2) ---


def test_mpu6050_sleeps_after_reset() -> None:
    bus = Bus("mpu6050")
    assert bus.get(0x6B)[0] == 0x40
    bus.sleep_ms(50)
    assert bus.get(0x3B, 14) == bytes(14)
    bus.set(0x6B, 0x01)
    bus.sleep_ms(5)
    assert bus.get(0x3B, 14) != bytes(14)
    bus.set(0x6B, 0x80)
    assert bus.get(0x6B)[0] == 0x40


@pytest.mark.parametrize("selection", range(4))
def test_mpu6050_ranges_and_clipping(selection: int) -> None:
    rows = np.tile(np.array([[2048, -4096, 16384, 8192, -16384, 1638]], np.int16), (4, 1))
    bus = Bus("mpu6050", stimulus=Stimulus.from_samples(rows, 100.0))
    bus.set(0x6B, 0x01)
    bus.set(0x1B, selection << 3)
    bus.set(0x1C, selection << 3)
    bus.sleep_ms(5)
    data = words(bus.get(0x3B, 14), ">")
    factor = 8 >> selection
    expected = np.clip(rows[0].astype(int) * factor, -32768, 32767)
    assert list(data[[0, 1, 2, 4, 5, 6]]) == list(expected)


def test_mpu6050_sample_rate_divider_and_filter() -> None:
    for config, divider, rate in ((0, 39, 200.0), (3, 4, 200.0), (1, 0, 1000.0), (6, 9, 100.0)):
        bus = Bus("mpu6050")
        bus.set(0x6B, 0x01)
        bus.set(0x1A, config)
        bus.set(0x19, divider)
        before = bus.board.imu.produced
        bus.sleep_ms(1000)
        bus.board.imu.sync()
        assert bus.board.imu.produced - before == pytest.approx(rate, abs=1)


def test_mpu6050_fifo_count_is_latched_by_its_high_byte() -> None:
    bus = Bus("mpu6050")
    start_mpu(bus)
    bus.sleep_ms(26)
    count = bus.get(0x72, 2)
    assert count[1] in (5 * 12, 6 * 12)
    bus.sleep_ms(20)
    assert bus.get(0x73) == count[1:]  # the low byte alone shows the old count
    assert bus.get(0x72, 2) == bytes((0, count[1] + 4 * 12))


def test_mpu6050_data_ready_line_pulses_or_latches() -> None:
    bus = Bus("mpu6050")
    start_mpu(bus)
    edges = []

    class Watcher:
        def line_changed(self, line: Any) -> None:
            edges.append((bus.board.clock.now, line.level))

    bus.board.lines[4].watchers.append(Watcher())
    bus.set(0x38, 0x01)
    bus.sleep_ms(26)
    rises = [t for t, level in edges if level]
    falls = [t for t, level in edges if not level]
    assert np.diff(rises) == pytest.approx(5000, abs=1)
    assert [b - a for a, b in zip(rises, falls, strict=False)] == [50] * len(falls)
    bus.set(0x37, 0xA0)  # active low, latched until INT_STATUS is read
    bus.sleep_ms(6)
    assert bus.int_level() == 0
    assert bus.get(0x3A)[0] & 0x01
    assert bus.int_level() == 1


def test_mpu6050_wakes_on_motion_only() -> None:
    still = np.tile(np.array([[0, 0, 2048, 0, 0, 0]], np.int16), (200, 1))
    moving = still.copy()
    moving[:, 0] = (400 * np.sin(np.arange(200))).astype(np.int16)
    stimulus = Stimulus.from_samples(still, 50.0).then(moving, 50.0)
    bus = Bus("mpu6050", stimulus=stimulus)
    for register, value in ((0x37, 0xA0), (0x1C, 0x01), (0x1F, 40), (0x20, 1), (0x6C, 0x47)):
        bus.set(register, value)
    bus.set(0x38, 0x40)
    bus.set(0x6B, 0x20)  # CYCLE
    bus.sleep_ms(1000)
    bus.get(0x3A)
    bus.sleep_ms(2500)
    assert bus.int_level() == 1
    bus.sleep_ms(1200)
    assert bus.int_level() == 0
    assert bus.get(0x3A)[0] & 0x40


# --- LSM6 ---


def test_lsm6dso_tags_count_time_slots() -> None:
    bus = Bus("lsm6dso")
    start_lsm(bus)
    bus.sleep_ms(60)
    raw = bus.get(0x78, 7 * 16)
    slots = [raw[at] >> 1 & 3 for at in range(0, len(raw), 7)]
    assert slots[::2] == slots[1::2]
    assert [(b - a) % 4 for a, b in zip(slots[::2], slots[2::2], strict=False)] == [1] * 7


def test_lsm6dso_rate_follows_freq_fine() -> None:
    bus = Bus("lsm6dso", clock_ppm=15000)
    start_lsm(bus)
    fine = bus.get(0x63)[0]
    fine = fine - 256 if fine > 127 else fine
    before = bus.board.imu.produced
    bus.sleep_ms(1000)
    bus.board.imu.sync()
    assert bus.board.imu.produced - before == pytest.approx(6667 / 32 * 1.015, abs=1)
    assert fine == 10  # 0.15 % a step


def test_lsm6ds3trc_pattern_tells_the_word_after_an_overflow() -> None:
    bus = Bus("lsm6ds3tr-c")
    start_lsm(bus)
    bus.sleep_ms(2500)
    status = bus.get(0x3A, 4)
    assert status[1] & 0x40
    pattern = status[2] | (status[3] & 3) << 8
    # 2048 words hold no whole number of samples of six: the oldest word is inside one
    assert pattern == (6 - 2048 % 6) % 6
    for _ in range((6 - pattern) % 6):
        bus.get(0x3E, 2)
    assert bus.get(0x3C)[0] == 0


def test_lsm6_threshold_interrupt_and_polarity() -> None:
    for name in ("lsm6ds3tr-c", "lsm6dso"):
        bus = Bus(name)
        bus.set(0x12, 0x24)  # active low
        bus.set(0x06 if name != "lsm6dso" else 0x07, 6 * 5 if name != "lsm6dso" else 2 * 5)
        start_lsm(bus)
        bus.set(0x0D, 0x08)
        bus.sleep_ms(19)
        assert bus.int_level() == 1
        bus.sleep_ms(8)
        assert bus.int_level() == 0
        FAMILIES[name][1](bus, 1000)
        assert bus.int_level() == 1


# --- ICM-42688-P ---


def test_icm42688_counts_lost_packets_and_marks_gyro_start() -> None:
    bus = Bus("icm42688-p")
    bus.set(0x4F, 0x07)
    bus.set(0x50, 0x07)
    bus.set(0x4C, 0x70)
    bus.set(0x5F, 0x07)
    bus.set(0x16, 0x40)
    bus.set(0x4E, 0x0F)
    bus.sleep_ms(60)
    rows = read_icm(bus, 99)
    invalid = (rows[:, 3:] == -32768).all(axis=1)
    assert invalid[:5].all() and not invalid[6:].any()
    bus.sleep_ms(1000)
    low, high = bus.get(0x6C, 2)
    assert high << 8 | low == bus.board.imu.lost == pytest.approx(72, abs=1)
    bus.set(0x76, 4)
    assert bus.get(0x75)[0] == 0  # another bank
    bus.set(0x76, 0)
    assert bus.get(0x75)[0] == 0x47


@pytest.mark.parametrize("latched", [False, True])
def test_icm42688_interrupt_is_a_pulse_or_held_until_the_fifo_is_read(latched: bool) -> None:
    bus = Bus("icm42688-p")
    bus.set(0x14, 0x06 if latched else 0x02)  # push-pull, active low
    bus.set(0x63, 0x08)  # FIFO_THS_INT_CLEAR: by reading the FIFO
    bus.set(0x60, 1)
    start_icm(bus)
    bus.set(0x5F, 0x27)
    bus.set(0x65, 0x04)
    read_icm(bus, 99)
    levels = []
    for _ in range(1000):
        bus.board.clock.run(bus.board.clock.now + 50)
        levels.append(bus.int_level())
    low = levels.count(0) / len(levels)
    assert 0.9 < low < 1 if latched else low == pytest.approx(0.1 / 5, abs=0.011)
    bus.sleep_ms(1)
    while len(read_icm(bus, 99)) > 1:  # new ones come while so many are read
        pass
    assert bus.int_level() == 1


# --- BMI270 ---


def test_bmi270_gives_nothing_before_its_configuration() -> None:
    bus = Bus("bmi270")
    bus.set(0x7C, 0x00)
    bus.set(0x7D, 0x06)
    bus.sleep_ms(100)
    assert bus.get(0x21)[0] & 0x0F == 0
    assert bus.get(0x0C, 12) == bytes(12)
    configure_bmi(bus, bytes(8192 - 256))
    assert bus.get(0x21)[0] & 0x0F == 2
    configure_bmi(bus)
    assert bus.get(0x21)[0] & 0x0F == 1
    bus.set(0x7D, 0x06)
    bus.sleep_ms(100)
    assert bus.get(0x0C, 12) != bytes(12)


def test_bmi270_refuses_a_configuration_in_power_save() -> None:
    bus = Bus("bmi270")
    bus.set(0x59, 0x00)
    for at in range(0, 8192, 256):
        bus.set(0x5B, at // 2 & 15, at // 2 >> 4)
        bus.set(0x5E, *bytes(256))
    bus.set(0x59, 0x01)
    bus.sleep_ms(21)
    assert bus.get(0x21)[0] & 0x0F == 2


def test_bmi270_repeats_a_frame_read_in_part() -> None:
    bus = Bus("bmi270")
    start_bmi(bus)
    bus.set(0x7E, 0xB0)
    bus.sleep_ms(26)
    part = bus.get(0x26, 20)
    again = bus.get(0x26, 12)
    assert part[12:20] == again[:8]
    assert part[:12] != again
