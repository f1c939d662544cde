"""`heelcue flash`: the firmware onto the board, and if need be MicroPython under it."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from host_tools.device.options import AS_JSON, PORT
from host_tools.errors import to_type
from host_tools.micropython import FIRMWARE
from host_tools.words import count_of

if TYPE_CHECKING:
    from host_tools.device.flash import Outcome


def flash(
    port: str | None = PORT,
    firmware: Path = typer.Option(
        FIRMWARE, metavar="DIR", help="Folder with main.py and heelcue/.", show_default=False
    ),
    board: str | None = typer.Option(
        None,
        metavar="NAME",
        help="Which board this is, told once and kept on it: MicroPython cannot tell an "
        "m5stickc_plus2 or m5_atoms3.",
    ),
    micropython: str | None = typer.Option(
        None,
        metavar="FILE|BOARD",
        help="Write MicroPython first: an image (.bin), or the name of a build to fetch "
        "(ESP32_GENERIC, ESP32_GENERIC_C3, ESP32_GENERIC_S3; needs a network and mpflash).",
    ),
    as_json: bool = AS_JSON,
) -> int:
    """Put the firmware onto the board, or bring it up to date.

    Settings, logs and recordings stay. Only what has changed is sent, all of it is checked, and
    the board switches over in one step. Interrupted at any moment it starts the old version or
    the new one, and the next run completes the work.

    \b
    Examples:
      heelcue flash
      heelcue flash --port /dev/ttyUSB0
      heelcue flash --board m5stickc_plus2
      heelcue flash --micropython ESP32_GENERIC-20250911-v1.26.1.bin
    """
    import time

    from host_tools.batch import asked_once
    from host_tools.device import flash as flasher
    from host_tools.device.link import connect
    from host_tools.device.options import byte_bar, say
    from host_tools.device.ports import choose_port
    from host_tools.device.restart import restart

    if board is not None:
        flasher.check_name(board)
    name = choose_port(port)
    if micropython is not None:
        from host_tools.device.image import CHIPS, fetch_image, write_image

        boards = [chip.board for chip in CHIPS.values()]
        image = fetch_image(micropython) if micropython in boards else Path(micropython)
        write_image(name, image, as_json)
    clock = [time.monotonic()]
    # A second Ctrl-C must not cut off what leaves the board running
    with asked_once(), connect(name, say) as link:
        clock.append(time.monotonic())
        try:
            with byte_bar(not as_json) as progress:
                outcome = flasher.flash(link, firmware, progress, board)
        except BaseException:
            link.leave_running()  # the old version, or with luck the new one
            raise
        clock.append(time.monotonic())
        with restart(link, at_once=not outcome.changed) as console:
            hello = console.hello
        clock.append(time.monotonic())
    names = ("connect_s", "work_s", "restart_s")
    times_s = {name: end - begin for name, (begin, end) in zip(names, pairwise(clock), strict=True)}
    if as_json:
        rounded = {name: round(passed_s, 2) for name, passed_s in times_s.items()}
        print(json.dumps(asdict(outcome) | rounded | {"hello": hello}))
    else:
        _print_outcome(outcome, hello, **times_s)
    return 0


def _print_outcome(
    outcome: Outcome, hello: dict[str, Any], connect_s: float, work_s: float, restart_s: float
) -> None:
    if outcome.changed:
        print(
            f"{count_of(len(outcome.sent), 'file')} sent ({outcome.sent_bytes / 1024:.0f} kB), "
            f"{outcome.reused} on the board already; version {outcome.version} runs."
        )
    else:
        print(
            f"Nothing to send: every file of version {outcome.version} is on the board as it "
            "should be, and it runs again."
        )
    if outcome.removed:
        print(f"Removed what is no longer needed: {', '.join(outcome.removed)}.")
    print(
        f"Took {work_s + restart_s:.1f} s beyond connecting ({connect_s:.1f} s): "
        f"{work_s:.1f} s of work, {restart_s:.1f} s until the application said hello."
    )
    print(f"The board says: Heelcue {hello['fw']} on {hello['board']}, IMU {hello['imu']}.")
    if hello.get("error"):
        print(to_type(f"It also says: {hello['error']}. 'heelcue doctor' says what to do."))
