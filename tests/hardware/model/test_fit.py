"""Every bought part fits with clearance; growing any of them by 2 mm is noticed."""

import dataclasses

import pytest

pytest.importorskip("build123d", reason="not in this environment: make hardware-test")

from hardware.bill import load_bill
from hardware.enclosure.dimensions import DIMENSIONS
from hardware.enclosure.parts import all_parts
from hardware.enclosure.printed import MAKERS
from hardware.measure.fit import problems

HARD = ("U1", "U2", "U3", "M1", "B1", "S1", "S2", "R1", "H1", "H2")
# Sides that may grow by 2 mm and still fit: round parts have one diameter (their two columns are
# held equal elsewhere), a taller countersunk head sinks into its bore, beside and above the
# resistors there is room, the stick is shorter than its plate.
FREE = {("M1", 1), ("H2", 1), ("H1", 2), ("R1", 0), ("R1", 2)}
GROWN = [(ref, k) for ref in HARD for k in range(3) if (ref, k) not in FREE] + [
    # soft and thin parts, and build b: the sides that matter
    *(("F1", 2), ("F2", 2), ("F3", 2), ("W1", 2)),
    *(("U4", 1), ("K1", 1), ("K1", 2), ("M3", 0), ("M3", 2), ("H3", 0), ("H3", 1)),
    *(("H4", 0), ("H4", 2)),
]


@pytest.mark.parametrize("clip", ["lace_clip", "belt_clip"])
def test_everything_fits(printed, items, clip: str) -> None:
    assert problems(DIMENSIONS, printed, items, clip) == []


def test_every_part_said_to_be_in_the_enclosure_is_placed(items) -> None:
    placed = {part.ref for part in all_parts(DIMENSIONS, items)}
    assert placed == {ref for ref, item in items.items() if item.in_enclosure == "yes"}


@pytest.mark.parametrize(("ref", "side"), GROWN)
def test_a_part_2_mm_larger_is_seen(printed, ref: str, side: int) -> None:
    items = load_bill()
    size = list(items[ref].size_mm or ())
    sides = [0, 1] if ref in ("M1", "H2") and side == 0 else [side]
    for k in sides:
        size[k] += 2.0
    items[ref] = dataclasses.replace(items[ref], size_mm=tuple(size))
    assert problems(DIMENSIONS, printed, items, only=ref) != []


@pytest.mark.parametrize(
    "change",
    [
        {"inner_width": 25.5},
        {"inner_length": 66.5},
        {"bay_height": 5.0},
        {"board_room": 4.4},
        {"usb_gap": 1.6},
        {"motor_bore": 9.8},
        {"screw_tip_above_clip": -1.2},
        {"button_flange": 8.4},
    ],
    ids=lambda c: next(iter(c)),
)
def test_a_box_too_small_is_seen(items, change: dict[str, float]) -> None:
    d = DIMENSIONS.changed(**change)
    assert problems(d, {name: make(d) for name, make in MAKERS.items()}, items) != []


def test_an_unknown_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="no such dimension: wal"):
        DIMENSIONS.changed(wal=2.0)
