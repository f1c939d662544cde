"""`heelcue bench`: measured figures, on short walks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from host_tools import activities, bench, cli


def test_bench_measures_cost_latency_and_false_cues_without_recordings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "PRESETS", ("healthy",))
    monkeypatch.setattr(bench, "BOARD_SECONDS", 12.0)
    monkeypatch.setattr(activities, "ACTIVITIES", ("standing", "car"))
    arguments = ["bench", "--recordings", str(tmp_path / "none"), "--hours", "0.1", "--jobs", "1"]
    assert cli.run([*arguments, "--json"]) == 0
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


def test_bench_prints_figures_beside_what_they_should_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "PRESETS", ("healthy",))
    monkeypatch.setattr(bench, "SECONDS", 12.0)
    monkeypatch.setattr(bench, "BOARD_SECONDS", 8.0)
    assert cli.run(["bench", "--recordings", str(tmp_path / "none"), "--quick"]) == 0
    out = capsys.readouterr().out
    for text in ("sample to scheduler, median", "allocated per sample", "sample to motor pin, p50"):
        assert text in out
