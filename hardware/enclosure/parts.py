"""The bought parts as solids, sized from the bill, placed in the box. Needs build123d.

Two shapes each: `body` is the room a part takes (what the fit is tested with), `looks` is what the
pictures show inside that room. Places are the box's; sizes are the bill's: a part that grows in
the bill sticks out of its place.
"""

from dataclasses import dataclass

from build123d import Part, Pos, RegularPolygon, extrude

from hardware.bill import Item
from hardware.enclosure.dimensions import Dimensions
from hardware.enclosure.shell import block, funnel, rod


@dataclass(frozen=True)
class Bought:
    """A bought part in its place."""

    ref: str
    label: str
    body: Part
    looks: Part
    colour: tuple[int, int, int]
    touches: frozenset[str]  # what it rests on or is pressed by


def _size(items: dict[str, Item], ref: str) -> tuple[float, float, float]:
    size = items[ref].size_mm
    if size is None:
        raise ValueError(f"the bill gives no size for {ref}")
    return size


def microcontroller(d: Dimensions, items: dict[str, Item]) -> Bought:
    """XIAO, its USB socket in the end wall's opening."""
    length, width, height = _size(items, "U1")
    x0, z0 = d.usb_gap, d.board_z
    socket = block(x0 - d.usb_overhang, x0 + 5.9, -4.47, 4.47, z0 + height - 3.2, z0 + height - 0.1)
    board = block(x0, x0 + length, -width / 2, width / 2, z0, z0 + 1.0)
    can = block(x0 + 8, x0 + 19, -5.5, 5.5, z0 + 1.0, z0 + 3.0)
    pads = board - [
        rod(x0 + 2.9 + i * 2.54, side * (width / 2 - 0.9), z0 - 1, z0 + 2, 0.9)
        for i in range(7)
        for side in (-1, 1)
    ]
    body = block(x0, x0 + length, -width / 2, width / 2, z0, z0 + height) + socket
    return Bought(
        "U1", "XIAO ESP32-C3", body, pads + can + socket, (38, 70, 83), frozenset({"tray"})
    )


def breakout(d: Dimensions, items: dict[str, Item], ref: str, label: str, x0: float) -> Bought:
    """A 25.4 x 17.78 mm breakout standing across the box, sockets towards the long walls."""
    length, width, height = _size(items, ref)
    z0 = d.board_z
    body = block(x0, x0 + width, -length / 2, length / 2, z0, z0 + height)
    looks = block(x0, x0 + width, -length / 2, length / 2, z0, z0 + 1.6)
    for side in (-1, 1):
        y0, y1 = sorted((side * length / 2, side * (length / 2 - 4.3)))
        middle = x0 + width / 2
        looks += block(middle - 3, middle + 3, y0, y1, z0 + 1.5, z0 + height)
    looks += block(x0 + width / 2 - 2, x0 + width / 2 + 2, -2, 2, z0 + 1.5, z0 + 2.6)
    looks -= [rod(x0 + width - 1.4, -8.9 + i * 2.54, z0 - 1, z0 + 3, 1.0) for i in range(8)]
    colour = (29, 53, 87) if ref == "U2" else (90, 50, 110)
    return Bought(ref, label, body, looks, colour, frozenset({"tray"}))


def motor(d: Dimensions, items: dict[str, Item]) -> Bought:
    """Coin motor on the floor, in its ring."""
    diameter, _, height = _size(items, "M1")
    z0 = d.floor - d.motor_recess
    body = rod(d.motor_x, 0, z0, z0 + height, diameter)
    return Bought("M1", "coin motor", body, body, (150, 152, 154), frozenset({"base"}))


def foam(d: Dimensions, items: dict[str, Item]) -> Bought:
    """Foam disc between motor and tray, as squeezed (free height is the bill's)."""
    diameter, _, _ = _size(items, "F1")
    z0 = d.floor - d.motor_recess + _size(items, "M1")[2]
    if z0 >= d.tray_z:
        z0 = d.tray_z - 0.1  # no room: the tests on the squeeze say so
    body = rod(d.motor_x, 0, z0, d.tray_z, diameter)
    return Bought("F1", "foam disc", body, body, (244, 211, 94), frozenset({"tray"}))


def foam_squeeze(d: Dimensions, items: dict[str, Item]) -> float:
    """Height of the squeezed foam over its free height (0.4 to 0.9 presses without crushing)."""
    free = _size(items, "F1")[2]
    room = d.tray_z - (d.floor - d.motor_recess + _size(items, "M1")[2])
    return room / free


def cell(d: Dimensions, items: dict[str, Item]) -> Bought:
    """LiPo on the floor."""
    length, width, height = _size(items, "B1")
    body = block(d.cell_x, d.cell_x + length, -width / 2, width / 2, d.floor, d.floor + height)
    return Bought("B1", "LiPo cell", body, body, (192, 196, 204), frozenset({"base"}))


def slide_switch(d: Dimensions, items: dict[str, Item]) -> Bought:
    """Slide switch lying on the tray, knob through the wall."""
    length, width, height = _size(items, "S1")
    y1 = d.inner_width / 2 - 0.05
    z0 = d.tray_top_z
    body = block(d.switch_x, d.switch_x + length, y1 - width, y1, z0, z0 + height)
    middle, z = d.switch_x + 4.3, z0 + 1.75
    knob = block(middle - 1.9, middle + 0.1, y1 - 0.1, y1 + 3.0, z - 0.75, z + 0.75)
    return Bought(
        "S1",
        "slide switch",
        body + knob,
        body + knob,
        (60, 60, 60),
        frozenset({"tray", "base", "lid"}),
    )


def tact_switch(d: Dimensions, items: dict[str, Item]) -> Bought:
    """Button's switch in its pocket on the tray."""
    length, width, height = _size(items, "S2")
    z0 = d.tray_top_z - d.tact_recess
    x = d.screw_x
    body = block(x - length / 2, x + length / 2, -width / 2, width / 2, z0, z0 + 3.5)
    body += rod(x, 0, z0 + 3.4, z0 + height, 3.5)
    return Bought("S2", "button switch", body, body, (70, 70, 70), frozenset({"tray"}))


def divider(d: Dimensions, items: dict[str, Item]) -> Bought:
    """Two resistors in a row beside the XIAO, between two fences."""
    length, width, height = _size(items, "R1")
    x, y, z = 8.4, -d.inner_width / 2 + 0.6, d.tray_top_z
    body = block(x, x + 2 * length, y, y + width, z, z + height)
    return Bought("R1", "resistors", body, body, (196, 164, 112), frozenset({"tray"}))


def screws(d: Dimensions, items: dict[str, Item]) -> list[Bought]:
    """Two M2 screws from the lid into the clip's nuts, and the nuts."""
    length, head, _ = _size(items, "H1")
    flats, _, nut_height = _size(items, "H2")
    found = []
    for side in (-1, 1):
        y = side * d.screw_y
        # a 90 degree head rests where the seat is as wide as it is
        top = d.screw_head_z - (d.screw_head_bore - head) / 2
        body = rod(d.screw_x, y, top - length, top, 2.0) + funnel(d.screw_x, y, top, head, 2.0)
        label = "M2 x 16 screw" if side == 1 else ""
        found.append(
            Bought("H1", label, body, body, (120, 120, 125), frozenset({"lid", "H2", "clip"}))
        )
        top = -d.clip_plate + d.nut_height
        nut = Pos(d.screw_x, y, top - nut_height) * extrude(
            RegularPolygon(flats / 3**0.5, 6, rotation=30), nut_height
        )
        nut -= rod(d.screw_x, y, top - 5, top + 5, 2.0)
        label = "M2 nut" if side == 1 else ""
        found.append(Bought("H2", label, nut, nut, (165, 130, 70), frozenset({"clip", "H1"})))
    return found


def all_parts(d: Dimensions, items: dict[str, Item]) -> list[Bought]:
    """Every bought part of build a that sits in the box."""
    return [
        microcontroller(d, items),
        breakout(d, items, "U2", "IMU LSM6DSOX", d.imu_x),
        breakout(d, items, "U3", "driver DRV2605L", d.driver_x),
        motor(d, items),
        foam(d, items),
        cell(d, items),
        slide_switch(d, items),
        tact_switch(d, items),
        divider(d, items),
        *screws(d, items),
    ]


def lace_room(d: Dimensions) -> Part:
    """Room under the clip's plate that belongs to the laces: nothing may stick into it."""
    return block(
        d.clip_plate_x,
        d.screw_x + 3.0,
        -d.clip_width / 2,
        d.clip_width / 2,
        -d.clip_plate - 3.0,
        -d.clip_plate,
    )
