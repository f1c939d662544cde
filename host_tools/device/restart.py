"""From the REPL back to the running application."""

from __future__ import annotations

import time

from host_tools.device.console import HELLO_S, Console
from host_tools.device.link import Link
from host_tools.device.serial_port import LinkLostError, Transport
from host_tools.errors import HeelcueError

COMES_BACK_S = 6.0  # chips with USB inside leave the bus at a reset


def restart(link: Link, *, at_once: bool = False) -> Console:
    """Reset the board and wait for the application's hello; the console takes the port over.

    at_once: a soft reset without the boot window, for a version that has booted before.
    """
    console = Console(link.transport)
    try:
        try:
            link.start_now() if at_once else link.reset()
            console.wait_hello()
        except LinkLostError:
            console.close()
            console = _reopen(link.port)
    except BaseException:
        console.close()
        raise
    return console


def _reopen(port: str) -> Console:
    end = time.monotonic() + COMES_BACK_S
    while True:
        try:
            console = Console(Transport(port))
        except HeelcueError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
            continue
        try:
            console.greet(start=True, seconds=HELLO_S)
        except BaseException:
            console.close()
            raise
        return console
