"""`heelcue evaluate`: how good the device is on labelled recordings."""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from host_tools.options import JOBS, SETTINGS

if TYPE_CHECKING:
    from host_tools.cross_validation import CrossValidation
    from host_tools.evaluate import Evaluation


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
        help="Also choose the constants again without each fifth of the people, and score them.",
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
    from host_tools.batch import tell
    from host_tools.cross_validation import AIMS, check_people
    from host_tools.cross_validation import cross_validate as validate
    from host_tools.errors import HeelcueError
    from host_tools.evaluate import FIXED_THRESHOLD, evaluate_files
    from host_tools.files import check_output
    from host_tools.find import find_recordings
    from host_tools.settings_file import load_settings
    from host_tools.sweep import sweep_figures, sweep_files

    if cross_validate and events is not None:
        raise HeelcueError(
            "--events does nothing beside --cross-validate; leave one of them out", 2
        )
    chosen = load_settings(settings)
    if plot is not None:
        check_output(plot / "error_histogram.png")
    files = find_recordings(recordings)
    evaluation = evaluate_files(files, chosen, events_dir=events, jobs=jobs)
    code = tell(evaluation.faults)
    found = Found(evaluation)
    if cross_validate and evaluation.results:
        check_people(evaluation)
    if compare is not None:
        baseline = evaluate_files(files, chosen, rule=FIXED_THRESHOLD, jobs=jobs)
        found = found._replace(baseline=baseline)
    if sweep:
        swept = sweep_figures(sweep_files(files, chosen, jobs=jobs)) if evaluation.results else {}
        found = found._replace(swept=swept)
    if cross_validate:
        aims = AIMS if evaluation.results else ()
        validated = [validate(evaluation, files, chosen, aim, jobs=jobs) for aim in aims]
        found = found._replace(validated=validated)
    if as_json:
        print(json.dumps(_as_json(found, chosen), indent=1))
    elif evaluation.results:
        _print_all(found, chosen, "events given" if events else "replay")
    if plot is not None:
        for path in _plot_all(found, files, plot):
            print(path, file=sys.stderr)
    return code


class Found(NamedTuple):
    """What was asked for: the evaluation, and None for what was not."""

    evaluation: Evaluation
    baseline: Evaluation | None = None
    swept: dict[str, dict[str, Any]] | None = None
    validated: list[CrossValidation] | None = None


def _as_json(found: Found, settings: dict[str, Any]) -> dict[str, Any]:
    from host_tools.cross_validation_report import validation_json
    from host_tools.evaluate_report import as_json

    figures = as_json(found.evaluation, settings)
    if found.baseline is not None:
        figures["fixed_threshold"] = found.baseline.figures()
    if found.swept is not None:
        figures["sweep"] = found.swept
    if found.validated is not None:
        figures["cross_validation"] = {one.aim.key: validation_json(one) for one in found.validated}
    return figures


def _print_all(found: Found, settings: dict[str, Any], runtime: str) -> None:
    from host_tools.cross_validation_report import print_validation
    from host_tools.evaluate_report import compare_table, print_evaluation
    from host_tools.sweep import first_strides_table, sweep_table
    from host_tools.tables import console

    print_evaluation(found.evaluation, settings, runtime)
    if found.baseline is not None:
        console().print(compare_table(found.evaluation.figures(), found.baseline.figures()))
    if found.swept:
        console().print(sweep_table(found.swept))
        console().print(first_strides_table(found.swept))
    for one in found.validated or ():
        print_validation(one)


def _plot_all(found: Found, files: dict[Path, Path], folder: Path) -> list[Path]:
    from host_tools.plots import plot_constants, plot_evaluation, plot_sweep

    written = plot_evaluation(found.evaluation, files, folder)
    if found.swept:
        written.append(plot_sweep(found.swept, folder / "robustness.png"))
    for one in found.validated or ():
        written.append(plot_constants(one, folder / f"constants_{one.aim.key}.png"))
    return written
