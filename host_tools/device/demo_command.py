"""`heelcue demo`: the whole life of a device, on a virtual board."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from host_tools.device.options import AS_JSON


def demo(
    out: Path | None = typer.Option(
        None, "--out", metavar="DIR", help="Empty folder for what is made [default: build/demo]."
    ),
    speed: int = typer.Option(10, min=1, help="Times real time that the board walks."),
    as_json: bool = AS_JSON,
) -> int:
    """Watch a device's life: flash, walk, monitor, record, tune, apply, walk again, report.

    Everything runs as on a real board, through mpremote's transport, against the firmware on real
    MicroPython; only the board is software.

    \b
    Examples:
      heelcue demo
      heelcue demo --speed 1 --out ~/heelcue-demo
    """
    from host_tools.device.demo import demo_folder, run_demo
    from host_tools.micropython import find_micropython

    find_micropython()  # raises without, before the last demo's folder is emptied
    with demo_folder(out) as folder:
        said = run_demo(folder, speed=speed, show=not as_json)
    if as_json:
        print(json.dumps(said))
    else:
        print(f"\nDone. What was made is in {folder}.")
    return 0
