"""The boards' data: complete, and no pin used twice or for what it cannot do."""

from dataclasses import replace
from pathlib import Path

import pytest
from heelcue import boards

from host_tools.virtual_board import Board, Options
from host_tools.virtual_board.chips import board_options
from tests.firmware.asking import after_sign

FIELDS = set(boards.BOARDS[boards.DEFAULT])
FOR_PEOPLE = {"title", "mcu", "source", "unverified"}
# Pins that the chips' datasheets say can wake from deep sleep, or only read
RTC = {
    "ESP32": {0, 2, 4, 12, 13, 14, 15, 25, 26, 27, *range(32, 40)},
    "ESP32-PICO-V3-02": {0, 2, 4, 12, 13, 14, 15, 25, 26, 27, *range(32, 40)},
    "ESP32-C3": set(range(6)),
    "ESP32-S3": set(range(22)),
}
INPUT_ONLY = {"ESP32": set(range(34, 40)), "ESP32-PICO-V3-02": set(range(34, 40))}
ADC1 = {
    "ESP32": set(range(32, 40)),
    "ESP32-PICO-V3-02": set(range(32, 40)),
    "ESP32-C3": set(range(5)),
    "ESP32-S3": set(range(1, 11)),
}


@pytest.mark.parametrize("name", boards.BOARDS)
def test_board_is_complete_and_possible(name):
    board = boards.BOARDS[name]
    assert set(board) == FIELDS
    mcu = board["mcu"]
    used = [*board["i2c"][1:]]
    used += [board[k] for k in ("imu_int", "motor", "drv_trig", "button", "led", "hold")]
    used += [board["battery"][0]] if board["battery"] else []
    used = [pin for pin in used if pin is not None]
    assert len(used) == len(set(used)), "a pin is used twice"
    for key in ("motor", "drv_trig", "led", "hold"):
        assert board[key] not in INPUT_ONLY.get(mcu, set())
    if board["wake"]:
        assert {board["imu_int"], board["button"]} - {None} <= RTC[mcu]
    if board["battery"]:
        assert board["battery"][0] in ADC1[mcu]
    assert board["source"]
    assert set(board["unverified"]) <= FIELDS


def test_every_field_is_read_by_the_firmware():
    """A pin that nothing drives is no board's data but a promise."""
    code = "".join(path.read_text() for path in Path(boards.__file__).parent.rglob("*.py"))
    unread = [field for field in FIELDS - FOR_PEOPLE if f'["{field}"]' not in code]
    assert unread == []


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("Generic ESP32 module with ESP32", "esp32_generic"),
        ("M5Stack with ESP32-PICO-V3-02", "esp32_generic"),
        ("Single core with ESP32-S0WD", "esp32_generic"),
        ("ESP32C3 module with ESP32C3", "xiao_esp32c3"),
        ("Generic ESP32S3 module with ESP32S3", "xiao_esp32s3"),
        ("", "esp32_generic"),
    ],
)
def test_board_is_guessed_from_the_build(machine, name):
    assert boards.name_from_machine(machine) == name


@pytest.mark.parametrize("chip", ["ESP32C6", "ESP32-S2", "ESP32H2", "ESP32P4"])
def test_a_chip_that_no_board_has_is_refused_in_a_sentence(chip):
    with pytest.raises(ValueError, match=r"no board with an ESP32-[CSHP][246] is known"):
        boards.name_from_machine(f"A board with {chip}")


def test_on_such_a_chip_no_pin_is_touched():
    options = Options(target="esp32c6", i2c_pins=(7, 6), motor_pin=None, imu=None)
    with Board(options) as running:
        running.run(3)
        assert "no board with an ESP32-C6 is known here" in running.console
        assert "Traceback" not in running.console and running.console.rstrip().endswith(">>>")


@pytest.mark.parametrize("release", [(1, 26), (1, 27), (1, 29)])
@pytest.mark.parametrize("name", ["esp32_generic", "xiao_esp32c3", "xiao_esp32s3"])
def test_it_starts_on_every_release(name, release):
    """What `esp32` has differs: on 1.29 a function that had always been there was the end."""
    options = replace(board_options(name), release=release)
    with Board(options) as running:
        running.run(5)
        assert "Traceback" not in running.console
        assert running.events()[0]["ev"] == "hello" and not running.events()[0]["error"]


def test_board_file_decides(tmp_path):
    path = tmp_path / "board"
    path.write_text("m5_atoms3\n")
    assert boards.choose(str(path))[0] == "m5_atoms3"
    path.write_text("arduino\n")
    with pytest.raises(ValueError, match="'arduino'; known boards: esp32_generic"):
        boards.choose(str(path))


@pytest.mark.parametrize("name", boards.BOARDS)
def test_board_walks_as_its_pins_say(name, walking):
    hold = boards.BOARDS[name]["hold"]
    traced = () if hold is None else (hold,)
    with Board(board_options(name), stimulus=walking, traced_pins=traced) as running:
        running.run(9)
        hello = running.events()[0]
        assert hello["board"] == name and hello["imu"] and not hello["error"], hello
        assert len(after_sign(running)) >= 2
        assert not [e for e in running.events() if e["ev"] == "fault"]
        if traced:
            at_us, level = running.trace.pin_changes(hold)[0]
            assert level == 1 and at_us < 1_000_000
