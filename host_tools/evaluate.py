"""Replay labelled recordings and score what the device would have done."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from heelcue.events import CUE, HEEL_OFF

from host_tools.batch import run_all
from host_tools.cue_scoring import CueScore, CueTally, score_cues
from host_tools.errors import HeelcueError
from host_tools.events import NAMES, read_events
from host_tools.recordings import Recording, read_recording, sidecar_of
from host_tools.replay import Replay, Walk, replay_walk
from host_tools.scoring import (
    FIRST_STRIDES,
    Hit,
    Score,
    Tally,
    first_found,
    keys_of,
    labels_of,
    score_times,
)
from host_tools.sidecars import Stride

DEVICE = "device"
FIXED_THRESHOLD = "fixed-threshold"
FOLDS = 5  # of people
LONGEST_STRIDE_S = 3.0  # a longer one had a stop in it


@dataclass(frozen=True)
class Result:
    """One recording, scored. `set_name` is its folder, `name` its path without suffix."""

    name: str
    set_name: str
    group: str
    subject: str
    seconds: float
    walked: bool  # has labelled steps, counted or not, or steps that were left unlabelled
    heel_offs: Score
    first_found: list[bool | None]  # of the first strides, settling ones included
    cues: CueScore
    detected_s: list[float]
    cued_s: list[float]
    stride_times_ms: list[tuple[float, float]]  # reference and detected, of strides in a row


@dataclass(frozen=True)
class Evaluation:
    """All results of one rule, and a sentence for each recording that could not be used."""

    results: list[Result]
    faults: list[str]

    def _tallied(self, tally: Callable[[], Any], score_of: str) -> dict[str, dict[str, Any]]:
        tallies: dict[str, Any] = defaultdict(tally)
        for result in self.results:
            for key in keys_of(result.set_name, result.group):
                tallies[key].add(getattr(result, score_of), result.seconds)
        return {key: tallies[key].figures() for key in sorted(tallies)}

    def figures(self) -> dict[str, dict[str, Any]]:
        """Heel-off figures for "set/group", "set/ALL", "ALL/group" and "ALL/ALL"."""
        return self._tallied(Tally, "heel_offs")

    def cue_figures(self) -> dict[str, dict[str, Any]]:
        """Cue figures for the same rows."""
        return self._tallied(CueTally, "cues")

    def found_by_stride(self) -> list[float | None]:
        """Share of the 1st, 2nd ... strides that were found; None where no recording has one."""
        shares: list[float | None] = []
        for number in range(FIRST_STRIDES):
            asked = [r.first_found[number] for r in self.results if len(r.first_found) > number]
            told = [found for found in asked if found is not None]
            shares.append(sum(told) / len(told) if told else None)
        return shares

    def non_walking(self) -> dict[str, float] | None:
        """False cues an hour in the recordings without a single step; None if there are none."""
        idle = [result for result in self.results if not result.walked]
        if not idle:
            return None
        hours = sum(result.seconds for result in idle) / 3600
        cues = sum(len(result.cued_s) for result in idle)
        return {"hours": hours, "false_cues": cues, "false_cues_per_hour": cues / hours}

    def by_subject(self) -> dict[str, Any]:
        """How much the figures depend on who walks: people dealt into folds, each scored alone.

        Returns F1 and false heel-offs per 10 minutes of each fold, and the worst people.
        """
        people = by_person(self.results)
        dealt = []
        for fold in folds_of(people):
            tally = Tally()
            for name in fold:
                tally.merge(people[name])
            dealt.append(tally.figures())
        walked = [name for name in people if people[name].hit + people[name].missed]
        worst = sorted(walked, key=lambda name: (people[name].figures()["f1"], name))
        return {
            "people": len(people),
            "fold_f1": [figures["f1"] for figures in dealt],
            "fold_false_per_10min": [figures["false_per_10min"] for figures in dealt],
            "worst_people": {name: people[name].figures()["f1"] for name in worst[:5]},
        }

    def worst_first(self) -> list[Result]:
        """Recordings with any miss or false detection, lowest F1 first."""
        flawed = [r for r in self.results if r.heel_offs.missed or r.heel_offs.false_s]
        return sorted(flawed, key=lambda r: (r.heel_offs.f1, -len(r.heel_offs.false_s), r.name))


def by_person(results: Iterable[Result]) -> dict[str, Tally]:
    """Add up each person's recordings; people are told apart by `subject`, across folders."""
    people: dict[str, Tally] = defaultdict(Tally)
    for result in results:
        people[result.subject].add(result.heel_offs, result.seconds)
    return dict(sorted(people.items()))


def folds_of(people: Iterable[str]) -> list[list[str]]:
    """Deal people into FOLDS: always the same, whatever their order; fewer where they are few."""
    names = sorted(set(people), key=lambda name: (zlib.crc32(name.encode()), name))
    return [names[fold::FOLDS] for fold in range(min(FOLDS, len(names)))]


class Task(NamedTuple):
    """One recording to score; events: a file to score in place of a run of the device's code."""

    relative: Path
    file: Path
    events: Path | None = None


def stride_times(strides: Sequence[Stride], hits: Sequence[Hit]) -> list[tuple[float, float]]:
    """Return (reference, detected) heel-off to heel-off in ms, where two in a row were hit."""
    place = {stride.heel_off_s: number for number, stride in enumerate(strides)}
    times = []
    for one, other in pairwise(hits):
        reference_s = other.stride.heel_off_s - one.stride.heel_off_s
        in_a_row = place[other.stride.heel_off_s] == place[one.stride.heel_off_s] + 1
        if in_a_row and reference_s <= LONGEST_STRIDE_S:
            times.append((reference_s * 1000, (other.time_s - one.time_s) * 1000))
    return times


def score_replay(
    recording: Recording, replay: Replay, relative: Path, settings: Mapping[str, Any]
) -> Result:
    """Score what a rule made of a labelled recording."""
    labels = labels_of(recording)
    detected_s = [event.t_s for event in replay.events if event.name == NAMES[HEEL_OFF]]
    heel_offs = score_times(labels, detected_s)
    folder = relative.parent
    if not folder.name:  # a folder given alone is a set by its own name
        folder = Path(recording.path.resolve().parent.name)
    return Result(
        name=relative.as_posix(),
        set_name=folder.as_posix(),
        group=recording.group,
        subject=recording.subject or relative.as_posix(),
        seconds=recording.duration_s,
        walked=bool(recording.strides or recording.meta.get("partial")),
        heel_offs=heel_offs,
        first_found=first_found(labels, detected_s),
        cues=score_cues(labels, heel_offs, replay, settings),
        detected_s=detected_s,
        cued_s=[event.t_s for event in replay.events if event.name == NAMES[CUE]],
        stride_times_ms=stride_times(recording.strides, heel_offs.hits),
    )


def read_labelled(file: Path) -> Recording:
    """Read a recording that has labels. Raises HeelcueError if it is bad or has none."""
    recording = read_recording(file)
    if "strides" not in recording.meta:
        raise HeelcueError(
            f"{sidecar_of(file)}: scoring needs labels: a sidecar with 'strides' "
            "(an empty list for a recording without walking); 'heelcue label' finds them"
        )
    return recording


def _evaluate_one(task: Task, settings: Mapping[str, Any], rule: str) -> Result:
    recording = read_labelled(task.file)
    if task.events is not None:
        replay = Replay(read_events(task.events), [])
    elif rule == FIXED_THRESHOLD:
        from host_tools.fixed_threshold import fixed_threshold_events

        replay = Replay(fixed_threshold_events(recording), [])
    else:
        replay = replay_walk(Walk.of(recording), settings)
    return score_replay(recording, replay, task.relative, settings)


def evaluate_files(
    files: Mapping[Path, Path],
    settings: Mapping[str, Any],
    *,
    rule: str = DEVICE,
    events_dir: Path | None = None,
    jobs: int = 2,
) -> Evaluation:
    """Score {relative path: recording} under a rule, or event files that were made before.

    Bad recordings become faults; the others are scored.
    """
    tasks = [
        Task(
            relative,
            file,
            events_dir / relative.with_name(f"{relative.name}.csv") if events_dir else None,
        )
        for relative, file in files.items()
    ]
    worker = partial(_evaluate_one, settings=dict(settings), rule=rule)
    outcomes = run_all(worker, tasks, jobs=jobs, what=f"evaluate {rule}")
    return Evaluation(
        [outcome.result for outcome in outcomes if outcome.result is not None],
        [outcome.fault for outcome in outcomes if outcome.fault is not None],
    )
