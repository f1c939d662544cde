"""Robustness: how much F1 each perturbation of the recordings costs, as one table and one plot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from host_tools.batch import run_all
from host_tools.evaluate import Evaluation, Result, Task, read_labelled, score_replay
from host_tools.evaluate_report import signed_ms, table_of
from host_tools.perturb import PERTURBATIONS, perturb
from host_tools.replay import Walk, replay_walk

AS_RECORDED = "as recorded"


def _sweep_one(task: Task, settings: Mapping[str, Any]) -> dict[str, Result]:
    recording = read_labelled(task.file)
    results = {}
    for name in PERTURBATIONS:
        changed = perturb(recording, name)
        replay = replay_walk(Walk.of(changed), settings)
        results[name] = score_replay(changed, replay, task.relative, settings)
    return results


def sweep_files(
    files: Mapping[Path, Path], settings: Mapping[str, Any], *, jobs: int = 2
) -> dict[str, Evaluation]:
    """Score {relative path: recording} under every perturbation: {perturbation: evaluation}."""
    tasks = [Task(relative, file) for relative, file in files.items()]
    worker = partial(_sweep_one, settings=dict(settings))
    outcomes = run_all(worker, tasks, jobs=jobs, what="sweep")
    faults = [outcome.fault for outcome in outcomes if outcome.fault is not None]
    done = [outcome.result for outcome in outcomes if outcome.result is not None]
    return {name: Evaluation([results[name] for results in done], faults) for name in PERTURBATIONS}


def sweep_figures(sweep: Mapping[str, Evaluation]) -> dict[str, dict[str, Any]]:
    """Return {perturbation: figures of all recordings, with f1_lost and f1_lost_worst_group}."""
    reference = sweep[AS_RECORDED].figures()
    groups = [key for key in reference if key.startswith("ALL/")]
    table = {}
    for name, evaluation in sweep.items():
        figures = evaluation.figures()
        lost = {key: reference[key]["f1"] - figures[key]["f1"] for key in groups}
        table[name] = {
            **figures["ALL/ALL"],
            "f1_lost": lost["ALL/ALL"],
            "f1_lost_worst_group": max(lost.values()),
        }
    return table


def sweep_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """Show the sweep."""
    table = table_of(
        "Robustness (all recordings, one change at a time)",
        ["change", "F1", "F1 lost", "worst group", "recall", "precis.", "false /10 min",
         "median ms", "p95 ms"],
    )  # fmt: skip
    for name, row in figures.items():
        table.add_row(
            name,
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
