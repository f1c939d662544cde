"""How sure an evaluation's figures are: intervals over people, agreement of stride times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools import cli, people
from host_tools.cue_scoring import CueScore
from host_tools.evaluate import Evaluation, Result, stride_times
from host_tools.people import FEWEST_PEOPLE, intervals, stride_time_agreement
from host_tools.scoring import Counted, Hit, Score, Tally
from host_tools.sidecars import Stride
from tests.host.walks import saved_walk


def person(hit: int, missed: int = 0, false: int = 0, errors_ms: tuple[float, ...] = ()) -> Tally:
    """Return what a person's recordings add up to."""
    return Tally(1, 60.0, hit, missed, false, hit, list(errors_ms))


MIXED = [person(40 - k, k, 2 * k, (10.0 + k,)) for k in (0, 0, 1, 2, 8)]


def test_an_interval_is_about_people_and_not_about_how_many_strides_each_walked() -> None:
    found = intervals(MIXED)
    assert found["f1_95"] is not None and found["false_per_10min_95"] is not None
    low, high = found["f1_95"]
    hit, missed, false = (
        sum(getattr(one, key) for one in MIXED) for key in ("hit", "missed", "false")
    )
    assert 0.7 < low < 2 * hit / (2 * hit + missed + false) < high <= 1
    longer = [person(10 * one.hit, 10 * one.missed, 10 * one.false) for one in MIXED]
    again = intervals(longer)["f1_95"]
    assert again == pytest.approx((low, high))  # ten times the strides of the same people
    more = intervals(MIXED * 10)["f1_95"]
    assert more is not None and more[1] - more[0] < 0.5 * (high - low)  # ten times the people


@pytest.mark.parametrize("count", [5, 8])
def test_nine_of_ten_intervals_of_few_people_have_the_truth_in_them(count: int) -> None:
    """Simulated people, each with a recall and a delay of their own; 2.5 % tails: 84 to 88 %."""
    rng = np.random.default_rng(count)
    found = {"f1_95": 0, "err_median_95_ms": 0}
    for _ in range(200):
        group = []
        for recall, delay_ms in zip(
            rng.uniform(0.8, 1.0, count), rng.normal(20.0, 8.0, count), strict=True
        ):
            hit = rng.binomial(40, recall)
            group.append(person(hit, 40 - hit, 0, (delay_ms, delay_ms)))
        sure = intervals(group)
        for key, truth in (("f1_95", 1.8 / 1.9), ("err_median_95_ms", 20.0)):
            interval = sure[key]
            assert interval is not None
            found[key] += interval[0] <= truth <= interval[1]
    assert all(0.89 <= times / 200 <= 0.99 for times in found.values()), found


@pytest.mark.parametrize(("count", "share"), [(5, 0.00096), (10, 0.00855), (20, 0.01588)])
def test_few_people_s_intervals_are_widened_by_student_s_t(count: int, share: float) -> None:
    """Normal tail beyond t(0.975, n - 1) * sqrt(n / (n - 1)): 3.104, 2.385, 2.147 of the tables."""
    assert people._tail(count) == pytest.approx(share, abs=1e-5)


def test_the_same_recordings_give_the_same_intervals() -> None:
    assert intervals(MIXED) == intervals(MIXED)


@pytest.mark.parametrize(
    "few", [[], MIXED[: FEWEST_PEOPLE - 1], [person(40) for _ in range(FEWEST_PEOPLE)]]
)
def test_no_interval_where_there_is_nothing_to_say_it_from(few: list[Tally]) -> None:
    """Too few people; or none with a fault, which does not say that the next has none."""
    assert intervals(few)["f1_95"] is None and intervals(few)["err_median_95_ms"] is None


@given(
    st.lists(st.lists(st.integers(-100, 100), max_size=6), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_the_median_of_a_draw_is_that_of_its_strides_laid_side_by_side(
    errors_ms: list[list[int]], seed: int
) -> None:
    count = len(errors_ms)
    draws = np.random.default_rng(seed).multinomial(count, [1 / count] * count, 120)
    wanted = []
    for draw in draws:
        drawn = sorted(
            error
            for errors, times in zip(errors_ms, draw, strict=True)
            for error in errors * int(times)
        )
        if drawn:
            wanted.append(drawn[(len(drawn) - 1) // 2])
    assert people._medians(errors_ms, draws).tolist() == wanted


def test_a_person_is_a_subject_in_whatever_folder_or_else_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two walks of one subject in two folders, and two walks of nobody in particular."""
    for number in range(4):
        sidecar = saved_walk(tmp_path / f"day{number % 2}", 12, number, f"w{number}").with_name(
            f"w{number}.json"
        )
        meta = json.loads(sidecar.read_text())
        del meta["subject"]
        sidecar.write_text(
            json.dumps(meta | ({"subject": "P1"} if number < 2 else {"subject": None}))
        )
    assert cli.run(["evaluate", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {name: row["recordings"] for name, row in found["people"].items()} == {
        "P1": 2, "day0/w2": 1, "day1/w3": 1,
    }  # fmt: skip
    assert found["by_subject"]["people"] == 3
    spread = found["sure"]["ALL/ALL"]["f1_of_people"]
    scores = [row["f1"] for row in found["people"].values()]
    assert spread["least"] == min(scores) and spread["people"] == 3
    assert spread["without_a_fault"] == scores.count(1.0)


def test_who_is_without_a_fault_has_none_at_all() -> None:
    results = [
        Result(
            name, "s", "g", name, 60.0, True, score, [],
            CueScore(0, [], [], [], 0, 0, [], [], 0, 1), [], [], [],
        )
        for name, score in (
            ("a", Score([Hit(counted(1), 1.0)] * 30, [], [])),
            ("b", Score([Hit(counted(1), 1.0)] * 30, [counted(1)], [])),
        )
    ]  # fmt: skip
    spread = people.people_figures(Evaluation(results, []))["ALL/ALL"]["f1_of_people"]
    assert spread["without_a_fault"] == 1 and spread["least"] == pytest.approx(60 / 61)


def counted(heel_off_s: float) -> Counted:
    return Counted(heel_off_s + 0.1, heel_off_s + 0.5, heel_off_s, heel_off_s + 0.2, 300.0)


def test_stride_times_are_taken_between_strides_in_a_row_only() -> None:
    begins = [1.0, 2.0, 3.0, 4.0, 9.0, 10.0]
    strides = [Stride(*counted(at)) for at in begins]
    hits = [Hit(counted(at), at + 0.015) for at in begins if at != 3.0]  # 4 to 9: a stop
    found = stride_times(strides, hits)
    assert [pytest.approx(pair) for pair in found] == [(1000, 1000), (1000, 1000)]


def test_a_constant_delay_is_no_error_of_stride_times_and_the_limits_are_196_sd() -> None:
    delayed = stride_time_agreement([(1000.0, 1000.0), (1100.0, 1100.0)])
    assert delayed["bias_ms"] == 0 and delayed["limits_ms"] == (0, 0)
    found = stride_time_agreement([(1000.0, 1010.0), (1000.0, 990.0), (1000.0, 1030.0)])
    assert found["strides"] == 3 and found["bias_ms"] == pytest.approx(10)
    assert found["limits_ms"] == pytest.approx((10 - 1.96 * 20, 10 + 1.96 * 20))
    assert stride_time_agreement([(1000.0, 1010.0)])["limits_ms"] is None


def keys_in(value: Any) -> Iterator[str]:
    """Every key of an evaluation's JSON that is the format's own, not a row's name or a setting."""
    if isinstance(value, list):
        for one in value:
            yield from keys_in(one)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key == "settings":
                continue
            named = key in ("figures", "cues", "sure", "people", "fixed_threshold", "sweep")
            rows = inner.values() if named and isinstance(inner, dict) else [inner]
            for row in rows if key != "worst_people" else ():
                yield from keys_in(row)


def test_the_readme_says_what_every_key_of_the_json_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(2):
        saved_walk(tmp_path, seconds=20, seed=number, name=f"w{number}")
    command = ["evaluate", str(tmp_path), "--json", "--compare", "fixed-threshold", "--sweep"]
    assert cli.run(command) == 0
    found = json.loads(capsys.readouterr().out)
    readme = (Path(people.__file__).parent / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([^`\n]+)`", readme.replace("```", "")))
    assert sorted(set(keys_in(found)) - told) == []
    assert found["sure"]["ALL/ALL"]["people"] == len(found["people"]) == 2
