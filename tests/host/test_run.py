"""`heelcue run`: the real firmware on the virtual board, seen through the command."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from host_tools import cli
from host_tools.charts import braille_lines, marker_line
from host_tools.errors import HeelcueError
from host_tools.run_view import View, play_plain, summary_lines
from host_tools.session import BOOT_S, Session, Step, stimulus_of
from host_tools.settings_file import load_settings
from host_tools.virtual_board import Board, Options
from tests.host.walks import generated_recording as walk
from tests.host.walks import saved_walk


def test_generated_walk_is_cued_and_scored(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["run", "--seconds", "16", "--speed", "max", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["imu"] == "MPU6050" and figures["cues"] >= 5
    assert figures["strides"] >= 5 and 80 < figures["cadence_median_spm"] < 140
    assert sum(figures["cues_by_kind"].values()) == figures["cues"]
    assert {"predicted", "reactive"} <= set(figures["cues_by_kind"])
    reference = figures["reference"]
    assert reference["strides"] >= 4 and reference["hit"] == reference["strides"]
    assert reference["false"] == 0 and reference["felt_predicted_within_50ms"] > 0.5
    assert 0 < figures["latency_p50_ms"] < 8 and figures["samples_lost"] == 0
    switched_on_s = 0.28  # its sign: short, long
    assert figures["motor_on_s"] == pytest.approx(switched_on_s + 0.15 * figures["cues"], rel=0.1)
    assert not figures["faults"]


def test_recording_runs_in_plain_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved_walk(tmp_path, seconds=14)
    assert cli.run(["run", "--recording", str(path)]) == 0
    out = capsys.readouterr().out
    assert "walk.csv.gz: 14 s on the virtual board (MPU6050" in out
    assert out.count("sample to motor") >= 5 and "heel-offs found" in out


def test_a_stride_without_a_cue_stands_where_it_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    """The board tells it only after the next cue; every second stride is silent here."""
    with Session(walk(16), load_settings(None) | {"schedule": "nth"}) as session:
        play_plain(session, print, real_time=False)
        moments = [s.cue_s if s.heel_off_s is None else s.heel_off_s for s in session.steps]
    lines = capsys.readouterr().out.splitlines()
    assert sum("no cue" in line for line in lines) >= 3
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(moments) + 1))
    told = [float(line.split()[2]) for line in lines if line.split()[2] != "-,"]
    assert told == sorted(told) and moments == sorted(moments, key=lambda s: s or 0.0)


def test_settings_reach_the_board(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "--seconds", "10", "--json", "--lead-ms", "400"]
    assert cli.run(arguments) == 2
    assert "--lead-ms is 400; it must be from 0 to 300" in capsys.readouterr().err
    assert cli.run(["run", "--cue-mode", "loud"]) == 2
    assert "--cue-mode is 'loud'; it must be one of auto" in capsys.readouterr().err
    assert cli.run(["run", "--seconds", "8.9"]) == 2
    assert "x>=9.0" in capsys.readouterr().err  # what the generator can do
    assert cli.run(["run", "--seconds", "1e9"]) == 2
    assert "--seconds is 1e+09; it must lie in 9..90000" in capsys.readouterr().err
    assert cli.run(["run", "--walk", "moonwalk"]) == 2
    assert "moonwalk" in capsys.readouterr().err


def test_ctrl_c_ends_with_a_summary_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Session.run

    def run_or_interrupt(self: Session, seconds: float) -> object:
        if self.now_s > 6:
            raise KeyboardInterrupt
        return real(self, seconds)

    monkeypatch.setattr(Session, "run", run_or_interrupt)
    assert cli.run(["run", "--seconds", "20", "--json"]) == 130
    captured = capsys.readouterr()
    assert 5 < json.loads(captured.out)["seconds"] < 8 and "interrupted" in captured.err


def test_a_summary_has_no_figures_of_what_did_not_happen() -> None:
    """Ended while the board boots, before the first step, and after some."""
    told = []
    with Session(walk(14), load_settings(None)) as session:
        for until_s in (-BOOT_S + 0.1, 0.5, 10.0):
            session.run(until_s - session.now_s)
            told.append("\n".join(summary_lines(session.summary(), "walk")))
    with Session(walk(14), load_settings(None) | {"cue_mode": "off"}) as session:
        session.run(20.0)
        uncued = "\n".join(summary_lines(session.summary(), "walk"))
    assert "heel-offs found" in uncued and "felt" not in uncued
    assert told[0] == "walk: ended before the virtual board had started"
    assert told[1].splitlines()[1:] == ["  strides  0", "  cues     0"]
    for words in ("cadence", "motor on", "sample to motor pin", "against the labels: "):
        assert words in told[2]
    assert "reactive cues median +" in told[2]
    assert "None" not in "".join(told)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_request_to_end_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    """No temporary folder, no MicroPython; the summary still comes."""
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("the tests run with nohup: what they start would not hear the signal")
    command = [str(Path(sys.executable).parent / "heelcue"), "run", "--seconds", "600"]
    where = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        env=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert "heel-off" in process.stdout.readline()  # it walks
            assert list(tmp_path.glob("heelcue-board-*")) and str(tmp_path) in _processes()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130 and err == "heelcue: interrupted\n"
    assert "motor on" in out
    assert not list(tmp_path.glob("heelcue-board-*"))
    assert str(tmp_path) not in _processes()


def _processes() -> str:
    """Return the command lines of all processes: a board's names its temporary folder."""
    if Path("/proc/self/cmdline").exists():
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has just ended
                found.append(path.read_text(errors="replace"))
        return "\n".join(found)
    done = subprocess.run(["ps", "-axww", "-o", "args"], capture_output=True, text=True, check=True)
    return done.stdout


def test_a_board_that_cannot_be_made_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(HeelcueError, match="no such firmware folder"):
        Board(Options(firmware=tmp_path / "none"))
    assert not list(tmp_path.iterdir())


WORDS = ("BUZZ", "booting", "MPU6050", "█", "▲", "reactive", "/min")


def test_live_picture_shows_signal_buzz_and_strides() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Session(walk(12), load_settings(None)) as session:
        seen = set()
        view = View(session, console, "full")
        while not session.done:
            session.run(0.12)
            with console.capture() as capture:
                console.print(view)
            text = capture.get()
            seen |= {word for word in WORDS if word in text}
        assert seen == set(WORDS)
        assert f"{len(session.steps)} cues" in text and len(session.steps) >= 3


@pytest.mark.parametrize("width", [38, 40, 60, 80, 130])
def test_the_live_picture_fits_the_terminal_and_cuts_nothing(width: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=False, width=width, height=24)
    with Session(walk(12), load_settings(None)) as session:
        session.run(11)
        with console.capture() as capture:
            console.print(View(session, console, "full"))
    lines = capture.get().splitlines()
    assert len(lines) < 24 and max(map(len, lines)) <= width
    said = " ".join(lines)
    assert "motor" in said and "q ends it" in said and "/min" in said
    assert "predicted" in said and "reactive" in said
    assert all(word == "…" for word in said.split() if "…" in word), "no word is cut"


def test_stimulus_stands_then_walks_and_holds_gaps() -> None:
    recording = walk(10, 100.0)
    keep = np.ones(len(recording.t_s), dtype=bool)
    keep[400:450] = False
    cut = type(recording)(
        recording.path,
        recording.t_s[keep],
        recording.acc_mps2[keep],
        recording.gyr_dps[keep],
        recording.meta,
    )
    assert stimulus_of(cut).duration_s == pytest.approx(BOOT_S + 10, abs=0.02)


def test_charts_put_dots_where_the_values_are() -> None:
    # two dots at the bottom, then a line up and a dot at the top
    assert braille_lines([0.0, 0.0, 1.0, 1.0], 2, 1, 0.0, 1.0) == ["\u28c0\u284f"]
    # values beyond the range stay at the edges
    assert braille_lines([-9.0, -9.0], 1, 2, 0.0, 1.0) == ["\u2800", "\u28c0"]
    assert marker_line([False, True, False, False], "x", 2) == "x "


def test_a_stride_of_1200_ms_is_two_of_100_steps_a_minute() -> None:
    step = Step(heel_off_s=3.0, toe_off_s=3.28, next_s=4.2)
    assert step.cadence_spm == pytest.approx(100) and step.push_off_ms == pytest.approx(280)
    assert Step(heel_off_s=3.0).cadence_spm is None and Step(next_s=3.0).push_off_ms is None
