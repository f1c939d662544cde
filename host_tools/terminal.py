"""What can be shown where."""

from __future__ import annotations

import os
from typing import TextIO

DUMB = ("dumb", "unknown")  # TERM of an editor's shell, for instance
PICTURE = "\u28ff\u2588\u25b2"  # of such characters pictures are made
PLAIN = {"█": "#", "▲": "^", "●": "*", "○": "o", "…": "~", "±": "+-", "–": "-", "°": " "}


def redraws(stream: TextIO) -> bool:
    """Whether what was written there can be drawn over: a terminal, and no dumb one.

    Elsewhere a view that lives shows nothing before its end; lines are for there.
    """
    return stream.isatty() and os.environ.get("TERM") not in DUMB


def draws(stream: TextIO) -> bool:
    """Whether a live picture can be seen there: it can be drawn over, and its characters exist.

    In an old code page, or with LANG=C, it would be a field of question marks.
    """
    if not redraws(stream):
        return False
    try:
        PICTURE.encode(stream.encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def plainly(error: UnicodeError) -> tuple[str, int]:
    """Put in place of what an output cannot show the nearest that it can, or a question mark.

    To be registered as a way to handle errors of encoding.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(each, "?") for each in lacking), error.end
