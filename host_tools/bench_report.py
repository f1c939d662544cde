"""The bench's figures beside what they should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.table import Table

from host_tools.perturb import MID_WALK
from host_tools.tables import table_of
from host_tools.words import count_of


class Wanted(NamedTuple):
    """A figure that should be at most or at least something."""

    label: str
    value: float | None
    spec: str
    unit: str
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it is; None when it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self) -> tuple[str, str, str, str]:
        """Return the cells of its row."""
        wanted = f"{'>=' if self.at_least else '<='} {self.limit:g}{self.unit}"
        if self.value is None:
            return self.label, "not measured", wanted, ""
        return (
            self.label,
            f"{self.value:{self.spec}}{self.unit}",
            wanted,
            "yes" if self.met else "NO",
        )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _of_strides(row: Mapping[str, Any], key: str) -> float | None:
    """Return a figure that is about labelled strides; None where there are none."""
    return float(row[key]) if row["strides"] else None


def accuracy_rows(
    figures: Mapping[str, Mapping[str, Any]], cues: Mapping[str, Mapping[str, Any]]
) -> list[Wanted]:
    """Detection and cues on the labelled recordings."""
    total, cue_total = figures["ALL/ALL"], cues["ALL/ALL"]
    rows = [Wanted("F1, all recordings", _of_strides(total, "f1"), ".4f", "", 0.985, True)]
    rows += [
        Wanted(f"F1, {key.partition('/')[2]}", _of_strides(row, "f1"), ".4f", "", 0.98, True)
        for key, row in figures.items()
        if key.startswith("ALL/") and key != "ALL/ALL"
    ]
    rows += [
        Wanted("false heel-offs per 10 min", total["false_per_10min"], ".2f", "", 3),
        Wanted("false cues per 10 min", cue_total["false_per_10min"], ".2f", "", 3),
        Wanted("heel-off error, median", total["err_median_ms"], "+.0f", " ms", 20),
        Wanted("heel-off error, p95", total["err_p95_ms"], "+.0f", " ms", 45),
        Wanted(
            "hits before the push-off peak",
            _percent(_of_strides(total, "before_peak")),
            ".2f",
            " %",
            99.5,
            True,
        ),
        Wanted(
            "first cue by the second stride",
            _percent(cue_total["first_by_second_stride"]),
            ".1f",
            " % of recordings",
            97,
            True,
        ),
    ]
    within = {"sanchez2019/healthy": 88, "voisard2023/ALL": 72, "truong2019/ALL": 62}
    for key, limit in within.items():
        if key in cues:
            share = _percent(cues[key]["predicted_within_50ms"])
            rows.append(Wanted(f"predicted within 50 ms, {key}", share, ".1f", " %", limit, True))
    steady = {"sanchez2019/healthy": 80, "voisard2023/ALL": 60}
    for key, limit in steady.items():
        if key in cues:
            share = _percent(cues[key]["predicted_after_4th"])
            rows.append(
                Wanted(f"predicted after the fourth, {key}", share, ".1f", " %", limit, True)
            )
    return rows


def sweep_rows(figures: Mapping[str, Mapping[str, Any]]) -> list[Wanted]:
    """F1 lost under each perturbation that has a bar, and how soon it works in mid-walk."""
    barred = ("random mounting", "59 Hz", "208 Hz", "416 Hz", "gyro bias ±20 deg/s")
    rows = [
        Wanted(f"F1 lost, {name}", _of_strides(figures[name], "f1_lost"), "+.4f", "", 0.003)
        for name in barred
    ]
    if MID_WALK in figures:  # long walks only
        late = figures[MID_WALK]
        third, cued = late["found_by_stride"][2], late["first_by_third_stride"]
        rows += [
            Wanted(f"third strides found, {MID_WALK}", _percent(third), ".1f", " %", 95, True),
            Wanted(
                f"first cue by the third stride, {MID_WALK}",
                _percent(cued),
                ".1f",
                " % of recordings",
                90,
                True,
            ),
        ]
    return rows


def activity_rows(activities: Mapping[str, Mapping[str, float]]) -> list[Wanted]:
    """False cues in generated non-walking."""
    hours = sum(row["hours"] for row in activities.values())
    cues = sum(row["cues"] for row in activities.values())
    return [Wanted(f"false cues in {hours:.0f} h of generated non-walking", cues, ".0f", "", 0)]


def cost_rows(cost: Mapping[str, Any]) -> list[Wanted]:
    """What a sample costs on MicroPython."""
    locked = 0.0 if cost["runs_with_heap_locked"] else 1.0
    return [
        Wanted("sample to scheduler, median", cost["us_per_sample_median"], ".2f", " us", 7),
        Wanted("allocated per sample", cost["bytes_allocated_per_sample"], ".3g", " bytes", 0),
        Wanted("walks that fail with the heap locked", locked, ".0f", "", 0),
    ]


def latency_rows(latency: Mapping[str, Any], rate_hz: float) -> list[Wanted]:
    """Sample to motor pin on the virtual board."""
    one_sample_ms = 1000 / rate_hz
    return [
        Wanted(
            "sample to motor pin, p50", latency["p50_ms"], ".2f", " ms", round(one_sample_ms + 1, 1)
        ),
        Wanted("sample to motor pin, p99", latency["p99_ms"], ".2f", " ms", 12),
    ]


def replay_rows(seconds: Mapping[str, float]) -> list[Wanted]:
    """How long a replay of all recordings takes."""
    limits = {"cpython": 90, "micropython": 180}
    return [
        Wanted(f"replay of all recordings, {runtime}", seconds[runtime], ".0f", " s", limit)
        for runtime, limit in limits.items()
        if runtime in seconds
    ]


def wanted_table(rows: list[Wanted]) -> Table:
    """Show figures beside what they should be."""
    table = table_of("Bench", ["figure", "measured", "wanted", "met"])
    for row in rows:
        table.add_row(*row.row(), style="" if row.met else "red" if row.met is False else "dim")
    return table


def detail_lines(cost: Mapping[str, Any], latency: Mapping[str, Any]) -> list[str]:
    """Spell what the table leaves out."""
    walks = ", ".join(f"{name} {us:.2f}" for name, us in cost["us_per_sample_by_walk"].items())
    lines = [
        f"MicroPython: {cost['samples']} samples of generated walks, us per sample (median of "
        f"blocks): {walks}; p95 {cost['us_per_sample_p95']:.2f}",
        "Virtual board: no cue came",
    ]
    if latency["cues"]:
        lines[1] = (
            f"Virtual board: {count_of(latency['cues'], 'cue')}, from the instant of the deciding "
            f"sample to the motor pin: least {latency['min_ms']:.2f}, "
            f"p50 {latency['p50_ms']:.2f}, p95 {latency['p95_ms']:.2f}, "
            f"p99 {latency['p99_ms']:.2f}, most {latency['max_ms']:.2f} ms"
        )
    frames = cost["call_frame_bytes_per_sample"]
    if frames is not None:
        lines.insert(
            1,
            f"Call frames too large for the stack: {frames:.0f} bytes a sample taken from the heap "
            "and given back at once (0 allocated; a frame falls back on the stack when the heap "
            "is locked or full)",
        )
    return lines
