"""Does everything fit: bought parts against printed ones, each other, and the rooms kept free.

Needs build123d. All answers are sentences; none means it fits.
"""

from build123d import Part

from hardware.bill import Item
from hardware.enclosure.dimensions import Dimensions
from hardware.enclosure.parts import Bought, all_parts, foam_squeeze, lace_room

LEAST_GAP_MM = 0.1
OVERLAP_MM3 = 1e-3
FOAM_LEAST, FOAM_MOST = 0.5, 0.9  # squeezed height over free height
NUT_GRIP_MM = 1.2  # three of M2's threads of 0.4 mm
SOCKET_RECESS_MM = 0.8  # a USB-C plug's collar still lets it in all the way
WORN = ("base", "tray", "lid", "button")
_TOUCHING = {frozenset(("M1", "F1")), frozenset(("H1", "H2"))}


def overlap_mm3(a: Part, b: Part) -> float:
    """Volume that two solids share."""
    if a.distance_to(b) > 0:
        return 0.0
    shared = a & b
    return shared.volume if shared is not None else 0.0


def _against(what: str, a: Part, name: str, b: Part, may_touch: bool) -> list[str]:
    gap = a.distance_to(b)
    shared = overlap_mm3(a, b) if gap == 0 else 0.0
    if shared > OVERLAP_MM3:
        return [f"{what} cuts into {name} ({shared:.2f} mm3)"]
    if not may_touch and gap < LEAST_GAP_MM - 1e-6:
        return [f"{what} is only {gap:.2f} mm from {name}"]
    return []


def problems(
    d: Dimensions,
    printed: dict[str, Part],
    items: dict[str, Item],
    clip: str = "lace_clip",
    only: str = "",
) -> list[str]:
    """Everything that does not fit; `only` looks at one reference of the bill."""
    bought = all_parts(d, items)
    chosen = [b for b in bought if only in ("", b.ref)]
    found: list[str] = []
    for part in chosen:
        what = f"{part.ref} {part.label}".strip()
        for name in (*WORN, clip):
            role = "clip" if name == clip else name
            found += _against(what, part.body, name, printed[name], role in part.touches)
        for other in bought:
            if other is part:
                continue
            found += _pair(what, part, other)
        if part.ref in ("H1", "H2") and overlap_mm3(part.body, lace_room(d)) > OVERLAP_MM3:
            found.append(f"{what} sticks out of the clip's plate, into the room of the laces")
    if not only:
        names = (*WORN, clip)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                found += _against(first, printed[first], second, printed[second], True)
    return found + _pressures(d, items) + flat_parts(d, items) + build_b(d, items)


def _pair(what: str, part: Bought, other: Bought) -> list[str]:
    may_touch = frozenset((part.ref, other.ref)) in _TOUCHING
    return _against(what, part.body, f"{other.ref} {other.label}".strip(), other.body, may_touch)


def _pressures(d: Dimensions, items: dict[str, Item]) -> list[str]:
    """Foam, nut's grip, USB socket."""
    found = []
    squeeze = foam_squeeze(d, items)
    if not FOAM_LEAST <= squeeze <= FOAM_MOST:
        found.append(
            f"F1 foam is squeezed to {squeeze:.0%} of its height; it presses the motor well from"
            f" {FOAM_LEAST:.0%} to {FOAM_MOST:.0%}"
        )
    screw, nut = items["H1"].size_mm, items["H2"].size_mm
    if screw and nut:
        tip = d.screw_head_z - (d.screw_head_bore - screw[1]) / 2 - screw[0]
        grip = -d.clip_plate + d.nut_height - tip
        if min(grip, nut[2]) < NUT_GRIP_MM:
            found.append(f"H1 screw reaches only {grip:.2f} mm into the nut")
    recess = d.wall + d.usb_gap - d.usb_overhang
    if recess > SOCKET_RECESS_MM:
        found.append(f"U1 USB socket lies {recess:.2f} mm behind the wall: plugs would not go in")
    return found


def _size(items: dict[str, Item], ref: str) -> tuple[float, float, float]:
    size = items[ref].size_mm
    if size is None:
        raise ValueError(f"the bill gives no size for {ref}")
    return size


def flat_parts(d: Dimensions, items: dict[str, Item]) -> list[str]:
    """Tape, foam strips and wires: thin things whose room is a gap."""
    found = []
    tape = _size(items, "F2")[2]
    if abs(tape - d.tape) > 0.05:
        found.append(f"F2 tape is {tape} mm thick, the boards' height is reckoned with {d.tape} mm")
    gap = d.rim_z - d.board_z - max(_size(items, ref)[2] for ref in ("U2", "U3"))
    squeeze = gap / _size(items, "F3")[2]
    if not 0.3 <= squeeze <= FOAM_MOST:
        found.append(f"F3 foam strips would be squeezed to {squeeze:.0%} of their height")
    wire = _size(items, "W1")[2]
    if wire > d.rail + d.tape - LEAST_GAP_MM:
        found.append(f"W1 wires of {wire} mm do not pass below the boards")
    return found


def build_b(d: Dimensions, items: dict[str, Item]) -> list[str]:
    """Strap, stick, coin motor and screws on the strap plate."""
    found = []
    _, strap, thick = _size(items, "K1")
    if strap > d.strap_slot_length - 0.5 or thick > d.strap_slot - 0.4:
        found.append(f"K1 strap of {strap} x {thick} mm does not pass the plate's slots")
    stick_length, stick_width, _ = _size(items, "U4")
    free = d.strap_plate_length - (d.outer_end_x - d.screw_x) - d.screw_head_bore / 2
    if stick_length > free - LEAST_GAP_MM:
        found.append(f"U4 stick of {stick_length} mm covers the plate's screws")
    inside = d.strap_plate_width - 2 * (2.0 + d.strap_slot)
    if stick_width > inside + 2 * d.strap_slot:
        found.append(f"U4 stick of {stick_width} mm is wider than the plate's strap")
    across, _, height = _size(items, "M3")
    pocket = d.strap_plate - (d.floor - d.motor_recess)
    if across > d.motor_bore - 0.2 or height > pocket:
        found.append(f"M3 motor of {across} x {height} mm does not fit the plate's pocket")
    length, head, _ = _size(items, "H3")
    nut = _size(items, "H4")
    head_z = d.screw_head_z - d.screw_length + 6.0 - (d.screw_head_bore - head) / 2
    tip = head_z - length
    if tip < -d.clip_plate - LEAST_GAP_MM or -d.clip_plate + d.nut_height - tip < NUT_GRIP_MM:
        found.append(f"H3 screw of {length} mm ends {tip:.1f} mm below the plate, not in the nut")
    if nut[0] > d.nut_flats - 0.1 or nut[2] > d.nut_height:
        found.append(f"H4 nut of {nut[0]} x {nut[2]} mm does not fit the clip")
    if head_z > d.strap_plate:
        found.append("H3 screw's head stands out of the plate")
    return found
