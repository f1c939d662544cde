"""Scoring: equal to the shared scorer on the same events, and right on cases seen through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from heelcue.events import CUE_FALSE, CUE_PREDICTED, CUE_REACTIVE
from heelcue.settings import defaults

from host_tools.cue_scoring import CueScore, CueTally, cues_of, score_cues
from host_tools.evaluate import evaluate_files
from host_tools.events import Event, write_events
from host_tools.find import find_recordings
from host_tools.recordings import Recording, read_recording
from host_tools.replay import Replay, StrideRecord
from host_tools.scoring import Tally, labels_of, score_times

NAN = float("nan")


def stride(heel_off_s: float | None, peak_dps: float = 300.0) -> dict[str, Any]:
    at = 0.0 if heel_off_s is None else heel_off_s
    return {
        "step_start_s": at + 0.05,
        "step_end_s": at + 0.6,
        "heel_off_s": heel_off_s,
        "push_off_peak_s": None if heel_off_s is None else at + 0.2,
        "push_off_peak_dps": None if heel_off_s is None else peak_dps,
    }


def labelled(heel_offs_s: list[float], **meta: Any) -> Recording:
    """A recording of which only the labels matter."""
    nothing = np.zeros((0, 3))
    strides = meta.pop("strides", [stride(t) for t in heel_offs_s])
    return Recording(
        Path("r.csv"), np.zeros(0), nothing, nothing, {"strides": strides, "duration_s": 60, **meta}
    )


WALK = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]  # heel-offs; the first two are settling


def test_hits_misses_and_false_detections_are_told_apart() -> None:
    labels = labels_of(labelled(WALK))
    # 3: early but in time; 4: too late (after the peak + 20 ms): missed and false; 5: doubled
    score = score_times(labels, [2.91, 4.23, 5.01, 5.1, 6.2, 7.0])
    assert [hit.stride.heel_off_s for hit in score.hits] == [3.0, 5.0, 6.0, 7.0]
    assert [miss.heel_off_s for miss in score.missed] == [4.0]
    assert score.false_s == [4.23, 5.1]
    assert score.hits[0].error_ms == pytest.approx(-90)


def test_optional_strides_gaps_and_unlabelled_parts_are_neither_right_nor_wrong() -> None:
    strides = [stride(t) for t in WALK] + [stride(8.0, peak_dps=40.0)]
    labels = labels_of(labelled([], strides=strides))
    assert not score_times(labels, [1.0, 2.0, 8.0]).false_s
    assert score_times(labels, [20.0]).false_s == [20.0]
    gap = labels_of(labelled(WALK, gaps_s=[[4.5, 4.6], [20.5, 20.6]]))
    score = score_times(gap, [20.0])
    assert [miss.heel_off_s for miss in score.missed] == [3.0, 6.0, 7.0] and not score.false_s
    assert not score_times(labels_of(labelled(WALK, partial=True)), [20.0]).false_s


@pytest.mark.parametrize(
    ("at_s", "false"),
    # the optional step is labelled from 10.05 s to 10.6 s, the gap lies from 20.5 s to 20.6 s
    [
        *[(9.24, True), (9.26, False), (10.64, False), (10.66, True)],
        *[(19.49, True), (19.51, False), (21.59, False), (21.61, True)],
    ],
)
def test_how_far_an_optional_step_and_a_gap_excuse(at_s: float, false: bool) -> None:
    strides = [stride(t) for t in WALK] + [stride(10.0, peak_dps=40.0)]
    labels = labels_of(labelled([], strides=strides, gaps_s=[[20.5, 20.6]]))
    assert score_times(labels, [at_s]).false_s == ([at_s] if false else [])


@pytest.mark.parametrize(
    ("at_s", "false"), [(11.39, False), (11.41, True), (12.59, True), (12.61, False)]
)
def test_partial_labels_speak_of_the_labelled_strides_from_before_heel_off_to_the_step_s_end(
    at_s: float, false: bool
) -> None:
    """From 0.6 s before heel-off at 12 s until the step ends at 12.6 s; the rest is unlabelled."""
    labels = labels_of(labelled([1.0, 2.0, 12.0], partial=True))
    assert score_times(labels, [at_s]).false_s == ([at_s] if false else [])
    assert labels_of(labelled([1.0, 2.0, 12.0])).excuses(at_s) is False


def test_recording_without_walking_counts_every_detection_as_false() -> None:
    score = score_times(labels_of(labelled([])), [1.0, 2.0])
    tally = Tally()
    tally.add(score, 600.0)
    assert tally.figures()["false_per_10min"] == 2 and tally.figures()["strides"] == 0


def record(heel_off_s: float, cue_s: float, kind: int, predicted_s: float = NAN) -> StrideRecord:
    return StrideRecord(heel_off_s, NAN, NAN, NAN, cue_s, kind, predicted_s, 300)


def test_cues_are_scored_by_when_they_are_felt() -> None:
    settings = defaults() | {"motor_spin_up_ms": 40, "lead_ms": 100}
    cues = {
        1.02: (1.02, CUE_REACTIVE),
        2.02: (2.02, CUE_REACTIVE),
        3.02: (3.02, CUE_REACTIVE),  # felt 60 ms after heel-off
        4.01: (3.86, CUE_PREDICTED),  # felt at 3.90: exactly the lead
        5.02: (4.90, CUE_PREDICTED),  # felt at 4.94: 40 ms later than the lead wants
        # 6: silent
        7.02: (6.84, CUE_PREDICTED),  # 20 ms early
    }
    strides = [record(t, cue, kind, t - 0.02) for t, (cue, kind) in cues.items()]
    strides.append(record(NAN, 9.5, CUE_FALSE))
    events = [Event(cue, "cue") for cue, _ in cues.values()] + [Event(9.5, "cue")]
    replay = Replay(events, strides)
    labels = labels_of(labelled(WALK))
    score = score_cues(labels, score_times(labels, list(cues)), replay, settings)
    assert score.reacted_ms == pytest.approx([60])
    assert score.predicted_ms == pytest.approx([0, 40, -20])
    assert score.missed == 1 and score.strides_to_first == 1
    assert score.late_strides == 3 and score.late_predicted == 2  # after the fourth: 5, 6, 7
    assert score.false_predicted_s == [9.5] and not score.false_reactive_s
    assert score.prediction_ms == pytest.approx([0, -10, 0, 0])
    tally = CueTally()
    tally.add(score, 60.0)
    figures = tally.figures()
    assert figures["predicted_within_30ms"] == pytest.approx(2 / 3)
    assert figures["predicted_after_4th"] == pytest.approx(2 / 3)
    assert figures["false_per_10min"] == pytest.approx(10)
    assert figures["first_by_second_stride"] == 1.0


def test_without_a_stride_s_record_a_cue_while_the_heel_is_up_is_a_reactive_one() -> None:
    settings = defaults() | {"motor_spin_up_ms": 40, "lead_ms": 100}
    events = [
        Event(0.9, "cue"),  # before any heel-off
        Event(1.0, "heel_off"),
        Event(1.0, "cue"),  # with its heel-off
        Event(1.3, "toe_off"),
        Event(1.9, "cue"),
        Event(2.0, "heel_off"),
        Event(2.05, "cue"),  # once it is known to be a push-off
    ]
    cues = cues_of(Replay(events, []), settings)
    assert [cue.predicted for cue in cues] == [True, False, True, False]
    # Only a prediction is aimed ahead of what it is compared with
    assert [cue.aim_s for cue in cues] == pytest.approx([1.04, 1.04, 2.04, 2.09])


def test_limits_and_percentiles_of_the_cues_timing() -> None:
    """40 errors of -30 to 165 ms; the bounds themselves count as within."""
    errors_ms = [-30.0 + 5 * k for k in range(40)]
    tally = CueTally()
    tally.add(CueScore(40, errors_ms, errors_ms, errors_ms, 0, 0, [], [], 0, None), 60.0)
    figures = tally.figures()
    assert figures["predicted_within_30ms"] == 13 / 40
    for name in ("predicted_within_50ms", "prediction_within_50ms", "felt_within_50ms"):
        assert figures[name] == 17 / 40, name
    assert (figures["predicted_p5_ms"], figures["predicted_p95_ms"]) == (-20, 160)
    assert figures["reacted_p95_ms"] == 160


def test_two_cues_in_one_stride_are_seen() -> None:
    settings = defaults()
    events = [Event(2.95, "cue"), Event(3.02, "cue")]
    labels = labels_of(labelled(WALK))
    strides = [record(3.02, 2.95, CUE_PREDICTED)]
    score = score_cues(labels, score_times(labels, [3.02]), Replay(events, strides), settings)
    assert score.doubled == 1


def test_figures_equal_the_shared_scorer(recordings_dir: Path, tmp_path: Path) -> None:
    """On the same events: labelled heel-offs moved, dropped and joined by false ones."""
    scorer = recordings_dir.parent / "tools" / "score.py"
    assert scorer.is_file(), f"the recordings are here, but no scorer at {scorer}"
    rng = np.random.default_rng(7)
    small = tmp_path / "recordings"
    for set_name in ("truong2019", "voisard2023", "sanchez2019"):
        files = list(find_recordings([recordings_dir / set_name]).values())
        for file in files[:: max(1, len(files) // 9)]:
            recording = read_recording(file)
            folder = small / set_name
            folder.mkdir(parents=True, exist_ok=True)
            for part in (file, file.with_name(file.name.replace(".csv.gz", ".json"))):
                (folder / part.name).symlink_to(part)
            marks = [s.heel_off_s for s in recording.strides if s.heel_off_s is not None]
            times = np.array(marks) + rng.normal(0.02, 0.08, len(marks))
            times = times[rng.random(len(times)) < 0.95]
            false = rng.uniform(0, recording.duration_s, 4)
            events = [Event(float(t), "heel_off") for t in np.sort(np.append(times, false))]
            write_events(tmp_path / "events" / set_name / f"{file.name[:-7]}.csv", events)
    done = subprocess.run(
        [sys.executable, scorer, small, tmp_path / "events", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout)["figures"]
    found = find_recordings([small])
    ours = evaluate_files(found, defaults(), events_dir=tmp_path / "events", jobs=1).figures()
    assert ours.keys() == theirs.keys() and ours["ALL/ALL"]["strides"] > 300
    for key, row in theirs.items():
        for name, value in row.items():
            assert ours[key][name] == value, (key, name)


def cue_score(
    on_s: dict[float, int], settings: dict[str, int] | None = None, **meta: Any
) -> CueScore:
    """Score cues {motor on: kind} against WALK."""
    labels = labels_of(labelled(WALK, **meta))
    events = [Event(time_s, "cue") for time_s in sorted(on_s)]
    records = [record(NAN, time_s, kind) for time_s, kind in on_s.items()]
    timing = defaults() | {"motor_spin_up_ms": 40, "lead_ms": 0} | (settings or {})
    return score_cues(labels, score_times(labels, []), Replay(events, records), timing)


def test_a_cue_belongs_to_a_stride_from_300_ms_before_to_when_a_reaction_may_be_felt() -> None:
    """Felt 40 ms after switching on; the push-off peak is 200 ms after heel-off at 4 s."""
    for on_s, false in ((3.65, True), (3.67, False), (4.21, False), (4.23, True)):
        score = cue_score({on_s: CUE_PREDICTED})
        assert (score.false_predicted_s == [on_s]) == false, on_s
        assert len(score.predicted_ms) == (not false)
    # What counts is the time aimed at: with a lead of 100 ms it is felt so much earlier
    assert not cue_score({3.57: CUE_PREDICTED}, {"lead_ms": 100}).false_predicted_s
    assert cue_score({3.57: CUE_PREDICTED}).false_predicted_s
    assert cue_score({3.55: CUE_PREDICTED}, {"lead_ms": 100}).false_predicted_s


def test_the_second_cue_of_a_stride_is_false() -> None:
    score = cue_score({3.97: CUE_PREDICTED, 4.05: CUE_REACTIVE})
    assert score.false_reactive_s == [4.05] and score.doubled == 1
    assert len(score.predicted_ms) == 1 and not score.reacted_ms


def test_a_cue_for_an_optional_step_is_excused_by_when_it_was_sent_or_felt() -> None:
    """A shuffled step excuses up to 10.65 s; a motor switched on before is felt later."""
    strides = [*(stride(t) for t in WALK), stride(10.0, peak_dps=40.0)]
    assert not cue_score({10.64: CUE_REACTIVE}, strides=strides).false_reactive_s
    assert cue_score({10.66: CUE_REACTIVE}, strides=strides).false_reactive_s == [10.66]


@pytest.mark.parametrize(
    ("on_s", "lead_ms", "number"),
    [(0.98, 0, 1), (3.05, 0, 3), (2.86, 100, 3), (3.5, 0, 8), (None, 0, 8)],
)
def test_strides_to_the_first_cue(on_s: float | None, lead_ms: int, number: int) -> None:
    """One more than there are where no stride was cued; a lead makes a cue no worse."""
    cues = {} if on_s is None else {on_s: CUE_PREDICTED}
    assert cue_score(cues, {"lead_ms": lead_ms}).strides_to_first == number
    tally = CueTally()
    tally.add(cue_score(cues, {"lead_ms": lead_ms}), 60.0)
    assert tally.figures()["first_by_second_stride"] == (number <= 2)
    assert tally.figures()["first_by_third_stride"] == (number <= 3)
    assert cue_score({0.98: CUE_REACTIVE}, strides=[stride(1.0)]).strides_to_first is None


def test_groups_merged_are_the_group_of_all_their_recordings() -> None:
    labels = labels_of(labelled(WALK))
    scores = [score_times(labels, times) for times in ([3.05, 4.1, 9.5], [5.0], [])]
    together, first, rest = Tally(), Tally(), Tally()
    for k, score in enumerate(scores):
        together.add(score, 60.0)
        (rest if k else first).add(score, 60.0)
    first.merge(rest)
    assert first == together and first.recordings == 3 and first.hit == 3 and first.false == 1


def test_hits_before_the_push_off_peak_are_counted() -> None:
    tally = Tally()
    tally.add(score_times(labels_of(labelled(WALK)), [3.0, 4.19, 5.21, 6.0]), 60.0)
    assert tally.hit == 4 and tally.figures()["before_peak"] == 0.75
