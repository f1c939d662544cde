"""The pictures of the guide, drawn from the model: exploded view, steps, section, printer's bed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from build123d import Part

from hardware.bill import Item
from hardware.enclosure.dimensions import Dimensions
from hardware.enclosure.parts import Bought, all_parts
from hardware.enclosure.printed import on_bed
from hardware.enclosure.shell import block, rod
from hardware.measure.mesh import of_solid
from hardware.render.labels import annotate, save_png, width_of
from hardware.render.raster import Camera, Thing, draw, fit, visible

WIDTH, TALLEST = 1600, 1500
SHELL = (232, 119, 46)
COLOURS = {
    "base": SHELL,
    "tray": (120, 190, 170),
    "lid": SHELL,
    "button": (50, 54, 60),
    "clip": (66, 133, 190),
}
FROM_ABOVE = Camera(-58.0, 34.0)
STEEP = Camera(-70.0, 56.0)
FROM_BELOW = Camera(-52.0, -48.0)


@dataclass
class Scene:
    """Meshes of everything once, for all pictures."""

    d: Dimensions
    printed: dict[str, Part]
    bought: list[Bought]

    def __post_init__(self) -> None:
        """Tessellate lazily: a picture asks for what it shows."""
        self._mesh: dict[int, np.ndarray] = {}

    def mesh(self, part: Part) -> np.ndarray:
        """Triangles of a part, coarse enough for pictures."""
        key = id(part)
        if key not in self._mesh:
            self._mesh[key] = of_solid(part, 0.05, 0.25)
        return self._mesh[key]

    def print_thing(self, name: str, lift: float = 0.0, colour_of: str = "") -> Thing:
        """A printed part, lifted by so many mm."""
        shown = "clip" if name.endswith("clip") else name
        triangles = self.mesh(self.printed[name]) + np.array([0.0, 0.0, lift])
        return Thing(triangles, COLOURS.get(colour_of or shown, SHELL), name)

    def bought_thing(self, ref: str, lift: float = 0.0) -> list[Thing]:
        """All pieces of one line of the bill, lifted."""
        return [
            Thing(self.mesh(b.looks) + np.array([0.0, 0.0, lift]), b.colour, b.label or ref)
            for b in self.bought
            if b.ref == ref
        ]


def scene(d: Dimensions, printed: dict[str, Part], items: dict[str, Item]) -> Scene:
    """Everything that pictures need."""
    return Scene(d, printed, all_parts(d, items))


def _picture(
    path: Path,
    things: list[Thing],
    camera: Camera,
    title: str,
    labels: dict[str | tuple[float, float, float], str],
    width: int = WIDTH,
) -> None:
    """Draw, label and save. A label names a thing, or a point in mm; a hidden thing is an error."""
    side = width_of(list(labels.values())) + 70
    view = fit(things, camera, width, (side, 100, 60), TALLEST)
    pixels, owner = draw(view, things)
    areas = {}
    for key, words in labels.items():
        if isinstance(key, tuple):
            areas[words] = view.project(np.array(key))[:, :2]
        else:
            areas[words] = visible(owner, things, key)
        if not len(areas[words]):
            raise ValueError(f"{path.name}: '{key}' is hidden, so its label would point nowhere")
    save_png(annotate(pixels, areas, title), path)


def _exploded(s: Scene, path: Path) -> None:
    things = [
        *s.bought_thing("H1", 84),
        s.print_thing("button", 60),
        s.print_thing("lid", 58),
        *s.bought_thing("U1", 40),
        *s.bought_thing("U2", 40),
        *s.bought_thing("U3", 40),
        *s.bought_thing("S1", 40),
        *s.bought_thing("S2", 40),
        *s.bought_thing("R1", 36),
        s.print_thing("tray", 30),
        *s.bought_thing("F1", 18),
        *s.bought_thing("B1", 18),
        *s.bought_thing("M1", 10),
        s.print_thing("base", -8),
        s.print_thing("lace_clip", -26),
        *s.bought_thing("H2", -40),
    ]
    labels = {
        "M2 x 16 screw": "H1  screw M2 x 16 (2)",
        "button": "P4  button",
        "lid": "P3  lid",
        "XIAO ESP32-C3": "U1  XIAO",
        "IMU LSM6DSOX": "U2  IMU",
        "driver DRV2605L": "U3  motor driver",
        "slide switch": "S1  slide switch",
        "button switch": "S2  button's switch",
        "resistors": "R1  two resistors",
        "tray": "P2  tray",
        "foam disc": "F1  foam disc",
        "LiPo cell": "B1  LiPo cell",
        "coin motor": "M1  coin motor",
        "base": "P1  base",
        "lace_clip": "P5  lace clip",
        "M2 nut": "H2  nut M2 (2)",
    }
    _picture(path, things, Camera(-58, 24), "Exploded view", labels)


def _step1(s: Scene, path: Path) -> None:
    things = [s.print_thing("base"), *s.bought_thing("M1", 9)]
    _picture(
        path,
        things,
        STEEP,
        "1  Motor into its ring",
        {"coin motor": "M1 motor, lead through the gap", "base": "P1 base"},
    )


def _step2(s: Scene, path: Path) -> None:
    things = [
        s.print_thing("base"),
        *s.bought_thing("M1"),
        *s.bought_thing("F1", 8),
        *s.bought_thing("B1", 9),
    ]
    _picture(
        path,
        things,
        STEEP,
        "2  Cell into its bay, foam disc on the motor",
        {
            "LiPo cell": "B1 cell, leads to the USB end",
            "foam disc": "F1 foam disc",
            "base": "P1 base",
        },
    )


def _step3(s: Scene, path: Path) -> None:
    things = [s.print_thing("tray")]
    for ref in ("U1", "U2", "U3", "S1", "S2", "R1"):
        things += s.bought_thing(ref, 9)
    _picture(
        path,
        things,
        STEEP,
        "3  Boards and switches onto the tray, wired as drawn",
        {
            "XIAO ESP32-C3": "U1 XIAO, USB outwards",
            "IMU LSM6DSOX": "U2 IMU",
            "driver DRV2605L": "U3 motor driver",
            "slide switch": "S1 slide switch",
            "button switch": "S2 button's switch",
            "resistors": "R1 battery divider",
            "tray": "P2 tray",
        },
    )


def _step4(s: Scene, path: Path) -> None:
    things = [s.print_thing("base"), s.print_thing("tray", 20)]
    for ref in ("M1", "F1", "B1"):
        things += s.bought_thing(ref)
    for ref in ("U1", "U2", "U3", "S1", "S2", "R1"):
        things += s.bought_thing(ref, 20)
    _picture(
        path,
        things,
        FROM_ABOVE,
        "4  Tray into the base, straight down",
        {"tray": "tray with boards", "base": "P1 base", "slide switch": "S1, knob outwards"},
    )


def _step5(s: Scene, path: Path) -> None:
    things = [s.print_thing("base"), s.print_thing("lace_clip", -16), s.print_thing("tray")]
    for ref in ("U1", "U2", "U3", "S1", "S2", "R1"):
        things += s.bought_thing(ref)
    things += [s.print_thing("button", 10), s.print_thing("lid", 16)]
    things += s.bought_thing("H1", 40) + s.bought_thing("H2", -24)
    _picture(
        path,
        things,
        FROM_ABOVE,
        "5  Button, lid (hooks first), two screws into the clip's nuts",
        {
            "lid": "P3 lid",
            "M2 x 16 screw": "H1 screws",
            "lace_clip": "P5 clip",
            "base": "P1 base",
        },
    )


def _whole(s: Scene, path: Path) -> None:
    things = [s.print_thing(n) for n in ("base", "lid", "button", "lace_clip")]
    things += s.bought_thing("U1") + s.bought_thing("S1") + s.bought_thing("H1")
    _picture(
        path,
        things,
        Camera(138.0, 30.0),
        "Ready, with the lace clip",
        {
            "button": "button",
            "slide switch": "on/off",
            "lace_clip": "clip: goes under the laces",
            "XIAO ESP32-C3": "USB-C",
        },
    )


def _below(s: Scene, path: Path) -> None:
    things = [s.print_thing(n) for n in ("base", "lid", "belt_clip")] + s.bought_thing("H2")
    _picture(
        path,
        things,
        FROM_BELOW,
        "From below, with the belt clip",
        {
            (2.0, 2.0, 0.0): "wall towards the body",
            "belt_clip": "belt clip",
        },
    )


def _cut(s: Scene, path: Path) -> None:
    """Section through the middle: what presses on what."""
    keep = block(-10, 80, 0, 40, -20, 30)
    things = []
    for name in ("base", "tray", "lid", "button", "lace_clip"):
        shown = "clip" if name.endswith("clip") else name
        things.append(Thing(of_solid(s.printed[name] & keep, 0.05, 0.25), COLOURS[shown], name))
    for b in s.bought:
        kept = b.looks & keep
        if kept is None or not kept.solids():
            continue
        things.append(Thing(of_solid(kept, 0.05, 0.25), b.colour, b.label or b.ref))
    _picture(
        path,
        things,
        Camera(-90, 0.001),
        "Section along the middle (body side below)",
        {
            "coin motor": "motor on the wall towards the body",
            "foam disc": "foam presses the motor down",
            "LiPo cell": "cell, 1 mm free above it",
            "tray": "tray: keeps solder joints off the cell",
            "lid": "lid",
            "lace_clip": "clip",
            "IMU LSM6DSOX": "IMU",
            "XIAO ESP32-C3": "XIAO",
            "driver DRV2605L": "motor driver",
            "button": "button",
        },
        width=2400,
    )


def _bed(s: Scene, path: Path) -> None:
    """All parts as they lie on the printer's bed."""
    places = {
        "base": (0, 0),
        "lid": (0, 38),
        "tray": (0, 74),
        "strap_plate": (80, 0),
        "lace_clip": (80, 38),
        "belt_clip": (80, 62),
        "button": (0, -24),
    }
    things = []
    for name, (x, y) in places.items():
        triangles = of_solid(on_bed(name, s.printed[name]), 0.05, 0.25) + np.array([x, y, 0.0])
        shown = "clip" if name.endswith("clip") else name
        things.append(Thing(triangles, COLOURS.get(shown, SHELL), name))
    words = {n: n.replace("_", " ") for n in places}
    words["lid"] = "lid, outside down"
    words["lace_clip"] = "lace clip, on its side"
    words["belt_clip"] = "belt clip, on its side"
    _picture(path, things, Camera(-78, 50), "How the parts lie on the printer", words)


def _stick(s: Scene, path: Path) -> None:
    """Build b: strap plate, clip, stick."""
    d = s.d
    top = d.strap_plate
    plate = s.print_thing("strap_plate")
    x0 = 14.0
    stick = block(x0, x0 + 48.2, -12.75, 12.75, top, top + 13.7)
    screen = block(x0 + 8, x0 + 33, -8, 8, top + 13.7, top + 13.8)
    key = rod(x0 + 42, 0, top + 13.7, top + 14.3, 8)
    hat = block(x0 - 14.5, x0 - 0.5, -12, 12, top, top + 13.0)
    middle = (d.outer_end_x - d.strap_plate_length + d.clip_plate_x) / 2 + 2
    band = block(middle - 8, middle + 8, -13.6, 13.6, -1.2, top + 15.0)
    band -= block(middle - 9, middle + 9, -12.8, 12.8, 0.0, top + 13.9)
    things = [
        plate,
        s.print_thing("lace_clip"),
        Thing(s.mesh(stick), (245, 130, 32), "stick"),
        Thing(s.mesh(screen), (30, 32, 36), "screen"),
        Thing(s.mesh(key), (230, 230, 230), "key"),
        Thing(s.mesh(hat), (235, 235, 230), "hat"),
        Thing(s.mesh(band), (60, 62, 70), "strap"),
    ]
    _picture(
        path,
        things,
        FROM_ABOVE,
        "Build b: M5StickC Plus2 strapped on the plate",
        {
            "strap_plate": "P7 strap plate",
            "lace_clip": "P8 clip",
            "stick": "U4 M5StickC Plus2",
            "hat": "M2 Hat Vibrator",
            "strap": "K1 strap",
            "key": "button A",
        },
    )


PICTURES: dict[str, Callable[[Scene, Path], None]] = {
    "exploded.png": _exploded,
    "step1_motor.png": _step1,
    "step2_cell.png": _step2,
    "step3_tray.png": _step3,
    "step4_tray_in_base.png": _step4,
    "step5_lid_and_clip.png": _step5,
    "ready.png": _whole,
    "from_below.png": _below,
    "section.png": _cut,
    "printer_bed.png": _bed,
    "build_b.png": _stick,
}


def draw_all(s: Scene, folder: Path, say: Callable[[str], None]) -> None:
    """Draw every picture into a folder; `say` is told each name."""
    for name, make in PICTURES.items():
        say(name)
        make(s, folder / name)
