"""The IMU drivers over the board's bus, in this process: no sample is lost, doubled or torn."""

from array import array

import numpy as np
import pytest
from heelcue import imu
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools.virtual_board import Stimulus
from host_tools.virtual_board.chips import IMUS, imu_options
from host_tools.virtual_board.inprocess import bench, build, device

CHIPS = ("mpu6050", "mpu6500", "mpu6886", "lsm6ds3tr-c", "lsm6dso", "icm42688-p", "bmi270")
PERIOD_S = 6  # of the stimulus: its ends do not meet, so no wait may reach one
HZ = 200
# Canonical LSB at the start and how many more come a second: each column tells when it was taken,
# and one column from another
STARTS = np.array([-9_000, 4_000, 2_048, -15_000, 14_000, 3_000])
SLOPES = np.array([900, -500, 300, 1_500, -1_300, 700])


@pytest.fixture
def driver_of(monkeypatch, tmp_path):
    """Makes a started driver of a chip on a board whose stimulus are six straight lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bmi270.bin").write_bytes(bytes(8192))
    t_s = np.arange(PERIOD_S * HZ) / HZ
    lines = np.rint(STARTS + np.outer(t_s, SLOPES)).astype(np.int16)

    def make(chip: str, rate_hz: int):
        build(stimulus=Stimulus.from_samples(lines, float(HZ)), imu=imu_options(chip))
        machine = device("machine")
        i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
        driver = imu.probe(i2c)
        driver.start(rate_hz)
        return driver

    with bench():
        yield make


def all_there(driver, rows: int) -> tuple[np.ndarray, float]:
    """Read, in batches of at most so many, until nothing is left; (n, 6), and the last read's time.

    That is when it began: what was there by then has been read.
    """
    buf = array("h", bytes(12 * rows))
    found = []
    while True:
        began_s = now_s()
        n = driver.read(buf)
        assert 0 <= n <= rows
        found += [list(buf[6 * k : 6 * k + 6]) for k in range(n)]
        if n == 0 or driver.left == 0:
            return np.array(found).reshape(-1, 6), began_s


def now_s() -> float:
    """The board's time."""
    return device("machine")._board.clock.now / 1e6


def instants_s(driver, samples: np.ndarray) -> np.ndarray:
    """When each sample was taken, told by each of its values (n, 6)."""
    scale = np.repeat([driver.acc_lsb_per_g / 2048, driver.gyro_lsb_per_dps / 16.384], 3)
    return (samples / scale - STARTS) / SLOPES


@pytest.mark.parametrize("chip", CHIPS)
@given(
    rate_hz=st.sampled_from((52, 104, 208, 416)),
    waits_ms=st.lists(st.integers(1, 60), min_size=1, max_size=12),
    rows=st.integers(1, 16),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_read_every_sample_comes_once_and_whole(
    driver_of, chip, rate_hz, waits_ms, rows
):
    driver = driver_of(chip, rate_hz)
    begun_s = now_s()
    assert driver.rate_hz == pytest.approx(rate_hz, rel=0.21)
    parts = []
    for wait_ms in waits_ms:
        device("time").sleep_ms(wait_ms)
        part, ended_s = all_there(driver, rows)
        parts.append(part)
    samples = np.concatenate(parts)
    assert driver.overflowed == 0
    assert len(samples) == pytest.approx((ended_s - begun_s) * driver.rate_hz, abs=2)
    if not len(samples):
        return
    taken_s = instants_s(driver, samples)
    # one sample's six values are of one moment; its own LSB and rounding blur that by a little
    assert np.ptp(taken_s, axis=1).max() < 0.016
    steps_s = np.diff(taken_s[:, 3])
    assert steps_s == pytest.approx(1 / driver.rate_hz, abs=0.0025)


@pytest.mark.parametrize("chip", CHIPS)
@given(rate_hz=st.sampled_from((104, 208, 416)), too_many=st.integers(4, 120))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_an_overflow_samples_are_whole_and_in_a_row_again(driver_of, chip, rate_hz, too_many):
    driver = driver_of(chip, rate_hz)
    all_there(driver, 16)
    begun_s = now_s()
    device("time").sleep_ms(round(1000 * (driver.fifo_samples + too_many) / driver.rate_hz))
    old, ended_s = all_there(driver, 16)
    overflowed = driver.overflowed
    assert overflowed in (1, 2), "a sample may be overwritten between the count and the data"
    lost = (ended_s - begun_s) * driver.rate_hz - len(old)
    assert lost >= too_many - 3
    if driver.lost_exactly >= 0:
        assert lost == pytest.approx(driver.lost_exactly, abs=2.5)
    device("time").sleep_ms(50)
    new, _ = all_there(driver, 16)
    assert driver.overflowed == overflowed and 4 <= len(new) <= 50
    for samples in (old, new) if len(old) else (new,):
        taken_s = instants_s(driver, samples)
        assert np.ptp(taken_s, axis=1).max() < 0.016
        assert np.diff(taken_s[:, 3]) == pytest.approx(1 / driver.rate_hz, abs=0.0025)


@pytest.mark.parametrize("chip", sorted(IMUS))
def test_a_chip_that_forgot_its_settings_is_told_by_its_selfcheck(driver_of, chip):
    driver = driver_of(chip, 208)
    assert driver.selfcheck() == ""
    chip_model = device("machine")._board.imu
    chip_model.sync()
    chip_model.power(False)
    chip_model.power(True)
    device("time").sleep_ms(300)
    assert "lost its settings" in driver.selfcheck()
