"""`heelcue board`: one command from a shell to a port that answers."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools import cli
from host_tools.errors import HeelcueError
from host_tools.virtual_board.chips import board_options, haptic_options, imu_options

BIN = Path(sys.executable).parent


def test_board_command_serves_mpremote_until_ctrl_c(tmp_path: Path) -> None:
    link = tmp_path / "port"
    command = [str(BIN / "heelcue"), "board", "--walk", "rest", "--empty", "--link", str(link)]
    command += ["--flash", str(tmp_path / "flash")]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert told["port"] == str(link)
            second = [*command[:-3], str(tmp_path / "other"), *command[-2:]]
            refused = subprocess.run(second, capture_output=True, text=True, check=False)
            done = subprocess.run(
                [str(BIN / "mpremote"), "connect", str(link), "exec", "print('there')"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()  # or leaving the block would wait for it
    assert done.stdout == "there\n", done.stderr
    assert not link.exists()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "flash is the flash of a running board; name another" in refused.stderr


def test_what_cannot_be_is_said_before_a_board_starts(tmp_path: Path, capsys) -> None:
    (tmp_path / "config.json").write_text("mine")
    for arguments, said in (
        (["--flash", str(tmp_path)], "is not empty and keeps no board's flash"),
        (["--flash", str(tmp_path / "config.json")], "is a file"),
        (["--speed", "\u00b2"], "say real, max, or a whole number"),
        (["--speed", "0"], "say real, max, or a whole number"),
    ):
        assert cli.run(["board", "--walk", "rest", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert (tmp_path / "config.json").read_text() == "mine"


def test_wrong_names_get_a_sentence_that_lists_the_right_ones() -> None:
    with pytest.raises(HeelcueError, match="no IMU is called 'abacus'; there are: mpu6050, "):
        imu_options("abacus")
    with pytest.raises(HeelcueError, match="there are: mosfet, drv2605l"):
        haptic_options("bell")
    with pytest.raises(HeelcueError, match="no board is called 'toaster'"):
        board_options("toaster")
