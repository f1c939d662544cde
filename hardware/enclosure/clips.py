"""Clips and the strap plate. Needs build123d.

A clip is one profile drawn in the x-z plane and given a width. It is printed lying on its side, so
the layers run along the tongue: bending never pulls layers apart.
"""

import math

from build123d import (
    Axis,
    BuildLine,
    BuildSketch,
    Line,
    Part,
    Plane,
    Polyline,
    Pos,
    RadiusArc,
    RegularPolygon,
    chamfer,
    extrude,
    fillet,
    make_face,
)

from hardware.enclosure.dimensions import Clip, Dimensions
from hardware.enclosure.shell import OVER, block, funnel, rod


def clip(d: Dimensions, c: Clip) -> Part:
    """Plate under the device, bend at the screw end, tongue back under it with a bump and flare."""
    bend_x = d.clip_bend_x
    top_root = -d.clip_plate - c.root_gap  # tongue's face towards the device, at the root
    top_run = top_root + c.rise
    ramp = 1.8 * c.rise  # gentle: about 30 degrees
    ramp_x = d.clip_plate_x - 1.0
    bump_x = bend_x - c.length
    t = d.tongue
    with BuildSketch(Plane.XZ) as sketch:
        with BuildLine():
            # outside of the bend, from the plate's top round to the tongue's underside
            Polyline((d.clip_plate_x, 0), (bend_x, 0))
            bottom = top_root - t
            RadiusArc((bend_x, 0), (bend_x, bottom), -bottom / 2)
            Polyline(
                (bend_x, bottom),
                (ramp_x, bottom),
                (ramp_x - ramp, top_run - t),
                (bump_x, top_run - t),
                (bump_x - c.lead_in, top_run - t - 1.6),
                (bump_x - c.lead_in, top_run - t + 0.4),
                (bump_x - 1.0, top_run + c.bump),
                (bump_x + 1.0, top_run + c.bump),
                (bump_x + 1.0 + 1.5 * c.bump, top_run),
                (ramp_x - ramp + 0.3, top_run),
                (ramp_x + 0.3, top_root),
                (bend_x, top_root),
            )
            RadiusArc((bend_x, top_root), (bend_x, -d.clip_plate), -c.root_gap / 2)
            Polyline((bend_x, -d.clip_plate), (d.clip_plate_x, -d.clip_plate))
            Line((d.clip_plate_x, -d.clip_plate), (d.clip_plate_x, 0))
        make_face()
    body = extrude(sketch.sketch, d.clip_width / 2, both=True)
    # round the tip in plan; 45 degrees still prints on its side
    tip = body.edges().filter_by(Axis.Z).group_by(Axis.X)[0]
    body = chamfer(tip, 4.0)
    for side in (-1, 1):
        y = side * d.screw_y
        body -= rod(d.screw_x, y, -d.clip_plate - OVER, OVER, d.screw_hole)
        radius = d.nut_flats / math.sqrt(3)
        with BuildSketch(Plane.XY.offset(-d.clip_plate)) as nut:
            RegularPolygon(radius, 6, rotation=30)
        body -= Pos(d.screw_x, y, 0) * extrude(nut.sketch, d.nut_height)
    return body


def strap_plate(d: Dimensions) -> Part:
    """Build b: plate that a strap ties the M5StickC to; takes the clips and a coin motor.

    Its upper side carries the stick, its underside lies towards the body, as the base's floor does.
    """
    x1 = d.outer_end_x
    x0 = x1 - d.strap_plate_length
    half = d.strap_plate_width / 2
    h = d.strap_plate
    plate = block(x0, x1, -half, half, 0, h)
    plate = fillet(plate.edges().filter_by(Axis.Z), 4.0)
    plate = chamfer(plate.faces().sort_by(Axis.Z)[0].edges(), d.edge_chamfer)
    # strap slots along both long edges, clear of the clip below
    middle = (x0 + d.clip_plate_x) / 2 + 2
    for side in (-1, 1):
        y = side * (half - 2.0 - d.strap_slot / 2)
        plate -= block(
            middle - d.strap_slot_length / 2,
            middle + d.strap_slot_length / 2,
            y - d.strap_slot / 2,
            y + d.strap_slot / 2,
            -OVER,
            h + OVER,
        )
    # motor pocket: 1.4 mm of plastic between motor and body
    pocket_z = d.floor - d.motor_recess
    plate -= rod(d.motor_x, 0, pocket_z, h + OVER, d.motor_bore)
    # lead channel with two bends: holds the cable by friction
    w = 1.7
    a, b = d.motor_x - 4.5, x0 + 13.0
    middle_x = (a + b) / 2
    z = h - 2.2
    plate -= block(middle_x, a, -w / 2, w / 2, z, h + OVER)
    plate -= block(middle_x - w, middle_x, -w / 2, 4.5, z, h + OVER)
    plate -= block(b, middle_x, 4.5 - w, 4.5, z, h + OVER)
    plate -= block(b, b + w, -3.0, 4.5, z, h + OVER)
    plate -= block(x0 - OVER, b + w, -3.0, -3.0 + w, z, h + OVER)
    for side in (-1, 1):
        y = side * d.screw_y
        plate -= rod(d.screw_x, y, -OVER, h + OVER, d.screw_hole)
        # M2 x 6: the tip ends where that of the long screws does
        head_z = d.screw_head_z - d.screw_length + 6.0
        plate -= rod(d.screw_x, y, head_z, h + OVER, d.screw_head_bore)
        plate -= funnel(d.screw_x, y, head_z, d.screw_head_bore, d.screw_hole)
    return plate
