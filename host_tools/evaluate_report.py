"""Evaluations as tables on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heelcue import __version__
from rich.table import Table

from host_tools.evaluate import Evaluation
from host_tools.people import FEWEST_PEOPLE, RESAMPLES, every_person, people_figures
from host_tools.scoring import ALL
from host_tools.tables import beside, console, percent, signed_ms, table_of
from host_tools.words import count_of

WORST_SHOWN = 12
HISTOGRAM_MS = range(-100, 160, 10)
BAR_WIDTH, BESIDE_BAR = 44, 17  # characters; beside it stand its place and its count

Figures = Mapping[str, Mapping[str, Any]]


def _shown(figures: Figures) -> list[tuple[str, Mapping[str, Any]]]:
    """Order the rows, sets first and the total last, without those that only repeat another."""
    groups_of: dict[str, set[str]] = {}
    sets_of: dict[str, set[str]] = {}
    for key in figures:
        name, _, group = key.rpartition("/")
        groups_of.setdefault(name, set()).add(group)
        sets_of.setdefault(group, set()).add(name)
    kept = []
    for key in figures:
        name, _, group = key.rpartition("/")
        lone_group = group == ALL and name != ALL and len(groups_of[name]) == 2
        lone_set = name == ALL and group != ALL and len(sets_of[group]) == 2
        if not lone_group and not lone_set:
            kept.append((name == ALL, name, group == ALL, group, key))
    return [(key, figures[key]) for *_, key in sorted(kept)]


def heel_off_table(figures: Figures, title: str) -> Table:
    """Show detection of heel-off, a row for each set and group."""
    table = table_of(
        title,
        ["set/group", "rec.", "strides", "recall", "precis.", "F1", "false /10 min", "median ms",
         "p5 ms", "p95 ms", "30 ms %", "50 ms %", "before peak %"],
    )  # fmt: skip
    for key, row in _shown(figures):
        walked = row["strides"] > 0
        table.add_row(
            key,
            f"{row['recordings']}",
            f"{row['strides']}",
            f"{row['recall']:.4f}" if walked else "-",
            f"{row['precision']:.4f}" if walked else "-",
            f"{row['f1']:.4f}" if walked else "-",
            f"{row['false_per_10min']:.2f}",
            signed_ms(row["err_median_ms"]),
            signed_ms(row["err_p5_ms"]),
            signed_ms(row["err_p95_ms"]),
            percent(row["within_30ms"] if walked else None, 0),
            percent(row["within_50ms"] if walked else None, 0),
            percent(row["before_peak"] if walked else None, 2),
        )
    return table


def cue_table(figures: Figures, settings: Mapping[str, Any]) -> Table:
    """Show the buzz: which strides got one, and when it was felt."""
    table = table_of(
        f"Cues (mode {settings['cue_mode']}, lead {settings['lead_ms']} ms, felt "
        f"{settings['motor_spin_up_ms']} ms after the motor is switched on)",
        ["set/group", "pred. %", "react. %", "missed %", "pred. after 4th %", "pred. 30 ms %",
         "pred. 50 ms %", "pred. median", "react. median", "react. p95", "false /10 min",
         "false pred.", "first by 2nd %"],
    )  # fmt: skip
    for key, row in _shown(figures):
        table.add_row(
            key,
            percent(row["predicted"]),
            percent(row["reacted"]),
            percent(row["missed"]),
            percent(row["predicted_after_4th"]),
            percent(row["predicted_within_30ms"]),
            percent(row["predicted_within_50ms"]),
            signed_ms(row["predicted_median_ms"]),
            signed_ms(row["reacted_median_ms"]),
            signed_ms(row["reacted_p95_ms"]),
            f"{row['false_per_10min']:.2f}",
            f"{row['false_predicted']}",
            percent(row["first_by_second_stride"]),
        )
    return table


def worst_table(evaluation: Evaluation) -> Table:
    """Show the recordings with the lowest F1."""
    worst = evaluation.worst_first()
    clean = len(evaluation.results) - len(worst)
    table = table_of(
        f"Worst recordings first ({clean} of {len(evaluation.results)} are without a fault)",
        ["recording", "group", "strides", "F1", "missed at s", "false at s"],
    )
    for result in worst[:WORST_SHOWN]:
        score = result.heel_offs
        table.add_row(
            result.name,
            result.group,
            f"{len(score.hits) + len(score.missed)}",
            f"{score.f1:.3f}",
            _times([stride.heel_off_s for stride in score.missed]),
            _times(score.false_s),
        )
    return table


def _times(times_s: Sequence[float], shown: int = 4) -> str:
    text = " ".join(f"{time_s:.1f}" for time_s in times_s[:shown])
    return f"{text} +{len(times_s) - shown}" if len(times_s) > shown else text


def histogram_lines(errors_ms: Sequence[float], width: int) -> list[str]:
    """Draw the errors as bars of text, 10 ms each; the ends take what is beyond them."""
    bar_width = max(1, min(BAR_WIDTH, width - BESIDE_BAR))
    counts = [0] * len(HISTOGRAM_MS)
    for error in errors_ms:
        slot = int((error - HISTOGRAM_MS[0]) // HISTOGRAM_MS.step)
        counts[max(0, min(len(counts) - 1, slot))] += 1
    filled = [k for k, count in enumerate(counts) if count]
    if not filled:
        return ["no detection hit a stride"]
    top = max(counts)
    return [
        f"{HISTOGRAM_MS[k]:+5d} ms {'█' * round(bar_width * counts[k] / top):<{bar_width}}"
        f" {counts[k]}"
        for k in range(filled[0], filled[-1] + 1)
    ]


def compare_table(ours: Figures, baseline: Figures) -> Table:
    """Put the device beside the plain rule."""
    table = table_of(
        "The device, which finds its axis itself | a fixed threshold that is told the axis",
        ["set/group", "F1", "fixed", "false/10 min", "fixed", "median ms", "fixed", "p95 ms",
         "fixed"],
    )  # fmt: skip
    for key, row in _shown(ours):
        other = baseline[key]
        table.add_row(key, *beside(row, other))
    return table


def people_table(figures: Figures) -> Table:
    """Show how sure the figures are: over people, with 95 % intervals, and by stride times."""
    table = table_of(
        f"How sure: 95 % intervals, people resampled {RESAMPLES} times (-: fewer than "
        f"{FEWEST_PEOPLE} people, or no two differ)",
        ["set/group", "people", "F1 95 %", "false /10 min 95 %", "median ms 95 %",
         "least F1 of a person", "without a fault", "stride times", "bias ms", "limits ms"],
    )  # fmt: skip
    for key, row in _shown(figures):
        spread, agreement = row["f1_of_people"], row["stride_time"]
        least = spread["least"]
        table.add_row(
            key,
            f"{row['people']}",
            _span(row["f1_95"], ".4f"),
            _span(row["false_per_10min_95"], ".2f"),
            _span(row["err_median_95_ms"], "+.0f"),
            "-" if least is None else f"{least:.3f}",
            f"{spread['without_a_fault']}/{spread['people']}",
            f"{agreement['strides']}",
            "-" if agreement["bias_ms"] is None else f"{agreement['bias_ms']:+.1f}",
            _span(agreement["limits_ms"], "+.0f"),
        )
    return table


def _span(interval: tuple[float, float] | None, form: str) -> str:
    return "-" if interval is None else f"{interval[0]:{form}}..{interval[1]:{form}}"


def people_lines(by_subject: Mapping[str, Any]) -> list[str]:
    """Name those for whom it works least; nobody without a fault is one of them."""
    worst = {name: f1 for name, f1 in by_subject["worst_people"].items() if f1 < 1}
    listed = ", ".join(f"{name} {f1:.3f}" for name, f1 in worst.items())
    return [f"Lowest F1 of a person: {listed}"] if worst else []


def print_evaluation(evaluation: Evaluation, settings: Mapping[str, Any], runtime: str) -> None:
    """Print every table of an evaluation."""
    out = console()
    out.print(heel_off_table(evaluation.figures(), f"Heel-off ({runtime}, cold start)"))
    out.print(cue_table(evaluation.cue_figures(), settings))
    if evaluation.worst_first():
        out.print(worst_table(evaluation))
    else:
        out.print(
            f"Worst recordings first: none of the {len(evaluation.results)} has a fault",
            highlight=False,
        )
    out.print(people_table(people_figures(evaluation)))
    for line in people_lines(evaluation.by_subject()):
        out.print(line, highlight=False)
    if (idle := evaluation.non_walking()) is not None:
        false = count_of(int(idle["false_cues"]), "false cue")
        out.print(
            f"Without a step: {idle['hours']:.2f} h, {false}, "
            f"{idle['false_cues_per_hour']:.1f} per hour",
            highlight=False,
        )
    out.print("Error: detection minus reference heel-off", style="bold", highlight=False)
    errors = [hit.error_ms for result in evaluation.results for hit in result.heel_offs.hits]
    for line in histogram_lines(errors, out.width):
        out.print(line, highlight=False)


def as_json(evaluation: Evaluation, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return all figures for a script; README.md says what each is."""
    return {
        "version": __version__,
        "settings": dict(settings),
        "figures": evaluation.figures(),
        "sure": people_figures(evaluation),
        "people": every_person(evaluation),
        "cues": evaluation.cue_figures(),
        "non_walking": evaluation.non_walking(),
        "by_subject": evaluation.by_subject(),
        "worst": [
            {
                "recording": result.name,
                "group": result.group,
                "f1": result.heel_offs.f1,
                "missed_s": [stride.heel_off_s for stride in result.heel_offs.missed],
                "false_s": result.heel_offs.false_s,
            }
            for result in evaluation.worst_first()
        ],
        "faults": evaluation.faults,
    }
