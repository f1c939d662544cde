"""Tuning: never worse than the defaults, wrong settings put right, the board takes the result."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from heelcue import settings as schema

from host_tools import cli
from host_tools.device import tune, tune_recordings
from host_tools.device.console import open_console
from host_tools.device.tune import NOISE_F1
from host_tools.device.tune_held_out import hold_out
from host_tools.errors import HeelcueError
from host_tools.generated import preset_recording
from host_tools.recordings import read_recording, write_recording

PEOPLE = ("1-1-L", "33-1-L", "91-1-L", "5-1-L", "7-1-R", "199-1-L")  # one recording of each
# Whose heels rise in two stages: low thresholds harm them most
TWO_STAGES = ("71-1-L", "183-2-L", "199-1-L", "9-1-R", "13-2-L", "63-1-L")
WRONG = {
    "heel_off_rate_dps": 15,
    "heel_off_angle_cdeg": 0,
    "roll_rate_dps": 10,
    "roll_angle_cdeg": 0,
    "shake_pct": 0,
}
TRIALS = 15


@pytest.fixture(scope="module")
def people(recordings_dir: Path) -> list[Path]:
    """Six people's walks."""
    return [recordings_dir / "truong2019" / f"{name}.csv.gz" for name in PEOPLE]


@pytest.fixture(scope="module")
def two_stages(recordings_dir: Path) -> list[Path]:
    """The walks of six others."""
    return [recordings_dir / "truong2019" / f"{name}.csv.gz" for name in TWO_STAGES]


@pytest.fixture(scope="module")
def own_walks(tmp_path_factory) -> Path:
    """Two walks of one person, without labels."""
    folder = tmp_path_factory.mktemp("walks")
    for seed in (1, 2):
        made = preset_recording("healthy", 40.0, seed)
        meta = {"subject": "me", "group": "healthy", "sampling_rate_hz": made.rate_hz}
        write_recording(folder / f"walk{seed}.csv.gz", made.t_s, made.acc_mps2, made.gyr_dps, meta)
    return folder


@pytest.mark.parametrize("fits", [True, False])
def test_recordings_are_read_once_as_far_as_memory_goes(fits, own_walks, monkeypatch) -> None:
    """Also when there are many, and those that do not fit do not drive out the others."""
    made = read_recording(own_walks / "walk1.csv.gz")
    made = replace(made, meta={"strides": []})
    files = [Path(f"{number:02d}.csv.gz") for number in range(70)]
    read: list[Path] = []
    monkeypatch.setattr(tune_recordings, "read_recording", lambda path: read.append(path) or made)
    monkeypatch.setattr(tune_recordings, "_kept", {})
    one = tune_recordings._read(files[0]).bytes
    if not fits:
        monkeypatch.setattr(tune_recordings, "KEEP_BYTES", 50 * one + 1)
    read.clear()
    for _ in range(3):
        assert [tune_recordings.load(file).bytes for file in files] == [one] * 70
    assert len(read) == (70 if fits else 70 + 2 * 20)


def test_never_worse_than_the_defaults_for_people_held_out(people) -> None:
    """Each person is left out of the whole search, the decision to adopt included."""
    held = hold_out(people, schema.defaults(), trials=TRIALS, jobs=1)
    assert [fold.people for fold in held.folds] == sorted(
        [f"T{name.split('-')[0]}"] for name in PEOPLE
    )
    assert held.tuned.recordings == len(PEOPLE)
    assert held.change_f1 >= -NOISE_F1
    assert not held.worse


def test_puts_wrong_settings_right_for_people_held_out(people) -> None:
    """Thresholds set far too low end within 0.003 of the defaults' F1."""
    held = hold_out(people, schema.defaults() | WRONG, trials=TRIALS, jobs=1)
    assert held.start.figures()["f1"] < held.defaults.figures()["f1"] - 0.05
    assert all(fold.adopted != "start" for fold in held.folds)
    assert held.change_f1 >= -NOISE_F1


def test_few_strides_do_not_pay_for_earlier_cues(people) -> None:
    """Five people without errors would all be cued earlier; the sixth would pay for that."""
    easy = people[:5]
    found = tune.search(easy, schema.defaults(), trials=TRIALS, jobs=1)
    assert tune.worth(found.cross_validated) > tune.worth(found.start)
    assert found.adopted == "start"
    assert 0 < found.gain < found.gain_error  # what is printed says why


def test_the_search_finds_the_way_without_knowing_the_defaults(two_stages, monkeypatch) -> None:
    """The defaults, always among the candidates, are not what puts wrong settings right."""
    start = schema.defaults() | WRONG
    first = tune.candidates(start, TRIALS, 0)
    monkeypatch.setattr(tune, "candidates", lambda *_: [start, start, *first[2:]])
    found = tune.search(two_stages, start, trials=TRIALS, jobs=1)
    assert tune.worth(found.cross_validated) >= tune.worth(found.start) + 0.05


def test_tuning_that_does_harm_is_called_worse(people, tmp_path, monkeypatch, capsys) -> None:
    """Were bad settings handed out, the check would say so and end with 1."""
    from host_tools.device import tune_held_out

    real = tune.search

    def harmful(files, start, **options):
        found = real(files, start, **options)
        return replace(found, settings=found.settings | WRONG)

    monkeypatch.setattr(tune_held_out, "search", harmful)
    names = [str(path) for path in people[:3]]
    assert cli.run(["tune", *names, "--held-out", "--trials", "4", "--jobs", "1"]) == 1
    assert "worse than the defaults" in capsys.readouterr().out


def test_a_person_held_out_leaves_no_trace(people, monkeypatch) -> None:
    """The search for a fold is given the others' recordings only."""
    from host_tools.device import tune_held_out

    seen = []
    real = tune.search

    def watched(files, start, **options):
        seen.append(set(files))
        return real(files, start, **options)

    monkeypatch.setattr(tune_held_out, "search", watched)
    held = hold_out(people[:3], schema.defaults(), trials=4, jobs=1)
    for fold, files in zip(held.folds, seen, strict=True):
        assert not {tune_recordings.load(file).group for file in files} & set(fold.people)
        assert len(files) == 2


def test_what_one_began_with_stays_only_beyond_chance(people, monkeypatch) -> None:
    """Of settings that do as well as the defaults, the defaults have more people behind them."""
    own = schema.defaults() | {"flat_ms": schema.defaults()["flat_ms"] + 1}
    monkeypatch.setattr(tune, "candidates", lambda *_: [own, schema.defaults()])
    assert tune.search(people[:4], own, trials=1, jobs=1).adopted == "defaults"
    monkeypatch.setattr(tune, "_mean_and_error", lambda *_: (0.04, 0.01))
    assert tune.search(people[:4], own, trials=1, jobs=1).adopted == "start"


def test_few_people_convince_only_together(people) -> None:
    """Five small gains of twice their standard error are not beyond chance; large ones are."""
    folds = [[path] for path in people[:5]]
    gain, doubt = tune._mean_and_error([0.003, 0.003, 0.003, 0.005, 0.022], folds, 0)
    assert 0 < gain < doubt
    gain, doubt = tune._mean_and_error([0.03, 0.04, 0.03, 0.05, 0.04], folds, 0)
    assert gain > doubt


def test_earlier_cues_are_not_bought_with_missed_strides(people, monkeypatch) -> None:
    """What the last search adds was not cross-validated: it may not cost F1 either."""

    def scores(missed: int, late_ms: float):
        made = {}
        for path in people:
            made[str(path)] = tune.Tally()
            made[str(path)].hit, made[str(path)].missed = 100 - missed, missed
            made[str(path)].errors_ms = [late_ms] * (100 - missed)
        return made

    defaults = schema.defaults()
    pool = [defaults, defaults, defaults | {"flat_ms": 50}]
    added = {"missed": 0}

    def refine(pool, scored, *_):
        pool.append(defaults | {"flat_ms": 40})
        scored.append(scores(added["missed"], 0.0))

    monkeypatch.setattr(tune, "candidates", lambda *_: list(pool))
    monkeypatch.setattr(tune, "score", lambda *_: [scores(0, 90), scores(0, 90), scores(0, 75)])
    monkeypatch.setattr(tune, "_refine", refine)
    assert tune.search(people, defaults, trials=1, jobs=1).settings["flat_ms"] == 40
    added["missed"] = 3
    assert tune.search(people, defaults, trials=1, jobs=1).settings["flat_ms"] == 50


def test_both_feet_and_all_walks_of_a_person_are_held_out_together(tmp_path) -> None:
    """Twenty recordings of seven people, in six folds; folders and names say nothing."""
    made = preset_recording("healthy", 12.0, 1)
    files = []
    for number in range(20):
        meta = {"subject": f"P{number % 7}", "side": ("left", "right")[number // 7 % 2]}
        file = tmp_path / f"day{number // 7}" / f"{number}.csv"
        write_recording(file, made.t_s, made.acc_mps2, made.gyr_dps, meta | {"strides": []})
        files.append(file)
    folds = tune.folds_of(files)
    assert sorted(file for fold in folds for file in fold) == sorted(files) and len(folds) == 6
    whose = [{read_recording(file).meta["subject"] for file in fold} for fold in folds]
    assert sum(len(people) for people in whose) == 7  # nobody is in two of them


def test_choosing_never_sees_the_held_out_fold(people, monkeypatch) -> None:
    """A fold's choice does not change when that fold's own scores do."""
    pool = [{"n": k} for k in range(5)]
    folds = tune.folds_of(people)

    def tally(worth: int):
        made = tune.Tally()
        made.hit, made.missed = worth, 100 - worth
        return made

    plain = [{str(f): tally(50 + k) for f in people} for k in range(len(pool))]
    spoilt = [dict(one) for one in plain]
    for file in folds[0]:
        spoilt[0][str(file)] = tally(100)
    assert tune._cross_validate(plain, folds)[1][0] == tune._cross_validate(spoilt, folds)[1][0]


def test_too_few_data_are_said_to_be_too_few(own_walks, tmp_path, capsys) -> None:
    """Two short walks without labels: a caution for each, and a file that loads."""
    out = tmp_path / "tuned.json"
    arguments = ["tune", str(own_walks), "--out", str(out), "--trials", "4", "--jobs", "1"]
    assert cli.run([*arguments, "--json", "--plot", str(tmp_path / "p.png")]) == 0
    said = json.loads(capsys.readouterr().out)
    text = " ".join(said["cautions"])
    assert "as likely chance" in text
    assert "held out" in text
    assert "offline labeller" in text
    schema.complete(json.loads(out.read_text()))
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_one_recording_s_outcome_is_json_too(own_walks, tmp_path, capsys) -> None:
    """Nothing to judge the gain by is null; Infinity is no JSON."""
    first = min(own_walks.glob("*.csv*"))
    arguments = ["tune", str(first), "--out", str(tmp_path / "t.json"), "--trials", "4", "--json"]
    assert cli.run(arguments) == 0
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert said["groups"] == 1 and said["gain_error"] is None


def test_without_a_stride_there_is_nothing_to_tune(tmp_path) -> None:
    """A recording of standing is refused."""
    made = preset_recording("healthy", 20.0, 1)
    still = tmp_path / "still.csv"
    write_recording(still, made.t_s[:400], made.acc_mps2[:400], made.gyr_dps[:400] * 0, {})
    with pytest.raises(HeelcueError, match="no strides to tune on"):
        tune.search([still], schema.defaults(), trials=4, jobs=1)


def test_every_bad_recording_is_named_before_the_search(own_walks, tmp_path, capsys) -> None:
    """Two of them at once, so that they can be mended at once."""
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n")
    out = tmp_path / "tuned.json"
    assert cli.run(["tune", str(own_walks), str(tmp_path), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "empty.csv: the file is empty" in said and "wrong.csv, line 1" in said
    assert "2 of 4 recordings cannot be used" in said and not out.exists()


def test_labels_that_say_nobody_walked_are_believed(tmp_path) -> None:
    """An empty list of strides is a label; only without any does the offline labeller step in."""
    made = preset_recording("healthy", 20.0, 1)
    for name, meta in (("sat", {"strides": []}), ("bare", {})):
        write_recording(tmp_path / f"{name}.csv", made.t_s, made.acc_mps2, made.gyr_dps, meta)
    sat, bare = (tune_recordings.load(tmp_path / f"{name}.csv") for name in ("sat", "bare"))
    assert sat.labelled and not sat.labels.walked
    assert not bare.labelled and len(bare.labels.walked) > 5


def test_apply_sends_saves_and_reads_back(shared_board, own_walks, tmp_path, capsys) -> None:
    """The board holds the tuned settings afterwards, and after a restart."""
    begin = tmp_path / "begin.json"
    begin.write_text('{"pulse_ms": 90}')
    arguments = ["tune", str(own_walks), "--out", str(tmp_path / "t.json"), "--trials", "4"]
    arguments += ["--settings", str(begin), "--apply", "--port", shared_board.port, "--jobs", "1"]
    assert cli.run([*arguments, "--json"]) == 0
    assert "pulse_ms" in json.loads(capsys.readouterr().out)["applied"]
    with open_console(shared_board.port) as console:
        assert console.request("get")["settings"]["pulse_ms"] == 90
        while not (shared_board.folder / "flash.img").read_bytes().count(b'"pulse_ms": 90'):
            assert console.request("status")["ok"]  # saved in the next calm moment


def test_sliders_change_the_board_and_leave_it_as_it_was(shared_board) -> None:
    """An arrow key sends the value and buzzes; leaving without saving takes it back."""
    from host_tools.device.live_tune import LiveTune, Slider

    async def play() -> None:
        with open_console(shared_board.port) as console:
            before = console.request("get")["settings"]
            pulses = console.request("status")["pulses"]
            app = LiveTune(console)
            async with app.run_test() as pilot:
                slider = app.query(Slider).first()
                slider.focus()
                await pilot.press("left", "left")
                app._send_waiting()
                now = console.request("get")["settings"]
                assert now["strength_pct"] == before["strength_pct"] - 10
                assert console.request("status")["pulses"] > pulses
                await pilot.press("q")
            app.take_back()
            assert console.request("get")["settings"] == before

    asyncio.run(play())


def test_sliders_need_a_terminal(shared_board, capsys) -> None:
    """Piped they would fill a file with control characters and wait for ever."""
    assert cli.run(["tune", "--live", "--port", shared_board.port]) == 2
    assert "needs a terminal" in capsys.readouterr().err
