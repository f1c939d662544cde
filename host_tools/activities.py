"""Hours of generated non-walking through the device's code: every cue in them is a false one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from heelcue.events import CUE, HEEL_OFF

from host_tools.batch import run_all
from host_tools.errors import HeelcueError
from host_tools.events import NAMES
from host_tools.generate import ACTIVITIES, Sensor, generate_activity
from host_tools.generated import RATE_HZ, as_recording
from host_tools.replay import Walk, replay_walk

PIECE_S = 600.0  # a different person, mounting and offset every ten minutes


class Piece(NamedTuple):
    """Some minutes of one activity."""

    activity: str
    seed: int
    seconds: float


class Falses(NamedTuple):
    """What the device made of a piece."""

    cues_s: list[float]
    heel_offs_s: list[float]


def _run_piece(piece: Piece, settings: Mapping[str, Any]) -> Falses:
    made = generate_activity(piece.activity, piece.seconds, piece.seed, Sensor(rate_hz=RATE_HZ))
    events = replay_walk(Walk.of(as_recording(made)), settings).events
    return Falses(
        [event.t_s for event in events if event.name == NAMES[CUE]],
        [event.t_s for event in events if event.name == NAMES[HEEL_OFF]],
    )


def false_cues(
    hours: float, settings: Mapping[str, Any], *, jobs: int = 2, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Spread `hours` over all activities; return {activity: hours, cues, heel_offs}."""
    pieces_each = max(1, round(hours * 3600 / PIECE_S / len(ACTIVITIES)))
    seconds = hours * 3600 / len(ACTIVITIES) / pieces_each
    pieces = [
        Piece(name, seed + number, seconds) for number in range(pieces_each) for name in ACTIVITIES
    ]
    table = {name: {"hours": 0.0, "cues": 0.0, "heel_offs": 0.0} for name in ACTIVITIES}
    worker = partial(_run_piece, settings=dict(settings))
    for outcome in run_all(worker, pieces, jobs=jobs, what="non-walking"):
        if outcome.result is None:
            raise HeelcueError(f"{outcome.item.activity}: {outcome.fault}")
        row = table[outcome.item.activity]
        row["hours"] += outcome.item.seconds / 3600
        row["cues"] += len(outcome.result.cues_s)
        row["heel_offs"] += len(outcome.result.heel_offs_s)
    return table
