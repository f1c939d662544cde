"""`heelcue board`: the virtual board as a serial port."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from host_tools.options import refuse_beside
from host_tools.virtual_board.stimulus import Stimulus, at_rest

if TYPE_CHECKING:
    from host_tools.virtual_board.pty import PtyBoard


def serve(
    context: typer.Context,
    walk: str = typer.Option(
        "generated", help="What the foot does: 'generated' (healthy), a preset's name, or 'rest'."
    ),
    recording: Path | None = typer.Option(
        None, metavar="FILE", help="Play this recording into the board's IMU instead."
    ),
    speed: str = typer.Option(
        "real", help="real, max (as fast as it goes), or a whole number of times real time."
    ),
    link: Path | None = typer.Option(
        None,
        metavar="PATH",
        help="A stable further name for the port (a symbolic link) [default: one by which "
        "'heelcue devices' and the other commands find the board].",
    ),
    flash: Path | None = typer.Option(
        None,
        metavar="DIR",
        file_okay=False,
        help="Folder that keeps the board's flash from one start to the next.",
    ),
    empty: bool = typer.Option(False, "--empty", help="An empty flash, as on a new board."),
    board: str = typer.Option("esp32_generic", help="Which board of firmware/heelcue/boards.py."),
    imu: str | None = typer.Option(
        None, help="The IMU, see host_tools/virtual_board/README.md [default: the board's own]."
    ),
    haptic: str = typer.Option("mosfet", help="What drives the motor: mosfet or drv2605l."),
    battery_mv: int = typer.Option(3900, min=0, help="Voltage of the battery."),
    as_json: bool = typer.Option(False, "--json", help="Print the port as one line of JSON."),
) -> int:
    """Start the virtual board behind a pseudo-terminal, until Ctrl-C.

    mpremote and every heelcue command with --port talk to it as to a board on a cable. Resets,
    soft resets and deep sleep work; what is on its flash stays while it runs, or for good with
    --flash.

    \b
    Examples:
      heelcue board --walk generated
      heelcue board --recording walk.csv.gz --link ./heelcue-board
      mpremote connect ./heelcue-board exec 'print(1)'
    """
    from dataclasses import replace

    from host_tools.device.options import say
    from host_tools.device.port_link import clear_dead, killed
    from host_tools.device.ports import virtual_link
    from host_tools.errors import HeelcueError
    from host_tools.virtual_board.chips import board_options
    from host_tools.virtual_board.pty import PtyBoard

    if recording is not None:
        refuse_beside(context, "--recording", ("walk",))
    factor = {"real": "1", "max": "0"}.get(speed, speed)
    if not re.fullmatch("[0-9]{1,6}", factor) or (factor == "0" and speed != "max"):
        raise HeelcueError(f"--speed {speed}: say real, max, or a whole number", 2)
    options = replace(
        board_options(board, imu, haptic),
        stimulus=_stimulus(walk, recording),
        battery_mv=battery_mv,
        speed=int(factor),
    )
    if clear_dead(link or virtual_link()):
        say(f"{killed(link or virtual_link())}.")
    if link is None and not virtual_link().exists():
        link = virtual_link()
    if empty:
        options = replace(options, firmware=None, files={})
    ends = contextlib.suppress(KeyboardInterrupt)
    with _alone(flash), PtyBoard(options, flash, link=link) as running, ends:
        _run(running, str(link or running.port), as_json)
    return 0


def _run(running: PtyBoard, port: str, as_json: bool) -> None:
    """Say where the board is, and keep it going; ends by Ctrl-C alone."""
    if as_json:
        print(json.dumps({"port": port, "pts": running.port}), flush=True)
    else:
        print(f"virtual board on {port}  (Ctrl-C switches it off)", flush=True)
    resets = 0
    started = time.monotonic()
    while True:
        running.step()
        if running.board.resets != resets and not as_json:
            resets = running.board.resets
            when_us, cause = running.board.trace.reset_causes()[-1]
            passed = time.monotonic() - started
            print(f"{passed:8.1f} s  reset ({cause}) at {when_us / 1e6:.1f} s", file=sys.stderr)


@contextlib.contextmanager
def _alone(flash: Path | None) -> Iterator[None]:
    """Keep the flash's folder to one board: two would each write their own over the other's.

    Raises HeelcueError where another board has it, and for a folder of something else.
    """
    from host_tools.errors import HeelcueError

    if flash is None or sys.platform == "win32":  # no virtual board runs there
        yield
        return
    import fcntl

    if flash.is_dir() and any(flash.iterdir()) and not (flash / "flash.img").exists():
        raise HeelcueError(f"{flash} is not empty and keeps no board's flash; name another", 2)
    flash.mkdir(parents=True, exist_ok=True)
    folder = os.open(flash, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeelcueError(f"{flash} is the flash of a running board; name another") from None
        yield
    finally:
        os.close(folder)


def _stimulus(walk: str, recording: Path | None) -> Stimulus:
    from host_tools.generated import preset_recording
    from host_tools.recordings import read_recording
    from host_tools.session import stimulus_of

    if recording is not None:
        stimulus = stimulus_of(read_recording(recording))
    elif walk == "rest":
        return at_rest()
    else:
        preset = "healthy" if walk == "generated" else walk
        stimulus = stimulus_of(preset_recording(preset, 60.0, 1))
    stimulus.loop = True
    return stimulus
