"""Serial ports: which are there, which one is meant, and why one cannot be opened."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from host_tools.device.options import say
from host_tools.device.port_link import clear_dead, killed
from host_tools.errors import HeelcueError

PORT_VARIABLE = "HEELCUE_PORT"
# USB makers whose chips sit on ESP32 boards
USB_MAKERS = {
    0x303A: "Espressif USB",
    0x10C4: "CP210x bridge",
    0x1A86: "CH340/CH9102 bridge",
    0x0403: "FTDI bridge",
    0x2886: "Seeed",
}


class Port(NamedTuple):
    """A serial port that may have a board behind it."""

    name: str
    what: str
    virtual: bool = False


def virtual_link() -> Path:
    """Return where `heelcue board` puts a link to its port, so that it is found like a board."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) if runtime and Path(runtime).is_dir() else Path("/tmp")
    owner = os.getuid() if hasattr(os, "getuid") else 0
    return folder / f"heelcue-board-{owner}"


def find_ports() -> list[Port]:
    """Return the ports of USB serial chips that ESP32 boards have, and the virtual board's.

    The name that a killed virtual board has left is removed, and that is said.
    """
    from serial.tools import list_ports

    found = [
        Port(port.device, USB_MAKERS.get(port.vid, port.description or "USB serial"))
        for port in sorted(list_ports.comports(), key=lambda port: str(port.device))
        if port.vid is not None
    ]
    link = virtual_link()
    if clear_dead(link):
        say(f"{killed(link)}.")
    elif link.is_symlink() and link.exists():
        found.append(Port(str(link), "virtual board", virtual=True))
    return found


def choose_port(wanted: str | None) -> str:
    """Return the port that is meant: the named one, HEELCUE_PORT, or the only one there is."""
    name = wanted or os.environ.get(PORT_VARIABLE)
    if name:
        if clear_dead(Path(name)):
            raise HeelcueError(f"{killed(Path(name))}; 'heelcue board --link {name}' starts one")
        return os.path.realpath(name) if Path(name).is_symlink() else name
    ports = find_ports()
    if not ports:
        raise HeelcueError(
            "no board found: plug it in with a cable that carries data (many only charge); "
            f"'heelcue doctor' looks closer{virtual_advice()}"
        )
    if len(ports) > 1:
        names = ", ".join(f"{port.name} ({port.what})" for port in ports)
        raise HeelcueError(f"more than one board is there; say which with --port: {names}", 2)
    return os.path.realpath(ports[0].name) if ports[0].virtual else ports[0].name


def virtual_advice() -> str:
    """Say how to do without a board, where there is a way."""
    if sys.platform == "win32":
        return ""
    return ". To try it without one, type 'heelcue board' in another terminal"


def unseen_advice() -> str:
    """Say what to try, on this system, with a board that is plugged in and not found."""
    steps = [
        "try another cable and another socket",
        "hold the board's BOOT button while you plug it in",
    ]
    if sys.platform.startswith("linux") and shutil.which("brltty"):
        steps.append(
            "this computer has brltty, which takes such boards for Braille displays: if you have "
            "none, 'sudo apt remove brltty'"
        )
    elif sys.platform in ("darwin", "win32"):
        steps.append("install the driver for the board's USB chip (CP210x or CH340) of its maker")
    return "; ".join(steps)


def why_not(port: str, error: BaseException) -> HeelcueError:
    """Turn the failure to open a port into a sentence that says what to do."""
    code = getattr(error, "errno", None)
    text = str(error)
    if code is None and (number := re.search(r"\[Errno (\d+)\]|\((\d+), '", text)):
        code = int(number[1] or number[2])
    if code == errno.ENOENT or "FileNotFoundError" in text:
        return HeelcueError(
            f"there is no port {port}; is the board plugged in? 'heelcue devices' lists the ports"
        )
    if code in (errno.EACCES, errno.EPERM) and "exclusively" not in text:
        if sys.platform == "win32":
            return HeelcueError(f"{port} is in use by another program; close it and try again")
        return HeelcueError(
            f"no permission to open {port}; join its group with "
            f"'sudo usermod -aG {_group_of(port)} $USER', then log out and in again"
        )
    if code in (errno.EBUSY, errno.EAGAIN) or "exclusively" in text:
        return HeelcueError(
            f"{port} is in use by another program (a serial monitor, an editor, another heelcue?); "
            "close it and try again"
        )
    if sys.platform == "win32" and code == errno.EINVAL:
        return HeelcueError(f"{port} does not answer; unplug the board, plug it in and try again")
    if code in (errno.ENOTTY, errno.EINVAL) or "not a tty" in text.lower():
        return HeelcueError(f"{port} is no serial port; 'heelcue devices' lists those there are")
    if code == errno.EISDIR:
        return HeelcueError(f"{port} is a folder and no port; 'heelcue devices' lists the ports")
    return HeelcueError(f"{port} cannot be opened ({text})")


def _group_of(port: str) -> str:
    if sys.platform != "win32":
        import grp

        try:
            return grp.getgrgid(Path(port).stat().st_gid).gr_name
        except (KeyError, OSError):
            pass
    return "dialout"
