"""Other programs' exports of an IMU on a foot: finding their columns, units and gaps.

Nothing is known beforehand: separator, decimal sign, rows above the header, which columns, which
units. What can be told from the numbers is (time, by the rates that gait needs; acceleration, by
gravity); what cannot be (angular rate) is asked for.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import HeelcueError
from host_tools.files import UTF16
from host_tools.recordings import (
    COLUMNS,
    GRAVITY_MPS2,
    GREATEST,
    LONGEST_GAP_S,
    RATE_GREATEST_HZ,
    RATE_LEAST_HZ,
    Floats,
)
from host_tools.words import count_of

GZIP = b"\x1f\x8b"
SEPARATORS = ("\t", ";", ",", None)  # None: runs of blanks
TOP_ROWS = 60  # the samples begin within so many
FEWEST_FIELDS = 6
TIME_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
ACC_UNITS = {"m/s2": 1.0, "g": GRAVITY_MPS2, "mg": GRAVITY_MPS2 / 1000}
GYRO_UNITS = {"deg/s": 1.0, "rad/s": float(np.degrees(1.0)), "mdps": 1e-3}
# What is felt in the stillest tenth of the rows is gravity, near enough: 0.81 to 1.07 g in 578
# walks. Without gravity there is hardly anything, in whatever unit.
STILLEST = 0.1
ACC_NEAR_G = (0.7, 1.4)
WALKING_DPS, FASTEST_DPS = 100.0, 2500.0  # a walking foot is faster, no foot is faster
TIME_NAMES = ("t", "ts", "time", "sampletimefine", "seconds", "elapsed")
# Columns that are no acceleration for all that their names begin like it
NOT_MEASURED = ("free", "lin", "user", "gravity", "grav", "mean", "std", "accuracy")
HOLES = frozenset(("", "nan", "null", "none", "na", "n/a", "#n/a", "-", "inf", "+inf", "-inf"))
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(e[-+]?\d+)?", re.IGNORECASE)
LAYOUT_ROWS = 100  # that tell whether decimals have a comma


class Table(NamedTuple):
    """An export, its fields still text. names: [] without a header; lines: of rows, from 1."""

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    decimal_comma: bool

    def values(self, places: Sequence[int], name: str) -> Floats:
        """Return (n, columns) of some columns, NaN for holes. Raises HeelcueError for other text.

        What only looks like a hole, 1.024,5 for instance, would leave out the greatest values.
        """
        return np.column_stack([self._column(place, name) for place in places])

    def _column(self, place: int, name: str) -> Floats:
        texts = [row[place] for row in self.rows]
        if not self.decimal_comma:
            try:
                return np.array(texts, dtype=np.float64)
            except ValueError:
                pass  # at least a hole
        found = np.array([_number(text, self.decimal_comma) for text in texts])
        for at in np.flatnonzero(np.isnan(found)).tolist():
            if texts[at].lower() not in HOLES:
                column = self.names[place] if self.names else str(place + 1)
                raise HeelcueError(
                    f"{name}, line {self.lines[at]}, column {column}: {texts[at][:40]!r} is no "
                    f"number with a decimal {'comma' if self.decimal_comma else 'point'}; "
                    "export plain numbers, without separators of thousands"
                    + (" (for times of day: --rate HZ)" if ":" in texts[at] else "")
                )
        return found


class Foreign(NamedTuple):
    """What an export held, in the project's units, and how it was read.

    t_s: (n,), from 0. acc_mps2, gyr_dps: (n, 3). left_out: rows with a hole, or with zeros where
    gravity must be felt; they become gaps.
    taken: {our column: theirs}. units: {"time", "acc", "gyr"}.
    """

    t_s: Floats
    acc_mps2: Floats
    gyr_dps: Floats
    left_out: int
    taken: dict[str, str]
    units: dict[str, str]


def read_table(data: bytes, name: str) -> Table:
    """Read an export of numbers. Raises HeelcueError where there is no table of them."""
    if data[:2] == GZIP:
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise HeelcueError(f"{name}: not a whole gzip file ({error})") from None
    encoding = "utf-16" if data[:2] in UTF16 else "utf-8-sig"
    if data[:6] == b"MATLAB" or (encoding == "utf-8-sig" and b"\0" in data[:1000]):
        raise HeelcueError(
            f"{name}: not a text file; save or export it as CSV (in Excel: Save As; in MATLAB: "
            "writematrix or writetable)"
        )
    try:
        lines = data.decode(encoding).splitlines()
    except UnicodeDecodeError:  # a degree sign in Windows' own code page, or damage
        lines = data.decode(
            "cp1252" if encoding == "utf-8-sig" else encoding, "replace"
        ).splitlines()
    separator, decimal_comma, first = _layout(lines, name)

    def fields(line: str) -> list[str]:
        return [field.strip().strip('"') for field in line.split(separator)]

    count = len(fields(lines[first]))
    above = [fields(line) for line in lines[max(0, first - 3) : first]]
    rows, numbers = [], []
    for number, line in enumerate(lines[first:], start=first + 1):
        if not line.strip():
            continue
        row = fields(line)
        if len(row) != count:
            raise HeelcueError(
                f"{name}, line {number}: {count_of(len(row), 'column')} where {count} belong; "
                "if it is no row of samples, remove it"
            )
        rows.append(row)
        numbers.append(number)
    named = _names(above, count)
    while not named and count > FEWEST_FIELDS and not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]  # each ends with a separator that the names do without
        count -= 1
        named = _names(above, count)
    return Table(named, rows, numbers, decimal_comma)


def _names(above: Sequence[list[str]], count: int) -> list[str]:
    """Return the row of `count` names; a row of units may stand between it and the samples.

    A name may stand there twice, then it is no name to choose by; units hardly differ at all.
    """
    fit = [row for row in above if len(row) == count]
    distinct = [row for row in fit if len(set(row)) == count]
    return next(iter(distinct or [row for row in fit if len(set(row)) >= FEWEST_FIELDS]), [])


def _number(text: str, decimal_comma: bool) -> float:
    if decimal_comma:
        text = "?" if "." in text else text.replace(",", ".")  # 1.024 is a thousand and more
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _layout(lines: Sequence[str], name: str) -> tuple[str | None, bool, int]:
    """Return separator, whether decimals have a comma, and the index of the first sample."""
    for index, line in enumerate(lines[:TOP_ROWS]):
        for separator in SEPARATORS:
            row = [field.strip().strip('"') for field in line.split(separator)]
            if len(row) < FEWEST_FIELDS:
                continue
            comma = separator != "," and any(
                DECIMAL_COMMA.fullmatch(field.strip().strip('"'))
                for below in lines[index : index + LAYOUT_ROWS]
                for field in below.split(separator)
            )
            numbers = np.isfinite([_number(text, comma) for text in row]).sum()
            if numbers >= FEWEST_FIELDS:
                return separator, comma, index
    raise HeelcueError(
        f"{name}: no row of {FEWEST_FIELDS} or more numbers in the first {TOP_ROWS} lines; "
        "is it an export as text (CSV) of acceleration and angular rate?"
    )


def find_columns(table: Table, wanted: str | None, timed: bool, name: str) -> list[int]:
    """Return the indices of t_s (if timed), acc x y z, gyr x y z: those named, or found by name."""
    count = len(table.rows[0])
    needed = COLUMNS if timed else COLUMNS[1:]
    there = ", ".join(f"{k} {n}" for k, n in enumerate(table.names, 1)) or f"1 to {count}, no names"
    if wanted is not None:
        texts = [text.strip() for text in wanted.split(",")]
        if len(texts) != len(needed):
            raise HeelcueError(
                f"--columns has {len(texts)} where {len(needed)} belong: {','.join(needed)}"
                + ("" if timed else " (with --rate there is no time column)"),
                2,
            )
        if len(set(texts)) < len(texts):
            raise HeelcueError(f"--columns names a column twice: {wanted}", 2)
        places = []
        for text in texts:
            if table.names.count(text) == 1:
                places.append(table.names.index(text))
            elif text.isdigit() and 1 <= int(text) <= count:
                places.append(int(text) - 1)
            else:
                raise HeelcueError(f"{name} has no column {text!r}; it has: {there}", 2)
        return places
    found = {column: _by_name(table.names, column) for column in needed}
    unsure = [column for column, places in found.items() if len(places) != 1]
    if unsure:
        raise HeelcueError(
            f"{name}: which column is {unsure[0]}? Say all with --columns "
            f"({','.join(needed)}, by name or number); it has: {there}",
            2,
        )
    return [places[0] for places in found.values()]


def _listed(table: Table, places: Sequence[int]) -> str:
    return ", ".join(table.names[place] if table.names else str(place + 1) for place in places)


def _by_name(names: Sequence[str], column: str) -> list[int]:
    kind, _, axis = column.partition("_")
    places = []
    for place, name in enumerate(names):
        plain = re.sub(r"\(.*?\)|\[.*?\]", "", name).lower()  # without its unit
        words = re.findall(r"[a-z]+", plain)
        if kind == "t":
            if "timestamp" in plain or re.sub(r"_m?s$|[^a-z]", "", plain) in TIME_NAMES:
                places.append(place)
        elif plain.strip() == kind[0] + axis or (
            kind in plain
            and not any(other in plain for other in NOT_MEASURED)
            and (axis in words or plain.strip().endswith(axis))
        ):
            places.append(place)
    return places


def time_of(raw: Floats, column: str, name: str) -> tuple[Floats, str]:
    """Return seconds from 0, and the unit that makes a rate which gait needs of them.

    column: its name; a count of samples looks like ms of 1000 samples per second.
    """
    step = float(np.median(np.diff(raw))) if len(raw) > 1 else 0.0
    if step == 1 and not re.search(r"ms(?![a-z])|milli", column.lower()):
        raise HeelcueError(
            f"{name}: does column {column} count samples, or ms? It advances by 1 a row; "
            "say --rate HZ (--rate 1000 for ms)"
        )
    for unit, seconds in TIME_UNITS.items():
        if step > 0 and RATE_LEAST_HZ <= 1 / (step * seconds) <= RATE_GREATEST_HZ:
            return (raw - raw[0]) * seconds, unit
    raise HeelcueError(
        f"{name}: the time column advances by {step:g} a row, which in no unit makes "
        f"{RATE_LEAST_HZ:g} to {RATE_GREATEST_HZ:g} samples per second; "
        "name another column, or say --rate HZ"
    )


def acc_unit_of(raw: Floats, turning: Floats, name: str) -> str:
    """Return the unit in which the acceleration is about one g while the foot turns least.

    raw: (n, 3). turning: (n,) magnitude of the angular rate, in any unit.
    """
    still = turning <= np.quantile(turning, STILLEST)
    typical = float(np.median(np.linalg.norm(raw[still], axis=1)))
    for unit, mps2 in ACC_UNITS.items():
        if ACC_NEAR_G[0] <= typical * mps2 / GRAVITY_MPS2 <= ACC_NEAR_G[1]:
            return unit
    raise HeelcueError(
        f"{name}: acceleration is {typical:.3g} where the foot is stillest: one g in no unit "
        f"({', '.join(ACC_UNITS)}); gravity must not be taken off, and the columns must be right"
    )


def convert(
    data: bytes, name: str, *, columns: str | None, rate_hz: float | None, gyro_unit: str
) -> Foreign:
    """Read an export. Raises HeelcueError with one sentence that says what is wrong and where."""
    table = read_table(data, name)
    timed = rate_hz is None
    places = find_columns(table, columns, timed, name)
    used = table.values(places, name)
    whole = np.isfinite(used).all(axis=1)
    felt = used[:, -6:-3].any(axis=1)
    if (whole & felt).any():  # rows of zeros fill in for lost ones
        whole &= felt
    if whole.sum() < 2:
        raise HeelcueError(
            f"{name}: no row has a number in each of {_listed(table, places)}; say others with "
            "--columns" + (", or --rate HZ in place of the time" if timed else "")
        )
    line = np.array(table.lines)[whole]
    used = used[whole]
    if rate_hz is None:
        t_s, time_unit = time_of(used[:, 0], _listed(table, places[:1]), name)
        used = used[:, 1:]
    else:
        t_s, time_unit = np.flatnonzero(whole) / rate_hz, "rows"
    steps = np.diff(t_s)
    if len(wrong := np.flatnonzero((steps <= 0) | (steps > LONGEST_GAP_S))):
        where, step = f"{name}, line {line[wrong[0] + 1]}", steps[wrong[0]]
        raise HeelcueError(
            f"{where}: time stands still or runs backwards; name another time column, or say "
            "--rate HZ"
            if step <= 0
            else f"{where}: time jumps by {step / 3600:.4g} hours; was the clock set, or is this "
            "another walk? Import each part as a file of its own"
        )
    acc, gyr = used[:, :3], used[:, 3:]
    filled = (np.abs(acc * ACC_UNITS["mg"]) > GREATEST) | (np.abs(gyr * 1e-3) > GREATEST)
    if filled.any():
        raise HeelcueError(
            f"{name}, line {line[filled.any(axis=1).argmax()]}: a number that no sensor measures; "
            "leave such cells empty"
        )
    acc_unit = acc_unit_of(acc, np.linalg.norm(gyr, axis=1), name)
    names = table.names or [str(k + 1) for k in range(len(table.rows[0]))]
    ours = COLUMNS if timed else COLUMNS[1:]
    return Foreign(
        t_s,
        acc * ACC_UNITS[acc_unit],
        gyr * GYRO_UNITS[gyro_unit],
        int((~whole).sum()),
        {column: names[place] for column, place in zip(ours, places, strict=True)},
        {"time": time_unit, "acc": acc_unit, "gyr": gyro_unit},
    )


def doubt(gyr_dps: NDArray[np.float64], units: Mapping[str, str]) -> str | None:
    """Return a sentence if no walking foot turns like this; None if one may."""
    fastest = float(np.quantile(np.linalg.norm(gyr_dps, axis=1), 0.999))
    if WALKING_DPS <= fastest <= FASTEST_DPS:
        return None
    return (
        f"the foot turns at most at {fastest:.3g} deg/s, a walking one at 200 to 1000; "
        f"are the angular rates really in {units['gyr']} (--gyro)?"
    )
