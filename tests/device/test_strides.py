"""Strides as the host reads them from the board's console and from its log."""

import math

import pytest
from heelcue import events as gait

from host_tools.device.strides import BoardStride

LINE = {
    "ev": "stride", "heel_off": 100, "toe_off": 122, "contact": 165, "next": 211, "cue": 90,
    "kind": "predicted", "predicted": 103, "peak_dps": 310,
}  # fmt: skip


def test_the_console_and_the_log_tell_of_the_same_stride() -> None:
    record = [0] * gait.RECORD_FIELDS
    record[gait.R_HEEL_OFF], record[gait.R_TOE_OFF], record[gait.R_CONTACT] = 100, 122, 165
    record[gait.R_NEXT_HEEL_OFF], record[gait.R_CUE], record[gait.R_PREDICTED] = 211, 90, 103
    record[gait.R_CUE_KIND], record[gait.R_PEAK_DPS] = gait.CUE_PREDICTED, 310
    stride = BoardStride.of_event(LINE, 100.0, 5000)
    assert stride == BoardStride.of_record(record, 100.0, 5000)
    assert stride == BoardStride(1.0, 1.22, 1.65, 2.11, 0.9, "predicted", 1.03, 310, 5.0)
    assert stride.stride_s == pytest.approx(1.11) and stride.real


def test_of_what_never_came_there_is_no_time() -> None:
    """-1 in the line; sample 0 and a latency of 0 us are ones that came."""
    none = dict.fromkeys(("heel_off", "toe_off", "contact", "next", "predicted", "peak_dps"), -1)
    false = BoardStride.of_event({**none, "cue": 0, "kind": "false"}, 100.0, 0)
    assert false.cue_s == 0 and false.latency_ms == 0 and false.peak_dps == 0
    assert not false.real and math.isnan(false.stride_s) and math.isnan(false.predicted_s)
    assert math.isnan(BoardStride.of_event(LINE, 100.0).latency_ms)


def test_a_damaged_line_costs_only_what_is_damaged() -> None:
    stride = BoardStride.of_event({"heel_off": 100, "next": "2x1", "kind": "predi"}, 100.0)
    assert stride.heel_off_s == 1.0 and stride.kind == "none"
    assert math.isnan(stride.toe_off_s) and math.isnan(stride.next_heel_off_s)
