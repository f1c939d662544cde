"""Is this walking? Each rule of the gate, on feet whose motion is written by hand."""

from __future__ import annotations

import math
from array import array
from typing import Any, NamedTuple

import numpy as np
import pytest
from heelcue import walking
from heelcue.events import CUE, HEEL_OFF
from heelcue.pipeline import Pipeline
from heelcue.settings import defaults
from heelcue.travel import Travel
from heelcue.walking import STOPPING

from host_tools.generate import Sensor, generate_activity
from host_tools.generate.script import Script
from host_tools.generated import as_recording
from host_tools.recordings import GRAVITY_MPS2, to_lsb
from host_tools.replay import Walk, replay_walk

RATE_HZ = 104.0


class Stride(NamedTuple):
    """A stride of a foot: how far it goes and how, then how long it stands (s, m, deg)."""

    way_m: float = 0.9
    heel_up_deg: float = 45.0
    toe_up_deg: float = 15.0
    push_s: float = 0.3
    swing_s: float = 0.35
    stance_s: float = 0.6
    left_tilted_deg: float = 0.0  # how it lies in the end, rolled to the side
    stopped: bool = True  # by the ground
    hits_g: float = 0.0  # so hard
    shaken_g: float = 0.0  # all the time, as on a pedal


def samples_of(*strides: Stride) -> array[int]:
    """Stand for two seconds, make the strides, stand for one."""
    script = Script(np.random.default_rng(1), 60.0)
    script.wait(2.0)
    hits: list[tuple[float, float]] = []
    shaken: list[tuple[float, float, float]] = []
    for s in strides:
        begin, x = script.t, script.now("x")
        script.move(s.push_s, pitch=s.heel_up_deg)
        script.move(s.swing_s, pitch=-s.toe_up_deg)
        end = script.t + (0.1 if s.stopped else 0.5)
        # the heel is on the ground when the forefoot falls: it is stopped within 20 ms
        fall = s.toe_up_deg / 0.1 if s.stopped else 0.0
        script.knot(end, fall, pitch=-0.4 * fall * 0.02 if s.stopped else 0.0)
        script.knot(end + 0.02, pitch=0.0)
        script.knot(begin + 0.6 * s.push_s, x=x)
        script.knot(end - 0.08, x=x + s.way_m)
        script.knot(begin, roll=script.now("roll"))
        script.knot(end, roll=s.left_tilted_deg)
        script.t = end + 0.02
        script.wait(s.stance_s)
        hits.append((script.t - s.stance_s, s.hits_g))
        shaken.append((begin, script.t, s.shaken_g))
    script.wait(1.0)
    t = np.arange(0.0, script.t, 1 / RATE_HZ)
    force, rate = script.motion().felt(t)
    for landed, hit_g in hits:
        force[2, (t >= landed) & (t < landed + 0.02)] += hit_g * GRAVITY_MPS2
    for begin, end, shaken_g in shaken:
        within = (t >= begin) & (t < end)
        force[0, within] += shaken_g * GRAVITY_MPS2 * np.sin(2 * np.pi * 12.0 * t[within])
    return array("h", to_lsb(force.T, rate.T).tobytes())


def cues_of(*strides: Stride, known: bool = False) -> tuple[list[int], list[int]]:
    """Return the samples of heel-offs and of cues; known: the mounting is known before."""
    pipeline = Pipeline(defaults(), RATE_HZ)
    if known:
        before = Pipeline(defaults(), RATE_HZ)
        run(before, samples_of(*[Stride()] * 4))
        pipeline.mounting.load(before.mounting.save())
    return run(pipeline, samples_of(*strides))


def run(pipeline: Pipeline, samples: array[int]) -> tuple[list[int], list[int]]:
    bits = [pipeline.step(samples, i) for i in range(0, len(samples), 6)]
    return (
        [k for k, bit in enumerate(bits) if bit & HEEL_OFF],
        [k for k, bit in enumerate(bits) if bit & CUE],
    )


@pytest.mark.parametrize("known", [False, True])
def test_one_clear_stride_lets_the_next_heel_off_be_cued_at_once(known: bool) -> None:
    heel_offs, cues = cues_of(Stride(), Stride(), known=known)
    assert len(heel_offs) == 2 if known else 1
    assert cues == heel_offs[-1:]


@pytest.mark.parametrize(
    "unlike",
    [
        {"way_m": 0.0, "heel_up_deg": 20.0},  # on the spot
        {"stance_s": 2.5},  # it has stopped
        {"left_tilted_deg": 30.0},  # put down otherwise, as a crossed leg is
        {"stance_s": 0.0, "swing_s": 0.5, "way_m": 0.3},  # it does not stand
        {"way_m": 0.2, "push_s": 0.7, "swing_s": 0.8, "stopped": False},  # as in heel raises
        {"shaken_g": 0.05, "stopped": False},  # it lands on what shakes on, as a pedal does
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_a_stride_that_is_not_one_leaves_the_next_heel_off_uncued(
    unlike: dict[str, Any], known: bool
) -> None:
    stride = Stride()._replace(**unlike)
    heel_offs, cues = cues_of(stride, stride, known=known)
    assert heel_offs
    assert not cues


def test_a_device_on_the_heel_is_jerked_up_at_heel_off_and_yet_cued() -> None:
    strides = [Stride(way_m=0.5)] * 2
    heel_offs, _ = cues_of(*strides, known=True)
    samples = samples_of(*strides)
    for k in range(heel_offs[1] - 5, heel_offs[1] + 10):
        samples[6 * k + 2] += round(1.3 * 2048)
    pipeline = Pipeline(defaults(), RATE_HZ)
    run(pipeline, samples_of(*strides))
    saved = pipeline.mounting.save()
    pipeline = Pipeline(defaults(), RATE_HZ)
    pipeline.mounting.load(saved)
    again, cues = run(pipeline, samples)
    assert again == heel_offs
    assert cues == heel_offs[1:]


def test_after_half_a_step_only_a_swift_push_off_is_cued_and_late() -> None:
    half = Stride(way_m=0.11, heel_up_deg=16.0, toe_up_deg=6.0)
    heel_offs, cues = cues_of(half, Stride(), known=True)
    assert len(cues) == 1
    assert heel_offs[1] < cues[0] <= heel_offs[1] + 0.15 * RATE_HZ
    slow = Stride(heel_up_deg=30.0, push_s=0.6)  # 95 deg/s
    assert not cues_of(half, slow, known=True)[1]
    low = Stride(heel_up_deg=10.0, push_s=0.1)
    assert not cues_of(half, low, known=True)[1]


@pytest.mark.parametrize("known", [False, True])
def test_a_foot_that_went_back_is_cued_only_if_it_then_pushes_off(known: bool) -> None:
    """Before getting up it is drawn under the chair, stands there, and its heel rises slowly."""
    slow = Stride(heel_up_deg=30.0, push_s=0.6)
    heel_offs, cues = cues_of(Stride(way_m=0.2), slow, known=known)
    assert cues == heel_offs[-1:]
    heel_offs, cues = cues_of(Stride(way_m=-0.2), slow, known=known)
    assert heel_offs and not cues
    heel_offs, cues = cues_of(Stride(way_m=0.2, stance_s=1.25), slow, known=known)
    assert len(cues) == 1, "not even if it stands so long that this could be the end"
    heel_offs, cues = cues_of(Stride(way_m=-0.2), Stride(), known=known)
    assert len(cues) == 1
    assert heel_offs[-1] < cues[0] <= heel_offs[-1] + 0.15 * RATE_HZ


def test_who_hardly_stands_must_have_gone_further_than_a_jump_on_the_spot_does() -> None:
    short, on_the_spot = Stride(way_m=0.15, stance_s=0.1), Stride(way_m=0.08, stance_s=0.1)
    heel_offs, cues = cues_of(short, Stride(), known=True)
    assert len(heel_offs) == 2 and len(cues) == 1
    heel_offs, cues = cues_of(on_the_spot, Stride(), known=True)
    assert len(heel_offs) == 2 and not cues


@pytest.mark.parametrize(
    ("activity", "seed"),
    [
        ("getting_up", 6),
        ("getting_up", 23),
        ("jumping", 10),
        ("jumping", 11),
        ("cycling", 0),
        ("cycling", 38),
        ("cycling", 47),
    ],
)
def test_what_a_worn_shoe_goes_through_is_not_walking(activity: str, seed: int) -> None:
    made = generate_activity(activity, 120.0, seed, Sensor(rate_hz=RATE_HZ))
    events = replay_walk(Walk.of(as_recording(made)), defaults()).events
    assert [event for event in events if event.name == "heel_off"]
    assert not [event for event in events if event.name == "cue"]


def test_after_a_stride_that_nothing_speaks_for_only_a_great_push_off_is_cued_and_late() -> None:
    tilted = Stride(left_tilted_deg=16.0)
    great = Stride(heel_up_deg=60.0, push_s=0.25)
    heel_offs, cues = cues_of(tilted, great, known=True)
    assert len(cues) == 1
    assert heel_offs[1] < cues[0] <= heel_offs[1] + 0.2 * RATE_HZ
    assert not cues_of(tilted, Stride(), known=True)[1]
    assert not cues_of(tilted._replace(stance_s=1.5), great, known=True)[1], "it has stopped"


def test_a_late_cue_keeps_to_the_schedule_and_is_recorded() -> None:
    half = Stride(way_m=0.11, heel_up_deg=16.0, toe_up_deg=6.0)
    for changed, number in (({}, 1), ({"schedule": "silent"}, 0), ({"cue_mode": "off"}, 0)):
        pipeline = Pipeline({**defaults(), **changed}, RATE_HZ)
        before = Pipeline(defaults(), RATE_HZ)
        run(before, samples_of(*[Stride()] * 4))
        pipeline.mounting.load(before.mounting.save())
        _, cues = run(pipeline, samples_of(half, Stride()))
        assert len(cues) == number
        assert pipeline.scheduler.reactive == number
        assert pipeline.scheduler.cue_n == (cues[0] if cues else -1)


def test_a_short_stride_says_that_the_walk_may_end() -> None:
    pipeline = Pipeline(defaults(), RATE_HZ)
    found = []
    step = pipeline.gait.step

    def told(*arguments: Any) -> int:
        found.append(step(*arguments))
        return int(found[-1])

    pipeline.gait.step = told  # type: ignore[method-assign]
    run(pipeline, samples_of(*[Stride()] * 6, Stride(way_m=0.5)))
    assert found.count(STOPPING) == 1
    last = max(k for k, value in enumerate(found) if value == STOPPING)
    assert last > len(found) - 2.5 * RATE_HZ


def test_after_a_short_stride_a_heel_that_hardly_rises_is_not_cued_and_a_push_off_late() -> None:
    usual, short = [Stride()] * 6, Stride(way_m=0.5)
    closing = Stride(way_m=0.06, heel_up_deg=4.0, toe_up_deg=1.0, push_s=0.25)
    heel_offs, cues = cues_of(*usual, short, closing)
    assert len(heel_offs) == 7, "the closing step is seen ..."
    assert cues[-1] < heel_offs[-1], "... and not cued"
    heel_offs, cues = cues_of(*usual, short, Stride())
    assert heel_offs[-1] < cues[-1] <= heel_offs[-1] + 0.12 * RATE_HZ


def test_slow_strides_are_walking_when_another_follows() -> None:
    """Who stands so long that one stride could be the last, and lifts the heel slowly."""
    slow = Stride(way_m=0.4, heel_up_deg=20.0, push_s=0.6, swing_s=0.5, stance_s=1.25)  # 65 deg/s
    heel_offs, cues = cues_of(slow, slow, slow, known=True)
    assert len(heel_offs) == 3
    assert cues == heel_offs[2:]
    far = slow._replace(way_m=0.9)  # no doubt about this one
    heel_offs, cues = cues_of(far, far, known=True)
    assert cues == heel_offs[1:]


def test_who_runs_is_cued_though_the_foot_hardly_stands() -> None:
    running = Stride(way_m=1.6, heel_up_deg=80.0, push_s=0.25, swing_s=0.3, stance_s=0.0)
    hard = running._replace(hits_g=4.0)
    heel_offs, cues = cues_of(*[hard] * 6, known=True)
    assert len(heel_offs) == 6
    assert len(cues) >= 5
    assert not cues_of(*[running] * 6, known=True)[1][1:]  # a foot that hardly stands, set down
    shuffling = [running._replace(way_m=0.3, heel_up_deg=50.0)] * 6
    assert not cues_of(*shuffling, known=True)[1]


def test_six_seconds_without_a_stride_end_it() -> None:
    tap = Stride(way_m=0.0, heel_up_deg=20.0, toe_up_deg=4.0)
    standing = Stride(stance_s=6.5)
    heel_offs, cues = cues_of(Stride(), Stride(), standing, tap)
    assert cues
    assert max(heel_offs) > max(cues) + 6 * RATE_HZ


TAP = Stride(way_m=0.0, heel_up_deg=25.0, toe_up_deg=4.0)


def test_a_foot_that_stays_in_place_is_soon_not_reported_and_a_stride_ends_that() -> None:
    taps = 12
    heel_offs, cues = cues_of(*[TAP] * taps, known=True)
    assert 1 <= len(heel_offs) <= 4 and not cues
    walks = 6
    begin = len(samples_of(*[TAP] * taps)) // 6 - 2 * round(RATE_HZ)
    heel_offs, cues = cues_of(*[TAP] * taps, *[Stride()] * walks, known=True)
    again = [n for n in heel_offs if n > begin]
    assert len(again) >= walks - 2 and len(cues) >= walks - 2


def test_heel_offs_that_never_are_a_stride_are_in_the_end_not_reported() -> None:
    """Out of a car, say: the foot goes far between two pedals but is not stopped by the ground."""
    far = Stride(way_m=0.4, stopped=False)
    heel_offs, cues = cues_of(*[far] * 30, known=True)
    assert 5 <= len(heel_offs) <= 14 and not cues


@pytest.mark.parametrize("reckoned", [True, False])
def test_after_one_likely_stride_the_second_must_be_reckoned_well(reckoned: bool) -> None:
    """A bag that swings makes strides with much drift: once one had passed, all others did."""
    pipeline = Pipeline(defaults(), RATE_HZ)
    gait = pipeline.gait
    script = samples_of(Stride())
    for k in range(0, len(script), 6):
        pipeline.step(script, k)
    n = pipeline.n
    gait._belief = walking._LIKELY
    gait._stride = walking._LIKELY
    gait._again = reckoned
    gait._stride_n = gait._rest_n = n - round(0.5 * RATE_HZ)
    gait._contact_n = n - round(0.6 * RATE_HZ)
    gait._judge(n)
    assert gait.confirmed is reckoned


SLOW = Stride(way_m=0.35, push_s=0.75, swing_s=0.5, heel_up_deg=30.0, stance_s=1.0)  # 75 deg/s


@pytest.mark.parametrize(
    ("drift_per_way", "left_tilted_deg", "expected"), [(12, 0.0, 4), (2, 14.0, 4), (40, 0.0, None)]
)
def test_four_strides_in_a_row_are_walking_though_none_is_reckoned_well(
    monkeypatch: pytest.MonkeyPatch,
    drift_per_way: int,
    left_tilted_deg: float,
    expected: int | None,
) -> None:
    """Slow strides push off too weakly to prove one of them."""
    stop = Travel.stop

    def drifting(travel: Travel) -> int:
        way = stop(travel)
        travel.drift_mm = drift_per_way * max(0, way)
        return way

    monkeypatch.setattr(Travel, "stop", drifting)
    tilted = [SLOW._replace(left_tilted_deg=left_tilted_deg * (k % 2)) for k in range(7)]
    heel_offs, cues = cues_of(*tilted, known=True)
    assert len(heel_offs) == 7
    assert len(cues) == (0 if expected is None else 7 - expected)
    assert expected is None or cues[0] == heel_offs[expected]


def test_after_fidgeting_one_stride_does_not_make_it_walking_and_two_do() -> None:
    tap = Stride(way_m=0.0, heel_up_deg=20.0)
    fidgeting = [tap] * 8
    _, cues = cues_of(*fidgeting, Stride(), tap, tap, known=True)
    assert not cues
    heel_offs, cues = cues_of(*fidgeting, *[Stride()] * 4, known=True)
    assert cues and cues[0] >= heel_offs[-2]


@pytest.mark.parametrize(
    ("where", "seed"),
    [("bag", 1), ("bag", 4), ("bag", 15), ("bag", 18), ("pocket", 1), ("pocket", 21)],
)
def test_what_is_never_still_is_not_a_foot_that_stands(where: str, seed: int) -> None:
    """Carried, the device swings as if it took strides, but between them nothing stands."""
    carried = generate_activity(where, 60.0, seed, Sensor(rate_hz=RATE_HZ))
    events = replay_walk(Walk.of(as_recording(carried)), defaults()).events
    assert not [event for event in events if event.name == "cue"]


def test_a_clip_turned_between_two_walks_is_noticed_while_one_stands() -> None:
    samples = samples_of(*[Stride()] * 4)
    turned = np.array(samples).reshape(-1, 6)[:, [1, 2, 0, 4, 5, 3]]
    pipeline = Pipeline(defaults(), RATE_HZ)
    first = run(pipeline, samples)
    second = run(pipeline, array("h", np.ascontiguousarray(turned).tobytes()))
    for before, after in zip(first, second, strict=True):
        assert len(before) == len(after) >= 3
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 2


@pytest.mark.parametrize("rate_hz", [52.0, 98.0, 208.0, 416.0])
def test_a_landing_is_remembered_as_long_at_any_rate(rate_hz: float) -> None:
    pipeline = Pipeline(defaults(), rate_hz)
    for k in range(round(1.26 * rate_hz)):
        if k == round(1.1 * rate_hz):
            pipeline.gait._jolt = 8000
        moving = k > rate_hz  # after a second of standing
        rate = round(1600 * math.sin(40 * k / rate_hz)) if moving else 0
        pipeline.step(array("h", [0, 0, 2048, 0, rate, 0]), 0)
    assert 2300 <= pipeline.gait._jolt <= 3300
