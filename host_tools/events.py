"""Event files: CSV with the columns `t_s,event`, one line for each event.

`t_s` is the time (the recording's own `t_s` column, seconds) of the sample on which the firmware
decided. Events of one sample are in the order of their bits in `heelcue.events`.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from heelcue.events import CUE, HEEL_OFF, INITIAL_CONTACT, TOE_OFF

from host_tools.errors import HeelcueError
from host_tools.files import write_whole

NAMES = {
    HEEL_OFF: "heel_off",
    TOE_OFF: "toe_off",
    INITIAL_CONTACT: "initial_contact",
    CUE: "cue",
}
HEADER = "t_s,event"
DECIMALS = 4  # 0.1 ms, far below one sample


class Event(NamedTuple):
    """One event of the firmware."""

    t_s: float
    name: str


def from_bits(times_s: Iterable[float], bits: Iterable[int]) -> list[Event]:
    """Spell out the event bits of the samples at `times_s`, rounded as an event file has them."""
    return [
        Event(round(float(t), DECIMALS), name)
        for t, word in zip(times_s, bits, strict=True)
        for bit, name in sorted(NAMES.items())
        if word & bit
    ]


def to_text(events: Iterable[Event]) -> str:
    """Return the event file's text."""
    lines = [HEADER, *(f"{event.t_s:.{DECIMALS}f},{event.name}" for event in events)]
    return "\n".join(lines) + "\n"


def write_events(path: Path, events: Iterable[Event]) -> None:
    """Write an event file, whole or not at all; folders are made as needed."""
    write_whole(path, to_text(events).encode())


def read_events(path: Path) -> list[Event]:
    """Read an event file. Raises HeelcueError that names the file and line."""
    events = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            if (header := next(rows, [])) != HEADER.split(","):
                raise HeelcueError(
                    f"{path}: the first line must be '{HEADER}', not {','.join(header)[:60]!a}"
                )
            for row in rows:
                try:
                    t_s, name = row
                    event = Event(float(t_s), name)
                except ValueError:
                    event = Event(math.nan, "")
                if not math.isfinite(event.t_s) or event.name not in NAMES.values():
                    raise HeelcueError(
                        f"{path}, line {rows.line_num}: '{','.join(row)}' must be seconds and one "
                        f"of {', '.join(NAMES.values())}"
                    )
                events.append(event)
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (UnicodeDecodeError, csv.Error):
        raise HeelcueError(f"{path}: not text in UTF-8, or no event file") from None
    return events
