"""The haptic driver DRV2605L, as its datasheet (SLOS854D) says."""

from typing import Any

import pytest

from host_tools.virtual_board import Board
from tests.board.parts import board_time, i2c, machine, pulses


class Drv:
    """The haptic chip on the bus."""

    def __init__(self, **haptic: Any) -> None:
        self.board, self.i2c = i2c(haptic={"chip": "drv2605l", **haptic})

    def get(self, register: int) -> int:
        return self.i2c.readfrom_mem(0x5A, register, 1)[0]

    def set(self, register: int, value: int) -> None:
        self.i2c.writeto_mem(0x5A, register, bytes((value,)))


def test_drv2605l_reset_values() -> None:
    chip = Drv()
    assert chip.get(0x00) >> 5 == 7
    assert chip.get(0x01) == 0x40
    chip.set(0x16, 0x11)
    chip.set(0x01, 0x80)
    assert chip.get(0x16) == 0x3E


def test_drv2605l_plays_a_sequence_with_a_pause() -> None:
    chip = Drv(motor="erm", rated=0x3E)
    chip.set(0x01, 0x00)
    chip.set(0x03, 2)  # library B: for motors of 3 V
    for slot, value in enumerate((15, 0x80 | 10, 15, 0)):
        chip.set(0x04 + slot, value)
    chip.set(0x1D, 0x80)  # closed loop
    chip.set(0x0C, 1)
    board_time.sleep_ms(2000)
    assert chip.get(0x0C) == 0
    first, second = pulses(chip.board)
    assert [p[1] - p[0] for p in (first, second)] == [750_000, 750_000]
    assert second[0] - first[1] == 100_000
    assert first[2] == 1.0


def test_drv2605l_stays_silent_in_standby_and_stops_on_go_0() -> None:
    chip = Drv()
    chip.set(0x0C, 1)
    board_time.sleep_ms(10)
    assert pulses(chip.board) == []
    chip.set(0x01, 0x00)
    chip.set(0x04, 118)
    chip.set(0x0C, 1)
    board_time.sleep_ms(120)
    chip.set(0x0C, 0)
    ((on_us, off_us, _),) = pulses(chip.board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(120_000, abs=1000)


def test_drv2605l_real_time_playback() -> None:
    chip = Drv(motor="lra", rated=0x50)
    chip.set(0x1A, 0xB6)
    chip.set(0x16, 0x50)
    chip.set(0x01, 0x05)
    chip.set(0x02, 0x40)
    board_time.sleep_ms(50)
    chip.set(0x02, 0x00)
    ((_, _, strength),) = pulses(chip.board)
    assert strength == pytest.approx(0.5, abs=0.01)


def test_drv2605l_level_trigger_needs_no_bus() -> None:
    chip = Drv(trigger_pin=26)
    chip.set(0x01, 0x02)
    chip.set(0x04, 118)
    moved = chip.board.wires[0].bytes
    trigger = machine.Pin(26, machine.Pin.OUT, value=0)
    trigger.on()
    board_time.sleep_ms(80)
    trigger.off()
    ((on_us, off_us, _),) = pulses(chip.board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(80_000, abs=100)
    assert chip.board.wires[0].bytes == moved


@pytest.mark.parametrize(
    ("motor", "feedback", "works"),
    [("erm", 0x36, True), ("lra", 0xB6, True), ("erm", 0xB6, False), ("none", 0x36, False)],
)
def test_drv2605l_auto_calibration(motor: str, feedback: int, works: bool) -> None:
    chip = Drv(motor=motor)
    chip.set(0x1A, feedback)
    chip.set(0x01, 0x07)
    chip.set(0x0C, 1)
    board_time.sleep_ms(300)
    assert chip.get(0x0C) == 1
    board_time.sleep_ms(500)
    assert chip.get(0x0C) == 0
    assert bool(chip.get(0x00) & 0x08) != works


@pytest.mark.parametrize("fault", ["brownout", "power_cut"])
def test_drv2605l_without_supply_drives_nothing(fault: str) -> None:
    """The motor seemed to run on until the firmware set the chip up again."""
    main = b"""
import machine
i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21))
for register, value in ((1, 0), (4, 15), (0x0C, 1)):
    i2c.writeto_mem(0x5A, register, bytes((value,)))
"""
    haptic = {"chip": "drv2605l", "motor": "erm"}
    with Board(firmware=None, files={"main.py": main}, haptic=haptic) as board:
        board.run(0.5)
        assert board.pulses()[0].off_us is None
        board.fault(fault)
        board.run(0.1)
        assert board.pulses()[0].off_us == pytest.approx(500_000, abs=1_000)
