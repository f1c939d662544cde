"""`heelcue import`: another program's export as a recording."""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from host_tools.errors import HeelcueError
from host_tools.options import Side
from host_tools.words import count_of

if TYPE_CHECKING:
    from host_tools.foreign import Foreign
    from host_tools.recordings import Recording

LARGE_BYTES = 10_000_000  # of an export: from here on it takes more than two seconds


class GyroUnit(str, Enum):
    """Units of angular rate."""

    DPS = "deg/s"
    RADPS = "rad/s"
    MDPS = "mdps"


def import_export(
    export: Path = typer.Argument(
        ..., metavar="EXPORT", allow_dash=True, help="The export as text (CSV); - for stdin."
    ),
    recording: Path = typer.Argument(
        ..., metavar="RECORDING", help="The recording to write, .csv or .csv.gz."
    ),
    gyro: GyroUnit = typer.Option(..., "--gyro", help="Unit of the angular rates."),
    columns: str | None = typer.Option(
        None,
        metavar="T,AX,AY,AZ,GX,GY,GZ",
        help="Names or numbers (from 1) of its columns [default: found by their names].",
    ),
    rate_hz: float | None = typer.Option(
        None, "--rate", metavar="HZ", help="Samples per second, in place of a time column."
    ),
    subject: str | None = typer.Option(
        None, help="Who walks; evaluate and tune keep each person's walks together."
    ),
    side: Side | None = typer.Option(None, help="Which foot."),
    group: str | None = typer.Option(None, help="How the walker's gait is classed."),
    as_json: bool = typer.Option(False, "--json", help="Print the outcome as JSON."),
) -> int:
    """Turn another program's export (Xsens, Shimmer, MATLAB ...) into a recording.

    Separator, decimal comma, rows above the header, and the units of time and acceleration
    (s, ms, us, ns; m/s2, g, mg, with gravity) are found out. Rows with a hole, or with zeros for
    gravity, become a gap. Labels come from 'heelcue label' or your own reference, see
    host_tools/README.md.

    \b
    Examples:
      heelcue import walk.txt s01.csv.gz --gyro rad/s --subject s01
      heelcue import walk.csv s01.csv.gz --gyro deg/s --columns 1,5,6,7,2,3,4
      heelcue import walk.csv s01.csv.gz --gyro deg/s --rate 128 --columns 4,5,6,1,2,3
    """
    from host_tools.files import check_output
    from host_tools.foreign import convert
    from host_tools.recordings import (
        RATE_GREATEST_HZ,
        RATE_LEAST_HZ,
        Recording,
        name_of,
        sidecar_of,
        write_recording,
    )

    if name_of(recording) is None:
        raise HeelcueError(f"{recording}: a recording's name ends in .csv or .csv.gz", 2)
    if rate_hz is not None and not RATE_LEAST_HZ <= rate_hz <= RATE_GREATEST_HZ:
        raise HeelcueError(
            f"--rate must be {RATE_LEAST_HZ:g} to {RATE_GREATEST_HZ:g}, not {rate_hz:g}", 2
        )
    for path in (recording, sidecar_of(recording)):
        if path.exists():  # labels may be in it, or it is the export itself
            raise HeelcueError(f"{path} is there already; give another name, or remove it", 2)
    check_output(recording)
    if str(export) == "-":
        name, data = "stdin", sys.stdin.buffer.read()
    else:
        name = str(export)
        try:
            data = export.read_bytes()
        except OSError as error:
            raise HeelcueError(f"{export}: cannot be read ({error.strerror or error})", 2) from None
    if len(data) > LARGE_BYTES:
        print(f"{name}: {len(data) / 1e6:.0f} MB, give it a moment ...", file=sys.stderr)
    found = convert(data, name, columns=columns, rate_hz=rate_hz, gyro_unit=gyro.value)
    made = Recording(recording, found.t_s, found.acc_mps2, found.gyr_dps)
    measured_hz = rate_hz or made.rate_hz
    meta = {
        "subject": subject or name_of(recording),
        "group": group,
        "side": side.value if side else None,
        "sampling_rate_hz": measured_hz,
        "duration_s": round(float(found.t_s[-1] - found.t_s[0]), 4),
        "source": f"import of {Path(name).name}",
        "columns": found.taken,
        "units": found.units,
    }
    meta = {key: value for key, value in meta.items() if value is not None}
    write_recording(recording, found.t_s, found.acc_mps2, found.gyr_dps, meta)
    _tell(made, found, measured_hz, as_json)
    return 0


def _tell(made: Recording, found: Foreign, measured_hz: float, as_json: bool) -> None:
    from host_tools.foreign import doubt

    lost = sum(segment.lost for segment in made.segments)
    doubtful = doubt(found.gyr_dps, found.units)
    if as_json:
        told = {"file": str(made.path), "samples": len(found.t_s), "rate_hz": measured_hz}
        told |= {"lost": lost, "left_out": found.left_out, "columns": found.taken}
        told |= {"units": found.units, "doubt": doubtful}
        print(json.dumps(told))
    else:
        print(
            f"{made.path}: {len(found.t_s)} samples at {measured_hz:g} Hz, "
            f"{made.duration_s:.1f} s, {lost or 'none'} lost"
        )
        print("  " + ", ".join(f"{ours} from {theirs}" for ours, theirs in found.taken.items()))
        if found.left_out:
            rows = count_of(found.left_out, "row")
            print(f"  left out: {rows} with a hole, or with zeros for gravity")
        print("  units: " + ", ".join(f"{what} {unit}" for what, unit in found.units.items()))
    if doubtful is not None:
        print(f"heelcue: {made.path}: {doubtful}", file=sys.stderr)
