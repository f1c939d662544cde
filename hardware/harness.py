"""The wiring sources: read them, find what is joined to what, hold pins to the firmware's boards.

The sources in hardware/wiring/ are WireViz files. A microcontroller's pin label carries its GPIO
number ("D4 / GPIO6"). Light: needs only PyYAML; drawing them is in render/wires.py.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

WIRING = Path(__file__).with_name("wiring")
Pin = tuple[str, str]

# drawing -> board in the firmware, and which pin of which part each of the board's fields goes to
DRAWINGS: dict[str, tuple[str, dict[str, list[Pin]]]] = {
    name: (
        name,
        {
            "sda": [("U2", "SDA"), ("U3", "SDA")],
            "scl": [("U2", "SCL"), ("U3", "SCL")],
            "imu_int": [("U2", "INT1 (I1)")],
            "drv_trig": [("U3", "IN/TRIG")],
            "button": [("S2", "leg 1"), ("R2", "bottom")],
            "battery": [("R1", "tap")],
        },
    )
    for name in ("xiao_esp32c3", "xiao_esp32s3")
} | {
    "m5stickc_plus2": ("m5stickc_plus2", {"motor": [("M2", "SIG")]}),
    "m5stickc_plus2_mosfet": ("m5stickc_plus2", {"motor": [("Q1", "gate")]}),
    "m5_atoms3": ("m5_atoms3", {"motor": [("Q1", "gate")]}),
    "esp32_generic": (
        "esp32_generic",
        {
            "sda": [("U7", "SDA")],
            "scl": [("U7", "SCL")],
            "imu_int": [("U7", "INT")],
            "motor": [("Q1", "gate")],
        },
    ),
}

# what must be joined for the parts to have power, whatever the pins: one net each
_SUPPLY_XIAO: list[list[Pin]] = [
    [("B1", "+"), ("S1", "middle")],
    [("S1", "side"), ("U1", "BAT+ (back)"), ("R1", "top")],
    [("B1", "-"), ("U1", "BAT- (back)"), ("R1", "bottom")],
    [("U1", "3V3"), ("U2", "VIN"), ("U3", "VIN"), ("R2", "top")],
    [("U1", "GND"), ("U2", "GND"), ("U3", "GND"), ("S2", "leg 2")],
    [("U3", "OUT+"), ("M1", "lead 1")],
    [("U3", "OUT-"), ("M1", "lead 2")],
]


def _supply_mosfet(mcu: str) -> list[list[Pin]]:
    return [
        [(mcu, "3V3"), ("Q1", "V+")],
        [(mcu, "GND"), ("Q1", "GND")],
        [("Q1", "OUT+"), ("M3", "lead 1")],
        [("Q1", "OUT-"), ("M3", "lead 2")],
    ]


SUPPLY: dict[str, list[list[Pin]]] = {
    "xiao_esp32c3": _SUPPLY_XIAO,
    "xiao_esp32s3": _SUPPLY_XIAO,
    "m5stickc_plus2": [[("U4", "GND"), ("M2", "GND")], [("U4", "3V3"), ("M2", "3V3")]],
    "m5stickc_plus2_mosfet": _supply_mosfet("U4"),
    "m5_atoms3": _supply_mosfet("U5"),
    "esp32_generic": [
        [("U6", "3V3"), ("Q1", "V+"), ("U7", "VCC")],
        [("U6", "GND"), ("Q1", "GND"), ("U7", "GND")],
        *_supply_mosfet("U6")[2:],
    ],
}


class WiringError(ValueError):
    """A wiring source is wrong; the sentence names the file and the place."""


def load(path: Path) -> dict[str, Any]:
    """Read one WireViz source."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise WiringError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(data, dict) or not {"connectors", "cables", "connections"} <= set(data):
        raise WiringError(f"{path}: needs connectors, cables and connections")
    return data


def nets(data: Mapping[str, Any], where: str) -> list[frozenset[Pin]]:
    """Sets of pins that are joined by wires. Raises WiringError for unknown parts, pins, wires."""
    group: dict[Pin, set[Pin]] = {}
    used: set[tuple[str, Any]] = set()
    for row in data["connections"]:
        ends: list[list[Pin]] = []
        for element in row:
            ((name, chosen),) = element.items()
            if name in data["connectors"]:
                known = data["connectors"][name]["pinlabels"]
                for pin in chosen:
                    if pin not in known:
                        raise WiringError(f"{where}: {name} has no pin '{pin}'")
                ends.append([(name, pin) for pin in chosen])
            elif name in data["cables"]:
                for wire in chosen:
                    if not 1 <= wire <= data["cables"][name]["wirecount"]:
                        raise WiringError(f"{where}: {name} has no wire {wire}")
                    if (name, wire) in used:
                        raise WiringError(f"{where}: wire {wire} of {name} is used twice")
                    used.add((name, wire))
            else:
                raise WiringError(f"{where}: no part or cable is called '{name}'")
        for a, b in zip(*ends, strict=True):
            joined = group.setdefault(a, {a}) | group.setdefault(b, {b})
            for pin in joined:
                group[pin] = joined
    return [frozenset(n) for n in {id(n): n for n in group.values()}.values()]


def _pins_of_board(board: Mapping[str, Any]) -> dict[str, int | None]:
    """The fields of a firmware board that a wire can go to -> GPIO."""
    i2c, battery = board["i2c"], board["battery"]
    return {
        "sda": i2c[1],
        "scl": i2c[2],
        "imu_int": board["imu_int"],
        "drv_trig": board["drv_trig"],
        "button": board["button"],
        "battery": battery[0] if battery else None,
        "motor": board["motor"],
    }


def differences(
    drawing: str, data: Mapping[str, Any], boards: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """What a drawing and the firmware's board file disagree on; empty if nothing."""
    board_name, roles = DRAWINGS[drawing]
    pins = _pins_of_board(boards[board_name])
    joined = nets(data, drawing)
    found = []
    claimed: set[int] = set()
    for role, ends in roles.items():
        for end in ends:
            net = next((n for n in joined if end in n), frozenset())
            gpios = {int(m[1]) for _, pin in net if (m := re.search(r"GPIO(\d+)$", pin))}
            claimed |= gpios
            if gpios != {pins[role]}:
                drawn = ", ".join(f"GPIO{g}" for g in sorted(gpios)) or "nothing"
                found.append(
                    f"{drawing}: {end[0]} {end[1]} goes to {drawn}, but {role} of {board_name} "
                    f"in boards.py is GPIO{pins[role]}"
                )
    for net in joined:
        for part, pin in net:
            match = re.search(r"GPIO(\d+)$", pin)
            if match and int(match[1]) not in claimed:
                found.append(f"{drawing}: {part} {pin} is wired but has no role")
    for wanted in SUPPLY[drawing]:
        net = next((n for n in joined if wanted[0] in n), frozenset())
        if net != frozenset(wanted):
            missing = sorted(set(wanted) - net) or sorted(net - set(wanted))
            found.append(f"{drawing}: {wanted[0]} is not joined as it must be: {missing}")
    return found
