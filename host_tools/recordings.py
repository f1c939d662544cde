"""Recordings of one foot: reading, checking, converting, writing.

The format: `NAME.csv` or `NAME.csv.gz` with the columns `t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z`
(seconds; m/s^2 with gravity; deg/s; sensor frame), and beside it `NAME.json` with what is known
about it (`sampling_rate_hz`, `group`, `strides`, `gaps_s` ...). The sidecar may be missing.

Lost samples show in two ways, and both reach the firmware as `Pipeline.gap(lost)`:
the time column jumps, or the sidecar's `gaps_s` names spans whose rows are filled in (rows strictly
inside a span are nobody's measurement; they are left out, as the device would not have had them).
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import HeelcueError
from host_tools.files import write_whole
from host_tools.sidecars import Stride, read_sidecar, strides_of

COLUMNS = ("t_s", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
HEADER = ",".join(COLUMNS)
SUFFIXES = (".csv.gz", ".csv")
ZIP = b"PK\x03\x04"

GRAVITY_MPS2 = 9.80665  # standard gravity (CGPM 1901)
# Scale of a sample in a recording as the pipeline gets it: MPU6050 at +-16 g and +-2000 deg/s
ACC_LSB_PER_G = 2048.0
GYRO_LSB_PER_DPS = 16.384
LSB_LEAST, LSB_GREATEST = -32768, 32767

LOST_FROM_PERIODS = 1.75  # a step of the time column this long says that samples are missing
RATE_TOLERANCE = 0.02  # between the sidecar's rate and the time column's
ACC_LEAST_MPS2 = 4.0  # in the median; nobody's foot falls half of the time
CUT_OFF_S = 1.0  # a file cut off at a line's end parses well; its sidecar knows how long it was
RATE_LEAST_HZ, RATE_GREATEST_HZ = 20.0, 2000.0
GREATEST = 1e6  # m/s^2, deg/s: beyond any sensor, so it only fills in what was not measured
LONGEST_GAP_S = 3600.0  # a longer jump of the time is a clock that was set, or another walk

Floats = NDArray[np.float64]


class Segment(NamedTuple):
    """`lost` samples are missing, then `rows` samples follow without a gap."""

    lost: int
    rows: int


@dataclass(frozen=True)
class Recording:
    """A checked recording.

    t_s: (n,) strictly rising. acc_mps2, gyr_dps: (n, 3), sensor frame. meta: the sidecar, or {}.
    """

    path: Path
    t_s: Floats
    acc_mps2: Floats
    gyr_dps: Floats
    meta: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def rate_hz(self) -> float:
        """Samples per second: the sidecar's where the time column agrees within 2 %, else its own.

        The time column's rate leaves its jumps out and is rounded to 0.1 Hz, so that a part of a
        recording has the whole's rate.
        """
        measured = _rate_of(self.t_s, self.path)
        nominal = self.meta.get("sampling_rate_hz")
        if isinstance(nominal, (int, float)) and abs(measured / nominal - 1) <= RATE_TOLERANCE:
            return float(nominal)
        return measured

    @property
    def duration_s(self) -> float:
        """Length: the sidecar's `duration_s`, or the time from the first sample to the last."""
        given = self.meta.get("duration_s")
        return float(given) if given is not None else float(self.t_s[-1] - self.t_s[0])

    @cached_property
    def strides(self) -> list[Stride]:
        """The labelled strides; empty where the sidecar has none."""
        return strides_of(self.meta, sidecar_of(self.path))

    @property
    def subject(self) -> str | None:
        """Who walks; None where the sidecar does not say."""
        given = self.meta.get("subject")
        return None if given is None else str(given)

    @property
    def group(self) -> str:
        """How the gait is classed: the sidecar's `group`, or unknown."""
        given = self.meta.get("group")
        return "unknown" if given is None else str(given)

    @property
    def gaps_s(self) -> list[tuple[float, float]]:
        """Spans [start, end] that the sidecar says were lost."""
        return [(float(a), float(b)) for a, b in self.meta.get("gaps_s", [])]

    @cached_property
    def measured(self) -> NDArray[np.bool_]:
        """(n,) True for rows that were measured, False for rows filled in inside `gaps_s`."""
        keep = np.ones(len(self.t_s), dtype=bool)
        for start, end in self.gaps_s:
            keep[
                np.searchsorted(self.t_s, start, "right") : np.searchsorted(self.t_s, end, "left")
            ] = False
        return keep

    @cached_property
    def segments(self) -> list[Segment]:
        """The measured rows in order, as runs between gaps."""
        t_s = self.t_s[self.measured]
        steps = np.diff(t_s) * self.rate_hz
        breaks = np.flatnonzero(steps > LOST_FROM_PERIODS) + 1
        bounds = [0, *breaks.tolist(), len(t_s)]
        losses = [0, *(round(float(steps[b - 1])) - 1 for b in breaks)]
        return [
            Segment(lost, stop - start)
            for lost, start, stop in zip(losses, bounds[:-1], bounds[1:], strict=True)
        ]

    def samples_lsb(self) -> NDArray[np.int16]:
        """Return the measured rows as the pipeline takes them, (m, 6) int16.

        Acceleration 2048 LSB/g, rate 16.384 LSB/(deg/s), rounded half to even and clipped to
        16 bits as the chip would.
        """
        return to_lsb(self.acc_mps2[self.measured], self.gyr_dps[self.measured])


def to_lsb(acc_mps2: Floats, gyr_dps: Floats) -> NDArray[np.int16]:
    """Convert (n, 3) m/s^2 and (n, 3) deg/s to (n, 6) int16 at the canonical scale."""
    lsb = np.hstack([acc_mps2 * (ACC_LSB_PER_G / GRAVITY_MPS2), gyr_dps * GYRO_LSB_PER_DPS])
    return np.clip(np.rint(lsb), LSB_LEAST, LSB_GREATEST).astype(np.int16)


def _rate_of(t_s: Floats, path: Path) -> float:
    steps = np.diff(t_s)
    if not len(steps):
        raise HeelcueError(f"{path}: one sample has no sampling rate; a recording needs more")
    regular = steps[steps < LOST_FROM_PERIODS * np.median(steps)]
    rate_hz = round(float(len(regular) / regular.sum()), 1)
    if not RATE_LEAST_HZ <= rate_hz <= RATE_GREATEST_HZ:
        raise HeelcueError(
            f"{path}: the time column says {rate_hz:g} samples per second; gait needs "
            f"{RATE_LEAST_HZ:g} to {RATE_GREATEST_HZ:g} (is t_s in seconds?)"
        )
    return rate_hz


def name_of(path: Path) -> str | None:
    """Return the recording's name (the file's, without .csv or .csv.gz); None if it is none."""
    for suffix in SUFFIXES:
        if path.name.endswith(suffix) and len(path.name) > len(suffix):
            return path.name[: -len(suffix)]
    return None


def sidecar_of(path: Path) -> Path:
    """Return where the JSON beside a recording is."""
    return path.with_name(f"{name_of(path)}.json")


def read_recording(path: Path) -> Recording:
    """Read and check a recording and its sidecar.

    Raises HeelcueError with one sentence that names the file, and the line and column where one
    is at fault: missing, empty, cut off, broken gzip, wrong columns, no number, NaN or infinite,
    time standing still, running backwards or jumping by more than an hour, samples that end more
    than CUT_OFF_S before the sidecar's `duration_s`, acceleration in g or without gravity, broken
    sidecar.
    """
    data = _read_bytes(path)
    table = _parse(data, path)
    typical_mps2 = float(np.median(np.linalg.norm(table[:, 1:4], axis=1)))
    if typical_mps2 < ACC_LEAST_MPS2:
        raise HeelcueError(
            f"{path}: acc is {typical_mps2:.2g} in the median; it must be in m/s^2 with gravity, "
            "so about 9.8 (was gravity taken off? If it is in g, 'heelcue import' converts it)"
        )
    meta = read_sidecar(sidecar_of(path))
    recording = Recording(path, table[:, 0], table[:, 1:4], table[:, 4:7], meta)
    if not recording.measured.any():
        raise HeelcueError(f"{sidecar_of(path)}: gaps_s leaves no sample of the recording")
    _check_range(recording, data.partition(b"\n")[2])
    end_s = max([recording.t_s[-1], *(end for _, end in recording.gaps_s)]) - recording.t_s[0]
    if recording.duration_s > end_s + CUT_OFF_S:
        raise HeelcueError(
            f"{path}: cut off? Its samples end after {end_s:.1f} s, and duration_s in "
            f"{sidecar_of(path).name} is {recording.duration_s:g}; copy it again, or correct that"
        )
    return recording


def _read_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be read ({error.strerror or error})") from None
    if data and path.name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except EOFError:
            raise HeelcueError(
                f"{path}: the gzip file is cut off before its end; copy it again"
            ) from None
        except (OSError, zlib.error) as error:
            raise HeelcueError(f"{path}: not a whole gzip file ({error})") from None
    if not data:
        raise HeelcueError(f"{path}: the file is empty")
    return data


def _parse(data: bytes, path: Path) -> Floats:
    if data.startswith(ZIP):
        raise HeelcueError(
            f"{path}: a zip file or an Excel workbook, whatever its name; save it as CSV in Excel, "
            "then 'heelcue import' makes a recording of it"
        )
    first, _, body = data.partition(b"\n")
    header = first.decode("utf-8-sig", "replace").strip()
    if header != HEADER:
        raise HeelcueError(
            f"{path}, line 1: the columns must be '{HEADER}', not {header[:60]!a}; "
            "'heelcue import' turns other exports into recordings"
        )
    if not body.strip():
        raise HeelcueError(f"{path}: there are no samples below the header")
    try:
        table = np.loadtxt(io.BytesIO(body), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        table = np.empty((0, 0))
    if table.shape[1:] != (len(COLUMNS),) or not np.isfinite(table).all():
        raise _first_fault(body, path)
    steps = np.diff(table[:, 0])
    wrong = np.flatnonzero((steps <= 0) | (steps > LONGEST_GAP_S))
    if len(wrong):
        row = int(wrong[0])
        where = f"{path}, line {_line_of_row(body, row + 1)}"
        times = f"(t_s {table[row + 1, 0]:.14g} comes after {table[row, 0]:.14g})"
        if steps[row] > LONGEST_GAP_S:
            raise HeelcueError(
                f"{where}: time jumps by {steps[row] / 3600:.4g} hours {times}; was the clock set, "
                "or is this another walk? Put each part into a file of its own"
            )
        how = "stands still" if steps[row] == 0 else "runs backwards"
        raise HeelcueError(f"{where}: time {how} {times}")
    return table


def _check_range(recording: Recording, body: bytes) -> None:
    """Raise HeelcueError for a value that no sensor says, but in rows that fill in a gap."""
    values = np.hstack([recording.acc_mps2, recording.gyr_dps])
    rows, columns = np.nonzero((np.abs(values) >= GREATEST) & recording.measured[:, None])
    if len(rows):
        row, column = int(rows[0]), int(columns[0])
        raise HeelcueError(
            f"{recording.path}, line {_line_of_row(body, row)}, column {COLUMNS[1 + column]}: "
            f"{values[row, column]:g} is not a measurement; if it stands for lost samples, name "
            "their span in the sidecar's gaps_s"
        )


def _line_of_row(body: bytes, row: int) -> int:
    filled = [k for k, line in enumerate(body.split(b"\n")) if line.strip()]
    return filled[row] + 2  # the body begins on line 2


def _first_fault(body: bytes, path: Path) -> HeelcueError:
    """Find what is wrong with a table that did not parse; slow, and only run for a bad file."""
    lines = body.decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        fields = line.strip().split(",")
        if len(fields) != len(COLUMNS):
            cut = " (the file is cut off here)" if number == len(lines) + 1 else ""
            return HeelcueError(
                f"{path}, line {number}: {len(fields)} columns where {len(COLUMNS)} belong{cut}"
            )
        for column, text in zip(COLUMNS, fields, strict=True):
            try:
                value = float(text)
            except ValueError:
                return HeelcueError(
                    f"{path}, line {number}, column {column}: '{text[:40]}' is not a number"
                )
            if not np.isfinite(value):
                return HeelcueError(
                    f"{path}, line {number}, column {column}: {text.strip()} is not a measurement"
                )
    return HeelcueError(f"{path}: the table cannot be read as numbers")


def write_recording(
    path: Path,
    t_s: Floats,
    acc_mps2: Floats,
    gyr_dps: Floats,
    meta: Mapping[str, Any],
) -> None:
    """Write a recording (.csv or .csv.gz by its name) and its sidecar; same input, same bytes.

    Decimals keep every LSB of the canonical scale: 0.1 ms, 0.001 m/s^2, 0.01 deg/s.
    """
    if name_of(path) is None:
        raise HeelcueError(f"{path}: a recording's name ends in .csv or .csv.gz", 2)
    table = np.column_stack([t_s, acc_mps2, gyr_dps])
    line = "%.4f,%.3f,%.3f,%.3f,%.2f,%.2f,%.2f"
    text = "\n".join([HEADER, *(line % tuple(row) for row in table.tolist())]) + "\n"
    data = text.encode()
    if path.name.endswith(".gz"):
        data = gzip.compress(data, compresslevel=6, mtime=0)
    write_whole(path, data)
    write_whole(sidecar_of(path), (json.dumps(dict(meta), indent=1) + "\n").encode())
