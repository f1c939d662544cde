"""Counts in sentences: one thing is not things."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools import cli
from host_tools.device.raw_recording import RawSamples
from host_tools.words import count_of
from tests.host.walks import saved_walk


def test_only_one_thing_goes_without_an_s() -> None:
    assert [count_of(count, "gap") for count in (0, 1, 2)] == ["0 gaps", "1 gap", "2 gaps"]


def test_one_recording_is_labelled_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved_walk(tmp_path)
    assert cli.run(["label", str(file), "--out", str(tmp_path / "out")]) == 0
    assert " heel-offs in 1 recording; 1 sidecar written" in capsys.readouterr().out


def test_one_loss_is_one_gap() -> None:
    raw = RawSamples(104.0, 2048.0, 16.384)
    raw.add(0, bytes(24))
    raw.add(5, bytes(24))
    assert raw.loss_sentence() == "4 samples; 3 lost in 1 gap"
