"""The offline labeller against the published labels, and whatever the mounting."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from host_tools import cli
from host_tools.batch import run_all
from host_tools.device.label_command import _landings, figures, label_file
from host_tools.device.labeller import HeelOff, Motion, find_heel_offs, label
from host_tools.errors import HeelcueError
from host_tools.find import find_recordings
from host_tools.recordings import read_recording, write_recording
from host_tools.sidecars import Stride
from tests.claims import Claim, section, wrong
from tests.conftest import ROOT
from tests.host.walks import saved_walk

# Recordings whose labels have the sagittal axis the wrong way round (see Labelled.mirrored), and
# all the counted strides in them, of 12,151
MIRRORED, MIRRORED_STRIDES = 13, 151


def test_finds_the_reference_heel_offs(recordings_dir: Path) -> None:
    """Bars: found >= 99.4 %, median error within 3 ms, sd <= 8 ms; 97 % within 1 ms.

    The last is that the definition is the same: with 13 Hz it is 86 %, with 22 deg/s 2 %.
    """
    files = find_recordings([recordings_dir])
    names = {path: str(relative) for relative, path in files.items()}
    outcomes = run_all(label_file, list(files.values()), jobs=2, what="label")
    assert not [outcome.fault for outcome in outcomes if outcome.fault]
    labelled = {names[o.item]: o.result for o in outcomes if o.result is not None}
    result = figures(labelled)
    assert result["counted"] > 12_000
    assert result["found_unmirrored"] >= 0.994
    assert result["found"] >= 0.982
    assert abs(result["median_ms"]) <= 3
    assert result["sd_ms"] <= 8
    errors_ms = np.array([error for one in labelled.values() for error in one.errors_ms])
    assert (np.abs(errors_ms) <= 1).mean() >= 0.97
    assert len(result["mirrored"]) <= MIRRORED
    assert sum(one["strides"] for one in result["mirrored"].values()) <= MIRRORED_STRIDES
    # The evidence that the labels are the wrong ones convicts no labels that agree
    agreeing = [one for one in labelled.values() if one.sign > 0]
    assert all(one.heel_first > 0.7 for one in agreeing)
    assert result["landings"] <= 0.025 * result["counted"]
    # One push-off is one heel-off: the second stage of a rise is none
    pairs = [pair for one in labelled.values() for pair in pairwise(one.heel_offs)]
    assert all(one.toe_off_s < other.heel_off_s for one, other in pairs)
    text = section(ROOT / "host_tools" / "device" / "README.md", "The labeller")
    claims = [
        Claim("On the {} labelled recordings", [result["recordings"]]),
        Claim("it finds {} % of the reference heel-offs", [100 * result["found"]]),
        Claim("median error {} ms, sd {} ms", [result["median_ms"], result["sd_ms"]]),
        Claim("{} % without {} recordings",
              [100 * result["found_unmirrored"], len(result["mirrored"])]),
        Claim("({} of {} strides)",
              [sum(one["strides"] for one in result["mirrored"].values()), result["counted"]]),
        Claim("no heel-off; {} of those", [result["landings"]]),
    ]  # fmt: skip
    assert wrong("host_tools/device/README.md", text, claims) == []


def test_a_landing_taken_for_a_heel_off_is_counted() -> None:
    """Between push-off peak and the step's end the heel cannot leave the ground."""
    step = Stride(1.2, 1.9, 1.0, 1.2, 300.0)
    made = [HeelOff(t, t + 0.2, 300.0, t + 0.3, t + 0.7) for t in (1.0, 1.7, 2.1)]
    assert [_landings([one], [step]) for one in made] == [0, 1, 0]
    assert _landings(made, [step, step._replace(push_off_peak_s=None)]) == 1


@pytest.mark.parametrize(
    ("between_s", "down_deg", "push_offs"), [(0.5, 8.0, 1), (0.58, 8.0, 1), (0.64, 8.0, 2)]
)
def test_a_heel_that_waits_half_way_up_has_one_push_off(between_s, down_deg, push_offs) -> None:
    """Up by 14 degrees, half of it down, up again: drawn, at 100 samples a second."""

    def swing(samples: int, degrees: float) -> np.ndarray:
        return np.sin(np.linspace(0, np.pi, samples)) * degrees * 50 * np.pi / samples

    still, hz = np.zeros(100), 100.0
    half = round(between_s * hz / 2)
    rate = np.concatenate(
        [still, swing(30, 14.0), swing(half, -down_deg), swing(half, 20.0), swing(40, -26.0), still]
    )
    motion = Motion(0.0, hz, rate, np.abs(rate), np.array([0.0, 1.0, 0.0]), 1.0)
    found = find_heel_offs(motion)
    assert len(found) == push_offs
    rises_s = [1.0, 1.3 + between_s / 2][:push_offs]
    assert [one.heel_off_s for one in found] == pytest.approx(rises_s, abs=0.03)


@pytest.fixture(scope="module")
def walk(recordings_dir: Path):
    """One healthy walk with standing before and after."""
    return read_recording(recordings_dir / "voisard2023" / "2-1-L.csv.gz")


@settings(max_examples=15, deadline=None)
@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_any_mounting(walk, turn) -> None:
    """Turning the clip changes nothing."""
    matrix = Rotation.from_quat(turn).as_matrix()
    turned = replace(walk, acc_mps2=walk.acc_mps2 @ matrix.T, gyr_dps=walk.gyr_dps @ matrix.T)
    upright = [one.heel_off_s for one in label(walk)]
    assert len(upright) > 10
    np.testing.assert_allclose([one.heel_off_s for one in label(turned)], upright, atol=1e-6)


@pytest.mark.parametrize("bias", [(20, -20, 20), (-20, 5, 0)])
def test_zero_offset_is_taken_off(walk, bias) -> None:
    """A gyroscope's offset of 20 deg/s would be as large as the threshold itself."""
    shifted = replace(walk, gyr_dps=walk.gyr_dps + np.array(bias))
    upright = np.array([one.heel_off_s for one in label(walk)])
    found = np.array([one.heel_off_s for one in label(shifted)])
    nearest = np.abs(found[:, None] - upright[None, :]).min(axis=0)
    assert np.median(nearest) < 0.005
    assert (nearest < 0.05).mean() > 0.9


def test_too_slow_a_recording_is_refused(walk) -> None:
    """15 Hz cannot be filtered at 20 samples per second."""
    slow = replace(
        walk, t_s=walk.t_s[::5], acc_mps2=walk.acc_mps2[::5], gyr_dps=walk.gyr_dps[::5], meta={}
    )
    with pytest.raises(HeelcueError, match="too few to label"):
        label(slow)


def test_command_writes_sidecars_and_spares_labels(walk, tmp_path, capsys) -> None:
    """`label --in-place` fills a missing sidecar and leaves a labelled one alone."""
    copy = tmp_path / "walk.csv.gz"
    copy.write_bytes(walk.path.read_bytes())
    assert cli.run(["label", str(copy), "--in-place", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == 1
    strides = read_recording(copy).strides
    assert len(strides) == said["heel_offs"] > 10


def test_command_never_overwrites_labels(tmp_path, capsys, monkeypatch) -> None:
    """Neither --in-place nor an --out that names the recordings' own folder; a copy is made."""
    file = saved_walk(tmp_path)
    sidecar = file.with_name("walk.json")
    before = sidecar.read_bytes()
    monkeypatch.chdir(tmp_path)
    for where in (["--in-place"], ["--out", "."], ["--out", str(tmp_path), "--in-place"]):
        assert cli.run(["label", str(tmp_path), *where]) == 0
        assert "0 sidecars written; 1 had labels and were left alone" in capsys.readouterr().out
        assert sidecar.read_bytes() == before
    assert cli.run(["label", str(tmp_path), "--out", "labelled"]) == 0
    assert "offline labeller" in (tmp_path / "labelled" / "walk.json").read_text()


def test_a_recording_without_a_heel_off_is_named(tmp_path, capsys) -> None:
    """Rates in rad/s look like a foot that hardly moves."""
    file = saved_walk(tmp_path)
    made = read_recording(file)
    slow = tmp_path / "radians.csv"
    write_recording(slow, made.t_s, made.acc_mps2, np.radians(made.gyr_dps), {})
    assert cli.run(["label", str(file), str(slow), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert "radians.csv: no heel-off found" in said and "walk.csv.gz" not in said


def test_command_needs_a_destination(walk, capsys) -> None:
    """Without a destination there is nothing to do."""
    assert cli.run(["label", str(walk.path)]) == 2
    assert "--out" in capsys.readouterr().err
