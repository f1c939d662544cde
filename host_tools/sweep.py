"""Robustness: what each perturbation of the recordings costs, in F1 and in the first strides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from host_tools.batch import run_all
from host_tools.evaluate import Evaluation, Result, Task, read_labelled, score_replay
from host_tools.perturb import PERTURBATIONS, perturb
from host_tools.replay import Walk, replay_walk
from host_tools.scoring import FIRST_STRIDES
from host_tools.tables import percent, signed_ms, table_of

AS_RECORDED = "as recorded"


def _sweep_one(task: Task, settings: Mapping[str, Any]) -> dict[str, Result]:
    recording = read_labelled(task.file)
    results = {}
    for name in PERTURBATIONS:
        changed = perturb(recording, name)
        if changed is not None:
            replay = replay_walk(Walk.of(changed), settings)
            results[name] = score_replay(changed, replay, task.relative, settings)
    return results


def sweep_files(
    files: Mapping[Path, Path], settings: Mapping[str, Any], *, jobs: int = 2
) -> dict[str, Evaluation]:
    """Score {relative path: recording} under every perturbation: {perturbation: evaluation}.

    A perturbation is scored on the recordings to which it can be done.
    """
    tasks = [Task(relative, file) for relative, file in files.items()]
    worker = partial(_sweep_one, settings=dict(settings))
    outcomes = run_all(worker, tasks, jobs=jobs, what="sweep")
    faults = [outcome.fault for outcome in outcomes if outcome.fault is not None]
    done = [outcome.result for outcome in outcomes if outcome.result is not None]
    return {
        name: Evaluation([results[name] for results in done if name in results], faults)
        for name in PERTURBATIONS
    }


def sweep_figures(sweep: Mapping[str, Evaluation]) -> dict[str, dict[str, Any]]:
    """Return {perturbation: figures of all recordings to which it can be done}.

    With them f1_lost and f1_lost_worst_group, against the same recordings as they are, and how
    soon it works: found_by_stride, first_by_second_stride, first_by_third_stride (shares).
    A perturbation that can be done to none is left out.
    """
    table = {}
    for name, evaluation in sweep.items():
        if not evaluation.results:
            continue
        figures = evaluation.figures()
        names = {result.name for result in evaluation.results}
        same = [result for result in sweep[AS_RECORDED].results if result.name in names]
        reference = Evaluation(same, []).figures()
        lost = {
            key: reference[key]["f1"] - row["f1"]
            for key, row in figures.items()
            if key.startswith("ALL/")
        }
        cues = evaluation.cue_figures()["ALL/ALL"]
        table[name] = {
            **figures["ALL/ALL"],
            "f1_lost": lost["ALL/ALL"],
            "f1_lost_worst_group": max(lost.values()),
            "found_by_stride": evaluation.found_by_stride(),
            "first_by_second_stride": cues["first_by_second_stride"],
            "first_by_third_stride": cues["first_by_third_stride"],
        }
    return table


def sweep_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """Show the sweep."""
    table = table_of(
        "Robustness (all recordings, one change at a time)",
        ["change", "rec.", "F1", "F1 lost", "worst group", "recall", "precis.", "false /10 min",
         "median ms", "p95 ms"],
    )  # fmt: skip
    for name, row in figures.items():
        table.add_row(
            name,
            f"{row['recordings']}",
            f"{row['f1']:.4f}",
            f"{row['f1_lost']:+.4f}",
            f"{row['f1_lost_worst_group']:+.4f}",
            f"{row['recall']:.4f}",
            f"{row['precision']:.4f}",
            f"{row['false_per_10min']:.2f}",
            signed_ms(row["err_median_ms"]),
            signed_ms(row["err_p95_ms"]),
        )
    return table


def first_strides_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """Show how soon it works: the first strides one by one, and the first cue."""
    table = table_of(
        "The first strides (share found of the 1st, 2nd ...; share of recordings cued by then)",
        ["change", *(f"{number + 1}. %" for number in range(FIRST_STRIDES)),
         "first cue by 2nd %", "by 3rd %"],
    )  # fmt: skip
    for name, row in figures.items():
        table.add_row(
            name,
            *(percent(share) for share in row["found_by_stride"]),
            percent(row["first_by_second_stride"]),
            percent(row["first_by_third_stride"]),
        )
    return table
