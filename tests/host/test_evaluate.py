"""`heelcue evaluate`, its sweep and plots, and the perturbations, on generated walks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heelcue.settings import defaults
from matplotlib import pyplot as plt

from host_tools import cli
from host_tools.bench_report import Wanted, accuracy_rows, sweep_rows
from host_tools.errors import HeelcueError
from host_tools.evaluate import evaluate_files
from host_tools.events import read_events
from host_tools.find import find_recordings
from host_tools.fixed_threshold import fixed_threshold_events
from host_tools.perturb import MID_WALK, PERTURBATIONS, perturb
from host_tools.plots import plot_errors
from host_tools.recordings import GRAVITY_MPS2, Recording, read_recording
from host_tools.replay import Walk, replay_walk
from host_tools.sagittal import sagittal_axis
from tests.host.walks import generated_recording, saved_walk


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two sets of generated walks and an hour's worth of nothing."""
    folder = tmp_path_factory.mktemp("walks")
    for number in range(2):
        saved_walk(folder / "one", seconds=20, seed=number, name=f"w{number}")
        saved_walk(folder / "two", seconds=20, seed=number + 5, name=f"w{number}")
    return folder


def test_figures_per_set_and_group_with_plots_and_a_baseline(
    walks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(walks), "--json", "--compare", "fixed-threshold"]
    assert cli.run([*arguments, "--plot", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["figures"]) == {
        "one/healthy", "one/ALL", "two/healthy", "two/ALL", "ALL/healthy", "ALL/ALL",
    }  # fmt: skip
    total = found["figures"]["ALL/ALL"]
    assert total["recordings"] == 4 and total["strides"] > 20
    parts = [found["figures"][key] for key in ("one/ALL", "two/ALL")]
    assert total["strides"] == sum(part["strides"] for part in parts)
    assert found["fixed_threshold"]["ALL/ALL"]["strides"] == total["strides"]
    people = found["by_subject"]
    assert people["people"] == 4 and len(people["fold_f1"]) == 4
    assert found["cues"]["ALL/ALL"]["missed"] < 0.2
    assert (tmp_path / "error_histogram.png").stat().st_size > 5000
    assert len(list((tmp_path / "failed").glob("*.png"))) == len(found["worst"])


@pytest.mark.filterwarnings("error")
def test_any_name_is_one_that_tables_and_plots_can_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Formulas, styles, letters that the font lacks, bytes that are no text."""
    for folder, name in (("$x_{$", "walk[1]"), ("\u5065\u5eb7", "\U0001f9b6"), ("[/b]", "w\udcff")):
        saved_walk(tmp_path / folder, seconds=20, seed=6, name=name)
    generated = ["generate", "activity", "bus", "--duration", "60"]
    assert cli.run([*generated, "-o", str(tmp_path / "$" / "bus.csv")]) == 0
    assert cli.run(["evaluate", str(tmp_path), "--plot", str(tmp_path / "plots")]) == 0
    captured = capsys.readouterr()
    assert "[/b]/healthy" in captured.out and "[bold]" not in captured.out
    assert "bug" not in captured.err and "arning" not in captured.err
    assert {file.name for file in (tmp_path / "plots").glob("*.png")} == {
        "error_histogram.png", "cue_timing.png", "people.png", "stride_time.png",
    }  # fmt: skip


def test_as_many_sets_as_people_are_drawn_together(walks: Path, tmp_path: Path) -> None:
    """Hundreds of folders, one a person, made a picture taller than any file may be."""
    files = find_recordings([walks])
    evaluation = evaluate_files(files, defaults(), jobs=1)
    one = evaluation.results[0]
    evaluation.results[:] = [replace(one, set_name=f"P{number}") for number in range(700)]
    path = plot_errors(evaluation, tmp_path / "errors.png")
    assert plt.imread(path).shape[0] < 1000


def test_false_cues_of_an_hour_of_anything_but_walking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A walk whose labels say that nobody walked: every cue is a false one."""
    csv = saved_walk(tmp_path, seconds=20)
    path = csv.with_name("walk.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"strides": [], "group": "sitting"}))
    assert cli.run(["evaluate", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    idle, cues = found["non_walking"], found["cues"]["ALL/ALL"]
    cued = [
        e for e in replay_walk(Walk.of(read_recording(csv)), defaults()).events if e.name == "cue"
    ]
    assert idle["false_cues"] == len(cued) >= 5 and idle["hours"] == pytest.approx(20 / 3600)
    assert idle["false_cues_per_hour"] == pytest.approx(cues["false_per_hour"])
    assert cli.run(["evaluate", str(tmp_path)]) == 0
    assert "Without a step: 0.01 h" in capsys.readouterr().out
    # Steps that were left unlabelled are steps all the same
    path.write_text(json.dumps(json.loads(path.read_text()) | {"partial": True}))
    assert cli.run(["evaluate", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["non_walking"] is None


def test_a_folder_given_alone_is_a_set_by_its_own_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "monday"
    folder.mkdir()
    saved_walk(folder, seconds=20)
    assert cli.run(["evaluate", str(folder), "--json"]) == 0
    assert "monday/ALL" in json.loads(capsys.readouterr().out)["figures"]


def test_tables_name_the_worst_first(walks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["evaluate", str(walks)]) == 0
    out = capsys.readouterr().out
    for heading in ("Heel-off (", "Cues (mode auto, lead 0 ms", "Worst recordings first", "Error:"):
        assert heading in out


def test_recordings_without_labels_or_broken_are_named_and_the_rest_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved_walk(tmp_path, name="good")
    (saved_walk(tmp_path, name="bare").with_name("bare.json")).unlink()
    (tmp_path / "bad.csv").write_text("t_s\n")
    assert cli.run(["evaluate", str(tmp_path), "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["figures"]["ALL/ALL"]["recordings"] == 1
    assert "bare.json: scoring needs labels" in captured.err and "bad.csv, line 1" in captured.err


def test_earlier_events_are_scored_instead(
    walks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["replay", str(walks), "--events-dir", str(tmp_path)]) == 0
    assert cli.run(["evaluate", str(walks), "--json"]) == 0
    ours = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert cli.run(["evaluate", str(walks), "--json", "--events", str(tmp_path)]) == 0
    theirs = json.loads(capsys.readouterr().out)
    assert theirs["figures"] == ours["figures"]
    for row in (*ours["cues"].values(), *theirs["cues"].values()):
        del row["prediction_within_50ms"]  # an event file does not tell what was predicted
    assert theirs["cues"] == ours["cues"]


@pytest.mark.parametrize("line", ["nan,cue", "soon,cue", "1.5,sneeze", "1.5", "1.5,cue,2"])
def test_bad_event_files_are_named_with_the_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(f"t_s,event\n1.0,heel_off\n{line}\n")
    with pytest.raises(HeelcueError, match=r"events\.csv, line 3: "):
        read_events(path)


def test_an_event_file_that_is_not_there_is_named_once(
    walks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["evaluate", str(walks / "one"), "--events", str(tmp_path)]) == 1
    sentence = capsys.readouterr().err.splitlines()[0]
    assert sentence.startswith(f"heelcue: {tmp_path}") and sentence.count(str(tmp_path)) == 1
    assert sentence.endswith("cannot be read (No such file or directory)")


def test_sweep_is_one_table_and_one_plot(
    walks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(walks / "one"), "--sweep", "--json", "--plot", str(tmp_path)]
    assert cli.run(arguments) == 0
    sweep = json.loads(capsys.readouterr().out)["sweep"]
    assert list(sweep) == list(PERTURBATIONS) and sweep["as recorded"]["f1_lost"] == 0
    mid_walk = sweep.pop(MID_WALK)
    assert all(row["strides"] == sweep["as recorded"]["strides"] for row in sweep.values())
    assert 0 < mid_walk["strides"] < sweep["as recorded"]["strides"]
    assert len(mid_walk["found_by_stride"]) == 6 and mid_walk["first_by_third_stride"] is not None
    assert (tmp_path / "robustness.png").stat().st_size > 5000
    assert len(sweep_rows(sweep)) == 5 and len(sweep_rows(sweep | {MID_WALK: mid_walk})) == 7


PACED = ("a quarter slower", "a quarter faster")


def test_perturbations_do_what_they_say_and_repeat_exactly() -> None:
    recording = generated_recording(20)
    changed = {}
    for name in PERTURBATIONS:
        other, again = perturb(recording, name), perturb(recording, name)
        assert other is not None and again is not None
        assert (other.gyr_dps == again.gyr_dps).all() and (other.t_s == again.t_s).all()
        assert name in (MID_WALK, *PACED) or other.strides == recording.strides
        changed[name] = other
    assert changed["as recorded"] is recording
    turned = changed["random mounting"]
    for one, other in ((recording.acc_mps2, turned.acc_mps2), (recording.gyr_dps, turned.gyr_dps)):
        assert np.allclose(np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1))
    assert not np.allclose(recording.acc_mps2, turned.acc_mps2)
    bias = changed["gyro bias ±20 deg/s"].gyr_dps - recording.gyr_dps
    assert np.allclose(np.abs(bias), 20)
    assert np.abs(changed["±2 g, ±500 deg/s"].acc_mps2).max() <= 2 * GRAVITY_MPS2
    lossy = changed["lost samples"]
    lost = sum(segment.lost for segment in lossy.segments)
    assert lost > 0 and len(lossy.t_s) + lost == len(recording.t_s)
    for rate_hz in (59.0, 208.0, 416.0):
        other = changed[f"{rate_hz:g} Hz"]
        assert other.rate_hz == rate_hz and len(other.segments) == 1
        span = (other.t_s > 1) & (other.t_s < 11)
        whole = np.interp(other.t_s, recording.t_s, recording.gyr_dps[:, 1])
        error = np.abs(whole - other.gyr_dps[:, 1])[span]
        assert np.median(error) < 3


def test_true_axis_of_a_turned_sensor_gives_the_labelled_peaks() -> None:
    recording = perturb(generated_recording(20), "random mounting")
    assert recording is not None
    rates = recording.gyr_dps @ sagittal_axis(recording)
    for stride in recording.strides:
        if stride.push_off_peak_s is not None and stride.push_off_peak_dps is not None:
            row = int(np.searchsorted(recording.t_s, stride.push_off_peak_s))
            assert rates[row] == pytest.approx(stride.push_off_peak_dps, rel=0.15, abs=15)


def drawn(*strides: list[float]) -> Recording:
    """Strides drawn by hand, 100 samples a second, about an axis oblique to the sensor.

    All stand for a second before and after. The labels are there to tell the axis by.
    """
    rate_dps = np.array([0.0] * 100 + [rate for stride in strides for rate in stride] + [0.0] * 100)
    t_s = np.arange(len(rate_dps)) / 100
    labels = [
        {
            "step_start_s": peak_s - 0.05,
            "step_end_s": peak_s + 0.6,
            "heel_off_s": peak_s - 0.15,
            "push_off_peak_s": peak_s,
            "push_off_peak_dps": 400.0,
        }
        for peak_s in t_s[rate_dps > 399]
    ]
    turned = np.outer(rate_dps, np.array([0.6, 0.0, -0.8]))
    still = np.zeros((len(t_s), 3))
    return Recording(Path("drawn.csv"), t_s, still, turned, {"strides": labels})


def hump(rows: int, height_dps: float) -> list[float]:
    """Half a sine."""
    return (height_dps * np.sin(np.linspace(0, np.pi, rows))).tolist()


def stride_of(flat_rows: int, swing_rows: int = 40, swing_dps: float = -350) -> list[float]:
    """Flat, push-off, swing, slap."""
    return [0.0] * flat_rows + hump(31, 400) + hump(swing_rows, swing_dps) + hump(12, 150)


def baseline_s(*strides: list[float]) -> list[float]:
    """When the fixed threshold fires."""
    return [event.t_s for event in fixed_threshold_events(drawn(*strides))]


def test_baseline_finds_each_heel_off_of_a_plain_walk_once() -> None:
    starts_s = [1.5 + 1.33 * number for number in range(6)]
    assert baseline_s(*[stride_of(50)] * 6) == pytest.approx(
        [start_s + 0.01 for start_s in starts_s], abs=0.011
    )


@pytest.mark.parametrize(("flat_rows", "found"), [(1, 1), (2, 2), (3, 2)])
def test_baseline_asks_for_20_ms_of_flat(flat_rows: int, found: int) -> None:
    """The slap's last row is flat as well, and the push-off's first: two rows at 100 Hz it takes.

    After a slow swing, from whose end on the landing's 350 ms are over as the foot comes flat.
    """
    slow = hump(31, 400) + hump(40, -350) + [40.0] * 36
    times = baseline_s([0.0] * 50 + slow, [0.0] * (flat_rows - 1) + hump(31, 400), hump(40, -350))
    assert len(times) == found


@pytest.mark.parametrize(("wait_rows", "found"), [(95, 1), (130, 2)])
def test_baseline_waits_a_second_and_a_half_for_a_swing(wait_rows: int, found: int) -> None:
    """A heel that rose and came down without a swing: a stop, after which it may rise again."""
    rise = hump(31, 400)
    assert len(baseline_s(stride_of(50)[:50], rise, [0.0] * wait_rows, rise)) == found


def test_baseline_takes_no_landing_for_a_heel_off() -> None:
    """Flat for 100 ms after the swing, then the slap: 350 ms have not passed."""
    early, late = ([*hump(40, -350), *[0.0] * rows, *hump(12, 150)] for rows in (10, 45))
    assert len(baseline_s([0.0] * 50 + hump(31, 400), early)) == 1
    assert len(baseline_s([0.0] * 50 + hump(31, 400), late)) == 2


def test_unlabelled_recording_gets_the_sign_from_the_swing() -> None:
    recording = generated_recording(20)
    bare = Recording(recording.path, recording.t_s, recording.acc_mps2, recording.gyr_dps)
    assert sagittal_axis(bare) @ sagittal_axis(recording) > 0.99


def test_bench_says_whether_a_figure_is_what_it_should_be() -> None:
    assert Wanted("x", 3.0, ".0f", " ms", 5).row() == ("x", "3 ms", "<= 5 ms", "yes")
    assert Wanted("x", 3.0, ".0f", " ms", 5, at_least=True).row()[3] == "NO"
    assert Wanted("x", None, ".0f", " ms", 5).row()[1] == "not measured"
    total = {
        "strides": 100,
        "f1": 0.99,
        "false_per_10min": 1,
        "err_median_ms": 10,
        "err_p95_ms": 30,
        "before_peak": 1,
    }
    cues = {"false_per_10min": 1, "first_by_second_stride": 0.9}
    rows = accuracy_rows({"ALL/ALL": total, "ALL/slow": total | {"f1": 0.9}}, {"ALL/ALL": cues})
    assert [row.label for row in rows if not row.met] == [
        "F1, slow",
        "first cue by the second stride",
    ]
    steady = {"predicted_within_30ms": 0.1, "predicted_after_4th": 0.7} | cues
    sets = {"sanchez2019/healthy": 0.88, "voisard2023/ALL": 0.719, "truong2019/ALL": 0.7}
    rows = accuracy_rows(
        {"ALL/ALL": total},
        {"ALL/ALL": cues}
        | {key: steady | {"predicted_within_50ms": share} for key, share in sets.items()},
    )
    assert {row.label: row.met for row in rows if row.label.startswith("predicted")} == {
        "predicted within 50 ms, sanchez2019/healthy": True,
        "predicted within 50 ms, voisard2023/ALL": False,
        "predicted within 50 ms, truong2019/ALL": True,
        "predicted after the fourth, sanchez2019/healthy": False,
        "predicted after the fourth, voisard2023/ALL": True,
    }
    nobody = {"ALL/idle": total | {"strides": 0, "f1": 0.0}}
    (idle,) = (
        r
        for r in accuracy_rows({"ALL/ALL": total} | nobody, {"ALL/ALL": cues})
        if r.label == "F1, idle"
    )
    assert idle.met is None
