"""The predictor: what it expects, when it says so, what it learns, and that it stays small."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from heelcue.events import HEEL_OFF, INITIAL_CONTACT, TOE_OFF
from heelcue.predictor import N_MASK, Predictor
from heelcue.settings import defaults
from hypothesis import example, given
from hypothesis import strategies as st

from host_tools.errors import HeelcueError
from host_tools.micropython import run_micropython
from tests.gait.on_device import cue_path
from tests.host.int31 import Int31, instrument

RATES_HZ = (59, 100, 208, 416)


def settings(**changed: int | str) -> dict[str, int | str]:
    return {**defaults(), **changed}


def learnt(spans: list[int], rate_hz: float = 100, **changed: int | str) -> tuple[Predictor, int]:
    """A predictor that has seen these spans from landing to (true) heel-off, and the time now."""
    predictor = Predictor(settings(**changed), rate_hz)
    late = round(0.015 * rate_hz)
    n = 1000
    for span in spans:
        predictor.on_contact(n)
        n += span + late
        predictor.on_heel_off(n)
        predictor.on_toe_off()
        n += 60
    return predictor, n


@given(st.lists(st.integers(20, 150), min_size=1, max_size=8))
def test_far_ahead_expects_the_median_of_the_last_three_spans(spans: list[int]) -> None:
    predictor, n = learnt(spans, lead_ms=300)
    predictor.on_contact(n)
    last = sorted(spans[-3:])
    expected = last[1] if len(last) == 3 else sum(last) // len(last)
    assert predictor.expected_n - n == expected


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("ahead_ms", [0, 20, 40, 60, 80])
@pytest.mark.parametrize("off_ms", [-80, 0, 120])
def test_the_roll_tells_of_an_early_or_late_heel_off(
    rate_hz: int, ahead_ms: int, off_ms: int
) -> None:
    """Of what the heel-off is off from the landing's promise, the cue misses three quarters at
    most (the foot rolls slowly here); the nearer, the less."""
    rates: list[int] = []
    bits: list[int] = []
    for _ in range(6):
        cue_path.stride(rates, bits, rate_hz, 420, 500)
    heel_off = cue_path.stride(rates, bits, rate_hz, 420, 500 + off_ms)
    walk = cue_path.Walk(settings(motor_spin_up_ms=ahead_ms, lead_ms=0), rate_hz)
    start = heel_off - 0.3 * rate_hz
    for k, (rate, bit) in enumerate(zip(rates, bits, strict=True)):
        reacted = k > start and bit & HEEL_OFF
        walk.step(rate, bit)
        if (walk.predictor.due and k > start) or reacted:
            break
    error_ms = (k - heel_off) * 1000 / rate_hz + ahead_ms
    if reacted:  # heel-off was detected, 15 ms late, before there was a cue
        assert ahead_ms <= 40
    else:
        assert abs(error_ms) <= abs(off_ms) * 3 / 4 + 500 / rate_hz + 4


def test_a_foot_that_stays_flat_is_given_up_and_its_span_still_learnt() -> None:
    """Else one wrong short span would be believed for ever."""
    predictor, n = learnt([30, 30, 30])
    for _ in range(2):
        predictor.on_contact(n)
        for k in range(120):
            if predictor.live:
                predictor.step(n + k, 0, True)
            assert not predictor.due
        assert predictor.expected_n == -1 and not predictor.live
        predictor.on_heel_off(n + 122)
        assert not predictor.steady
        n += 200
    predictor.on_contact(n)
    assert predictor.expected_n - n == 120


def test_no_roll_counts_before_the_foot_is_flat() -> None:
    predictor, n = learnt([50, 50, 50])
    predictor.on_contact(n)
    for k in range(60):
        predictor.step(n + k, 0 if k % 10 else 1000 * 16, False)
        assert not predictor.due


def test_steady_needs_alike_strides_and_a_small_error() -> None:
    predictor, n = learnt([50], lead_ms=300)
    assert not predictor.steady
    predictor, n = learnt([50, 50, 50], lead_ms=300)
    assert predictor.steady and predictor.uncertainty == 0
    predictor.on_contact(n)
    predictor.on_heel_off(n + 50 + 2 + 16)  # 160 ms late: odd
    assert not predictor.steady
    predictor, _ = learnt([50, 62, 38] * 4, lead_ms=300, predict_error_ms=60)
    assert predictor.uncertainty > 6 and not predictor.steady
    predictor, _ = learnt([50, 62, 38] * 4, lead_ms=300, predict_error_ms=150)
    assert predictor.steady


def test_gap_and_doubt_end_what_they_must() -> None:
    for lost in (0, 13):
        predictor, n = learnt([50, 50, 50, 50])
        predictor.on_contact(n)
        assert predictor.live and predictor.steady
        if lost:
            predictor.on_gap(lost)
        else:
            predictor.doubt()
        assert predictor.expected_n == -1 and not predictor.live and not predictor.due
        assert predictor.steady == bool(lost)
    predictor, n = learnt([50, 50, 50, 50], lead_ms=300)
    predictor.on_contact(n)
    predictor.on_gap(12)  # too short to hide an event: only time has passed
    for k in range(12, 20):
        predictor.step(n + k, 0, True)
        assert predictor.due == (k >= 50 - 34 - 1)


def test_a_second_touch_re_anchors_only_before_the_cue() -> None:
    predictor, n = learnt([50, 50, 50], lead_ms=300)
    predictor.on_contact(n)
    predictor.on_contact(n + 4)
    assert predictor.expected_n == n + 54
    for k in range(20):
        if predictor.live:
            predictor.step(n + 5 + k, 0, True)
    assert predictor.due
    predictor.on_contact(n + 30)
    assert predictor.due and predictor.expected_n == n + 54
    predictor.on_contact(n + 200)  # that stance is over, whatever became of it
    assert not predictor.due and predictor.expected_n == n + 250


@pytest.mark.parametrize(("peak_dps", "due"), [(400, True), (330, True), (300, False)])
def test_far_ahead_a_weak_push_off_is_not_followed_by_a_prediction(
    peak_dps: int, due: bool
) -> None:
    predictor, n = learnt([50, 50, 50], lead_ms=300)
    for _ in range(4):
        predictor.on_push_off(400 * 16)
    predictor.on_push_off(peak_dps * 16)
    predictor.on_contact(n)
    for k in range(40):
        if predictor.live:
            predictor.step(n + k, 0, True)
    assert predictor.due == due and predictor.expected_n == n + 50


@pytest.mark.parametrize(("span", "due_at"), [(14, 10), (15, 11), (17, None)])
def test_running_leaves_no_time_to_see_a_roll_so_the_landing_must_do(
    span: int, due_at: int | None
) -> None:
    predictor, n = learnt([span] * 3)
    predictor.on_contact(n)
    due = [predictor.step(n + k, 0, False) or predictor.due for k in range(1, 17)]
    assert (due.index(True) + 1 if True in due else None) == due_at


EVENTS = st.lists(
    st.tuples(
        st.integers(-60_000, 60_000),  # 3750 deg/s: all three axes clipped at 2000
        st.sampled_from([0] * 12 + [HEEL_OFF, TOE_OFF, INITIAL_CONTACT, cue_path.FLAT_BIT]),
        st.integers(1, 40),
    ),
    max_size=40,
)


@given(
    EVENTS,
    st.sampled_from(RATES_HZ),
    st.integers(0, 300),
    st.integers(0, 150),
    st.integers(0, N_MASK),
)
@example([(60_000, cue_path.FLAT_BIT, 40)] * 30, 416, 0, 80, N_MASK - 3)
def test_never_beyond_31_bits_and_never_a_float(
    events: list[tuple[int, int, int]], rate_hz: int, lead_ms: int, spin_up_ms: int, first_n: int
) -> None:
    walk = cue_path.Walk(settings(lead_ms=lead_ms, motor_spin_up_ms=spin_up_ms), rate_hz)
    walk.n = Int31(first_n)
    instrument(walk.predictor)
    instrument(walk.scheduler)
    for _ in range(3):
        for rate, bits, times in [(0, HEEL_OFF, 1), (0, INITIAL_CONTACT, 1), *events]:
            for k in range(times):
                walk.step(Int31(rate), bits if k == 0 else bits & cue_path.FLAT_BIT)


def test_micropython_with_its_heap_locked_does_the_same_as_cpython() -> None:
    said = run_micropython(Path(cue_path.__file__))
    assert json.loads(said) == cue_path.main(nullcontext())
    with pytest.raises(HeelcueError, match="MemoryError"):
        run_micropython(Path(cue_path.__file__), ["leaky"])
