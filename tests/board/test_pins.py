"""Pins and the battery's ADC pin as each chip has them, and their interrupts."""

from typing import Any

import pytest

from host_tools.virtual_board.inprocess import build
from tests.board.parts import board_time, machine


@pytest.mark.parametrize("number", [6, 11, 20, 24, 28, 31, 40, -1])
def test_pins_that_do_not_exist(number: int) -> None:
    build()
    with pytest.raises(ValueError, match="invalid pin"):
        machine.Pin(number)


def test_input_only_pins() -> None:
    build()
    with pytest.raises(ValueError, match="pin can only be input"):
        machine.Pin(34, machine.Pin.OUT)
    assert machine.Pin(34, machine.Pin.IN).value() == 0


def test_flash_pins_of_the_other_chips() -> None:
    build(target="esp32c3", i2c_pins=(7, 6), motor_pin=10, pulled_up=(6, 7))
    with pytest.raises(ValueError, match="invalid pin"):
        machine.Pin(12)
    with pytest.raises(ValueError, match="invalid Timer number"):
        machine.Timer(2)
    build(target="esp32s3", i2c_pins=(6, 5), motor_pin=9, pulled_up=(5, 6))
    assert machine.Pin(47, machine.Pin.OUT, value=1).value() == 1


def test_open_drain_and_pulls() -> None:
    board = build()
    pin = machine.Pin(15, machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    assert pin.value() == 1
    board.lines[15].drive(0)
    assert pin.value() == 0
    board.lines[15].drive(None)
    pin.value(0)
    assert pin.value() == 0


def test_pin_interrupts_are_soft_and_never_nest() -> None:
    board = build()
    seen = []

    def handler(pin: Any) -> None:
        seen.append(("in", pin.value()))
        board.lines[5].drive(1 - board.lines[5].level)
        board_time.sleep_us(10)
        seen.append("out")
        if len(seen) > 8:
            pin.irq(handler=None)

    machine.Pin(5, machine.Pin.IN).irq(handler, machine.Pin.IRQ_RISING)
    board.lines[5].drive(1)
    assert seen == []  # the edge alone runs nothing
    board.lines[5].drive(0)
    board_time.sleep_us(1)
    assert seen[:2] == [("in", 0), "out"]
    assert "in" not in [entry[0] for entry in seen[1::2]]


def test_a_ninth_callback_waiting_is_dropped() -> None:
    board = build()
    hits = []
    machine.Pin(5, machine.Pin.IN).irq(hits.append, machine.Pin.IRQ_RISING)
    for _ in range(20):
        board.lines[5].drive(1)
        board.lines[5].drive(0)
    board_time.sleep_us(1)
    assert (len(hits), board.clock.dropped) == (8, 12)


def test_battery_behind_its_divider() -> None:
    board = build(battery={"pin": 35, "high_ohm": 100_000, "low_ohm": 100_000})
    adc = machine.ADC(machine.Pin(35), atten=machine.ADC.ATTN_11DB)
    assert adc.read_uv() == 1_950_000
    board.faults.add(board.clock.now + 10, "battery", {"mv": 3300})
    board_time.sleep_ms(1)
    assert adc.read_uv() == 1_650_000
    assert machine.ADC(machine.Pin(35), atten=machine.ADC.ATTN_0DB).read_uv() == 950_000
    with pytest.raises(ValueError):
        machine.ADC(machine.Pin(23))
