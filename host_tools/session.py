"""The virtual board walks: what is played into it, and what it does stride by stride."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from heelcue import settings as schema
from heelcue.events import CUE_KINDS, CUE_REACTIVE
from numpy.typing import NDArray

from host_tools.cue_scoring import CueTally, score_cues
from host_tools.events import DECIMALS, Event
from host_tools.recordings import Recording
from host_tools.replay import Replay, StrideRecord, Walk
from host_tools.sagittal import sagittal_rate_dps
from host_tools.scoring import labels_of, quantile, score_times
from host_tools.virtual_board import Board, Options, Stimulus

BOOT_S = 3.0  # the foot stands still while the board boots: its boot window and first calibration
AFTER_S = 3.0  # and afterwards, so that the last stride is told
STILL_S = 0.2  # of the recording's start is what it stands like


def stimulus_of(recording: Recording) -> Stimulus:
    """Play a recording after BOOT_S of standing; its gaps are held over, its end is held."""
    walk = Walk.of(recording)
    samples = walk.samples_lsb
    still: NDArray[np.int16] = np.median(samples[: round(STILL_S * walk.rate_hz)], axis=0)
    standing = np.tile(still.astype(np.int16), (2, 1))
    standing[:, 3:] = np.clip(standing[:, 3:], -500, 500)  # it may begin in mid-stride
    played = Stimulus().then(standing, walk.rate_hz, seconds=BOOT_S)
    first = 0
    for segment in walk.segments:
        if segment.lost and first:
            held = np.tile(samples[first - 1], (2, 1))
            played = played.then(held, walk.rate_hz, seconds=segment.lost / walk.rate_hz)
        played = played.then(samples[first : first + segment.rows], walk.rate_hz)
        first += segment.rows
    return played


@dataclass(frozen=True)
class Step:
    """One cue or stride as the firmware told it; seconds of the recording, None: not (yet) known.

    kind: "reactive", "predicted", "false", "none"; "" until the stride is complete.
    latency_ms: from the instant of the deciding sample to the motor pin.
    """

    cue_s: float | None = None
    latency_ms: float | None = None
    kind: str = ""
    heel_off_s: float | None = None
    toe_off_s: float | None = None
    contact_s: float | None = None
    next_s: float | None = None
    peak_dps: int | None = None

    @property
    def stride_s(self) -> float | None:
        """Time from this heel-off to the next of the same foot."""
        if self.heel_off_s is None or self.next_s is None:
            return None
        return self.next_s - self.heel_off_s

    @property
    def cadence_spm(self) -> float | None:
        """Steps of both feet a minute: two to a stride."""
        return 120.0 / self.stride_s if self.stride_s else None

    @property
    def push_off_ms(self) -> float | None:
        """Time from heel-off to toe-off."""
        if self.heel_off_s is None or self.toe_off_s is None:
            return None
        return (self.toe_off_s - self.heel_off_s) * 1000


class Session:
    """A virtual board with the firmware on it, and a recording being played into its IMU.

    Times are seconds of the recording: 0 is its first sample, the board boots before.
    """

    def __init__(self, recording: Recording, settings: Mapping[str, Any]) -> None:
        self.recording = recording
        self.settings = settings
        files = {schema.FILE: schema.encode(dict(settings)).encode()}
        self.board = Board(Options(stimulus=stimulus_of(recording), files=files))
        self.start_s = float(recording.t_s[0])
        self.length_s = float(recording.t_s[-1]) - self.start_s
        self.hello: dict[str, Any] = {}
        self.faults: list[dict[str, Any]] = []
        self._told = 0
        self._steps: dict[int, Step] = {}  # by the sample of the cue; without one, of the heel-off

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.board.close()

    @property
    def steps(self) -> list[Step]:
        """The cues and strides so far in the order in which they came.

        The board tells a stride once it is complete: one without a cue later than the next cue.
        """
        return [self._steps[n] for n in sorted(self._steps)]

    @property
    def now_s(self) -> float:
        """Time in the recording; negative while the board boots."""
        return self.board.now_s - BOOT_S

    @property
    def done(self) -> bool:
        """True when the recording has been played and the last stride told."""
        return self.now_s >= self.length_s + AFTER_S

    def run(self, seconds: float) -> None:
        """Let time pass; `steps` then holds what the board told meanwhile."""
        self.board.run(min(seconds, self.length_s + AFTER_S - self.now_s))
        events = self.board.events()
        for event in events[self._told :]:
            if event["ev"] == "hello":
                self.hello = event
            elif event["ev"] == "fault":
                self.faults.append(event)
            elif event["ev"] == "cue":
                self._take_cue(event)
            elif event["ev"] == "stride":
                self._take_stride(event)
        self._told = len(events)

    def _time_s(self, n: int, told_us: int) -> float | None:
        """When sample n was taken, for a line that was printed at told_us."""
        if n < 0:
            return None
        instant_us = self.board.trace.sample_instant_us(n, after_us=told_us)
        return None if instant_us is None else instant_us / 1e6 - BOOT_S

    def _take_cue(self, event: Mapping[str, Any]) -> None:
        latency_us = self.board.latency_us(event)
        self._steps[event["n"]] = Step(
            cue_s=self._time_s(event["n"], event["t_us"]),
            latency_ms=None if latency_us is None else latency_us / 1000,
        )

    def _take_stride(self, event: Mapping[str, Any]) -> None:
        n = event["cue"] if event["cue"] >= 0 else event["heel_off"]
        told_us = event["t_us"]
        self._steps[n] = replace(
            self._steps.get(n, Step()),
            kind=event["kind"],
            heel_off_s=self._time_s(event["heel_off"], told_us),
            toe_off_s=self._time_s(event["toe_off"], told_us),
            contact_s=self._time_s(event["contact"], told_us),
            next_s=self._time_s(event["next"], told_us),
            peak_dps=event["peak_dps"],
        )

    def pulses(self) -> Iterator[tuple[float, float]]:
        """Yield (on, off) of the motor so far, seconds; off is now while it runs."""
        for pulse in self.board.pulses():
            off_us = self.board.trace.now_us if pulse.off_us is None else pulse.off_us
            yield pulse.on_us / 1e6 - BOOT_S, off_us / 1e6 - BOOT_S

    def rate_dps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (t_s from 0, heel-up deg/s) of the recording: the truth, for drawing."""
        return self.recording.t_s - self.start_s, sagittal_rate_dps(self.recording)

    def summary(self) -> dict[str, Any]:
        """Return what happened so far, as figures; with labels, how good it was."""
        strides = [step.stride_s for step in self.steps if step.stride_s]
        latencies = [step.latency_ms for step in self.steps if step.latency_ms is not None]
        kinds = [step.kind or "open" for step in self.steps if step.cue_s is not None]
        figures: dict[str, Any] = {
            "seconds": max(0.0, min(self.now_s, self.length_s)),
            "imu": self.hello.get("imu"),
            "rate_hz": self.hello.get("rate_hz"),
            "strides": sum(step.heel_off_s is not None for step in self.steps),
            "cues": len(kinds),
            "cues_by_kind": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
            "cadence_median_spm": 120 / statistics.median(strides) if strides else None,
            "latency_p50_ms": quantile(latencies, 0.5),
            "latency_p99_ms": quantile(latencies, 0.99),
            "latency_max_ms": max(latencies, default=None),
            "motor_on_s": sum(off - on for on, off in self.pulses()),
            "samples_lost": self.board.stats.get("samples_lost"),
            "faults": [fault["fault"] for fault in self.faults],
        }
        if self.recording.strides:
            figures["reference"] = self._against_labels()
        return figures

    def _replay(self) -> Replay:
        """Return what the board told in the form that recordings are scored in."""
        events, strides = [], []
        for step in self.steps:
            cue_s, heel_off_s = self._shifted(step.cue_s), self._shifted(step.heel_off_s)
            if heel_off_s is None and step.kind in ("", "reactive"):
                heel_off_s = cue_s  # not yet complete: a reactive cue comes with its heel-off
            if heel_off_s is not None:
                events.append(Event(heel_off_s, "heel_off"))
            if cue_s is not None:
                events.append(Event(cue_s, "cue"))
            nothing = float("nan")
            strides.append(
                StrideRecord(
                    heel_off_s=nothing if heel_off_s is None else heel_off_s,
                    toe_off_s=nothing,
                    initial_contact_s=nothing,
                    next_heel_off_s=nothing,
                    cue_s=nothing if cue_s is None else cue_s,
                    cue_kind=CUE_KINDS.index(step.kind) if step.kind else CUE_REACTIVE,
                    predicted_s=nothing,
                    peak_dps=step.peak_dps or 0,
                )
            )
        return Replay(sorted(events), strides)

    def _shifted(self, time_s: float | None) -> float | None:
        return None if time_s is None else round(self.start_s + time_s, DECIMALS)

    def _against_labels(self) -> dict[str, Any]:
        labels = labels_of(self.recording)
        played = [s for s in labels.counted if s.push_off_peak_s - self.start_s < self.now_s]
        labels = labels._replace(counted=played)
        replay = self._replay()
        times = [event.t_s for event in replay.events if event.name == "heel_off"]
        score = score_times(labels, times)
        cues = CueTally()
        cues.add(score_cues(labels, score, replay, self.settings), self.length_s)
        felt = cues.figures()
        errors = [hit.error_ms for hit in score.hits]
        return {
            "strides": len(played),
            "hit": len(score.hits),
            "missed": len(score.missed),
            "false": len(score.false_s),
            "error_median_ms": statistics.median(errors) if errors else None,
            "error_p95_ms": quantile(errors, 0.95),
            "felt_predicted_median_ms": felt["predicted_median_ms"],
            "felt_predicted_within_50ms": felt["predicted_within_50ms"],
            "felt_reacted_median_ms": felt["reacted_median_ms"],
        }
