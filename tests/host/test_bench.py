"""`heelcue bench`: measured figures, on short walks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from heelcue.settings import defaults

from host_tools import activities, bench, bench_report, cli
from tests.host.walks import saved_walk


def test_bench_measures_cost_latency_and_false_cues_without_recordings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "PRESETS", ("healthy",))
    monkeypatch.setattr(bench, "BOARD_SECONDS", 12.0)
    monkeypatch.setattr(activities, "ACTIVITIES", ("standing", "car"))
    (tmp_path / "heelcue").mkdir()
    monkeypatch.chdir(tmp_path / "heelcue")  # nothing at ../shared/recordings
    assert cli.run(["bench", "--hours", "0.1", "--jobs", "1", "--json"]) == 0
    captured = capsys.readouterr()
    assert "accuracy was not measured" in captured.err
    found = json.loads(captured.out)
    assert found["sample"]["bytes_allocated_per_sample"] == 0
    assert found["sample"]["runs_with_heap_locked"] is True
    assert 0.1 < found["sample"]["us_per_sample_median"] < 200
    assert found["latency"]["cues"] >= 5
    assert 0 < found["latency"]["min_ms"] <= found["latency"]["p50_ms"] < 20
    assert set(found["activities"]) == {"standing", "car"}
    assert sum(row["hours"] for row in found["activities"].values()) == pytest.approx(0.1)


def test_activities_are_told_by_their_cues_and_their_heel_offs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A foot on a pedal has heel-offs by every sign of its own, and none is cued."""
    monkeypatch.setattr(activities, "ACTIVITIES", ("cycling", "standing"))
    found = activities.false_cues(0.02, defaults(), jobs=1)
    assert found["cycling"]["heel_offs"] > 3 and found["cycling"]["cues"] == 0
    assert [row["hours"] for row in found.values()] == pytest.approx([0.01, 0.01])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short walks for what is measured beside the recordings."""
    monkeypatch.setattr(bench, "PRESETS", ("healthy",))
    monkeypatch.setattr(bench, "SECONDS", 12.0)
    monkeypatch.setattr(bench, "BOARD_SECONDS", 8.0)


@pytest.mark.usefixtures("short")
def test_bench_prints_figures_beside_what_they_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved_walk(tmp_path, seconds=14)
    (tmp_path / "empty.csv").write_bytes(b"")
    assert cli.run(["bench", "--recordings", str(tmp_path), "--quick"]) == 1
    captured = capsys.readouterr()
    for text in (
        "sample to scheduler, median",
        "allocated per sample",
        "sample to motor pin, p50",
        "F1, all recordings",
    ):
        assert text in captured.out
    assert "empty.csv" in captured.err and captured.err.count("\n") == 1


@pytest.mark.usefixtures("short")
def test_recordings_that_cannot_be_scored_leave_the_other_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved_walk(tmp_path, seconds=14).with_name("walk.json").unlink()
    assert cli.run(["bench", "--recordings", str(tmp_path), "--quick"]) == 1
    captured = capsys.readouterr()
    assert "walk.json" in captured.err and captured.err.count("\n") == 1
    assert "sample to motor pin, p50" in captured.out


@pytest.mark.usefixtures("short")
def test_without_a_labelled_step_nothing_is_said_about_finding_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An F1 of 0 would be a verdict on strides that nobody took."""
    sidecar = saved_walk(tmp_path, seconds=14).with_name("walk.json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"strides": []}))
    assert cli.run(["bench", "--recordings", str(tmp_path), "--quick"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for figure in ("F1, all recordings", "hits before the push-off peak"):
        (line,) = (line for line in lines if figure in line)
        assert "not measured" in line and "NO" not in line
    (line,) = (line for line in lines if "false cues per 10 min" in line)
    assert "not measured" not in line


def test_a_board_that_gave_no_cue_and_one_that_gave_one_are_told() -> None:
    cost = bench.cost_figures({"walk": bench.SampleCost([5.0], 500, 0, None, None)})
    none, one = (
        bench_report.detail_lines(cost, bench.latency_figures(found))[1] for found in ([], [2000])
    )
    assert none == "Virtual board: no cue came"
    assert one.startswith("Virtual board: 1 cue, from") and "p50 2.00" in one


def test_recordings_that_were_asked_for_and_are_not_there_end_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once, not after minutes of other figures with a remark that nobody sees."""
    assert cli.run(["bench", "--recordings", str(tmp_path / "typo"), "--quick"]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"heelcue: {tmp_path / 'typo'}: no such file or folder\n"
    assert captured.out == ""
