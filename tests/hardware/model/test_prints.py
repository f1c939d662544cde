"""Walls, closedness, printing without supports, the clip's true thickness, masses."""

import re

import numpy as np
import pytest

pytest.importorskip("build123d", reason="not in this environment: make hardware-test")

from hardware.bill import bought_mass_g
from hardware.enclosure.clips import clip
from hardware.enclosure.dimensions import BELT_CLIP, DIMENSIONS, LACE_CLIP
from hardware.enclosure.printed import MAKERS, mass_g, on_bed
from hardware.enclosure.shell import flat_on_bed
from hardware.make import GENERATED
from hardware.measure.mesh import of_solid, open_edges, volume_mm3, walls
from hardware.measure.printing import inspect

THINNEST_MM = 1.2
HEAVIEST_G = 55.0


@pytest.mark.parametrize("name", MAKERS)
def test_closed_and_as_large_as_the_solid(printed, name: str) -> None:
    assert printed[name].is_valid and len(printed[name].solids()) == 1
    mesh = of_solid(printed[name])
    assert open_edges(mesh) == 0
    assert volume_mm3(mesh) == pytest.approx(printed[name].volume, rel=2e-3)


@pytest.mark.parametrize("name", MAKERS)
def test_no_wall_is_thinner_than_1_2_mm(printed, name: str) -> None:
    points, thick = walls(of_solid(printed[name]))
    worst = np.argmin(thick)
    assert len(thick) > 100
    assert thick[worst] >= THINNEST_MM - 1e-3, f"{thick[worst]:.2f} mm at {points[worst]}"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("base", {"wall": 1.1}),
        ("base", {"floor": 1.5}),
        ("base", {"motor_recess": 0.7}),
        ("base", {"fence": 1.0}),
        ("tray", {"tray": 1.1}),
        ("tray", {"fence": 1.0}),
        ("lid", {"lid": 1.0}),
        ("lid", {"lip": 1.0}),
        ("lid", {"screw_head_bore": 5.0}),
        ("button", {"button_flange_height": 1.0}),
        ("lace_clip", {"tongue": 1.0}),
        ("belt_clip", {"tongue": 1.0}),
        ("strap_plate", {"floor": 1.5}),
    ],
)
def test_a_thinned_wall_is_seen(name: str, change: dict[str, float]) -> None:
    mesh = of_solid(MAKERS[name](DIMENSIONS.changed(**change)))
    assert walls(mesh)[1].min() < THINNEST_MM - 1e-3


@pytest.mark.parametrize("name", MAKERS)
def test_prints_without_supports(printed, name: str) -> None:
    finding = inspect(of_solid(on_bed(name, printed[name])))
    assert not finding.needs_supports, finding


def test_lying_the_wrong_way_would_need_supports(printed) -> None:
    assert inspect(of_solid(flat_on_bed(printed["base"], flip=True))).needs_supports
    assert inspect(of_solid(flat_on_bed(printed["lid"]))).needs_supports
    assert inspect(of_solid(flat_on_bed(printed["lace_clip"]))).needs_supports


@pytest.mark.parametrize("shape", [LACE_CLIP, BELT_CLIP], ids=lambda c: c.name)
def test_the_tongue_is_as_thick_as_the_strain_is_reckoned_with(shape) -> None:
    d = DIMENSIONS
    points, thick = walls(of_solid(clip(d, shape)), per_mm2=2.0)
    run = (points[:, 0] < d.clip_bend_x) & (points[:, 0] > d.clip_plate_x)
    tongue = run & (points[:, 2] < -d.clip_plate - shape.root_gap + 0.01)
    assert tongue.sum() > 100
    assert thick[tongue].max() <= d.tongue + 0.02
    # the bump, whose height and place the deflection and the length are reckoned from
    corners = of_solid(clip(d, shape)).reshape(-1, 3)
    free = corners[corners[:, 0] < d.clip_plate_x - 8]
    assert -free[:, 2].max() == pytest.approx(shape.mouth(d), abs=0.01)
    top = free[free[:, 2] > free[:, 2].max() - 0.01]
    assert d.clip_bend_x - top[:, 0].mean() == pytest.approx(shape.length, abs=0.1)


def test_the_motor_lies_on_the_wall_towards_the_body(printed) -> None:
    d = DIMENSIONS
    points, thick = walls(of_solid(printed["base"]), per_mm2=4.0)
    centre = np.hypot(points[:, 0] - d.motor_x, points[:, 1]) < d.motor_bore / 2 - 0.5
    below = centre & (points[:, 2] < d.floor)
    assert below.sum() > 50
    assert thick[below].max() == pytest.approx(d.floor - d.motor_recess, abs=0.01)
    box = printed["lace_clip"].bounding_box()
    assert d.motor_x - d.motor_bore / 2 > box.min.X  # and the clip's plate lies right under it
    assert d.clip_plate_x < d.motor_x - d.motor_bore / 2


def test_mass_of_the_whole_device(printed, items) -> None:
    worn = sum(mass_g(printed[n]) for n in ("base", "tray", "lid", "button", "lace_clip"))
    whole = worn + bought_mass_g(items, "a")
    assert whole <= HEAVIEST_G
    text = (GENERATED / "figures.md").read_text(encoding="utf-8")
    noted = re.search(r"Build a, all of it with the lace clip: (\d+) g", text)
    assert noted and int(noted[1]) == round(whole), "run: make hardware"
