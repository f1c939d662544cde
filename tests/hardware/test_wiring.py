"""The wiring drawings against the firmware's boards, and proof that mistakes are seen."""

import copy
import re
from pathlib import Path

import pytest
from heelcue.boards import BOARDS

from hardware.harness import DRAWINGS, WIRING, WiringError, differences, load, nets
from hardware.make import write_wiring_tables

GENERATED = WIRING.parent / "generated"


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_every_pin_is_the_firmware_s(drawing: str) -> None:
    assert differences(drawing, load(WIRING / f"{drawing}.yml"), BOARDS) == []


def test_every_board_is_drawn_and_every_drawing_is_checked() -> None:
    assert {board for board, _ in DRAWINGS.values()} == set(BOARDS)
    assert {path.stem for path in WIRING.glob("*.yml")} == set(DRAWINGS)


def moves(data):
    """Every drawing in which one wire's end has been put on another pin of the same part."""
    for r, row in enumerate(data["connections"]):
        for e, element in enumerate(row):
            ((name, chosen),) = element.items()
            if name not in data["connectors"]:
                continue
            for k, pin in enumerate(chosen):
                for other in data["connectors"][name]["pinlabels"]:
                    if other == pin:
                        continue
                    moved = copy.deepcopy(data)
                    moved["connections"][r][e][name][k] = other
                    yield f"{name} {pin} -> {other}", moved


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_moved_wire_is_seen(drawing: str) -> None:
    data = load(WIRING / f"{drawing}.yml")
    unseen = [what for what, moved in moves(data) if not differences(drawing, moved, BOARDS)]
    assert unseen == []


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_removed_wire_is_seen(drawing: str) -> None:
    data = load(WIRING / f"{drawing}.yml")
    for r, row in enumerate(data["connections"]):
        for k in range(len(next(iter(row[0].values())))):
            cut = copy.deepcopy(data)
            for element in cut["connections"][r]:
                del next(iter(element.values()))[k]
            assert differences(drawing, cut, BOARDS), f"wire {k} of row {r}"


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_changed_board_file_is_seen(drawing: str) -> None:
    name, roles = DRAWINGS[drawing]
    data = load(WIRING / f"{drawing}.yml")
    for role in roles:
        boards = copy.deepcopy(BOARDS)
        board = boards[name]
        if role in ("sda", "scl"):
            i2c = list(board["i2c"])
            i2c[1 if role == "sda" else 2] += 1
            board["i2c"] = tuple(i2c)
        elif role == "battery":
            board["battery"] = (board["battery"][0] + 1, *board["battery"][1:])
        else:
            board[role] += 1
        assert any(role in found for found in differences(drawing, data, boards)), role


def test_pins_named_in_notes_are_the_firmware_s() -> None:
    seen = 0
    for drawing, (name, _) in DRAWINGS.items():
        board = BOARDS[name]
        known = {
            "SDA": board["i2c"][1],
            "SCL": board["i2c"][2],
            "button": board["button"],
            "hold": board["hold"],
        }
        for part in load(WIRING / f"{drawing}.yml")["connectors"].values():
            notes = part.get("notes", "")
            found = re.findall(r"(\w+) GPIO(\d+)", notes)
            assert len(found) == notes.count("GPIO"), f"{drawing}: {notes}"
            for word, gpio in found:
                assert known[word] == int(gpio), f"{drawing}: {word} GPIO{gpio}"
                seen += 1
    assert seen >= 6


def test_the_divider_drawn_is_the_one_the_firmware_reckons_with() -> None:
    for drawing in ("xiao_esp32c3", "xiao_esp32s3"):
        divider = load(WIRING / f"{drawing}.yml")["connectors"]["R1"]
        assert BOARDS[drawing]["battery"][1:] == (220_000, 220_000)
        assert divider["subtype"] == "2 x 220 kOhm"


# Boards that bring the pull-up along: the dev kit's BOOT button, the stick's button A (G37, an
# input without a pull-up of its own, so the maker must have fitted one); the AtomS3's cannot wake
OWN_PULL_UP = {"esp32_generic", "m5stickc_plus2"}


def test_a_button_that_wakes_from_deep_sleep_has_a_pull_up_resistor() -> None:
    for drawing, (name, _) in DRAWINGS.items():
        board = BOARDS[name]
        if board["wake"] is None or board["button"] is None or name in OWN_PULL_UP:
            continue
        data = load(WIRING / f"{drawing}.yml")
        resistor = data["connectors"]["R2"]
        assert re.fullmatch(r"\d+ kOhm", resistor["subtype"])
        joined = nets(data, drawing)
        supply = next(net for net in joined if ("R2", "top") in net)
        line = next(net for net in joined if ("R2", "bottom") in net)
        assert ("U1", "3V3") in supply
        assert ("S2", "leg 1") in line
        assert any(pin.endswith(f"GPIO{board['button']}") for _, pin in line)


def test_a_pull_up_that_was_left_out_is_seen() -> None:
    for drawing in ("xiao_esp32c3", "xiao_esp32s3"):
        data = load(WIRING / f"{drawing}.yml")
        rows = data["connections"]
        for k, row in enumerate(rows):
            if any("R2" in element for element in row):
                without = {**data, "connections": rows[:k] + rows[k + 1 :]}
                assert differences(drawing, without, BOARDS)


def test_the_wire_table_is_up_to_date(tmp_path: Path) -> None:
    write_wiring_tables(tmp_path / "wiring.md")
    kept = (GENERATED / "wiring.md").read_text(encoding="utf-8")
    assert kept == (tmp_path / "wiring.md").read_text(encoding="utf-8"), "run: make hardware"


def test_mistakes_in_a_source_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(WiringError, match=r"x\.yml: not YAML"):
        load(path)
    path.write_text("a: 1", encoding="utf-8")
    with pytest.raises(WiringError, match="needs connectors"):
        load(path)
    data = load(WIRING / "m5_atoms3.yml")
    data["connections"][0][1]["W1"] = [1, 2, 9]
    with pytest.raises(WiringError, match="no wire 9"):
        nets(data, "x")
    data["connections"][0][1] = {"W9": [1, 2, 3]}
    with pytest.raises(WiringError, match="'W9'"):
        nets(data, "x")
