"""A recording begun in mid-walk: what is left of it, and what its labels then say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import HeelcueError
from host_tools.perturb import MID_WALK, begun_at, begun_in_mid_walk, perturb
from host_tools.recordings import Recording, read_recording, write_recording
from host_tools.replay import Walk
from host_tools.scoring import first_found, labels_of, score_times
from tests.host.walks import generated_recording

WALK = generated_recording(20)


@given(start_s=st.floats(0.0, 19.5))
def test_what_is_left_is_as_it_was_in_samples_times_labels_and_rate(start_s: float) -> None:
    begun = begun_at(WALK, start_s)
    first = len(WALK.t_s) - len(begun.t_s)
    assert begun.t_s[0] >= start_s and (first == 0 or WALK.t_s[first - 1] < start_s)
    for ours, whole in (
        (begun.t_s, WALK.t_s),
        (begun.acc_mps2, WALK.acc_mps2),
        (begun.gyr_dps, WALK.gyr_dps),
    ):
        assert (ours == whole[first:]).all()
    assert begun.rate_hz == WALK.rate_hz
    assert begun.duration_s + (begun.t_s[0] - WALK.t_s[0]) == pytest.approx(WALK.duration_s)
    walked = [s for s in labels_of(WALK).walked if s.heel_off_s >= begun.t_s[0]]
    assert labels_of(begun).walked == walked
    under_way = [s for s in begun.strides if s.heel_off_s is None]
    others = begun.strides[len(under_way) :]
    assert others == WALK.strides[len(WALK.strides) - len(others) :]
    assert len(under_way) <= 1 and all(s.step_end_s >= begun.t_s[0] for s in under_way)


def test_a_step_under_way_is_optional_and_the_next_two_settle() -> None:
    walked = labels_of(WALK).walked
    third = walked[2]
    start_s = (third.heel_off_s + third.push_off_peak_s) / 2
    begun = begun_at(WALK, start_s)
    labels = labels_of(begun)
    assert labels.settling == walked[3:5] and labels.counted == walked[5:]
    times = [start_s + 0.01, *(stride.heel_off_s for stride in walked[5:])]
    score = score_times(labels, times)
    assert not score.false_s and not score.missed
    assert first_found(labels, times) == [False, False, True, True, True, True]
    assert labels_of(begun_at(WALK, third.heel_off_s - 0.01)).settling[0] == third
    assert WALK.strides[2].heel_off_s is not None, "the whole recording keeps its own labels"


@pytest.mark.parametrize(
    ("start_s", "left"),
    [(5.0, [[6.0, 6.5], [9.0, 9.2]]), (6.2, [[6.0, 6.5], [9.0, 9.2]]), (7.0, [[9.0, 9.2]])],
)
def test_gaps_stay_where_they_are_and_what_is_left_is_a_recording(
    tmp_path: Path, start_s: float, left: list[list[float]]
) -> None:
    meta = WALK.meta | {"gaps_s": [[1.0, 1.5], [6.0, 6.5], [9.0, 9.2]]}
    whole = Recording(WALK.path, WALK.t_s, WALK.acc_mps2, WALK.gyr_dps, meta)
    begun = begun_at(whole, start_s)
    assert begun.meta["gaps_s"] == left
    # within a gap nothing was measured: it begins where the gap ends, and has lost nothing before
    assert begun.segments[0].lost == 0
    assert begun.t_s[begun.measured][0] == pytest.approx(
        6.5 if start_s == 6.2 else start_s, abs=0.01
    )
    lost = sum(segment.lost for segment in begun.segments)
    assert lost == sum(s.lost for s in whole.segments[-len(begun.segments) :][1:])
    write_recording(tmp_path / "begun.csv", begun.t_s, begun.acc_mps2, begun.gyr_dps, begun.meta)
    again = read_recording(tmp_path / "begun.csv")
    assert again.segments == begun.segments and again.strides == begun.strides
    assert len(Walk.of(again).samples_lsb) == begun.measured.sum()


def test_a_recording_without_labels_or_sidecar_can_begin_late_too() -> None:
    bare = begun_at(Recording(WALK.path, WALK.t_s, WALK.acc_mps2, WALK.gyr_dps), 5.0)
    assert "strides" not in bare.meta and "gaps_s" not in bare.meta
    assert bare.rate_hz == WALK.rate_hz


def test_nothing_left_is_an_error_that_names_the_recording() -> None:
    with pytest.raises(HeelcueError, match=r"walk_healthy_1\.csv: there is nothing .* at 20 s"):
        begun_at(WALK, 20.0)


def test_mid_walk_is_anywhere_between_the_second_stride_and_the_last_but_fourth() -> None:
    walked = labels_of(WALK).walked
    starts = []
    for seed in range(200):
        begun = begun_in_mid_walk(WALK, np.random.default_rng(seed))
        assert begun is not None
        starts.append(float(begun.t_s[0]))
    first_s, last_s = walked[1].heel_off_s, walked[-5].heel_off_s
    assert first_s <= min(starts) < first_s + 0.2 and last_s - 0.2 < max(starts) <= last_s + 0.01
    assert perturb(WALK, MID_WALK) is not None
    for strides in (6, 7):
        left = begun_at(WALK, walked[-strides].heel_off_s - 0.01)
        assert len(labels_of(left).walked) == strides
        assert (begun_in_mid_walk(left, np.random.default_rng(0)) is None) == (strides < 7)


def test_a_stride_lost_in_a_gap_is_neither_found_nor_missed() -> None:
    walked = labels_of(WALK).walked
    gap = [walked[1].heel_off_s + 0.05, walked[1].heel_off_s + 0.1]
    lossy = Recording(
        WALK.path, WALK.t_s, WALK.acc_mps2, WALK.gyr_dps, WALK.meta | {"gaps_s": [gap]}
    )
    found = first_found(labels_of(lossy), [walked[0].heel_off_s, walked[5].heel_off_s])
    assert found[0] is True and found[1] is None and found[4] is False and found[5] is True
    assert len(found) == 6
