"""The printed parts of build a: base, tray, lid, button. Needs build123d.

Each function returns one solid in the device's frame (see dimensions.py), as worn.
"""

from build123d import (
    Align,
    Axis,
    Box,
    Cone,
    Cylinder,
    Part,
    Pos,
    Rot,
    chamfer,
    fillet,
)

from hardware.enclosure.dimensions import Dimensions

MIN, CENTER, MAX = Align.MIN, Align.CENTER, Align.MAX
OVER = 1.0  # cutting tools stand out this far, so that no zero-thick skin is left


def block(x0: float, x1: float, y0: float, y1: float, z0: float, z1: float) -> Part:
    """A box from its limits, in mm."""
    return Pos(x0, y0, z0) * Box(x1 - x0, y1 - y0, z1 - z0, align=(MIN, MIN, MIN))


def rod(x: float, y: float, z0: float, z1: float, diameter: float) -> Part:
    """An upright cylinder from its limits, in mm."""
    return Pos(x, y, z0) * Cylinder(diameter / 2, z1 - z0, align=(CENTER, CENTER, MIN))


def funnel(x: float, y: float, z_top: float, d_top: float, d_bottom: float) -> Part:
    """A 90 degree cone standing on its point, cut off: seat of a countersunk head."""
    height = (d_top - d_bottom) / 2
    return Pos(x, y, z_top - height) * Cone(
        d_bottom / 2, d_top / 2, height, align=(CENTER, CENTER, MIN)
    )


def _outline(d: Dimensions, z0: float, z1: float, inset: float) -> Part:
    """The box's rounded outline between two heights, `inset` inside the outer faces."""
    w = d.inner_width / 2 + d.wall - inset
    solid = block(-d.wall + inset, d.outer_end_x - inset, -w, w, z0, z1)
    radius = d.corner_radius - inset
    return fillet(solid.edges().filter_by(Axis.Z), radius) if radius > 0.2 else solid


def base(d: Dimensions) -> Part:
    """Tub with battery bay, motor seat, ledges for the tray, screw posts, openings."""
    half = d.inner_width / 2
    tub = _outline(d, 0, d.rim_z, 0)
    tub = chamfer(tub.faces().sort_by(Axis.Z)[0].edges(), d.edge_chamfer)
    tub -= _outline(d, d.floor, d.rim_z + OVER, d.wall)
    # ledge at the USB end and divider between cell and motor: both carry the tray
    tub += block(-0.1, d.ledge, -half - 0.1, half + 0.1, d.floor - 0.1, d.tray_z)
    divider = block(
        d.divider_x, d.divider_x + d.fence, -half - 0.1, half + 0.1, d.floor - 0.1, d.tray_z
    )
    for side in (-1, 1):  # wires pass beside it
        divider -= Pos(d.divider_x + d.fence / 2, side * (half - 2), d.tray_z) * Box(
            3 * d.fence, 4, 2 * (d.bay_height - 1.2)
        )
    tub += divider
    # motor: ring round it, floor thinner under it, a narrow gap that holds its leads
    ring = rod(d.motor_x, 0, d.floor - 0.1, d.floor + d.motor_ring_height, d.motor_bore + 2.8)
    ring -= block(d.motor_x, d.motor_x + 10, -0.8, 0.8, d.floor, d.tray_z)
    tub += ring
    tub -= rod(d.motor_x, 0, d.floor - d.motor_recess, d.tray_z, d.motor_bore)
    # posts under the screws, joined to the end wall
    for side in (-1, 1):
        y = side * d.screw_y
        tub += rod(d.screw_x, y, d.floor - 0.1, d.tray_z, d.boss)
        tub += block(
            d.screw_x, d.inner_length + 0.1, y - d.boss / 2, y + d.boss / 2, d.floor - 0.1, d.tray_z
        )
        tub -= rod(d.screw_x, y, -OVER, d.tray_z + OVER, d.screw_hole)
    # USB socket: open to the rim, so that the board drops in; the lid closes it
    usb_top = d.board_z + 4.2
    tub -= block(
        -d.wall - OVER,
        0.05,
        -d.usb_width / 2,
        d.usb_width / 2,
        usb_top - d.usb_below_top + 0.3,
        d.rim_z + OVER,
    )
    # knob of the slide switch: open to the rim too, so that the tray goes straight in
    x0, x1 = knob_slot(d)
    tub -= block(x0, x1, half - 0.05, half + d.wall + OVER, knob_bottom_z(d), d.rim_z + OVER)
    # slots for the lid's hooks
    for side in (-1, 1):
        y = side * d.hook_y
        tub -= block(
            -d.wall - OVER,
            0.05,
            y - d.hook_width / 2 - d.hook_play,
            y + d.hook_width / 2 + d.hook_play,
            hook_top_z(d) - d.hook_height - 2 * d.hook_play,
            hook_top_z(d) + d.hook_play,
        )
    return tub


def knob_slot(d: Dimensions) -> tuple[float, float]:
    """Ends (x) of the slot for the slide switch's knob."""
    middle = d.switch_x + 4.3
    return middle - d.knob_slot_length / 2, middle + d.knob_slot_length / 2


def knob_bottom_z(d: Dimensions) -> float:
    """Lower edge of the knob's slot; the knob's middle is half the slot's height above."""
    return d.tray_top_z + 1.75 - d.knob_slot_height / 2


def hook_top_z(d: Dimensions) -> float:
    """Upper face of the lid's hooks: leaves a full wall's height of plastic above their slots."""
    return d.rim_z - d.wall - d.hook_play


def tray(d: Dimensions) -> Part:
    """Floor between cell and boards: no solder joint can touch the cell. Carries the boards."""
    gap = d.clearance
    half = d.inner_width / 2 - gap
    plate = block(gap, d.inner_length - gap, -half, half, d.tray_z, d.tray_top_z)
    plate = fillet(plate.edges().filter_by(Axis.Z), 0.8)
    z0, z1 = d.tray_top_z - 0.1, d.tray_top_z + d.rail
    # rails under the boards; the XIAO's middle stays free for the battery pads on its back
    plate += block(0.9, 2.9, -6.5, 6.5, z0, z1)
    plate += block(18.6, 20.6, -6.5, 6.5, z0, z1)
    for x in (d.imu_x, d.driver_x):
        for side in (-1, 1):
            y0, y1 = sorted((side * 10.3, side * 12.5))
            plate += block(x + 1.2, x + 16.6, y0, y1, z0, z1)
    # fences: stop the XIAO when USB is plugged in, keep the breakouts apart
    fence_top = d.board_z + 1.6
    for x in (d.imu_x - d.clearance - d.fence, d.driver_x - d.clearance - d.fence):
        plate += block(x, x + d.fence, -5, 5, z0, fence_top)
    xiao_side = 17.8 / 2 + d.clearance
    plate += block(15.5, 20.0, xiao_side, xiao_side + d.fence, z0, fence_top)
    plate += block(15.5, 20.0, -xiao_side - d.fence, -xiao_side, z0, fence_top)
    plate += block(3.6, 8.0, -xiao_side - d.fence, -xiao_side, z0, fence_top)
    # slide switch between two stops
    for x in (d.switch_x - d.clearance - d.fence, d.switch_x + 8.6 + d.clearance):
        plate += block(x, x + d.fence, xiao_side + 0.4, half, z0, d.tray_top_z + 2.4)
    # comb: the battery's leads weave through it and can't pull at their solder joints
    for x in (2.4, 5.4):
        plate -= block(x, x + 1.6, -half - OVER, -half + 2.4, d.tray_z - OVER, d.tray_top_z + OVER)
    # leads of motor and driver pass here
    plate -= block(58.0, 60.0, -half - OVER, -half + 3, d.tray_z - OVER, d.tray_top_z + OVER)
    # seat of the button's switch: a shallow pocket and slots for its legs
    plate -= block(
        d.screw_x - 3.2, d.screw_x + 3.2, -3.2, 3.2, d.tray_top_z - d.tact_recess, z1 + OVER
    )
    for side in (-1, 1):
        x = d.screw_x + side * 3.2
        plate -= block(x - 0.7, x + 0.7, -3.2, 3.2, d.tray_z - OVER, d.tray_top_z + OVER)
    for side in (-1, 1):
        plate -= rod(d.screw_x, side * d.screw_y, d.tray_z - OVER, z1 + OVER, d.screw_hole)
    return plate


def lid(d: Dimensions) -> Part:
    """Cover with two hooks at the USB end, two screw bosses, the button's hole, guiding lips."""
    half = d.inner_width / 2
    cover = _outline(d, d.rim_z, d.top_z, 0)
    cover = chamfer(cover.faces().sort_by(Axis.Z)[-1].edges(), d.edge_chamfer)
    under = d.rim_z + 0.1
    # bosses press the tray on the base's posts (0.1 short: the rim closes first)
    for side in (-1, 1):
        cover += rod(d.screw_x, side * d.screw_y, d.tray_top_z + 0.1, under, d.boss)
    # lips along the walls where no board stands below
    y1 = half - d.lip_gap
    for x0, x1 in ((2.2, 19.5), (61.0, d.inner_length - 1.2)):
        for side in (-1, 1):
            a, b = sorted((side * y1, side * (y1 - d.lip)))
            cover += block(x0, x1, a, b, d.rim_z - d.lip_depth, under)
    # hooks: arms inside the end wall, wedges that reach into its slots
    top = hook_top_z(d)
    for side in (-1, 1):
        y0, y1_ = side * d.hook_y - d.hook_width / 2, side * d.hook_y + d.hook_width / 2
        cover += block(d.lip_gap, d.lip_gap + d.wall, y0, y1_, top - d.hook_height, under)
        # printed upside down: the face towards the lid rises at 45 degrees
        wedge = block(d.lip_gap - d.hook_depth, d.lip_gap + 0.1, y0, y1_, top - d.hook_height, top)
        edge = wedge.edges().filter_by(Axis.Y).sort_by(Axis.X)[:2].sort_by(Axis.Z)[-1]
        cover += chamfer(edge, d.hook_depth - 0.05)
    # tabs that close the openings in the walls down to the knob and the USB socket
    x0, x1 = knob_slot(d)
    gap = d.lip_gap
    z0 = knob_bottom_z(d) + d.knob_slot_height
    cover += block(x0 + gap, x1 - gap, half, half + d.wall, z0, under)
    usb = d.usb_width / 2 - gap
    if d.rim_z > d.board_z + 4.7:
        cover += block(-d.wall, 0, -usb, usb, d.board_z + 4.6, under)
    for side in (-1, 1):
        y = side * d.screw_y
        cover -= rod(d.screw_x, y, d.screw_head_z, d.top_z + OVER, d.screw_head_bore)
        cover -= funnel(d.screw_x, y, d.screw_head_z, d.screw_head_bore, d.screw_hole)
        cover -= rod(d.screw_x, y, d.tray_z, d.top_z, d.screw_hole)
    cover -= rod(d.screw_x, 0, d.rim_z - OVER, d.top_z + OVER, d.button_hole)
    return cover


def button(d: Dimensions) -> Part:
    """Cap between the switch's plunger and the lid's hole; its flange keeps it in."""
    z0 = d.tray_top_z - d.tact_recess + d.tact_height + 0.1
    cap = rod(d.screw_x, 0, z0, z0 + d.button_flange_height, d.button_flange)
    stem = rod(d.screw_x, 0, z0, d.top_z + d.button_proud, d.button_stem)
    stem = chamfer(stem.faces().sort_by(Axis.Z)[-1].edges(), 0.5)
    return cap + stem


def flat_on_bed(part: Part, flip: bool = False, on_side: bool = False) -> Part:
    """Turn a part from its place in the device to how it is printed, resting on z = 0."""
    if flip:
        part = Rot(180, 0, 0) * part
    if on_side:
        part = Rot(90, 0, 0) * part
    box = part.bounding_box()
    return Pos(-box.center().X, -box.center().Y, -box.min.Z) * part
