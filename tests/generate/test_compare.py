"""Generated walks are like the recorded ones: medians close, most of the range shared."""

import json
from pathlib import Path

import numpy as np
import pytest

from host_tools.cli import run
from host_tools.generate.compare import FIGURES, GROUPS, of_generated, of_recordings
from host_tools.generate.compare import table as compare_table


def test_generated_feet_move_like_recorded_ones(recordings_dir: Path) -> None:
    # sanchez2019 is two long treadmill walks of few people: it would outweigh the others
    recorded, faults = of_recordings(recordings_dir / "truong2019", every=9)
    assert not faults
    assert set(recorded) >= {"healthy", "orthopedic", "neurological"}
    present = [preset for preset, group in GROUPS.items() if group in recorded]
    rows = compare_table(of_generated(present, people=12), recorded)
    # by what factor the medians may differ
    allowed = dict.fromkeys(FIGURES, 1.6) | {
        "stride time, s": 1.15,
        "heel-off to peak, s": 1.35,
        "push-off peak, deg/s": 1.3,
        "stance rate rms, deg/s": 4.0,  # hangs on how many of the strides are turns
    }
    for row in rows:
        made, real = row["generated"], row["recorded"]
        assert 1 / allowed[row["figure"]] < made[2] / real[2] < allowed[row["figure"]], row
        shared = min(made[4], real[4]) - max(made[0], real[0])
        assert shared > 0.45 * (real[3] - real[1]), row


def test_figures_do_not_depend_on_the_mounting() -> None:
    from host_tools.generate import Sensor, Walk, generate_walk
    from host_tools.generate.compare import figures
    from host_tools.sidecars import Stride

    def of(sensor: Sensor) -> np.ndarray:
        made = generate_walk(Walk(seed=4, duration_s=30, sensor=sensor))
        strides = [Stride(*(s[key] for key in Stride._fields)) for s in made.strides]
        return figures(made.t_s, made.acc, made.gyr, made.rate_hz, strides)

    aligned = of(Sensor(mounting="aligned", ideal=True))
    turned = of(Sensor(mounting=(120.0, 33.0, -70.0), ideal=True))
    assert len(aligned) > 10
    assert np.allclose(aligned, turned, rtol=1e-6, atol=1e-6)


def test_a_folder_without_walks_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(f"generate activity table -o {tmp_path} --duration 2".split()) == 0
    assert run(f"generate compare {tmp_path}".split()) == 1
    assert "no labelled strides" in capsys.readouterr().err


def test_bad_recordings_are_named_and_the_others_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"generate walk -o {tmp_path} --duration 20 --count 2".split()) == 0
    (tmp_path / "a_cut.csv").write_text("t_s,acc_x\n")
    (tmp_path / "b_empty.csv").write_bytes(b"")
    capsys.readouterr()
    assert run(f"generate compare {tmp_path} --people 1 --json".split()) == 1
    captured = capsys.readouterr()
    sentences = captured.err.splitlines()
    assert len(sentences) == 2
    assert "a_cut.csv" in sentences[0] and "b_empty.csv" in sentences[1]
    rows = json.loads(captured.out)
    assert {row["group"] for row in rows} == {"healthy"} and rows[0]["strides"][1] > 10
