"""Single key presses from a terminal while something else goes on; nothing where there is none."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator

SPECIAL = ("\x00", "\xe0")  # on Windows: the next one belongs to an arrow or function key
QUIT = "qQ\x04\x1a"  # q, and what ends the input elsewhere: Ctrl-D, on Windows Ctrl-Z


class Keys:
    """Yields the characters that were pressed."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def pressed(self) -> str:
        """Return what was pressed since the last call; "" for nothing."""
        if self._descriptor is None:
            return ""
        if sys.platform == "win32":
            return _pressed_on_windows()
        if not _in_front(self._descriptor):
            return ""
        if not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        return os.read(self._descriptor, 64).decode(errors="ignore")

    def quit(self) -> bool:
        """Whether a key was pressed that asks to leave."""
        return any(key in QUIT for key in self.pressed())


def _in_front(descriptor: int) -> bool:
    """Whether the terminal is ours now; to a job in the background (&) its keys do not belong.

    Who asks for them there nevertheless is stopped by the system.
    """
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # not the terminal that controls us: nobody stops us there
        return True


def _pressed_on_windows() -> str:
    """Return what the console has; its arrow and function keys come in two and count for none."""
    keys = ""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            key = msvcrt.getwch()
            if key in SPECIAL:
                msvcrt.getwch()
            else:
                keys += key
    return keys


@contextlib.contextmanager
def keys() -> Iterator[Keys]:
    """Take single keys from the terminal; Ctrl-C still interrupts. The terminal is put back."""
    if not (sys.stdin.isatty() and _in_front(sys.stdin.fileno())):
        yield Keys(None)
        return
    descriptor = sys.stdin.fileno()
    if sys.platform == "win32":  # the console hands out single keys as it is
        yield Keys(descriptor)
        return
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keys(descriptor)
    finally:
        if _in_front(descriptor):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
