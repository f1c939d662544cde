"""What `heelcue monitor` knows about the walk that goes on, and how it draws it."""

from __future__ import annotations

import binascii
import math
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from host_tools.device.strides import BoardStride
from host_tools.recordings import GYRO_LSB_PER_DPS

NOMINAL_HZ = 208.0  # until a board whose IMU is missing says what it has
TRACE_S = 4.0
NARROW = 66  # columns: below, only what one watches
RECENT = 12  # strides that are shown, and that the averages are over
SAMPLE = np.dtype("<i2")
BARS = " ▁▂▃▄▅▆▇█"


class Watch:
    """Takes the console's lines; knows the last strides, the cue mode, the signal."""

    def __init__(self, hello: dict[str, Any]) -> None:
        self._greeted(hello)
        self.status: dict[str, Any] = {}
        self.strides: deque[BoardStride] = deque(maxlen=RECENT)
        self.count = 0
        self.faults: deque[str] = deque(maxlen=3)
        size = int(TRACE_S * self.rate_hz)
        self.speed_dps: deque[float] = deque(maxlen=size)

    def _greeted(self, hello: dict[str, Any]) -> None:
        self.hello = hello
        self.rate_hz = float(hello.get("rate_hz") or NOMINAL_HZ)
        self._gyro_lsb = float(hello.get("gyro_lsb_per_dps") or GYRO_LSB_PER_DPS)
        self._latency_us: dict[int, int] = {}  # of cues whose stride is not yet told, by sample

    def take(self, line: dict[str, Any]) -> BoardStride | None:
        """Take one unasked line; returns a stride when one is complete."""
        kind = line.get("ev")
        if kind == "cue":
            self._latency_us[line.get("n", -1)] = line.get("latency_us", -1)
        elif kind == "stride":
            # The next stride's cue may have come already: it is sent before that heel-off
            latency_us = self._latency_us.pop(line.get("cue", -1), -1)
            stride = BoardStride.of_event(line, self.rate_hz, latency_us)
            while len(self._latency_us) > RECENT:  # of cues whose stride never came
                del self._latency_us[next(iter(self._latency_us))]
            self.strides.append(stride)
            self.count += 1
            return stride
        elif kind == "fault":
            self.faults.append(str(line.get("text") or line.get("fault")))
        elif kind == "raw":
            try:
                data = np.frombuffer(binascii.a2b_base64(line["d"]), SAMPLE).reshape(-1, 6)
            except (KeyError, TypeError, ValueError):  # a line that the cable has damaged
                return None
            self.speed_dps.extend(np.linalg.norm(data[:, 3:] / self._gyro_lsb, axis=1).tolist())
        elif kind == "hello":
            self._greeted(line)
        return None

    def cadence_spm(self) -> float:
        """Return the median cadence of the last strides; NaN while nobody walks."""
        values = [s.cadence_spm for s in self.strides if not math.isnan(s.stride_s)]
        return float(np.median(values)) if values else math.nan

    def trace(self, columns: int) -> str:
        """Draw how fast the foot turned, the last seconds in so many characters."""
        values = np.array(self.speed_dps)
        if len(values) < columns:
            return ""
        parts = np.array([part.max() for part in np.array_split(values, columns)])
        levels = np.clip(parts / 500 * (len(BARS) - 1), 0, len(BARS) - 1).astype(int)
        return "".join(BARS[level] for level in levels)

    def battery(self) -> str:
        """Return the battery as text."""
        battery = self.status.get("battery") or {}
        return f"{battery['pct']} % ({battery['mv']} mV)" if "mv" in battery else "not measured"


def shown(value: float, form: str) -> str:
    """Format a number, or a dash for none."""
    return "-" if math.isnan(value) else format(value, form)


# heading, what a stride says, whether on a narrow terminal too
STRIDE_COLUMNS: tuple[tuple[str, Callable[[BoardStride], str], bool], ...] = (
    ("heel-off s", lambda stride: shown(stride.heel_off_s, ".2f"), True),
    ("stride s", lambda stride: shown(stride.stride_s, ".2f"), False),
    ("/min", lambda stride: shown(stride.cadence_spm, ".0f"), True),
    ("push-off ms", lambda stride: shown(stride.push_off_s * 1000, ".0f"), False),
    ("cue", lambda stride: stride.kind, True),
    ("at ms", lambda stride: shown(stride.cue_error_ms, "+.0f"), True),
    ("motor ms", lambda stride: shown(stride.latency_ms, ".1f"), False),
)


def as_line(number: int, stride: BoardStride) -> str:
    """Describe a stride in one line."""
    parts = [
        f"stride {number:4d}",
        f"heel-off {shown(stride.heel_off_s, '8.3f')} s",
        f"cadence {shown(stride.cadence_spm, '5.1f')} /min",
        f"push-off {shown(stride.push_off_s * 1000, '4.0f')} ms",
        f"cue {stride.kind}",
    ]
    if not math.isnan(stride.cue_s):
        parts.append(f"{stride.cue_error_ms:+.0f} ms")
        parts.append(f"motor after {shown(stride.latency_ms, '.1f')} ms")
    return "  ".join(parts)


def as_json(number: int, stride: BoardStride) -> dict[str, Any]:
    """Return a stride for scripts; None where there is nothing."""
    values: dict[str, float | int | str] = {
        "stride": number,
        "heel_off_s": stride.heel_off_s,
        "toe_off_s": stride.toe_off_s,
        "initial_contact_s": stride.contact_s,
        "next_heel_off_s": stride.next_heel_off_s,
        "cadence_spm": stride.cadence_spm,
        "cue": stride.kind,
        "cue_s": stride.cue_s,
        "cue_error_ms": stride.cue_error_ms,
        "latency_ms": stride.latency_ms,
        "peak_dps": stride.peak_dps,
    }
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: float | int | str) -> float | int | str | None:
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else round(value, 4)


def screen(watch: Watch, width: int) -> Any:
    """Build the live view."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    status = watch.status
    head = Text.assemble(
        ("Heelcue ", "bold"),
        f"{watch.hello.get('fw')} on {watch.hello.get('board')}, IMU {watch.hello.get('imu')}   ",
        ("walking" if status.get("walking") else "standing", "green"),
        f"   cadence {shown(watch.cadence_spm(), '.0f')} /min",
        f"   strides {status.get('strides', watch.count)}   cues {status.get('cues', '-')}",
        f"   battery {watch.battery()}",
    )
    table = Table(box=None, pad_edge=False)
    columns = [column for column in STRIDE_COLUMNS if column[2] or width >= NARROW]
    for name, _, _ in columns:
        table.add_column(name, justify="right")
    for stride in reversed(watch.strides):
        table.add_row(*(tell(stride) for _, tell, _ in columns))
    trace = Text(watch.trace(max(20, width - 6)), style="cyan")
    parts: list[Any] = [
        head,
        Panel(trace, title=f"turning of the foot, last {TRACE_S:.0f} s"),
        table,
    ]
    if watch.faults:
        parts.append(Text("faults: " + "; ".join(watch.faults), style="red"))
    parts.append(Text("q or Ctrl-C ends the view; the board walks on.", style="dim"))
    return Group(*parts)
