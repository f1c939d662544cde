"""What can be shown where."""

from __future__ import annotations

import os
from typing import TextIO

DUMB = ("dumb", "unknown")  # TERM of an editor's shell, for instance


def redraws(stream: TextIO) -> bool:
    """Whether what was written there can be drawn over: a terminal, and no dumb one.

    Elsewhere a view that lives shows nothing before its end; lines are for there.
    """
    return stream.isatty() and os.environ.get("TERM") not in DUMB
