"""Make every file in hardware/generated from the sources, or check that they are what comes out.

    python -m hardware.make build      write hardware/generated
    python -m hardware.make check      make everything in a spare folder and compare

Run it through `make hardware` and `make hardware-check`, which install the tools it needs.
"""

import argparse
import hashlib
import json
import platform
import re
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
GENERATED = HERE / "generated"
MANIFEST = "manifest.json"
TOOLS = (
    "build123d",
    "cadquery-ocp-novtk",
    "font-roboto",
    "graphviz-pure",
    "matplotlib",
    "numpy",
    "pillow",
    "PyYAML",
    "resvg_py",
    "wireviz",
)


def say(text: str) -> None:
    """Progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def tool_versions() -> dict[str, str]:
    """Versions of everything that shapes the files, as installed here."""
    found = {}
    for tool in TOOLS:
        try:
            found[tool] = version(tool)
        except PackageNotFoundError:
            found[tool] = "not installed"
    return found


def made_on() -> str:
    """The machine, for the reader of a difference; not compared by itself."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def hashes(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 of everything in a folder but the manifest."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def write_step(part: object, path: Path, name: str) -> None:
    """STEP with a fixed date and name in its header."""
    from build123d import export_step

    part.label = name  # type: ignore[attr-defined]
    export_step(part, path)  # type: ignore[arg-type]
    text = path.read_text(encoding="utf-8")
    text = re.sub(
        r"FILE_NAME\(.*?\);",
        f"FILE_NAME('{name}','2000-01-01T00:00:00',('Heelcue'),('Heelcue'),'','','');",
        text,
        count=1,
        flags=re.DOTALL,
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def write_wiring_tables(path: Path) -> None:
    """Every wire of every drawing as a table: from, to, colour."""
    from hardware.harness import WIRING, load

    words = {
        "RD": "red", "BK": "black", "BU": "blue", "YE": "yellow", "GN": "green",
        "VT": "violet", "WH": "white", "GY": "grey",
    }  # fmt: skip
    lines = ["# Wires", "", "Made from `hardware/wiring/*.yml`; don't edit.", ""]
    for source in sorted(WIRING.glob("*.yml")):
        data = load(source)
        lines += [f"## {data['metadata']['title']}", "", "| from | to | colour |", "|---|---|---|"]
        for row in data["connections"]:
            (a, pins_a), (cable, wires), (b, pins_b) = (next(iter(x.items())) for x in row)
            colours = data["cables"][cable]["colors"]
            type_a, type_b = (data["connectors"][x]["type"] for x in (a, b))
            for pin_a, wire, pin_b in zip(pins_a, wires, pins_b, strict=True):
                colour = words[colours[wire - 1]]
                lines.append(f"| {a} {type_a}: {pin_a} | {b} {type_b}: {pin_b} | {colour} |")
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def figures(printed: dict[str, object], folder: Path) -> None:
    """Masses, strain, print findings as a table for the guide."""
    from hardware.bill import bought_mass_g, load_bill
    from hardware.enclosure.dimensions import BELT_CLIP, DIMENSIONS, LACE_CLIP
    from hardware.enclosure.printed import mass_g, on_bed
    from hardware.measure.mesh import of_solid, walls
    from hardware.measure.printing import inspect
    from hardware.measure.strain import REPEATED_LIMIT, bend_strain, root_strain, tip_force_n

    lines = ["# Figures of the enclosure", "", "Made from the model; don't edit.", ""]
    lines += ["| part | mass g | thinnest wall mm | longest bridge mm | supports |"]
    lines += ["|---|---:|---:|---:|---|"]
    mass = {}
    for name, part in printed.items():
        mass[name] = mass_g(part)  # type: ignore[arg-type]
        finding = inspect(of_solid(on_bed(name, part)))  # type: ignore[arg-type]
        thin = walls(of_solid(part))[1].min()
        need = "needed" if finding.needs_supports else "none"
        lines.append(
            f"| {name} | {mass[name]:.1f} | {thin:.2f} | {finding.longest_bridge_mm:.1f} | {need} |"
        )
    items = load_bill()
    worn = sum(mass[n] for n in ("base", "tray", "lid", "button", "lace_clip"))
    b = mass["strap_plate"] + mass["lace_clip"]
    lines += [
        "",
        f"Build a, all of it with the lace clip: {worn + bought_mass_g(items, 'a'):.0f} g"
        f" (printed {worn:.0f} g, bought {bought_mass_g(items, 'a'):.0f} g).",
        f"Build b with strap plate and lace clip: {b + bought_mass_g(items, 'b'):.0f} g.",
        "",
        "| clip | opens mm | strain of the tongue % | of the bend % | limit % | force N |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    d = DIMENSIONS
    for clip in (LACE_CLIP, BELT_CLIP):
        y = clip.deflection(d)
        lines.append(
            f"| {clip.name} | {y:.1f} | {100 * root_strain(d.tongue, y, clip.length):.2f}"
            f" | {100 * bend_strain(d.tongue, y, clip.length, clip.root_gap / 2):.2f}"
            f" | {100 * REPEATED_LIMIT:.2f}"
            f" | {tip_force_n(d.tongue, y, clip.length, d.clip_width):.0f} |"
        )
    path = folder / "figures.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(folder: Path) -> None:
    """Write every generated file and the manifest into a folder."""
    from hardware.bill import load_bill
    from hardware.enclosure.dimensions import DIMENSIONS
    from hardware.enclosure.printed import MAKERS, on_bed
    from hardware.measure.mesh import of_solid, write_stl
    from hardware.power import budget
    from hardware.render import pictures, wires

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    printed = {}
    for name, make in MAKERS.items():
        say(f"solid: {name}")
        printed[name] = make(DIMENSIONS)
        lying = on_bed(name, printed[name])
        write_stl(folder / f"{name}.stl", of_solid(lying), f"Heelcue {name}, mm, as printed")
        write_step(lying, folder / f"{name}.step", f"heelcue_{name}")
    say("figures")
    figures(printed, folder)
    say("wiring")
    wires.draw_all(folder)
    write_wiring_tables(folder / "wiring.md")
    say("power budget")
    budget.main(folder)
    pictures.draw_all(
        pictures.scene(DIMENSIONS, printed, load_bill()), folder, lambda n: say(f"picture: {n}")
    )
    manifest = {"made_on": made_on(), "tools": tool_versions(), "files": hashes(folder)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def compare(kept: Path, make: Callable[[Path], None]) -> list[str]:
    """Sentences on how a fresh build differs from the kept files; empty if in nothing."""
    try:
        manifest = json.loads((kept / MANIFEST).read_text(encoding="utf-8"))
        noted_tools, noted_on = manifest["tools"], manifest["made_on"]
        noted_files = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{kept / MANIFEST}: missing or damaged; make it again with: make hardware"]
    here = hashes(kept)
    found = [
        f"{name}: changed since it was made (not what {MANIFEST} notes)"
        for name in sorted(noted_files)
        if name in here and here[name] != noted_files[name]
    ]
    found += [
        f"{name}: noted in {MANIFEST} but missing" for name in sorted(set(noted_files) - set(here))
    ]
    found += [f"{name}: not made by make hardware" for name in sorted(set(here) - set(noted_files))]
    with tempfile.TemporaryDirectory() as room:
        fresh_folder = Path(room, "generated")
        make(fresh_folder)
        fresh = hashes(fresh_folder)
    differ = [n for n in sorted(set(fresh) | set(here)) if fresh.get(n) != here.get(n)]
    found += [f"{name}: a fresh build gives other bytes" for name in differ]
    if found:
        tools = tool_versions()
        for tool in sorted(set(tools) | set(noted_tools)):
            if tools.get(tool) != noted_tools.get(tool):
                found.append(
                    f"tool {tool}: here {tools.get(tool)}, the files were made with"
                    f" {noted_tools.get(tool)}"
                )
        found.append(f"made on: {noted_on}; here: {made_on()}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task", choices=("build", "check"))
    chosen = parser.parse_args(arguments)
    try:
        if chosen.task == "build":
            build(GENERATED)
            print(f"{len(hashes(GENERATED))} files in {GENERATED.relative_to(HERE.parent)}")
            return 0
        found = compare(GENERATED, build)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for sentence in found:
        print(sentence)
    if not found:
        print(f"all {len(hashes(GENERATED))} files come out byte for byte the same")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
