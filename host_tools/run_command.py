"""`heelcue run`: the firmware on the virtual board, walking, with its cues in view."""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path

import typer

from host_tools.errors import HeelcueError
from host_tools.options import SETTINGS, as_options, refuse_beside


class Speed(str, Enum):
    """How fast virtual time passes."""

    REAL = "real"
    MAX = "max"


def run(
    context: typer.Context,
    recording: Path | None = typer.Option(
        None, metavar="FILE", help="Play this recording into the board's IMU."
    ),
    walk: str = typer.Option(
        "generated", help="Or generate a walk: 'generated' (healthy), or a preset's name."
    ),
    seconds: float = typer.Option(30.0, min=9.0, help="Length of the generated walk."),
    seed: int = typer.Option(1, min=0, help="Another walk for another number."),
    speed: Speed | None = typer.Option(
        None, help="Real time, or as fast as it goes [default: real on a terminal, else max]."
    ),
    lead_ms: int | None = typer.Option(None, help="Setting: how long before heel-off to buzz."),
    cue_mode: str | None = typer.Option(None, help="Setting: auto, reactive, predictive or off."),
    settings: Path | None = SETTINGS,
    as_json: bool = typer.Option(False, "--json", help="Print only the summary, as JSON."),
) -> int:
    """Walk: the firmware on the virtual board, every heel-off and cue in view.

    The device's own code runs on real MicroPython, on a virtual ESP32 with an MPU6050 and a motor.
    A walk goes in at the IMU's registers, the motor's pin comes out. On a terminal there is a live
    picture; piped, a line for each stride. A summary ends both.

    \b
    Examples:
      heelcue run
      heelcue run --walk running --seconds 60 --speed max
      heelcue run --recording walk.csv.gz --lead-ms 100
    """
    from rich.console import Console

    from host_tools.generated import preset_recording
    from host_tools.recordings import read_recording
    from host_tools.run_view import play_live, play_plain, summary_lines
    from host_tools.session import Session
    from host_tools.settings_file import changed_settings, load_settings
    from host_tools.terminal import draws

    chosen = load_settings(settings)
    try:
        chosen = changed_settings(chosen, {"lead_ms": lead_ms, "cue_mode": cue_mode})
    except HeelcueError as error:
        options = {"lead_ms": "--lead-ms", "cue_mode": "--cue-mode"}
        raise HeelcueError(as_options(error, options), error.exit_code) from None
    if recording is not None:
        refuse_beside(context, "--recording", ("walk", "seconds", "seed"))
        source, played = recording.name, read_recording(recording)
    else:
        preset = "healthy" if walk == "generated" else walk
        source, played = f"generated walk ({preset})", preset_recording(preset, seconds, seed)
    console = Console()
    live = draws(sys.stdout) and not as_json
    real_time = speed is Speed.REAL or (speed is None and live)
    code = 0
    with Session(played, chosen) as session:
        try:
            if live:
                play_live(session, console, real_time=real_time)
            else:
                say = (lambda line: None) if as_json else typer.echo
                play_plain(session, say, real_time=real_time)
        except KeyboardInterrupt:
            code = 130
        figures = session.summary()
    if as_json:
        print(json.dumps(figures, indent=1))
    else:
        for line in summary_lines(figures, source):
            print(line)
    return code
