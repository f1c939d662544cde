"""`heelcue label`: heel-offs by hindsight into a recording's sidecar, or checked against it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import typer

from host_tools.device.labeller import HeelOff
from host_tools.options import JOBS
from host_tools.sidecars import Stride
from host_tools.words import count_of

PUSHED_OFF_S = 0.1  # so long after the push-off peak the foot is in swing
METHOD = "offline labeller of heelcue: zero-phase 15 Hz heel-up rate last rises through 20 deg/s"


class Labelled(NamedTuple):
    """What the labeller made of one recording, and how that compares with its labels."""

    heel_offs: list[HeelOff]
    meta: dict[str, Any]
    counted: int  # labelled strides that count
    errors_ms: list[float]  # labeller minus label, of those it found
    sign: float  # rate at the labelled push-off peaks over the labels' own, median; nan: no peak
    heel_first: float  # share of the rests that the foot leaves heel first, by the labeller's sign
    rests: int  # how many there are
    forward_ms: float  # way forward in swing by the labeller's sign, integrated (m s)
    landings: int  # heel-offs found where a labelled step swings or lands: surely none

    @property
    def mirrored(self) -> bool:
        """Whether the labels have the sagittal axis the other way round, and wrongly so.

        Their rates are this labeller's with the opposite sign, and it is with the labeller's sign
        that the foot leaves the ground heel first.
        """
        return self.sign < 0 and self.heel_first > 0.5


def label_file(path: Path) -> Labelled:
    """Label one recording and hold it against the labels it has."""
    from statistics import median

    from host_tools.device.labeller import find_heel_offs, heel_first, motion_of
    from host_tools.recordings import read_recording
    from host_tools.scoring import hit_window, labels_of, match

    recording = read_recording(path)
    motion = motion_of(recording)
    found = find_heel_offs(motion)
    known = labels_of(recording).walked
    taken = match(known, [one.heel_off_s for one in found], hit_window)
    errors = [
        (found[index].heel_off_s - stride.heel_off_s) * 1000 for index, stride in taken.items()
    ]
    ratios = []
    for stride in known:
        at = round((stride.push_off_peak_s - motion.t0_s) * motion.rate_hz)
        ratios.append(
            float(motion.pitch_dps[min(at, len(motion.pitch_dps) - 1)]) / stride.push_off_peak_dps
        )
    sign = median(ratios) if ratios else float("nan")
    return Labelled(
        found, recording.meta, len(known), errors, sign, *heel_first(motion), motion.forward,
        _landings(found, recording.strides),
    )  # fmt: skip


def _landings(found: list[HeelOff], strides: list[Stride]) -> int:
    return sum(
        any(
            stride.push_off_peak_s + PUSHED_OFF_S < one.heel_off_s < stride.step_end_s
            for one in found
        )
        for stride in strides
        if stride.push_off_peak_s is not None
    )


def strides_of(heel_offs: list[HeelOff]) -> list[dict[str, float]]:
    """Return heel-offs as the sidecar's `strides`: a step from its push-off peak to landing."""
    return [
        {
            "step_start_s": round(one.push_off_peak_s, 4),
            "step_end_s": round(max(one.landing_s, one.toe_off_s), 4),
            "heel_off_s": round(one.heel_off_s, 4),
            "push_off_peak_s": round(one.push_off_peak_s, 4),
            "push_off_peak_dps": round(one.push_off_peak_dps, 1),
        }
        for one in heel_offs
    ]


def figures(labelled: dict[str, Labelled]) -> dict[str, Any]:
    """Return share found, median and spread (ms) against labels.

    `found_unmirrored` leaves out the recordings listed as `mirrored`, with the evidence.
    """
    import numpy as np

    counted = sum(one.counted for one in labelled.values())
    errors = np.array([error for one in labelled.values() for error in one.errors_ms])
    mirrored = {name: one for name, one in sorted(labelled.items()) if one.mirrored}
    upright = counted - sum(one.counted for one in mirrored.values())
    matched = len(errors) - sum(len(one.errors_ms) for one in mirrored.values())
    return {
        "recordings": len(labelled),
        "counted": counted,
        "found": len(errors) / max(1, counted),
        "found_unmirrored": matched / max(1, upright),
        "landings": sum(one.landings for one in labelled.values() if not one.mirrored),
        "median_ms": float(np.median(errors)) if len(errors) else None,
        "sd_ms": float(errors.std()) if len(errors) else None,
        "mirrored": {
            name: {
                "strides": one.counted,
                "found": len(one.errors_ms),
                "sign": round(one.sign, 2),
                "heel_first": round(one.heel_first, 2),
                "rests": one.rests,
                "forward_ms": round(one.forward_ms, 2),
            }
            for name, one in mirrored.items()
        },
    }


def _print_check(result: dict[str, Any]) -> None:
    if result["median_ms"] is None:
        print("These recordings have no labels to check against.")
        return
    print(
        f"{count_of(result['counted'], 'labelled heel-off')} in "
        f"{count_of(result['recordings'], 'recording')}: "
        f"{100 * result['found']:.2f} % found, median error {result['median_ms']:+.2f} ms, "
        f"sd {result['sd_ms']:.1f} ms"
    )
    landings = count_of(result["landings"], "landing")
    print(f"Taken for heel-offs too: {landings} of labelled steps")
    if not result["mirrored"]:
        return
    lost = sum(one["strides"] for one in result["mirrored"].values())
    print(
        f"{100 * result['found_unmirrored']:.2f} % found without "
        f"{count_of(len(result['mirrored']), 'recording')} ({count_of(lost, 'stride')}) whose "
        "labels have\nthe sagittal axis the wrong way round: "
        "the labeller has their rates at their push-off peaks with the\nopposite sign, and it is "
        "with its sign that the foot leaves its rests heel first and goes forward in swing\n"
        "(below 0.1 m s the way says little):"
    )
    print(f"  {'':24s} strides  rate/labels  heel first  forward")
    for name, one in result["mirrored"].items():
        print(
            f"  {name:24s} {one['strides']:7d}  {one['sign']:11.2f}  "
            f"{100 * one['heel_first']:4.0f} % of {one['rests']:<3d} {one['forward_ms']:+5.2f} m s"
        )


def label(
    recordings: list[Path] = typer.Argument(
        ..., metavar="FILES|DIR...", help="Recordings, or folders that are searched for them."
    ),
    out: Path | None = typer.Option(
        None, "--out", metavar="DIR", help="Folder for the sidecars; mirrors the input."
    ),
    in_place: bool = typer.Option(
        False, "--in-place", help="Write into the sidecar beside each recording that has no labels."
    ),
    check: bool = typer.Option(False, "--check", help="Compare with the labels that are there."),
    jobs: int = JOBS,
    as_json: bool = typer.Option(False, "--json", help="Print the outcome as JSON."),
) -> int:
    """Find the heel-offs of recordings by hindsight, whatever the mounting.

    The result is the reference for tuning one's own recordings; it uses the whole recording, so
    the device cannot do this. Labels that a recording already has are never overwritten.

    \b
    Examples:
      heelcue label walks/ --in-place
      heelcue label walks/monday.csv.gz --out labelled
      heelcue label ../shared/recordings --check
    """
    from host_tools.batch import run_all
    from host_tools.errors import HeelcueError
    from host_tools.files import check_output, write_whole
    from host_tools.find import find_recordings
    from host_tools.recordings import sidecar_of

    if not (out or in_place or check):
        raise HeelcueError("say where the labels go: --out DIR or --in-place (or --check)", 2)
    if out is not None:
        check_output(out / "recording.json")
    files = find_recordings(recordings)
    names = {path: str(relative) for relative, path in files.items()}
    faults, labelled, written, spared = [], {}, 0, 0
    for outcome in run_all(label_file, list(files.values()), jobs=jobs, what="label"):
        if outcome.result is None:
            faults.append(outcome.fault)
            print(f"heelcue: {outcome.fault}", file=sys.stderr)
            continue
        one = outcome.result
        if not one.heel_offs:
            print(
                f"heelcue: {outcome.item}: no heel-off found; if somebody walks in it, is gyr in "
                "deg/s?",
                file=sys.stderr,
            )
        labelled[names[outcome.item]] = one
        beside = sidecar_of(outcome.item)
        targets = set()
        if out is not None:
            targets.add(out / f"{names[outcome.item]}.json")
        if in_place:
            targets.add(beside)
        if "strides" in one.meta:  # --out may name the recordings' own folder
            targets = {target for target in targets if target.resolve() != beside.resolve()}
            spared += bool(in_place or out) and not targets
        meta = one.meta | {
            "strides": strides_of(one.heel_offs),
            "heel_off_reference": METHOD,
        }
        for target in sorted(targets):
            write_whole(target, (json.dumps(meta, indent=1) + "\n").encode())
            written += 1
    result = figures(labelled)
    heel_offs = sum(len(one.heel_offs) for one in labelled.values())
    if as_json:
        counts = {"heel_offs": heel_offs, "written": written, "spared": spared}
        print(json.dumps(counts | {"faults": faults} | result))
    else:
        kept = f"; {spared} had labels and were left alone" if spared else ""
        print(
            f"{count_of(heel_offs, 'heel-off')} in {count_of(len(labelled), 'recording')}; "
            f"{count_of(written, 'sidecar')} written{kept}"
        )
        if check:
            _print_check(result)
    return 1 if faults else 0
