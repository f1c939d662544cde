"""`heelcue evaluate`: how good the device is on labelled recordings."""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path

import typer

from host_tools.options import JOBS, SETTINGS


class Baseline(str, Enum):
    """Rules to put beside the device's."""

    FIXED_THRESHOLD = "fixed-threshold"


def evaluate(
    recordings: list[Path] = typer.Argument(
        ..., metavar="DIR|FILES...", help="Labelled recordings, or folders of them."
    ),
    settings: Path | None = SETTINGS,
    events: Path | None = typer.Option(
        None,
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Score the event files of an earlier replay instead.",
    ),
    plot: Path | None = typer.Option(
        None,
        metavar="DIR",
        file_okay=False,
        help="Write plots here: errors, people, stride times, failed strides of the worst.",
    ),
    compare: Baseline | None = typer.Option(
        None, help="Put a plain rule, told the true axis, beside the device."
    ),
    sweep: bool = typer.Option(
        False,
        "--sweep",
        help="Also score them turned, resampled, noisy, clipped, lossy, begun late ...",
    ),
    cross_validate: bool = typer.Option(
        False,
        "--cross-validate",
        help="Also choose the constants anew without each fifth of the people, and score these.",
    ),
    jobs: int = JOBS,
    as_json: bool = typer.Option(False, "--json", help="Print all figures as JSON."),
) -> int:
    """Score heel-offs and cues against labelled recordings.

    Cold start, unknown mounting. Figures stand per set (folder) and group, with 95 % intervals over
    people; then the worst recordings. host_tools/README.md says what counts, the recordings' format
    and each key of the JSON. A recording that cannot be read is named on stderr and the others are
    scored.

    \b
    Examples:
      heelcue evaluate ../shared/recordings
      heelcue evaluate ../shared/recordings/voisard2023 --plot out/plots
      heelcue evaluate ../shared/recordings --compare fixed-threshold
      heelcue evaluate ../shared/recordings --sweep --plot out/plots
      heelcue evaluate ../shared/recordings --cross-validate --plot out/plots
      heelcue evaluate ../shared/recordings --json > figures.json
    """
    from host_tools import evaluate_report
    from host_tools.batch import tell
    from host_tools.cross_validation import check_people
    from host_tools.errors import HeelcueError
    from host_tools.evaluate import FIXED_THRESHOLD, evaluate_files
    from host_tools.files import check_output
    from host_tools.find import find_recordings
    from host_tools.settings_file import load_settings
    from host_tools.tables import console

    if cross_validate and events is not None:
        raise HeelcueError("--events does nothing beside --cross-validate; leave one away", 2)
    chosen = load_settings(settings)
    if plot is not None:
        check_output(plot / "error_histogram.png")
    files = find_recordings(recordings)
    evaluation = evaluate_files(files, chosen, events_dir=events, jobs=jobs)
    code = tell(evaluation.faults)
    if cross_validate and evaluation.results:
        check_people(evaluation)
    baseline = None
    if compare is not None:
        baseline = evaluate_files(files, chosen, rule=FIXED_THRESHOLD, jobs=jobs)
    swept = None
    if sweep:
        from host_tools.sweep import first_strides_table, sweep_figures, sweep_files, sweep_table

        swept = sweep_figures(sweep_files(files, chosen, jobs=jobs)) if evaluation.results else {}
    validated = []
    if cross_validate and evaluation.results:
        from host_tools.cross_validation import AIMS
        from host_tools.cross_validation import cross_validate as validate

        validated = [validate(evaluation, files, chosen, aim, jobs=jobs) for aim in AIMS]
    if as_json:
        figures = evaluate_report.as_json(evaluation, chosen)
        if baseline is not None:
            figures["fixed_threshold"] = baseline.figures()
        if swept is not None:
            figures["sweep"] = swept
        if cross_validate:
            from host_tools.cross_validation_report import validation_json

            figures["cross_validation"] = {one.aim.key: validation_json(one) for one in validated}
        print(json.dumps(figures, indent=1))
    elif evaluation.results:
        evaluate_report.print_evaluation(evaluation, chosen, "events given" if events else "replay")
        if baseline is not None:
            table = evaluate_report.compare_table(evaluation.figures(), baseline.figures())
            console().print(table)
        if swept:
            console().print(sweep_table(swept))
            console().print(first_strides_table(swept))
        if validated:
            from host_tools.cross_validation_report import print_validation

            for one in validated:
                print_validation(one)
    if plot is not None:
        from host_tools.plots import plot_constants, plot_evaluation, plot_sweep

        written = plot_evaluation(evaluation, files, plot)
        if swept:
            written.append(plot_sweep(swept, plot / "robustness.png"))
        for one in validated:
            written.append(plot_constants(one, plot / f"constants_{one.aim.key}.png"))
        for path in written:
            print(path, file=sys.stderr)
    return code
