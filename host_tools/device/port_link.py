"""A stable name for a virtual board's port, and whether the board behind it still runs."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from host_tools.errors import HeelcueError

LOOKS_S = 0.5  # those who only look hold the lock for no longer


def lock_of(link: Path) -> Path:
    """Return the file whose lock the board behind a link holds, until its process ends."""
    return link.with_name(link.name + ".lock")


class PortLink:
    """A symbolic link to a port, until close(); one that leads to a port already is replaced.

    A killed process leaves link and file, but not the lock. Raises HeelcueError for something else
    of that name, and for the name of a running board.
    """

    def __init__(self, link: Path, port: str) -> None:
        if link.exists() and not link.is_symlink():
            raise HeelcueError(f"{link} exists and is no link to a port; choose another name", 2)
        self._link = link
        self._port = port
        try:
            self._lock = _locked(link)
            link.unlink(missing_ok=True)
            link.symlink_to(port)
        except OSError as error:
            raise HeelcueError(f"{link}: cannot be made ({error.strerror or error})", 2) from None

    def close(self) -> None:
        """Remove the link, unless it has become another's."""
        if self._link.is_symlink() and str(self._link.readlink()) == self._port:
            self._link.unlink()
        lock_of(self._link).unlink(missing_ok=True)
        os.close(self._lock)


def _locked(link: Path) -> int:
    """Take the lock; returns its file's descriptor."""
    handle = os.open(lock_of(link), os.O_RDWR | os.O_CREAT, 0o666)
    end = time.monotonic() + LOOKS_S
    while not _take(handle, alone=True):
        if time.monotonic() > end:
            os.close(handle)
            raise HeelcueError(f"{link} leads to a running board; choose another name", 2)
        time.sleep(0.01)
    return handle


def _take(handle: int, alone: bool) -> bool:
    if sys.platform == "win32":  # no virtual board runs there
        return True
    import fcntl

    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def clear_dead(link: Path) -> bool:
    """Remove a link whose board was killed; returns whether it was such a one.

    The port's number may be another program's terminal by now. A link without the lock's file is
    not ours, and stays.
    """
    try:
        handle = os.open(lock_of(link), os.O_RDWR)
    except OSError:
        return False
    try:
        dead = link.is_symlink() and _take(handle, alone=False)
        if dead:
            with contextlib.suppress(OSError):
                link.unlink()
                lock_of(link).unlink()
    finally:
        os.close(handle)
    return dead


def killed(link: Path) -> str:
    """Say what has become of the board behind a link that clear_dead() removed."""
    return f"{link}: the virtual board that this name led to was killed; the name is removed"
