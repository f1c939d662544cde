"""The scheduler: never two cues for one heel-off, whatever the detector says."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from heelcue.events import (
    CUE,
    CUE_FALSE,
    CUE_NONE,
    CUE_PREDICTED,
    CUE_REACTIVE,
    HEEL_OFF,
    INITIAL_CONTACT,
    R_CUE,
    R_CUE_KIND,
    R_HEEL_OFF,
    R_PREDICTED,
    RECORD_FIELDS,
    TOE_OFF,
)
from heelcue.predictor import N_MASK
from heelcue.settings import defaults
from hypothesis import given
from hypothesis import strategies as st

from tests.gait.on_device.cue_path import FLAT_BIT, Walk, stride

RATE_HZ = 100


def walk_of(first_n: int = 0, **changed: Any) -> Walk:
    return Walk({**defaults(), **changed}, RATE_HZ, first_n)


def steady_strides(number: int = 8, span_ms: int = 450) -> tuple[list[int], list[int], list[int]]:
    """Rates, bits and heel-offs of regular strides."""
    rates: list[int] = []
    bits: list[int] = []
    heel_offs = [stride(rates, bits, RATE_HZ, 420, span_ms) for _ in range(number)]
    return rates, bits, heel_offs


def starts(walk: Walk, rates: list[int], bits: list[int]) -> list[int]:
    """Indices at which a cue starts."""
    return [
        k for k, (rate, bit) in enumerate(zip(rates, bits, strict=True)) if walk.step(rate, bit)
    ]


EVENT = st.sampled_from([HEEL_OFF, TOE_OFF, INITIAL_CONTACT, HEEL_OFF | INITIAL_CONTACT])
# A rate, an event, then up to 60 samples of being flat with a rate that climbs or stays
HAPPENINGS = st.lists(
    st.tuples(st.integers(-4000, 4000), EVENT, st.integers(0, 60), st.integers(-20, 60)),
    max_size=60,
)
SETTINGS = st.fixed_dictionaries(
    {
        "cue_mode": st.sampled_from(["auto", "reactive", "predictive", "off"]),
        "schedule": st.sampled_from(["every", "nth", "fading", "silent"]),
        "every_n": st.integers(1, 4),
        "fade_strides": st.integers(1, 5),
        "lead_ms": st.integers(0, 300),
        "motor_spin_up_ms": st.integers(0, 150),
        "refractory_ms": st.integers(200, 1000),
        "predict_error_ms": st.just(150),
    }
)


def samples_of(happenings: list[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    made = []
    for rate, event, flat, climb in happenings:
        made.append((rate, event))
        made.extend((climb * k, FLAT_BIT) for k in range(flat))
    return made


@given(HAPPENINGS, SETTINGS)
def test_at_most_one_cue_for_a_heel_off_and_none_too_soon(
    happenings: list[tuple[int, int, int, int]], chosen: dict[str, Any]
) -> None:
    walk = walk_of(**chosen)
    scheduler = walk.scheduler
    gap = chosen["refractory_ms"] * RATE_HZ / 1000 - 1
    last = -(10**9)
    ahead_since_heel_off = 0
    cues = 0
    # Regular strides first, so that there is something to predict from
    rates, bits, _ = steady_strides(4)
    for k, (rate, bit) in enumerate([*zip(rates, bits, strict=True), *samples_of(happenings)]):
        counted = scheduler.predicted, scheduler.reactive
        cue = walk.step(rate, bit)
        assert cue in (0, CUE)
        if cue:
            cues += 1
            assert k - last > gap
            last = k
        if bit & HEEL_OFF:
            ahead_since_heel_off = 0
            grown = scheduler.predicted + scheduler.reactive - sum(counted)
            assert grown == (scheduler.cue_kind != CUE_NONE) <= 1
            assert (scheduler.cue_kind == CUE_REACTIVE) == bool(cue)
            assert (scheduler.cue_n == -1) == (scheduler.cue_kind == CUE_NONE)
        elif cue:
            ahead_since_heel_off += 1
            assert ahead_since_heel_off == 1
            assert chosen["cue_mode"] in ("auto", "predictive")
    settled = scheduler.predicted + scheduler.reactive + scheduler.false_predicted
    assert cues - settled in (0, 1)  # one may be waiting for its heel-off
    scheduler.stop(walk.n)
    settled = scheduler.predicted + scheduler.reactive + scheduler.false_predicted
    assert cues == settled
    if chosen["cue_mode"] == "off" or chosen["schedule"] == "silent":
        assert cues == 0


@given(HAPPENINGS, SETTINGS, st.integers(0, 3000))
def test_the_sample_counter_may_wrap_anywhere(
    happenings: list[tuple[int, int, int, int]], chosen: dict[str, Any], before: int
) -> None:
    rates, bits, _ = steady_strides(4)
    samples = [*zip(rates, bits, strict=True), *samples_of(happenings)]
    plain = walk_of(**chosen)
    wrapping = walk_of((N_MASK - before) & N_MASK, **chosen)
    assert [plain.step(*s) for s in samples] == [wrapping.step(*s) for s in samples]


@pytest.mark.parametrize("lead_ms", [0, 20, 40, 100, 200, 300])
def test_steady_gait_is_cued_ahead_and_felt_at_the_lead(lead_ms: int) -> None:
    walk = walk_of(lead_ms=lead_ms)
    rates, bits, heel_offs = steady_strides()
    cues = starts(walk, rates, bits)
    assert len(cues) == len(heel_offs)
    assert walk.scheduler.predicted == len(heel_offs) - 2
    felt_ms = [(cue - at) * 10 + 40 for cue, at in zip(cues[2:], heel_offs[2:], strict=True)]
    assert all(abs(felt + lead_ms) <= 35 for felt in felt_ms), felt_ms
    assert walk.scheduler.cue_kind == CUE_PREDICTED
    assert abs(walk.scheduler.predicted_n - heel_offs[-1]) <= 4


def test_a_heel_off_before_its_cue_is_cued_at_once() -> None:
    """The foot is lifted flat: no roll announces it."""
    walk = walk_of()
    rates, bits, _ = steady_strides()
    starts(walk, rates, bits)
    assert walk.step(0, INITIAL_CONTACT) == 0
    for _ in range(40):
        assert walk.step(0, FLAT_BIT) == 0
    assert walk.step(0, HEEL_OFF) == CUE
    assert walk.scheduler.cue_kind == CUE_REACTIVE


def test_a_cue_that_must_rest_is_not_made_up_for_later() -> None:
    walk = walk_of(lead_ms=300, refractory_ms=1000)
    rates, bits, heel_offs = steady_strides()
    cues = starts(walk, rates, bits)
    assert cues == [at + 2 for at in heel_offs]  # all on detection: ahead would be too soon


@pytest.mark.parametrize("held", [False, True])
def test_a_heel_off_that_corrects_the_last_is_cued_only_if_that_was_not(held: bool) -> None:
    scheduler = walk_of(cue_mode="reactive", schedule="nth", every_n=2).scheduler
    scheduler.hold = held
    assert scheduler.step(100, HEEL_OFF) == (0 if held else CUE)
    scheduler.hold = False
    scheduler.again = True
    assert scheduler.step(150, HEEL_OFF) == (CUE if held else 0)
    assert scheduler.step(180, HEEL_OFF) == 0
    assert scheduler.reactive == 1
    scheduler.again = False
    assert scheduler.step(300, HEEL_OFF) == 0, "the second stride of two goes uncued"
    assert scheduler.step(420, HEEL_OFF) == CUE


def test_reactive_off_and_silent_keep_to_it() -> None:
    rates, bits, heel_offs = steady_strides()
    walk = walk_of(cue_mode="reactive")
    assert starts(walk, rates, bits) == [at + 2 for at in heel_offs]
    assert walk.scheduler.predicted_n >= 0  # what it had expected is known all the same
    for chosen in ({"cue_mode": "off"}, {"schedule": "silent"}):
        walk = walk_of(**chosen)
        assert starts(walk, rates, bits) == []
        assert walk.scheduler.cue_kind == CUE_NONE


def test_predictive_trusts_where_auto_does_not() -> None:
    rates: list[int] = []
    bits: list[int] = []
    for span_ms in (450, 600, 350, 620, 400, 600, 380, 610):
        stride(rates, bits, RATE_HZ, 420, span_ms)
    kinds = {}
    for mode in ("auto", "predictive"):
        walk = walk_of(cue_mode=mode, lead_ms=200)
        starts(walk, rates, bits)
        kinds[mode] = walk.scheduler.predicted
    assert kinds["auto"] == 0 < kinds["predictive"]


def test_a_cue_for_a_heel_off_that_never_comes_is_counted_and_ends_prediction() -> None:
    walk = walk_of(lead_ms=300)
    rates, bits, _ = steady_strides()
    starts(walk, rates, bits)
    stood: list[int] = []
    still: list[int] = []
    stride(stood, still, RATE_HZ, 420, 1500, comes=False)
    (cue,) = starts(walk, stood, still)
    assert walk.scheduler.false_predicted == 1
    assert walk.scheduler.false_n == len(rates) + cue
    assert not walk.predictor.steady
    assert walk.step(0, HEEL_OFF) == CUE  # the next heel-off is a new stride's
    assert walk.scheduler.cue_kind == CUE_REACTIVE
    record = array("i", [7] * RECORD_FIELDS)
    walk.scheduler.fill_false(record)
    assert (record[R_HEEL_OFF], record[R_CUE_KIND]) == (-1, CUE_FALSE)
    assert record[R_PREDICTED] - record[R_CUE] == 34


def test_stopping_settles_a_cue_that_waits() -> None:
    walk = walk_of(lead_ms=300)
    rates, bits, heel_offs = steady_strides()
    cut = heel_offs[-1] - 10
    cues = starts(walk, rates[:cut], bits[:cut])
    assert cues[-1] > heel_offs[-2] + 10
    walk.scheduler.stop(walk.n)
    assert walk.scheduler.false_predicted == 1


def test_fill_writes_the_last_heel_offs_cue() -> None:
    walk = walk_of()
    rates, bits, _ = steady_strides()
    cues = starts(walk, rates, bits)
    record = array("i", [7] * RECORD_FIELDS)
    walk.scheduler.fill(record)
    assert record[R_CUE] == cues[-1]
    assert record[R_CUE_KIND] == CUE_PREDICTED
    assert record[R_PREDICTED] == cues[-1] + 4
    assert record[R_HEEL_OFF] == 7  # not its business


@pytest.mark.parametrize("mode", ["reactive", "auto"])
def test_nth_cues_one_stride_in_n(mode: str) -> None:
    walk = walk_of(cue_mode=mode, schedule="nth", every_n=3)
    rates, bits, heel_offs = steady_strides(12)
    cues = starts(walk, rates, bits)
    of = [min(range(12), key=lambda k, cue=cue: abs(heel_offs[k] - cue)) for cue in cues]
    assert of == [0, 3, 6, 9]


def test_fading_cues_rarer_and_rarer_down_to_one_in_every_n() -> None:
    walk = walk_of(cue_mode="reactive", schedule="fading", every_n=3, fade_strides=10)
    rates, bits, heel_offs = steady_strides(60)
    cued = {cue - 2 for cue in starts(walk, rates, bits)}
    share = [sum(at in cued for at in heel_offs[k : k + 10]) for k in range(0, 60, 10)]
    assert share[0] == 10
    assert 5 <= share[1] <= 6
    assert all(3 <= one <= 4 for one in share[2:])
