"""The I2C bus: who answers, what a transfer costs, what disturbs it."""

import errno

import pytest

from host_tools.virtual_board.inprocess import build
from tests.board.parts import board_time, i2c, machine


def test_scan_and_nobody_there() -> None:
    _, bus = i2c(haptic={"chip": "drv2605l"})
    assert bus.scan() == [0x5A, 0x68]
    with pytest.raises(OSError) as caught:
        bus.readfrom_mem(0x19, 0, 1)
    assert caught.value.errno == errno.ENODEV


def test_no_wire_where_nothing_is_connected() -> None:
    build()
    bus = machine.I2C(1, scl=machine.Pin(33), sda=machine.Pin(32))
    assert bus.scan() == []


def test_transfers_cost_their_bits() -> None:
    board, bus = i2c()
    buf = bytearray(12)
    before = board.clock.now
    bus.readfrom_mem_into(0x68, 0x3B, buf)
    took = board.clock.now - before
    bits_us = (3 + 12) * 9 / 0.4
    assert took == pytest.approx(bits_us + board.costs["i2c_transfer_us"] + 18, abs=3)


def test_nack_fault_hits_so_many_transfers() -> None:
    board, bus = i2c()
    board.faults.add(1000, "nack", {"count": 2})
    board_time.sleep_ms(2)
    for _ in range(2):
        with pytest.raises(OSError):
            bus.readfrom_mem(0x68, 0x75, 1)
    assert bus.readfrom_mem(0x68, 0x75, 1) == b"\x68"


def test_stuck_bus_needs_nine_clocks() -> None:
    board, bus = i2c()
    board.faults.add(1000, "stuck_bus", {})
    board_time.sleep_ms(2)
    with pytest.raises(OSError) as caught:
        bus.readfrom_mem(0x68, 0x75, 1)
    assert caught.value.errno == errno.ETIMEDOUT
    scl = machine.Pin(22, machine.Pin.OPEN_DRAIN, value=1)
    sda = machine.Pin(21, machine.Pin.OPEN_DRAIN, value=1)
    for clocks in range(9):
        assert sda.value() == 0, clocks
        scl.value(0)
        scl.value(1)
    assert sda.value() == 1
    again = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
    assert again.readfrom_mem(0x68, 0x75, 1) == b"\x68"
