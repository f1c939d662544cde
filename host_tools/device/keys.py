"""Single key presses from a terminal while something else goes on; nothing where there is none."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator


class Keys:
    """Yields the characters that were pressed."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def pressed(self) -> str:
        """Return what was pressed since the last call; "" for nothing."""
        if self._descriptor is None or not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        return os.read(self._descriptor, 64).decode(errors="ignore")


@contextlib.contextmanager
def keys() -> Iterator[Keys]:
    """Take single keys from the terminal; Ctrl-C still interrupts. The terminal is put back."""
    if not sys.stdin.isatty():
        yield Keys(None)
        return
    try:
        import termios
        import tty
    except ImportError:  # Windows has no termios
        yield Keys(None)
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
