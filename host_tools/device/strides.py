"""Strides as the board tells them, on the console or in its log, in seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heelcue import events as gait

NAN = math.nan
STRIDE_LONGEST_S = 2.5  # longer: the walker paused
STEPS_PER_STRIDE = 2


@dataclass(frozen=True)
class BoardStride:
    """One stride; seconds from the session's start, NaN where there was none.

    kind: none, reactive, predicted or false (a cue for a heel-off that never came).
    latency_ms: from reading the deciding sample out of the IMU to the motor; NaN without a cue.
    """

    heel_off_s: float
    toe_off_s: float
    contact_s: float
    next_heel_off_s: float
    cue_s: float
    kind: str
    predicted_s: float
    peak_dps: int
    latency_ms: float = NAN

    @classmethod
    def of_record(cls, record: Sequence[int], rate_hz: float, latency_us: int = -1) -> BoardStride:
        """Take a record as Pipeline.record has it: sample indices, -1 for none."""

        def seconds(field: int) -> float:
            return record[field] / rate_hz if record[field] >= 0 else NAN

        return cls(
            heel_off_s=seconds(gait.R_HEEL_OFF),
            toe_off_s=seconds(gait.R_TOE_OFF),
            contact_s=seconds(gait.R_CONTACT),
            next_heel_off_s=seconds(gait.R_NEXT_HEEL_OFF),
            cue_s=seconds(gait.R_CUE),
            kind=gait.CUE_KINDS[record[gait.R_CUE_KIND]],
            predicted_s=seconds(gait.R_PREDICTED),
            peak_dps=max(0, record[gait.R_PEAK_DPS]),
            latency_ms=latency_us / 1000 if latency_us >= 0 else NAN,
        )

    @classmethod
    def of_event(cls, line: Mapping[str, Any], rate_hz: float, latency_us: int = -1) -> BoardStride:
        """Take a console line {"ev": "stride", ...}."""
        record = [-1] * gait.RECORD_FIELDS
        for field, key in (
            (gait.R_HEEL_OFF, "heel_off"),
            (gait.R_TOE_OFF, "toe_off"),
            (gait.R_CONTACT, "contact"),
            (gait.R_NEXT_HEEL_OFF, "next"),
            (gait.R_CUE, "cue"),
            (gait.R_PREDICTED, "predicted"),
            (gait.R_PEAK_DPS, "peak_dps"),
        ):
            value = line.get(key, -1)
            record[field] = value if isinstance(value, int) else -1
        kind = line.get("kind")
        record[gait.R_CUE_KIND] = (
            gait.CUE_KINDS.index(kind) if kind in gait.CUE_KINDS else gait.CUE_NONE
        )
        return cls.of_record(record, rate_hz, latency_us)

    def later(self, seconds: float) -> BoardStride:
        """Return the stride with its times counted from so many seconds earlier."""
        return replace(
            self,
            heel_off_s=self.heel_off_s + seconds,
            toe_off_s=self.toe_off_s + seconds,
            contact_s=self.contact_s + seconds,
            next_heel_off_s=self.next_heel_off_s + seconds,
            cue_s=self.cue_s + seconds,
            predicted_s=self.predicted_s + seconds,
        )

    @property
    def real(self) -> bool:
        """Whether the foot took this stride (a false cue's never came)."""
        return self.kind != "false" and not math.isnan(self.heel_off_s)

    @property
    def stride_s(self) -> float:
        """Heel-off to next heel-off; NaN when the gait stopped or paused."""
        length = self.next_heel_off_s - self.heel_off_s
        return length if length <= STRIDE_LONGEST_S else NAN

    @property
    def cadence_spm(self) -> float:
        """Steps per minute of both feet."""
        return 60 * STEPS_PER_STRIDE / self.stride_s

    @property
    def push_off_s(self) -> float:
        """Heel-off to toe-off."""
        return self.toe_off_s - self.heel_off_s

    @property
    def swing_s(self) -> float:
        """Toe-off to initial contact."""
        return self.contact_s - self.toe_off_s

    @property
    def heel_down_s(self) -> float:
        """Initial contact to the next heel-off: stance without push-off."""
        length = self.next_heel_off_s - self.contact_s
        return length if length <= STRIDE_LONGEST_S else NAN

    @property
    def cue_error_ms(self) -> float:
        """When the motor was switched on, counted from this stride's heel-off."""
        return (self.cue_s - self.heel_off_s) * 1000
