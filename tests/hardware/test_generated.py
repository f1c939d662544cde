"""The kept files are those the manifest notes, closed meshes, and all linked from the guide."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from hardware.enclosure.dimensions import DIMENSIONS
from hardware.make import GENERATED, HERE, MANIFEST, compare, hashes
from hardware.measure.mesh import open_edges, read_stl, volume_mm3
from hardware.power.budget import DEVICES, results_of

STLS = sorted(GENERATED.glob("*.stl"))


def test_the_manifest_notes_every_file() -> None:
    manifest = json.loads((GENERATED / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["files"] == hashes(GENERATED)
    assert "not installed" not in manifest["tools"].values()


def test_pinned_tools_are_those_the_files_were_made_with() -> None:
    manifest = json.loads((GENERATED / MANIFEST).read_text(encoding="utf-8"))
    pins = dict(re.findall(r"^(\S+)==(\S+)$", (HERE / "requirements.txt").read_text("utf-8"), re.M))
    assert {tool: pins[tool] for tool in manifest["tools"]} == manifest["tools"]


@pytest.mark.parametrize("path", STLS, ids=lambda p: p.stem)
def test_meshes_are_watertight_and_lie_on_the_bed(path: Path) -> None:
    triangles = read_stl(path)
    assert open_edges(triangles) == 0
    assert volume_mm3(triangles) > 50
    assert abs(triangles[:, :, 2].min()) < 1e-4


def test_a_hole_in_a_mesh_is_seen() -> None:
    assert open_edges(np.delete(read_stl(STLS[0]), 5, axis=0)) > 0


def test_a_cut_off_stl_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.stl"
    path.write_bytes(STLS[0].read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"x\.stl: not a binary STL"):
        read_stl(path)


def test_the_guide_links_only_what_exists_and_shows_every_picture() -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    links = {link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link}
    missing = [link for link in links if not (HERE / link).exists()]
    assert missing == []
    pictures = {f"generated/{p.name}" for p in GENERATED.glob("*.png")}
    assert pictures - links == set()


def test_all_of_it_stays_small() -> None:
    assert sum(p.stat().st_size for p in GENERATED.iterdir()) < 15e6


def test_the_check_says_which_file_and_which_tool_differs(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    kept.joinpath("a.stl").write_bytes(b"a")
    tools = json.loads((GENERATED / MANIFEST).read_text(encoding="utf-8"))["tools"]
    manifest = {"made_on": "x", "tools": tools | {"build123d": "0.0"}, "files": hashes(kept)}
    kept.joinpath(MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    def other(folder: Path) -> None:
        folder.mkdir()
        folder.joinpath("a.stl").write_bytes(b"b")

    found = compare(kept, other)
    assert "a.stl: a fresh build gives other bytes" in found
    assert any(line.startswith("tool build123d: here ") and "0.0" in line for line in found)
    kept.joinpath("a.stl").write_bytes(b"c")
    assert any("changed since it was made" in line for line in compare(kept, other))
    kept.joinpath(MANIFEST).unlink()
    assert "missing or damaged" in compare(kept, other)[0]


def test_the_guide_s_figures_are_the_model_s() -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")

    def row(name: str) -> list[float]:
        found = re.search(rf"^\| {name} \|(.*)\|$", text, re.M)
        assert found, f"no row '{name}' in the guide"
        return [float(n) for n in re.findall(r"\d+(?:\.\d+)?", found[1])]

    figures = (GENERATED / "figures.md").read_text(encoding="utf-8")
    assert row("mass") == [float(n) for n in re.findall(r"clip: (\d+) g", figures)]
    hours = {r.device.name: (round(r.walking_h), round(r.standby_h / 24)) for r in results_of()[0]}
    big, small = (hours[f"a: XIAO ESP32-C3, {c} mAh, LEDs removed"] for c in (400, 250))
    lit, stick = hours["a: XIAO ESP32-C3, 400 mAh, as bought"], hours[DEVICES[-1].name]
    assert row("walking, a cue every stride") == [big[0], 400, small[0], 250, stick[0]]
    assert row("asleep") == [big[1], 400, lit[1], stick[1]]
    d = DIMENSIONS
    outside = [d.outer_end_x + d.wall, d.inner_width + 2 * d.wall, d.top_z]
    assert row("size without clip")[:3] == [round(n) for n in outside]
    bridges = [float(n) for n in re.findall(r"\| ([\d.]+) \| none \|", figures)]
    told = re.search(r"longest bridge is (\d+) mm", text)
    assert told and float(told[1]) == max(bridges)


def test_the_enclosure_s_model_has_its_own_run() -> None:
    """Fit, walls, printing and clips need build123d: `make test` skips them aloud."""
    makefile = (HERE.parent / "Makefile").read_text(encoding="utf-8")
    assert "tests/hardware/model" in makefile
    assert "make hardware-test" in (HERE.parent / ".ci" / "run").read_text(encoding="utf-8")
