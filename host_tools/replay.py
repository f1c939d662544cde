"""Recordings through the device's gait code, on CPython or on real MicroPython."""

from __future__ import annotations

import io
import json
import tempfile
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from heelcue import events as gait
from numpy.typing import NDArray

from host_tools import drive
from host_tools.batch import Outcome, run_all
from host_tools.errors import HeelcueError
from host_tools.events import HEADER as EVENTS_HEADER
from host_tools.events import Event, from_bits, write_events
from host_tools.files import check_not_over
from host_tools.micropython import run_micropython
from host_tools.recordings import (
    ACC_LSB_PER_G,
    GYRO_LSB_PER_DPS,
    Recording,
    Segment,
    read_recording,
)

RUNTIMES = ("cpython", "micropython")
MICROPYTHON_CHUNK = 16  # recordings that share one MicroPython process
MICROPYTHON_HEAP = "16M"


@dataclass(frozen=True)
class Walk:
    """Raw samples as the pipeline takes them: (n, 6) int16, with the gaps between them.

    t_s: (n,) time of each sample in the recording. Scales in LSB per unit.
    """

    samples_lsb: NDArray[np.int16]
    t_s: NDArray[np.float64]
    segments: Sequence[Segment]
    rate_hz: float
    gyro_lsb_per_dps: float = GYRO_LSB_PER_DPS
    acc_lsb_per_g: float = ACC_LSB_PER_G

    @classmethod
    def of(cls, recording: Recording) -> Walk:
        """Take a recording's measured samples at the canonical scale."""
        return cls(
            recording.samples_lsb(),
            recording.t_s[recording.measured],
            recording.segments,
            recording.rate_hz,
        )

    def job(self) -> dict[str, Any]:
        """Describe the walk for `drive`; a whole rate is an integer on both runtimes."""
        rate = int(self.rate_hz) if self.rate_hz == int(self.rate_hz) else self.rate_hz
        return {
            "rate_hz": rate,
            "gyro_lsb_per_dps": self.gyro_lsb_per_dps,
            "acc_lsb_per_g": self.acc_lsb_per_g,
            "segments": [list(segment) for segment in self.segments],
        }

    def time_of_index(self, index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the time of pipeline indices `n` (lost samples counted); NaN for -1."""
        first, rows, indices = 0, 0, []
        for segment in self.segments:
            first += segment.lost
            indices.append(np.arange(first, first + segment.rows))
            first += segment.rows
            rows += segment.rows
        known = np.concatenate(indices) if indices else np.empty(0)
        times = np.interp(index, known, self.t_s)
        return np.where(index < 0, np.nan, times)


class StrideRecord(NamedTuple):
    """One completed stride as the firmware recorded it; times in seconds, NaN where none."""

    heel_off_s: float
    toe_off_s: float
    initial_contact_s: float
    next_heel_off_s: float
    cue_s: float
    cue_kind: int
    predicted_s: float
    peak_dps: int


class Replay(NamedTuple):
    """What the firmware made of one recording."""

    events: list[Event]
    strides: list[StrideRecord]


def _strides(walk: Walk, fields: array[int]) -> list[StrideRecord]:
    table = np.array(fields, dtype=np.int64).reshape(-1, gait.RECORD_FIELDS)
    indices = (
        gait.R_HEEL_OFF, gait.R_TOE_OFF, gait.R_CONTACT, gait.R_NEXT_HEEL_OFF, gait.R_CUE,
        gait.R_PREDICTED,
    )  # fmt: skip
    times = {index: walk.time_of_index(table[:, index]).tolist() for index in indices}
    return [
        StrideRecord(
            heel_off_s=times[gait.R_HEEL_OFF][row],
            toe_off_s=times[gait.R_TOE_OFF][row],
            initial_contact_s=times[gait.R_CONTACT][row],
            next_heel_off_s=times[gait.R_NEXT_HEEL_OFF][row],
            cue_s=times[gait.R_CUE][row],
            cue_kind=int(table[row, gait.R_CUE_KIND]),
            predicted_s=times[gait.R_PREDICTED][row],
            peak_dps=int(table[row, gait.R_PEAK_DPS]),
        )
        for row in range(len(table))
    ]


def _replay_of(walk: Walk, events: array[int], strides: array[int]) -> Replay:
    rows, bits = events[0::2], events[1::2]
    return Replay(
        from_bits(walk.t_s[np.array(rows, dtype=np.int64)], bits), _strides(walk, strides)
    )


def replay_walk(walk: Walk, settings: Mapping[str, Any]) -> Replay:
    """Run one walk on CPython."""
    samples = io.BytesIO(walk.samples_lsb.tobytes())
    return _replay_of(walk, *drive.drive(walk.job(), settings, samples))


def replay_walks_on_micropython(walks: Sequence[Walk], settings: Mapping[str, Any]) -> list[Replay]:
    """Run walks one after another in one process of real MicroPython."""
    with tempfile.TemporaryDirectory(prefix="heelcue-") as name:
        folder = Path(name)
        jobs = []
        for number, walk in enumerate(walks):
            job = walk.job()
            for kind in ("samples", "events", "strides"):
                job[kind] = str(folder / f"{number}.{kind}")
            Path(job["samples"]).write_bytes(walk.samples_lsb.tobytes())
            jobs.append(job)
        work = folder / "work.json"
        work.write_text(json.dumps({"settings": dict(settings), "jobs": jobs}))
        run_micropython(
            Path(drive.__file__), [str(work)], options=("-X", f"heapsize={MICROPYTHON_HEAP}")
        )
        replays = []
        for walk, job in zip(walks, jobs, strict=True):
            numbers = []
            for kind in ("events", "strides"):
                found = array("i")
                found.frombytes(Path(job[kind]).read_bytes())
                numbers.append(found)
            replays.append(_replay_of(walk, *numbers))
        return replays


def replay_file(file: Path, settings: Mapping[str, Any], runtime: str = "cpython") -> Replay:
    """Read one recording and run it. Raises HeelcueError for a bad recording."""
    walk = Walk.of(read_recording(file))
    if runtime == "micropython":
        return replay_walks_on_micropython([walk], settings)[0]
    return replay_walk(walk, settings)


Pair = tuple[Path, Path]  # the recording, its event file


def _replay_pair(pair: Pair, settings: Mapping[str, Any]) -> list[Outcome[Pair, int]]:
    file, destination = pair
    replay = replay_file(file, settings)
    write_events(destination, replay.events)
    return [Outcome(pair, len(replay.events), None)]


def _replay_chunk_on_micropython(
    chunk: Sequence[Pair], settings: Mapping[str, Any]
) -> list[Outcome[Pair, int]]:
    walks, good, outcomes = [], [], []
    for pair in chunk:
        try:
            walks.append(Walk.of(read_recording(pair[0])))
            good.append(pair)
        except HeelcueError as error:
            outcomes.append(Outcome[Pair, int](pair, None, str(error)))
    for pair, replay in zip(good, replay_walks_on_micropython(walks, settings), strict=True):
        write_events(pair[1], replay.events)
        outcomes.append(Outcome(pair, len(replay.events), None))
    return outcomes


def replay_files(
    files: Mapping[Path, Path],
    events_dir: Path,
    settings: Mapping[str, Any],
    *,
    runtime: str = "cpython",
    jobs: int = 2,
) -> tuple[int, list[str]]:
    """Write the events of {relative path: recording} into a tree under `events_dir`.

    Returns how many were written, and one sentence for each recording that could not be. Raises
    HeelcueError before the work where something else than event files would be written over.
    """
    pairs = [
        (file, events_dir / relative.with_name(f"{relative.name}.csv"))
        for relative, file in files.items()
    ]
    for _, destination in pairs:  # the recordings themselves, in their own folder
        check_not_over(destination, EVENTS_HEADER.encode(), "event file", "--events-dir")
    what = f"replay on {'MicroPython' if runtime == 'micropython' else 'CPython'}"
    worker: Callable[[Any], list[Outcome[Pair, int]]]
    if runtime == "micropython":
        items: Sequence[Any] = [
            pairs[start : start + MICROPYTHON_CHUNK]
            for start in range(0, len(pairs), MICROPYTHON_CHUNK)
        ]
        worker = partial(_replay_chunk_on_micropython, settings=dict(settings))
    else:
        items = pairs
        worker = partial(_replay_pair, settings=dict(settings))
    written, faults = 0, []
    for outcome in run_all(worker, items, jobs=jobs, what=what):
        if outcome.fault is not None:
            faults.append(outcome.fault)
        for one in outcome.result or []:
            if one.fault is None:
                written += 1
            else:
                faults.append(one.fault)
    return written, faults
