"""`heelcue bench`: how well the device does and what it costs, beside what it should."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer

from host_tools.options import JOBS
from host_tools.words import count_of

USUAL_PLACE = Path("../shared/recordings")


def bench(
    recordings: Path | None = typer.Option(
        None, metavar="DIR", help=f"Labelled recordings [default: {USUAL_PLACE}, if it is there]."
    ),
    hours: float = typer.Option(10.0, min=0.1, help="Hours of generated non-walking."),
    quick: bool = typer.Option(
        False, "--quick", help="Leave out robustness, non-walking and the replays' time."
    ),
    jobs: int = JOBS,
    as_json: bool = typer.Option(False, "--json", help="Print all figures as JSON."),
) -> int:
    """Measure accuracy, robustness, microseconds, bytes and latency.

    On real MicroPython: microseconds and bytes a sample. On the virtual board: from the sample
    that decides to the motor pin. On labelled recordings, if present: everything of `heelcue
    evaluate`. On hours of generated non-walking: false cues. Takes a few minutes.

    \b
    Examples:
      heelcue bench
      heelcue bench --quick
      heelcue bench --json > figures.json
    """
    from heelcue.settings import defaults

    from host_tools import bench as measure
    from host_tools import bench_report as report
    from host_tools.batch import tell
    from host_tools.find import find_recordings
    from host_tools.generated import RATE_HZ, preset_recording
    from host_tools.tables import console

    settings = defaults()
    files: dict[Path, Path] = {}
    if recordings is not None or USUAL_PLACE.is_dir():
        files = find_recordings([recordings or USUAL_PLACE])
    cost = measure.cost_figures(measure.sample_costs())
    walk = preset_recording("healthy", measure.SECONDS)
    latency = measure.latency_figures(measure.board_latencies_us(walk))
    rows = report.cost_rows(cost) + report.latency_rows(latency, RATE_HZ)
    found: dict[str, Any] = {"sample": cost, "latency": latency}
    code = 0
    if files:
        on_recordings = measure.recordings_figures(files, settings, jobs=jobs, quick=quick)
        found["recordings"] = on_recordings
        code = tell(on_recordings["faults"])
        if on_recordings["figures"]:
            rows += report.accuracy_rows(on_recordings["figures"], on_recordings["cues"])
            if not quick:
                rows += report.sweep_rows(on_recordings["sweep"])
                rows += report.replay_rows(on_recordings["replay_s"])
    else:
        print(
            f"heelcue: no labelled recordings at {USUAL_PLACE}: accuracy was not measured "
            "(--recordings DIR)",
            file=sys.stderr,
        )
    if not quick:
        from host_tools.activities import false_cues

        found["activities"] = false_cues(hours, settings, jobs=jobs)
        rows += report.activity_rows(found["activities"])
    if as_json:
        print(json.dumps(found, indent=1))
        return code
    out = console()
    out.print(report.wanted_table(rows))
    for line in report.detail_lines(cost, latency):
        out.print(line, highlight=False)
    cued = {name: row for name, row in found.get("activities", {}).items() if row["cues"]}
    for name, row in cued.items():
        false = count_of(int(row["cues"]), "false cue")
        out.print(f"{name}: {false} in {row['hours']:.2f} h", highlight=False)
    return code
