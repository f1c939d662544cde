"""The sensor over the board's own bus, in this process: measured period, interrupt pin."""

from array import array

import numpy as np
import pytest
from heelcue import boards, faults
from heelcue import settings as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools.virtual_board import Stimulus
from host_tools.virtual_board.inprocess import bench, device

BOARD = boards.BOARDS["esp32_generic"]
RATE_HZ = 50


@pytest.fixture
def make_sensor():
    """Makes started sensors at 50 Hz on a foot that lies still."""
    rest = np.tile(np.array([[0, 0, 2048, 0, 0, 0]], np.int16), (50, 1))
    rest[:, 3] += np.arange(50) % 3  # noise
    with bench(stimulus=Stimulus.from_samples(rest, 50.0, loop=True)):
        from heelcue import sensor

        values = {**schema.defaults(), "imu_rate_hz": RATE_HZ}

        def make(**differs):
            made = sensor.Sensor(BOARD | differs, values, faults.Faults())
            assert made.open()
            return made

        yield make


@pytest.fixture
def sensor(make_sensor):
    """A started sensor, its interrupt pin wired."""
    return make_sensor()


def read_for(sensor, seconds: float, pause_ms: int) -> int:
    """Read as the loop does, every pause_ms; returns how many samples came."""
    time = device("time")
    count = 0
    for _ in range(int(seconds * 1000 / pause_ms)):
        time.sleep_ms(pause_ms)
        if sensor.due():
            count += sensor.read()
    return count


def test_period_is_right_after_a_long_rest(sensor):
    """Read in threes, a foot at rest gives no period; ticks_us wraps after 17.9 minutes."""
    read_for(sensor, 10, 10)
    read_for(sensor, 1120, 60)
    for _ in range(5):
        read_for(sensor, 3, 10)
        assert sensor.period_us == pytest.approx(1e6 / RATE_HZ, rel=0.01)


@pytest.mark.parametrize("pin", [4, None])
def test_the_interrupt_pin_is_used_where_the_board_has_one(make_sensor, pin):
    """Without it the device never sleeps: nothing could wake it."""
    sensor = make_sensor(imu_int=pin)
    assert sensor.interrupts == (pin is not None)
    assert read_for(sensor, 2, 5) > 1.9 * RATE_HZ
    assert sensor.interrupts == (pin is not None)


def test_pin_is_used_again_when_the_chip_is_back(sensor):
    read_for(sensor, 1, 10)
    bus_bytes = device("machine")._board.wires[0].bytes
    read_for(sensor, 1, 5)
    by_pin = device("machine")._board.wires[0].bytes - bus_bytes
    chip = device("machine")._board.imu
    chip.sync()
    chip.power(False)
    read_for(sensor, 3, 5)
    assert not sensor.ok
    chip.power(True)
    read_for(sensor, 3, 5)
    assert sensor.ok
    bus_bytes = device("machine")._board.wires[0].bytes
    read_for(sensor, 1, 5)
    assert device("machine")._board.wires[0].bytes - bus_bytes == pytest.approx(by_pin, rel=0.1)


def test_answers_that_cannot_be_start_the_chip_again(sensor):
    read_for(sensor, 1, 10)
    restarts = sensor.restarts
    device("machine")._board.imu.faulty_reads = 10
    read_for(sensor, 4, 10)
    assert sensor.restarts > restarts
    assert sensor.ok and sensor.faults.as_dict()["imu_bus"] >= 3


def test_a_bus_that_was_blocked_for_a_moment_is_no_error_any_more(sensor, monkeypatch):
    from heelcue import bus

    read_for(sensor, 1, 10)
    board = device("machine")._board
    monkeypatch.setattr(bus, "recover", lambda *_: False)
    board.wires[0].nacks = 1
    read_for(sensor, 0.1, 10)
    assert "SDA" in sensor.error or sensor.faults.as_dict()["imu_bus"] == 1
    read_for(sensor, 1, 10)
    assert sensor.ok and sensor.error == ""


@pytest.mark.parametrize("stall_s", [0.06, 1.0, 5.0])
def test_a_stall_between_the_fifos_count_and_its_data_loses_no_count(sensor, stall_s):
    """The FIFO runs over after it has been asked how full it is: what is read then is of no use."""
    board = device("machine")._board
    read_for(sensor, 1, 10)
    start_us = board.clock.now
    transfer = sensor.imu.i2c.readfrom_mem_into
    held_up = []

    class HeldUp:
        def readfrom_mem_into(self, address, register, buf):
            if register == 0x74 and not held_up:
                held_up.append(board.stall(int(stall_s * 1e6)))
            transfer(address, register, buf)

        def __getattr__(self, name):
            return getattr(sensor.i2c, name)

    sensor.imu.i2c = HeldUp()
    count = 0
    for _ in range(400):
        count += read_for(sensor, 0.01, 10) + sensor.take_gap()
    assert held_up
    assert count == pytest.approx((board.clock.now - start_us) / 1e6 * RATE_HZ, abs=2)


@given(
    st.lists(st.integers(-3_000, 3_000), min_size=6, max_size=6), st.integers(0, 5),
    st.sampled_from((0, 1, 79, 80, 81, 119, 120, 121, 400)), st.sampled_from((-1, 1)),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_motion_is_five_dps_or_60_mg_about_any_axis(sensor, sample, axis, step, sign):
    """120 LSB of 2048 to the g, 80 of 16.4 to the deg/s: below is noise, any step is above."""
    for values in (sample, [v + sign * step * (k == axis) for k, v in enumerate(sample)]):
        sensor.take_motion()
        sensor.buf[:6] = array("h", values)
        sensor._check()
    assert sensor.take_motion() == (step > (120 if axis < 3 else 80))
    assert not sensor.take_motion()


@pytest.mark.parametrize("minutes", [1, 9, 12, 17.9])
def test_a_chip_that_was_gone_for_long_is_not_waited_for_as_long_again(sensor, minutes):
    """Its last sample lay ahead by then, and the loop slept until the watchdog came."""
    time = device("time")
    board = device("machine")._board
    read_for(sensor, 1, 20)
    board.imu.power(False)
    read_for(sensor, minutes * 60, 500)
    assert not sensor.ok
    board.imu.power(True)
    while not sensor.ok:
        read_for(sensor, 0.02, 20)
    assert 59e6 < time.ticks_diff(time.ticks_us(), sensor.read_us) < 63e6
    assert read_for(sensor, 1, 20) > 0.8 * RATE_HZ
    assert sensor.take_gap() == pytest.approx(60 * RATE_HZ, rel=0.05)
