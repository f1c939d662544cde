"""What can be known without Windows about how the tools fare there.

`make lint` has mypy look at all of it as on Windows, too: no name that Windows' Python lacks.
"""

import json
import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

from host_tools.device.keys import keys
from host_tools.device.ports import why_not
from host_tools.errors import HeelcueError
from host_tools.files import check_output, write_whole
from host_tools.micropython import find_micropython
from host_tools.settings_file import load_settings
from tests.device.log_maker import make_log
from tests.host.test_cli import commands
from tests.host.walks import saved_walk

ROOT = Path(__file__).parents[2]
Said = list[tuple[int, str, str]]


def as_windows(folder: Path, *lines: list[str]) -> Said:
    """Run command lines without what Windows lacks: [(exit code, stdout, stderr), ...]."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.device.as_windows"], cwd=folder, input=json.dumps(lines),
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def test_every_command_starts_and_those_with_files_work(tmp_path: Path) -> None:
    """Not one of them imports what is not there."""
    walk = saved_walk(tmp_path / "walks")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "00000001.log").write_bytes(make_log(60))
    lines = [[*command, "--help"] for command in commands()]
    lines += [
        ["settings", "show", "--defaults"],
        ["replay", str(walk), "--events-dir", "events"],
        ["label", "walks", "--check"],
        ["evaluate", "walks", "--plot", "plots", "--jobs", "2"],
        ["import", str(walk), "again.csv", "--gyro", "deg/s"],
        ["generate", "walk", "-o", "made.csv.gz", "--duration", "10"],
        ["tune", "walks", "--trials", "4", "--out", "tuned.json", "--jobs", "1"],
        ["report", "--from", "log", "--out", "report"],
    ]
    for line, (code, said, complained) in zip(lines, as_windows(tmp_path, *lines), strict=True):
        assert code == 0 and "bug in heelcue" not in complained, (line, said, complained)
    assert (tmp_path / "report" / "index.html").is_file()


def test_what_needs_the_virtual_board_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    walk = saved_walk(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    lines = [
        ["run"], ["board"], ["board", "--empty", "--flash", "kept"], ["demo"],
        ["bench", "--quick"],
        ["replay", str(walk), "--events-dir", "out", "--runtime", "micropython"],
    ]  # fmt: skip
    for line, (code, said, complained) in zip(lines, as_windows(tmp_path, *lines), strict=True):
        assert code == 1 and said == "", line
        assert "does not run on Windows itself: type 'wsl --install'" in complained, line
        assert complained.count("\n") == 1, complained
    assert sorted(tmp_path.rglob("*")) == before


def test_without_micropython_one_sentence_says_where_to_get_it(monkeypatch, tmp_path) -> None:
    """On an Intel Mac, or Linux on ARM."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HeelcueError, match=r"install MicroPython's unix port, 1\.26 or later"):
        find_micropython()


def test_a_board_on_its_cable(shared_board, tmp_path: Path) -> None:
    """Ports have other names there; the rest is what runs here."""
    port = ["--port", shared_board.port]
    lines = [
        ["doctor", *port],
        ["settings", "set", "strength_pct=70", *port],
        ["settings", "backup", "kept.json", *port],
        ["record", "walk.csv.gz", "--seconds", "2", *port],
        ["monitor", "--seconds", "1", *port],
        ["flash", *port],
        ["settings", "reset", *port],
        ["devices"],
        ["settings", "show"],
    ]
    *worked, listed, without = as_windows(tmp_path, *lines)
    for line, (code, said, complained) in zip(lines, worked, strict=False):
        assert code == 0, (line, said, complained)
    assert load_settings(tmp_path / "kept.json")["strength_pct"] == 70
    if listed[0] == 1:  # no board on this computer
        assert "driver for the board's USB chip" in listed[1]
        assert "heelcue board" not in listed[1] + without[2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)",
         "there is no port COM3"),
        ("PermissionError(13, 'Access is denied.', None, 5)", "COM3 is in use by another program"),
        ("OSError(22, 'The semaphore timeout period has expired.', None, 121)",
         "COM3 does not answer; unplug the board"),
    ],
)  # fmt: skip
def test_a_port_that_cannot_be_opened(monkeypatch, text: str, sentence: str) -> None:
    """As pyserial tells it on Windows: without an errno of its own."""
    import serial

    monkeypatch.setattr("sys.platform", "win32")
    error = serial.SerialException(f"could not open port 'COM3': {text}")
    assert str(why_not("COM3", error)).startswith(sentence)


def test_keys_come_from_windows_console(monkeypatch) -> None:
    """An arrow key is two characters there, and no mark."""
    waiting = list("m\xe0Kx\x00;7")
    console = types.ModuleType("msvcrt")
    vars(console).update(kbhit=lambda: bool(waiting), getwch=lambda: waiting.pop(0))
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True, fileno=lambda: 0))
    with keys() as pressed:
        assert pressed.pressed() == "mx7"
        assert pressed.pressed() == ""


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_what_a_code_page_lacks_is_no_error(tmp_path: Path, encoding: str) -> None:
    """Windows' pipes and files are in its old code page; the name here is in none of them."""
    folder = tmp_path / "Прогулки ▲ \udcff"
    saved_walk(folder)
    environment = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    for line in (
        ["evaluate", str(folder), "--jobs", "1"],
        ["replay", str(folder), "--events-dir", str(folder / "out")],
        ["--help"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", "from host_tools.cli import main; main()", *line],
            env=environment, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0 and done.stderr == b"", (line, done.stderr)
        assert done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_powershell_and_notepad_write_is_read(tmp_path: Path, encoding: str) -> None:
    """`settings show --json > mine.json` is UTF-16 in Windows' own PowerShell."""
    mine = tmp_path / "mine.json"
    mine.write_text('{"pulse_ms": 90}\r\n', encoding=encoding)
    assert load_settings(mine)["pulse_ms"] == 90


def test_workers_start_from_the_program_that_pip_makes_for_windows(tmp_path: Path) -> None:
    """heelcue.exe is Python with a zip file behind it; its workers must not run it again."""
    program = tmp_path / "heelcue.exe"
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr("__main__.py", "import sys\nfrom host_tools.cli import main\nmain()\n")
    for number in range(6):  # more than are done in one process
        saved_walk(tmp_path / "walks", name=str(number))
    done = subprocess.run(
        [sys.executable, str(program), "replay", "walks", "--events-dir", "out"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "6 event files written to out\n"


def test_a_file_that_is_open_in_excel(monkeypatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(Exception, match=r"walk.csv: cannot be written .*open in another program"):
        write_whole(tmp_path / "walk.csv", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_drive_that_is_not_there_is_told(monkeypatch, tmp_path: Path) -> None:
    """The search for a folder that exists ends at the drive's root, which does not either."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    check_output(Path("missing/walk.csv"))  # the last one, ".", is there after all
