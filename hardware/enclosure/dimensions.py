"""Every dimension of the enclosure, in mm, with its reason.

Frame: x along the device, 0 at the inner face of the USB end; y across, 0 in the middle;
z away from the body, 0 at the outside of the floor. The floor is the wall towards the body.

These numbers are the box as it is printed; the sizes of the bought parts are in the bill of
materials and are held against the box by the tests, so a part that grows does not quietly make
the box grow: the tests say where it no longer fits.
"""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Dimensions:
    """Dimensions of all printed parts; z levels follow from them as properties."""

    # shell
    wall: float = 1.6  # four 0.4 mm lines; bar: 1.2
    floor: float = 1.8
    lid: float = 1.6
    inner_length: float = 67.8  # XIAO 21 + two boards of 17.8 + fences + 7.3 for the screw posts
    inner_width: float = 26.4  # the breakouts stand across: 25.4 + 0.5 on each side
    corner_radius: float = 2.6
    edge_chamfer: float = 0.8
    # heights of the storeys
    bay_height: float = 6.2  # cell 5.2 + 1.0: a pouch cell may swell by a tenth with age
    tray: float = 1.4
    rail: float = 1.0  # lifts the boards off the tray: solder joints below them
    tape: float = 0.2
    board_room: float = 5.1  # boards 4.6 + 0.5 for the 1 mm foam strip, squeezed to half
    # places of the parts (x of the edge nearest the USB end)
    usb_gap: float = 0.3  # XIAO's board to the wall
    usb_overhang: float = 1.4  # socket beyond the board's edge
    imu_x: float = 23.0
    driver_x: float = 42.48
    cell_x: float = 2.6  # 1.4 mm to the ledge: the leads come up there
    motor_x: float = 48.4  # centre
    screw_x: float = 64.0
    screw_y: float = 8.0
    # fences, ribs
    fence: float = 1.2
    ledge: float = 1.2  # the tray rests on it at the USB end
    divider_x: float = 40.3  # between cell and motor; carries the tray
    # motor seat
    motor_bore: float = 10.6
    motor_recess: float = 0.4  # the floor is 1.4 mm under the motor: stiff path to the foot
    motor_ring_height: float = 3.0
    # screws (M2 x 16 countersunk, through lid, tray, base into a nut in the clip)
    screw_hole: float = 2.4
    screw_head_bore: float = 4.4
    screw_length: float = 16.0
    boss: float = 7.0
    nut_flats: float = 4.2
    nut_height: float = 1.8
    screw_tip_above_clip: float = 0.5  # the head sinks 0.3 mm below its seat's rim
    # openings
    usb_width: float = 9.6
    usb_below_top: float = 3.9  # opening's floor below the socket's top
    knob_slot_length: float = 5.6
    knob_slot_height: float = 3.0
    switch_x: float = 5.4
    # button
    tact_height: float = 5.0
    tact_recess: float = 0.2
    button_hole: float = 5.6
    button_stem: float = 5.0
    button_flange: float = 7.0
    button_flange_height: float = 1.2
    button_proud: float = 0.8
    # lid hooks at the USB end
    hook_width: float = 2.8
    hook_y: float = 10.6
    hook_height: float = 1.4
    hook_depth: float = 1.3
    hook_play: float = 0.3
    lip: float = 1.2
    lip_depth: float = 1.6
    lip_gap: float = 0.2
    # clips
    clip_width: float = 22.0
    clip_plate: float = 3.4
    clip_plate_x: float = 41.0  # covers the motor's seat
    clip_bend_x: float = 67.6
    tongue: float = 2.6
    # strap plate of build b
    strap_plate_length: float = 62.0
    strap_plate_width: float = 30.0
    strap_plate: float = 4.4
    strap_slot: float = 2.6
    strap_slot_length: float = 17.0
    clearance: float = 0.25  # beside a bought part

    @property
    def tray_z(self) -> float:
        """Underside of the tray."""
        return self.floor + self.bay_height

    @property
    def tray_top_z(self) -> float:
        """Upper face of the tray."""
        return self.tray_z + self.tray

    @property
    def board_z(self) -> float:
        """Underside of the boards: on rails, on tape."""
        return self.tray_top_z + self.rail + self.tape

    @property
    def rim_z(self) -> float:
        """Top of the base's walls, underside of the lid."""
        return self.board_z + self.board_room

    @property
    def top_z(self) -> float:
        """Outside of the lid."""
        return self.rim_z + self.lid

    @property
    def screw_head_z(self) -> float:
        """Upper rim of the seat: a screw lying in it ends just inside the clip's plate."""
        return -self.clip_plate + self.screw_tip_above_clip + self.screw_length

    @property
    def outer_end_x(self) -> float:
        """Outside of the wall at the screw end."""
        return self.inner_length + self.wall

    def changed(self, **changes: float) -> "Dimensions":
        """A copy with some dimensions changed; an unknown name is refused."""
        known = {field.name for field in fields(self)}
        unknown = set(changes) - known
        if unknown:
            raise ValueError(f"no such dimension: {', '.join(sorted(unknown))}")
        return replace(self, **changes)


@dataclass(frozen=True)
class Clip:
    """Profile of a clip's tongue. Lengths in mm, from the bend's centre towards the mouth."""

    name: str
    root_gap: float  # between plate and tongue at the bend
    rise: float  # how far the tongue comes up towards the floor after the plate
    length: float  # bend centre to the bump
    bump: float  # height of the bump on the tongue
    lead_in: float  # length of the flared tip beyond the bump
    inserted: float  # thickest thing pushed under it: laces crossed twice, belt, shoe rim

    def mouth(self, dimensions: Dimensions) -> float:
        """Open height at the bump when nothing is clipped."""
        return dimensions.clip_plate + self.root_gap - self.rise - self.bump

    def deflection(self, dimensions: Dimensions) -> float:
        """How far the tongue's end moves when the thickest thing is pushed under the bump."""
        return max(0.0, self.inserted - self.mouth(dimensions))


LACE_CLIP = Clip("lace_clip", 3.6, 2.6, 44.0, 2.2, 5.0, 5.0)
BELT_CLIP = Clip("belt_clip", 3.6, 2.0, 52.0, 3.2, 5.0, 5.0)
DIMENSIONS = Dimensions()
