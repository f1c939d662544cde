"""All printed parts by name: how each is made and how it lies on the printer's bed."""

from collections.abc import Callable

from build123d import Part

from hardware.enclosure.clips import clip, strap_plate
from hardware.enclosure.dimensions import BELT_CLIP, LACE_CLIP, Dimensions
from hardware.enclosure.shell import base, button, flat_on_bed, lid, tray

MAKERS: dict[str, Callable[[Dimensions], Part]] = {
    "base": base,
    "tray": tray,
    "lid": lid,
    "button": button,
    "lace_clip": lambda d: clip(d, LACE_CLIP),
    "belt_clip": lambda d: clip(d, BELT_CLIP),
    "strap_plate": strap_plate,
}
# lid: outer face on the bed; clips: on their side, layers along the tongue; others as worn
FLIPPED = frozenset({"lid"})
ON_SIDE = frozenset({"lace_clip", "belt_clip"})

# Printed in PETG at 100 % of the volume: more than any slicer will lay down
PETG_DENSITY_G_CM3 = 1.27


def on_bed(name: str, part: Part) -> Part:
    """The part as it is printed, resting on z = 0."""
    return flat_on_bed(part, flip=name in FLIPPED, on_side=name in ON_SIDE)


def mass_g(part: Part) -> float:
    """Mass of a printed part, in g."""
    return part.volume / 1000.0 * PETG_DENSITY_G_CM3
