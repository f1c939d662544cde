"""`make soak`: days in minutes on the virtual board. Walks, rests, sleep and wake, console traffic,
log rotation, and a fault every minute that the board is awake.

Each hour: WALK_S of walking (somebody plugged in and curious for the first part), then rest, in
which the board goes to sleep until the next walk wakes it. ticks_ms() wraps two minutes after every
start. Prints what it saw by the hour; ends with 1 when something is not as it must be.

    python -m tests.firmware.soak --hours 24
"""

import argparse
import itertools
import json
import sys
import time

import numpy as np

from host_tools.generate import Walk, generate_walk
from host_tools.recordings import to_lsb
from host_tools.virtual_board import Board, BoardError, Options, Stimulus
from tests.firmware.asking import ask

HOUR_S = 3600
WALK_S = 600
CURIOUS_S = 480  # of which with console traffic and faults
MINUTE_S = 60
HEAP_BYTES = 330_000  # twice the ESP32's 165 kB: the unix port's objects are twice as large
WRAP_AFTER_MS = 120_000
EXPLAINED_S = 4.0  # a loss this soon after a fault is explained by it
LONGEST_PULSE_MS = 402  # of the patterns; a cue is 150

FAULTS = (
    ("nack", {"count": 1}),
    ("stall", {"us": 100_000}),
    ("stuck_bus", {}),
    ("bad_reads", {"count": 4}),
    ("imu_reset", {}),
    ("fifo_lost", {}),
    ("nack", {"count": 5}),
    ("fifo_overflow", {"samples": 30}),
    ("imu_off", {"us": 1_500_000}),
    ("saturated", {"us": 4_000_000}),
    ("frozen", {"us": 8_000_000}),
)
REQUESTS = (
    {"cmd": "status"},
    {"cmd": "get"},
    {"cmd": "log"},
    {"cmd": "set", "key": "strength_pct", "value": 70},
    {"cmd": "buzz"},
    {"cmd": "save"},
    {"cmd": "stream", "raw": True},
    {"cmd": "nonsense"},
    {"cmd": "stream", "raw": False},
    {"cmd": "record", "what": "start", "seconds": 5},
    {"cmd": "log", "what": "remove", "path": "rec/0001.rec"},
    {"cmd": "set", "key": "strength_pct", "value": 80},
)


def day() -> Stimulus:
    """An hour of walking and rest, for ever."""
    walk = generate_walk(Walk(duration_s=60, course="loop"))
    noise = np.random.default_rng(3).normal(0, 2, (3000, 6))
    rest = np.rint(noise + np.array([0, 0, 2048, 0, 0, 0])).astype(np.int16)
    stimulus = Stimulus(loop=True)
    stimulus.then(to_lsb(walk.acc, walk.gyr), walk.rate_hz, seconds=WALK_S)
    return stimulus.then(rest, 200, seconds=HOUR_S - WALK_S)


def walk_with_trouble(board: Board, faults, requests) -> dict:
    """The curious part of an hour; returns the status at its end."""
    for _ in range(CURIOUS_S // MINUTE_S):
        name, options = next(faults)
        board.fault(name, in_s=7, **options)
        for _ in range(5):
            board.run(10)
            board.send(json.dumps(next(requests)) + "\n")
        board.run(10)
    board.send('{"cmd": "stream", "raw": false}\n{"cmd": "record", "what": "stop"}\n')
    board.run(20)
    return ask(board, {"cmd": "status"})


def unexplained(board: Board) -> list[float]:
    """Instants (s) of lost samples that no fault and no start explains."""
    causes = [record.t_us for record in board.trace.faults]
    causes += [record.t_us for record in board.trace.resets]
    causes += [record.t_us for record in board.trace.sleeps]
    causes.append(0)
    marks = np.sort(np.array(causes))
    lost = np.array([record.t_us for record in board.trace.losses])
    if not len(lost):
        return []
    before = marks[np.searchsorted(marks, lost, side="right") - 1]
    # frozen and saturated are over, and answered, only after their length
    late = lost[(lost - before) / 1e6 > EXPLAINED_S + 8]
    return [float(t) / 1e6 for t in late[:5]]


def soak(hours: int) -> list[str]:
    """Run; returns what was wrong, in sentences."""
    faults = itertools.cycle(FAULTS)
    requests = itertools.cycle(REQUESTS)
    files = {"settings.json": b'{"log_kb": 64}'}
    options = Options(
        stimulus=day(),
        files=files,
        heap_bytes=HEAP_BYTES,
        ticks_start_ms=(1 << 30) - WRAP_AFTER_MS,
    )
    wrong = []
    free = []
    with Board(options) as board:
        for hour in range(hours):
            began = time.monotonic()
            board.run(hour * HOUR_S + 20 - board.now_s)
            status = walk_with_trouble(board, faults, requests)
            free.append(status["mem_free"])
            board.run((hour + 1) * HOUR_S - board.now_s)
            pulses = [p for p in board.pulses() if p.off_us]
            longest = max(((p.off_us - p.on_us) / 1000 for p in pulses), default=0)
            sleeps = len([s for s in board.trace.sleeps if s.a == 2 and s.b == 1])
            print(
                f"hour {hour + 1:2d}: cues {status['cues']:4d}, free {status['mem_free']}, "
                f"pulses {len(pulses)}, longest {longest:.1f} ms, sleeps {sleeps}, "
                f"faults {status['faults']}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
            if longest > LONGEST_PULSE_MS:
                wrong.append(f"hour {hour + 1}: a pulse of {longest:.0f} ms")
            if status["faults"].get("motor_overrun"):
                wrong.append(f"hour {hour + 1}: the motor did not stop by itself")
            if sleeps < hour + 1:
                wrong.append(f"hour {hour + 1}: it did not go to sleep")
            if status["cues"] < 200:
                wrong.append(f"hour {hour + 1}: only {status['cues']} cues")
        for t_s in unexplained(board):
            wrong.append(f"at {t_s:.1f} s: samples lost, and no fault explains it")
        watchdog = [c for _, c in board.trace.reset_causes() if c not in ("deep_sleep",)]
        if watchdog:
            wrong.append(f"resets: {watchdog}")
    # The first hour starts cold and keeps a little more; a leak is what gets less and less
    if free[-1] < min(free[:2]) - 1024:
        wrong.append(f"free heap went from {free[0]} to {free[-1]} bytes")
    return wrong


def main() -> int:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--hours", type=int, default=24)
    hours = parser.parse_args().hours
    try:
        wrong = soak(hours)
    except (BoardError, AssertionError) as error:
        wrong = [str(error)]
    for sentence in wrong:
        print("WRONG:", sentence)
    if not wrong:
        print(f"{hours} hours: nothing lost that no fault explains, motor and heap as they must be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
