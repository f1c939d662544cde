"""Tuning: never worse than the defaults, wrong settings put right, the board takes the result."""

import asyncio
import json
from pathlib import Path

import pytest
from heelcue import settings as schema

from host_tools import cli
from host_tools.device import tune
from host_tools.device.console import open_console
from host_tools.errors import HeelcueError
from host_tools.generated import preset_recording
from host_tools.recordings import write_recording

PEOPLE = ("1-1-L", "33-1-L", "91-1-L", "5-1-L", "7-1-R", "199-1-L")  # one recording of each
WRONG = {
    "heel_off_rate_dps": 15,
    "heel_off_angle_cdeg": 0,
    "roll_rate_dps": 10,
    "roll_angle_cdeg": 0,
    "shake_pct": 0,
}
TRIALS = 15
NOISE = 0.003


@pytest.fixture(scope="module")
def people(recordings_dir: Path) -> list[Path]:
    """Six people's walks."""
    return [recordings_dir / "truong2019" / f"{name}.csv.gz" for name in PEOPLE]


@pytest.fixture(scope="module")
def own_walks(tmp_path_factory) -> Path:
    """Two walks of one person, without labels."""
    folder = tmp_path_factory.mktemp("walks")
    for seed in (1, 2):
        made = preset_recording("healthy", 40.0, seed)
        meta = {"subject": "me", "group": "healthy", "sampling_rate_hz": made.rate_hz}
        write_recording(folder / f"walk{seed}.csv.gz", made.t_s, made.acc_mps2, made.gyr_dps, meta)
    return folder


def test_never_worse_than_the_defaults(people) -> None:
    """Cross-validated by subject: what is handed out is no worse beyond noise."""
    found = tune.search(people, schema.defaults(), trials=TRIALS, jobs=1)
    assert found.groups == len(PEOPLE)
    assert tune.worth(found.tuned) >= tune.worth(found.defaults) - NOISE
    assert found.tuned.figures()["f1"] >= found.defaults.figures()["f1"] - NOISE


def test_puts_wrong_settings_right(people) -> None:
    """Thresholds set far too low end within 0.003 of the defaults' F1."""
    found = tune.search(people, schema.defaults() | WRONG, trials=TRIALS, jobs=1)
    assert found.start.figures()["f1"] < found.defaults.figures()["f1"] - 0.1
    assert found.adopted != "start"
    assert found.tuned.figures()["f1"] >= found.defaults.figures()["f1"] - NOISE


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


def test_without_a_stride_there_is_nothing_to_tune(tmp_path) -> None:
    """A recording of standing is refused."""
    made = preset_recording("healthy", 20.0, 1)
    still = tmp_path / "still.csv"
    write_recording(still, made.t_s[:400], made.acc_mps2[:400], made.gyr_dps[:400] * 0, {})
    with pytest.raises(HeelcueError, match="no strides to tune on"):
        tune.search([still], schema.defaults(), trials=4, jobs=1)


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
            assert console.request("get")["settings"] == before

    asyncio.run(play())
