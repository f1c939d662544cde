"""The command line: help, exit codes, one sentence for every error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from heelcue.settings import defaults

from host_tools import cli, files
from host_tools.errors import HeelcueError


def commands() -> list[list[str]]:
    """Every command, and every group of commands."""
    found = []
    root = typer.main.get_command(cli.app)
    for name in cli.COMMANDS:
        command = root.get_command(click.Context(root), name)  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found += [[name], *([name, each] for each in inner or ())]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert cli.run([*command, "--help"]) == 0
    _, found, examples = capsys.readouterr().out.partition("Example")
    assert found, "no example"
    assert f"heelcue {' '.join(command)}" in examples.split("─")[0]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_explains_every_argument_and_option(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "240")  # no sentence is broken
    assert cli.run([*command, "--help"]) == 0
    said = capsys.readouterr().out
    found: Any = typer.main.get_command(cli.app)
    for name in command:
        found = found.get_command(click.Context(found), name)
    for parameter in found.params:
        words = (parameter.help or "no help").split()[:4]
        assert " ".join(words) in said, parameter.name


def test_help_lists_the_commands_without_importing_them() -> None:
    code = (
        "import sys; from host_tools import cli; cli.run(['--help']); "
        "heavy = {'numpy', 'scipy', 'matplotlib', 'host_tools.recordings'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, entry in cli.COMMANDS.items():
        assert name in done.stdout and entry.help.split()[0] in done.stdout


def test_commands_are_found_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """Telephones begin with a capital, and `help` is a command elsewhere."""
    assert cli.run(["Settings", "show", "--defaults"]) == 0
    assert "pulse_ms" in capsys.readouterr().out
    assert cli.run(["help", "flash"]) == 0
    assert "heelcue flash --port" in capsys.readouterr().out
    assert cli.run(["help"]) == 0
    assert "Put the firmware onto a board" in capsys.readouterr().out


def test_commands_in_sentences_can_be_typed_as_they_stand(tmp_path: Path) -> None:
    """Without .venv/bin the shell finds no heelcue; where it finds one, the name is enough."""
    programs = Path(sys.executable).parent
    (tmp_path / ".venv").symlink_to(programs.parent)
    for extra, told in (([], "'.venv/bin/heelcue settings"), ([str(programs)], "'heelcue sett")):
        path = os.pathsep.join([*extra, "/usr/bin", "/bin"])
        done = subprocess.run(
            [".venv/bin/heelcue", "settings", "set", "wings=2"],
            cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert told in done.stderr


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("heelcue ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["fly"], 2, "No such command 'fly'.\n"),
        (["evalute"], 2, "No such command 'evalute'. Did you mean 'evaluate'?\n"),
        (["generate", "wlak"], 2, "No such command 'wlak'. Did you mean 'walk'?\n"),
        (["settings", "shwo"], 2, "No such command 'shwo'. Did you mean 'show'?\n"),
        (["replay"], 2, "Missing argument"),
        (["replay", "nowhere.csv", "--events-dir", "out"], 2, "nowhere.csv: no such file"),
        (["evaluate", "nowhere"], 2, "nowhere: no such file or folder"),
        (["replay", ".", "--events-dir", "out", "--runtime", "ruby"], 2, "runtime"),
        (["replay", ".", "--events-dir", "README.md"], 2, "is a file"),
        (["evaluate", ".", "--plot", "README.md"], 2, "is a file"),
        (["evaluate", ".", "--events", "nowhere"], 2, "does not exist"),
        # What cannot be written is said before the work, here before the recordings are looked for
        (["evaluate", "nowhere", "--plot", "README.md/plots"], 1, "cannot be written"),
        (["tune", "nowhere", "--out", "README.md/tuned.json"], 1, "tuned.json: cannot be written"),
        (["tune", "nowhere", "--out", "tests"], 2, "must end in .json"),
        (["tune", "nowhere", "--plot", "x.nope"], 2, "x.nope: the file's name must end in .png"),
        (["generate", "compare", "nowhere", "--plot", "x.nope"], 2, "must end in .png"),
        (["replay", "nowhere", "--events-dir", "README.md/out"], 1, "cannot be written"),
        (["label", "nowhere", "--out", "README.md/out"], 1, "cannot be written"),
        (["generate", "walk", "-o", "README.md/w.csv"], 1, "README.md/w.csv: cannot be written"),
        (["generate", "day", "-o", "README.md/days"], 1, "cannot be written"),
        (["generate", "walk", "-o", "-"], 2, "a recording is two files"),
        (["report", "--out", "README.md/pages"], 1, "cannot be written"),
        (["settings", "set", "strength=60"], 2, "setting 'strength'; is strength_pct meant?"),
        # What would do nothing is not passed over in silence
        (["run", "--recording", "w.csv", "--seconds", "9"], 2, "--seconds does nothing beside"),
        (["board", "--recording", "w.csv", "--walk", "rest"], 2, "--walk does nothing beside"),
        (["board", "--battery-mv", "-5"], 2, "battery-mv"),
        (["monitor", "--seconds", "nan"], 2, "--seconds is nan; say how many"),
    ],
)
def test_wrong_use_is_one_message_and_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert cli.run(arguments) == code
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (HeelcueError("walk.csv: the file is empty"), 1, "heelcue: walk.csv: the file is empty\n"),
        (HeelcueError("bad use", exit_code=2), 2, "heelcue: bad use\n"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "out/x"), 1, "out/x: No space left on device"),
        (RuntimeError("surprise"), 1, "bug in heelcue: RuntimeError: surprise"),
    ],
)
def test_every_way_to_end_has_its_code_and_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    code: int,
    said: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr("host_tools.find.find_recordings", fail)
    assert cli.run(["replay", "x", "--events-dir", "out"]) == code
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err


@pytest.mark.parametrize("command", ["generate list", "settings show --defaults", "--help"])
def test_a_reader_that_has_had_enough_is_no_error(command: str) -> None:
    """As with `heelcue ... | head`: quiet, whether the output waits in a buffer or not."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [Path(sys.executable).parent / "heelcue", *command.split()],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"},
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (cli.EXIT_UNREAD, b"")


def test_ctrl_c_before_everything_is_imported_is_no_traceback() -> None:
    """Imports take a quarter of a second, in which whoever mistyped presses it."""
    early = (
        "import signal, sys\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'click': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Pressed())\n"
        "from host_tools.__main__ import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", early], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "heelcue: interrupted\n")


def test_the_program_begins_where_nothing_is_imported_yet() -> None:
    (entry,) = (one for one in entry_points(group="console_scripts") if one.name == "heelcue")
    assert entry.value == "host_tools.__main__:main"
    module = [sys.executable, "-m", "host_tools", "--version"]
    assert subprocess.run(module, capture_output=True, check=False).stdout.startswith(b"heelcue ")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_closed_is_no_error(closed: str) -> None:
    """As some schedulers start programs; what is printed goes nowhere, not into another file."""
    program = Path(sys.executable).parent / "heelcue"
    done = subprocess.run(
        ["sh", "-c", f'exec "{program}" settings show --defaults --json {closed}'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = {} if closed.split()[-1] == ">&-" or " >&-" in closed else defaults()
    assert json.loads(done.stdout or "{}") == told


def test_a_file_s_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    """The temporary file beside it had a longer name: a walk was lost when all of it was there."""
    name = "x" * 250 + ".csv"
    files.check_output(tmp_path / name)
    files.write_whole(tmp_path / name, b"walk")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_what_finds_no_room_is_said_before_the_work(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    files.check_output(tmp_path / "w.csv", size=free // 2)
    with pytest.raises(HeelcueError, match=r"w\.csv: takes up to .* MB are free there"):
        files.check_output(tmp_path / "w.csv", size=2 * free)


SETTINGS = {
    "unknown key": ('{"pulse": 1}', "unknown setting 'pulse'; is pulse_ms meant?"),
    "nothing near": ('{"volume": 1}', "'volume'; 'heelcue settings show --defaults' lists them"),
    "range": ('{"pulse_ms": 9000}', "pulse_ms"),
    "type": ('{"pulse_ms": "long"}', "pulse_ms"),
    "not JSON": ('{"pulse_ms": \n', "line 2"),
    "a list": ("[1]", "object"),
    "lists in lists": ("[" * 100_000, "too deep"),
    "a number in digits": ('{"pulse_ms": ' + "9" * 5000 + "}", ""),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_bad_settings_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    text, said = SETTINGS[what]
    path = tmp_path / "settings.json"
    path.write_text(text)
    assert cli.run(["replay", ".", "--events-dir", "out", "--settings", str(path)]) == 1
    err = capsys.readouterr().err
    assert said in err and "settings.json" in err and err.count("\n") == 1
