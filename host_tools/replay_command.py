"""`heelcue replay`: recordings in, event files out."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path

import typer

from host_tools.options import JOBS, SETTINGS


class Runtime(str, Enum):
    """Which Python runs the device's code."""

    CPYTHON = "cpython"
    MICROPYTHON = "micropython"


def replay(
    recordings: list[Path] = typer.Argument(
        ..., metavar="FILES|DIR...", help="Recordings, or folders that are searched for them."
    ),
    events_dir: Path = typer.Option(
        ...,
        "--events-dir",
        metavar="OUT",
        file_okay=False,
        help="Folder for the event files; mirrors the input.",
    ),
    runtime: Runtime = typer.Option(Runtime.CPYTHON, help="Python that runs the device's code."),
    settings: Path | None = SETTINGS,
    jobs: int = JOBS,
    as_json: bool = typer.Option(False, "--json", help="Print the outcome as JSON."),
) -> int:
    """Run the device's detector and scheduler over recordings.

    Writes one CSV (t_s,event) for each. Every recording starts cold: no saved calibration. A
    recording that cannot be read is named on stderr and the others still run.

    \b
    Examples:
      heelcue replay ../shared/recordings --events-dir out/events
      heelcue replay walk.csv.gz --events-dir out --runtime micropython
    """
    from host_tools.batch import tell
    from host_tools.files import check_output
    from host_tools.find import find_recordings
    from host_tools.micropython import find_micropython
    from host_tools.replay import replay_files
    from host_tools.settings_file import load_settings

    if runtime is Runtime.MICROPYTHON:
        find_micropython()
    chosen = load_settings(settings)
    check_output(events_dir / "recording.csv")
    files = find_recordings(recordings)
    written, faults = replay_files(files, events_dir, chosen, runtime=runtime.value, jobs=jobs)
    code = tell(faults)
    if as_json:
        print(json.dumps({"written": written, "faults": faults, "events_dir": str(events_dir)}))
    else:
        left_out = f"; {len(faults)} failed" if faults else ""
        print(f"{written} event files written to {events_dir}{left_out}")
    return code
