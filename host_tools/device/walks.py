"""The stride log as walks: decoded, dated, split at pauses, with the figures of each."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import numpy as np
from heelcue import log
from heelcue import settings as schema
from heelcue.events import R_HEEL_OFF
from heelcue.predictor import N_MASK

from host_tools.device import log_reader
from host_tools.device.raw_recording import log_fields
from host_tools.device.strides import BoardStride
from host_tools.recordings import Floats

PAUSE_S = 120.0  # without a stride for so long: another walk
STRIDES_LEAST = 10  # fewer are steps about the house, not a walk
# Strides this many standard deviations (told by the median deviation) or this share of the median
# from it have a stop or a turn in them
OUTLYING_SD, OUTLYING_SHARE = 4.0, 0.05
SD_PER_MAD = 1.4826  # of a normal distribution

CSV_COLUMNS = (
    "heel_off_s", "toe_off_s", "initial_contact_s", "next_heel_off_s", "cadence_spm", "push_off_ms",
    "swing_ms", "heel_down_ms", "peak_dps", "cue", "cue_s", "cue_minus_heel_off_ms", "predicted_s",
    "latency_ms",
)  # fmt: skip


@dataclass
class Walk:
    """Strides without a long pause; times are seconds from the session's start."""

    strides: list[BoardStride]
    epoch_s: float | None = None  # of the session's start; None: the clock was never set
    on_s: float | None = None  # from switching on to the session's start, where no clock was set
    life: int = 0  # which time that the board was switched on; 0: not known
    about: dict[str, Any] = field(default_factory=dict)  # the session's fw, board, imu, settings
    battery_mv: list[tuple[float, int]] = field(default_factory=list)
    faults: list[tuple[float, str]] = field(default_factory=list)

    @property
    def real(self) -> list[BoardStride]:
        """Strides that the foot took."""
        return [stride for stride in self.strides if stride.real]

    @property
    def start_s(self) -> float:
        """First heel-off, seconds from the session's start."""
        return self.strides[0].heel_off_s

    @property
    def duration_s(self) -> float:
        """From the first heel-off to the last event."""
        last = self.strides[-1]
        ends = [last.heel_off_s, last.next_heel_off_s]
        return max(end for end in ends if not math.isnan(end)) - self.start_s

    @property
    def began(self) -> datetime | None:
        """When it began, local time; None when the clock was never set."""
        if self.epoch_s is None:
            return None
        return datetime.fromtimestamp(self.epoch_s + self.start_s, timezone.utc).astimezone()

    def values(self, name: str) -> Floats:
        """Return a property of all real strides, (n,), NaN where there is none."""
        return np.array([getattr(stride, name) for stride in self.real], dtype=float)

    def felt_ms(self) -> Floats:
        """Return when the cue of each real stride was felt, from when it was meant to be, (n,) ms.

        By the settings as the session began with them: felt one motor spin-up after the motor was
        switched on; meant for the heel-off that the device saw, a predicted one `lead_ms` before.
        """
        known = schema.defaults() | dict(self.about.get("settings") or {})
        lead_ms = [known["lead_ms"] * (stride.kind == "predicted") for stride in self.real]
        late_ms = np.array(lead_ms, dtype=float) + float(known["motor_spin_up_ms"])
        felt_ms: Floats = self.values("cue_error_ms") + late_ms
        return felt_ms

    def count(self, kind: str) -> int:
        """Return how many strides were cued in this way."""
        return sum(stride.kind == kind for stride in self.strides)


def decode_log(pieces: Iterable[bytes]) -> list[Walk]:
    """Decode log segments in order into walks. Damaged blocks are passed over."""
    walks: list[Walk] = []
    session: dict[str, Any] = {}
    begun: list[Walk] = []  # walks and notes of this session
    notes: list[tuple[float, dict[str, Any]]] = []
    rate_hz = 0.0
    current: Walk | None = None
    last_n = 0
    life = 0
    told = b""  # the session's block
    before_s: float | None = None  # the session before was so long after switching on
    switched_on: dict[int, float] = {}  # life -> when it began, once its clock was set
    for data in pieces:
        for kind, payload in log_reader.blocks(data):
            if kind == log.SESSION or (kind == log.AGAIN and payload != told):
                told = payload
                _hand_out(notes, begun)
                session = log_fields(payload)
                rate_hz = float(session.get("rate_hz") or 0)
                begun, notes, current = [], [], None
                last_n = int(session.get("n") or 0)
                on_s = session.get("on_s")
                if on_s is not None and (before_s is None or on_s <= before_s):
                    life += 1
                before_s = on_s
            elif kind == log.STRIDES and rate_hz > 0:
                try:
                    records = log_reader.decode_strides(bytes(payload))
                except (ValueError, IndexError):
                    continue
                for record, latency_us in records:
                    stride = BoardStride.of_record(record, rate_hz, latency_us)
                    n = record[R_HEEL_OFF]
                    last_n = _unwrapped(n, last_n)
                    if last_n != n:
                        stride = stride.later((last_n - n) / rate_hz)
                    if math.isnan(stride.heel_off_s):
                        continue
                    if current is None or _paused(current, stride):
                        about = {
                            key: session[key]
                            for key in ("fw", "board", "imu", "rate_hz", "settings")
                            if key in session
                        }
                        current = Walk([], session.get("epoch_s"), session.get("on_s"), life, about)
                        walks.append(current)
                        begun.append(current)
                    current.strides.append(stride)
            elif kind == log.NOTE and rate_hz > 0:
                note = log_fields(payload)
                last_n = _unwrapped(int(note.get("n") or 0), last_n)
                at_s = last_n / rate_hz
                notes.append((at_s, note))
                if note.get("ev") == "time" and isinstance(note.get("epoch_s"), (int, float)):
                    session["epoch_s"] = note["epoch_s"] - at_s
                    for walk in begun:  # the clock was set after these: now their date is known too
                        walk.epoch_s = session["epoch_s"]
                    if before_s is not None:  # ... and of all since it was switched on
                        switched_on[life] = session["epoch_s"] - before_s
                        before_s = None
    _hand_out(notes, begun)
    for walk in walks:
        if walk.epoch_s is None and walk.on_s is not None and walk.life in switched_on:
            walk.epoch_s = switched_on[walk.life] + walk.on_s
    return [walk for walk in _joined(walks) if len(walk.real) >= STRIDES_LEAST]


def _joined(walks: list[Walk]) -> list[Walk]:
    """Join walks that a sleep or a restart alone has parted: each start begins a session.

    Only where the clock, set or not, tells that the pause was no longer than one within a walk.
    """
    joined: list[Walk] = []
    for walk in walks:
        last = joined[-1] if joined else None
        later_s = _later_s(last, walk) if last is not None else None
        if last is None or later_s is None or last.about != walk.about:
            joined.append(walk)
            continue
        pause_s = walk.start_s + later_s - last.strides[-1].heel_off_s
        if not later_s or not 0 <= pause_s <= PAUSE_S:
            joined.append(walk)
            continue
        last.strides += [stride.later(later_s) for stride in walk.strides]
        last.battery_mv += [(at_s + later_s, mv) for at_s, mv in walk.battery_mv]
        last.faults += [(at_s + later_s, text) for at_s, text in walk.faults]
    return joined


def _later_s(last: Walk, walk: Walk) -> float | None:
    """Return how much later the walk's session began than the last one's; None: nobody knows."""
    if last.epoch_s is not None and walk.epoch_s is not None:
        return walk.epoch_s - last.epoch_s
    if last.on_s is not None and walk.on_s is not None and last.life == walk.life:
        return walk.on_s - last.on_s
    return None


def _unwrapped(n: int, last_n: int) -> int:
    """Return the index counted on; the board's begins anew at 2**29, after a month awake."""
    span = int(N_MASK) + 1
    return n + max(0, round((last_n - n) / span)) * span


def _paused(walk: Walk, stride: BoardStride) -> bool:
    return abs(stride.heel_off_s - walk.strides[-1].heel_off_s) > PAUSE_S


def _hand_out(notes: list[tuple[float, dict[str, Any]]], walks: list[Walk]) -> None:
    """Give each note to the last walk that had begun by then (in the log it stands before it)."""
    for at_s, note in notes if walks else []:
        walk = next((w for w in reversed(walks) if w.start_s <= at_s), walks[0])
        if note.get("ev") == "battery":
            walk.battery_mv.append((at_s, int(note.get("mv", 0))))
        elif note.get("ev") == "fault":
            walk.faults.append((at_s, str(note.get("text") or note.get("fault"))))


def middle(values: Floats) -> float | None:
    """Return the median of what is there; None for nothing."""
    there = values[~np.isnan(values)]
    return float(np.median(there)) if len(there) else None


def variability_pct(values: Floats) -> float | None:
    """Return standard deviation over mean in percent, without strides of another kind.

    Those lie further from the median than 4 standard deviations and than 5 %, which hardly one of
    1000 steady ones does: so short walks and long ones compare. None for fewer than ten.
    """
    there = values[~np.isnan(values)]
    if len(there) < STRIDES_LEAST:
        return None
    middle_ = np.median(there)
    off = np.abs(there - middle_)
    steady = there[
        off <= max(OUTLYING_SD * SD_PER_MAD * np.median(off), OUTLYING_SHARE * abs(middle_))
    ]
    return float(steady.std(ddof=1) / steady.mean() * 100)


def share(values: Floats, limit: float) -> float | None:
    """Return the share of values within +-limit; None for none."""
    there = values[~np.isnan(values)]
    return float((np.abs(there) <= limit).mean()) if len(there) else None


def figures(walk: Walk) -> dict[str, Any]:
    """Return a walk's figures: medians, variability, shares; None where nothing was measured."""
    cued = walk.values("cue_error_ms")
    kinds = np.array([stride.kind for stride in walk.real])
    latency = walk.values("latency_ms")
    there = latency[~np.isnan(latency)]
    real = max(1, len(walk.real))
    return {
        "began": walk.began.isoformat(timespec="minutes") if walk.began else None,
        "minutes": walk.duration_s / 60,
        "strides": len(walk.real),
        "cadence_spm": middle(walk.values("cadence_spm")),
        "stride_s": middle(walk.values("stride_s")),
        "stride_variability_pct": variability_pct(walk.values("stride_s")),
        "push_off_ms": _ms(middle(walk.values("push_off_s"))),
        "push_off_variability_pct": variability_pct(walk.values("push_off_s")),
        "swing_ms": _ms(middle(walk.values("swing_s"))),
        "heel_down_ms": _ms(middle(walk.values("heel_down_s"))),
        "stance_pct": _stance_pct(walk),
        "peak_dps": middle(walk.values("peak_dps")),
        "predicted": walk.count("predicted") / real,
        "reactive": walk.count("reactive") / real,
        "missed": walk.count("none") / real,
        "false_cues": walk.count("false"),
        "cue_median_ms": middle(cued),
        "predicted_median_ms": middle(cued[kinds == "predicted"]) if len(cued) else None,
        "reactive_median_ms": middle(cued[kinds == "reactive"]) if len(cued) else None,
        "cue_within_50_ms": share(walk.felt_ms(), 50),
        "latency_median_ms": middle(latency),
        "latency_p95_ms": float(np.quantile(there, 0.95)) if len(there) else None,
        "battery_mv": [mv for _, mv in walk.battery_mv],
        "faults": len(walk.faults),
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _stance_pct(walk: Walk) -> float | None:
    """Return the share of the stride in which the foot is down: all but the swing.

    By the device's toe-off, the turn of the foot after push-off: some 8 % of the stride too long.
    """
    lengths = walk.values("stride_s")
    with np.errstate(invalid="ignore"):
        return middle((1 - walk.values("swing_s") / lengths) * 100)


def as_csv(walk: Walk) -> bytes:
    """Return the strides as CSV; empty where nothing was measured."""

    def cell(value: float | int | str, digits: int) -> str:
        if isinstance(value, float):
            return "" if math.isnan(value) else f"{value:.{digits}f}"
        return str(value)

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for stride in walk.strides:
        row: Sequence[tuple[float | int | str, int]] = (
            (stride.heel_off_s, 4), (stride.toe_off_s, 4), (stride.contact_s, 4),
            (stride.next_heel_off_s, 4), (stride.cadence_spm, 1), (stride.push_off_s * 1000, 0),
            (stride.swing_s * 1000, 0), (stride.heel_down_s * 1000, 0), (stride.peak_dps, 0),
            (stride.kind, 0), (stride.cue_s, 4), (stride.cue_error_ms, 1), (stride.predicted_s, 4),
            (stride.latency_ms, 1),
        )  # fmt: skip
        writer.writerow([cell(value, digits) for value, digits in row])
    return text.getvalue().encode()
