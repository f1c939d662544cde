"""`heelcue generate` from the command line."""

import json
from pathlib import Path

import pytest
import typer

from host_tools.cli import run
from host_tools.find import find_recordings
from host_tools.generate import ACTIVITIES
from host_tools.generate.command import app
from host_tools.generate.presets import PRESETS
from host_tools.recordings import read_recording


def test_walk_writes_a_recording_and_a_picture(tmp_path: Path) -> None:
    out, picture = tmp_path / "w.csv.gz", tmp_path / "w.png"
    arguments = f"generate walk -o {out} --duration 20 --preset shuffle --plot {picture}"
    assert run([*arguments.split(), "--mounting", "10,-20,170", "--rate", "104"]) == 0
    recording = read_recording(out)
    assert recording.rate_hz == 104
    assert len(recording.strides) > 5
    assert recording.meta["group"] == "shuffle"
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 20_000


def test_count_writes_one_file_for_each_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = f"generate walk -o {tmp_path} --duration 12 --count 3 --seed 5 --json"
    assert run(arguments.split()) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [Path(row["file"]).name for row in rows] == [
        f"walk_healthy_{s}.csv.gz" for s in (5, 6, 7)
    ]
    assert len(find_recordings([tmp_path])) == 3


def test_nobody_s_walk_is_generated_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A walk that was recorded, or its labels alone; what was generated before makes way."""
    out = tmp_path / "walk.csv"
    arguments = ["generate", "walk", "-o", str(out), "--duration", "9", "--seed"]
    assert run([*arguments, "1"]) == run([*arguments, "2"]) == 0
    made = out.read_bytes()
    labels = out.with_suffix(".json")
    for kept in ('{"source": "heelcue record"}', "[1]", ""):
        labels.write_text(kept)
        assert run([*arguments, "3"]) == 2
        assert "was not generated" in capsys.readouterr().err
        assert (out.read_bytes(), labels.read_text()) == (made, kept)
    labels.unlink()
    assert run([*arguments, "3"]) == 2


def test_all_activities(tmp_path: Path) -> None:
    assert run(f"generate activity all -o {tmp_path} --duration 3".split()) == 0
    found = find_recordings([tmp_path])
    assert {str(name) for name in found} == {f"{name}_0" for name in ACTIVITIES}
    assert all(read_recording(file).strides == [] for file in found.values())


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in (*PRESETS, *ACTIVITIES))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("walk -o x.csv --preset moon", "moon"),
        ("walk -o x.csv --mounting 1,2", "heelcue: --mounting is '1,2'"),
        ("walk -o x.csv --rate 5", "--rate is 5; it must lie in 20..2000"),
        ("walk -o x.csv --cadence 1000", "--cadence is 1000; it must"),
        ("walk -o x.csv --count 2", "x.csv"),
        ("walk -o x.json", "x.json"),
        ("walk -o x.csv --duration 8.9", "--duration is 8.9; it must be 9 or more"),
        ("walk -o x.csv --noise nan", "--noise is nan; it must be a finite number"),
        ("walk -o x.csv --bias inf", "--bias is inf"),
        ("walk -o x.csv --mounting 0,nan,0", "--mounting is (0.0, nan, 0.0)"),
        ("walk -o x.csv --lost 100000", "--lost is 100000; with 200 half"),
        ("walk -o x.csv --clip-g -2", "--clip-g is -2; it must be positive"),
        (
            "walk -o x.csv --cadence 100 --speed 1 --stride-length 1",
            "give two of --cadence, --speed and --stride-length, not all three",
        ),
        ("walk -o x.csv --plot x.nope", "x.nope: the file's name must end in .png"),
        ("day -o x.csv --preset moon", "moon"),
        ("day -o x.csv --duration 59", "--duration is 59; it must lie in 60..90000"),
        ("activity flying -o x.csv", "flying"),
        ("activity all -o x.csv", "x.csv"),
        (
            "activity all -o x --plot x.png",
            f"--plot draws one recording, not {len(ACTIVITIES)}; leave it out",
        ),
        ("activity table -o x.csv --duration 0", "--duration is 0; it must lie in 1..90000"),
    ],
)
def test_wrong_arguments_are_named(
    arguments: str,
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["generate", *arguments.split()]) == 2
    error = capsys.readouterr().err
    assert named in error and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def number_options() -> list[tuple[str, str]]:
    """Every option that takes a number, of every command that makes something."""
    group = typer.main.get_command(app)
    return [
        (name, option.opts[0])
        for name in ("walk", "activity", "day")
        for option in group.commands[name].params  # type: ignore[attr-defined]
        if option.type.name.startswith("float")
    ]


@pytest.mark.parametrize(("command", "option"), number_options())
def test_a_wrong_number_is_told_by_the_name_that_was_typed(
    command: str,
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not by that of a field, which nobody sees outside of the code."""
    monkeypatch.chdir(tmp_path)
    what = ["table"] if command == "activity" else []
    assert run(["generate", command, *what, "-o", "x.csv", option, "nan"]) == 2
    assert capsys.readouterr().err.startswith(f"heelcue: {option} is nan; it must")
    assert list(tmp_path.iterdir()) == []
