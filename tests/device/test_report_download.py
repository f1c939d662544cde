"""The stride log on its way from the board: nothing that was walked is lost on it, or by it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from heelcue import log

from host_tools import cli
from host_tools.device import console as console_module
from host_tools.device import log_reader, report_command
from host_tools.device.options import Bar
from host_tools.device.walks import decode_log
from host_tools.virtual_board import Options

from .conftest import ServedBoard
from .log_maker import make_log


def test_the_battery_reaches_the_report(tmp_path, steady_walk, capsys) -> None:
    """A board that can measure its battery logs it, and the report has it."""
    options = Options(
        stimulus=steady_walk,
        files={"board": b"m5stickc_plus2"},
        battery={"pin": 38, "high_ohm": 100_000, "low_ohm": 100_000},
        battery_mv=3870,
        imu={"chip": "mpu6050", "identity": 0x68, "address": 0x68, "int_pin": None},
        motor_pin=26,
    )
    with ServedBoard(options, tmp_path / "board") as served:
        assert cli.run(["monitor", "--strides", "14", "--port", served.port]) == 0
        capsys.readouterr()
        arguments = ["report", "--out", str(tmp_path / "out"), "--port", served.port, "--erase"]
        assert cli.run([*arguments, "--json"]) == 0
        (walk,) = json.loads(capsys.readouterr().out)["walks"]
        assert walk["battery_mv"][0] == pytest.approx(3870, abs=60)
        # erased on the board, kept here: the next report still has it
        assert cli.run([*arguments[:-1], "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["walks"][0]["strides"] >= walk["strides"]


def notes_in(folder: Path) -> list[str]:
    """Labels of the marks in all log files of a folder."""
    labels = []
    for file in sorted(folder.glob("*.log")):
        for kind, payload in log_reader.blocks(file.read_bytes()):
            if kind == log.NOTE and "label" in (note := json.loads(bytes(payload))):
                labels.append(note["label"])
    return labels


def test_what_the_board_writes_while_the_report_downloads_is_kept(
    tmp_path, board, capsys, monkeypatch
) -> None:
    """It was erased with the rest, and nobody had it."""
    assert cli.run(["monitor", "--strides", "14", "--port", board.port]) == 0
    real, sizes = console_module.download, []

    def download(console, path, size, *more):
        data = real(console, path, size, *more)
        sizes.append(size)
        if len(sizes) < 3:
            console.request("record", what="mark", label=f"late {len(sizes)}")
            console.request("log", what="flush")
            while dict(console.request("log")["files"])[path] == size:
                console.wait_event(0.05)
        return data

    monkeypatch.setattr(console_module, "download", download)
    arguments = ["report", "--out", str(tmp_path / "out"), "--port", board.port, "--erase"]
    assert cli.run([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["erased"] is True
    assert notes_in(tmp_path / "out" / "log") == ["late 1", "late 2"]
    with console_module.open_console(board.port) as console:
        assert "log/000000.log" not in dict(console.request("log")["files"])


def test_a_log_that_cannot_be_erased_is_reported_all_the_same(tmp_path, board, capsys) -> None:
    """The walks were fetched, and then no page was written for a sentence of the board's."""
    assert cli.run(["monitor", "--strides", "14", "--port", board.port]) == 0
    with console_module.open_console(board.port) as console:
        console.request("set", key="stride_log", value="off")
        console.request("save")
        console.request("log", what="flush")
        while console.request("log")["pending"]:
            console.wait_event(0.05)
        console.request("reset")
        console.wait_hello()
    capsys.readouterr()
    arguments = ["report", "--out", str(tmp_path / "out"), "--port", board.port, "--erase"]
    assert cli.run(arguments) == 0
    said = capsys.readouterr()
    assert "1 walk in" in said.out
    assert "not erased: no log is kept" in said.err


def test_walks_of_before_an_erasure_stay_although_the_board_counts_its_files_anew(
    tmp_path, monkeypatch
) -> None:
    """The first bytes are those of the same board at the same settings: they told nothing."""
    old = [make_log(200, 1_790_000_000 + 9_000 * k, seed=k) for k in range(3)]
    new = [make_log(190, 1_790_000_000 + 90_000 * k, seed=9 + k) for k in (1, 2)]
    folder = tmp_path / "log"

    class Board:
        """Answers as a board with these files would."""

        def __init__(self, *files: bytes) -> None:
            self.files = {f"log/{k:06d}.log": data for k, data in enumerate(files)}
            self.read = 0

        def request(self, command: str, what: str = "list", **fields: Any) -> dict[str, Any]:
            if what == "list":
                return {"files": [[path, len(data)] for path, data in self.files.items()]}
            at = fields["at"]
            data = self.files[fields["path"]][at : at + fields.get("len", 384)]
            self.read += len(data)
            return {"at": at, "len": len(data), "d": base64.b64encode(data).decode()}

    def fetched(board: Board) -> int:
        return len(report_command._fetch(board, folder, Bar())[1])

    assert fetched(Board(*old)) == 3
    assert fetched(Board(*old)) == 0
    grown = Board(*old[:2], old[2] + new[0])
    assert fetched(grown) == 1
    assert grown.read < len(new[0]) + 3 * 100, "only what is new"
    assert fetched(Board(*new)) == 2
    walks = decode_log(
        [f.read_bytes() for f in sorted(folder.glob("*.log"), key=report_command._order)]
    )
    assert [len(walk.strides) for walk in walks] == [200, 200, 200, 190, 190, 190]
    begun = [walk.epoch_s for walk in walks]
    assert begun[:4] == [1_790_000_000, 1_790_009_000, 1_790_018_000, 1_790_090_000]
