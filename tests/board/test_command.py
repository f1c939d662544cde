"""`heelcue board`: one command from a shell to a port that answers."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.errors import HeelcueError
from host_tools.virtual_board.chips import board_options, haptic_options, imu_options

BIN = Path(sys.executable).parent


def test_board_command_serves_mpremote_until_ctrl_c(tmp_path: Path) -> None:
    link = tmp_path / "port"
    command = [str(BIN / "heelcue"), "board", "--walk", "rest", "--empty", "--link", str(link)]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert told["port"] == str(link)
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


def test_wrong_names_get_a_sentence_that_lists_the_right_ones() -> None:
    with pytest.raises(HeelcueError, match="no IMU is called 'abacus'; there are: mpu6050, "):
        imu_options("abacus")
    with pytest.raises(HeelcueError, match="there are: mosfet, drv2605l"):
        haptic_options("bell")
    with pytest.raises(HeelcueError, match="no board is called 'toaster'"):
        board_options("toaster")
