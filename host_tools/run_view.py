"""What `heelcue run` shows: a live picture on a terminal, plain lines elsewhere, a summary."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from host_tools.charts import braille_lines, marker_line
from host_tools.device.keys import keys
from host_tools.session import Session, Step
from host_tools.words import count_of

SHOWN_S = 5.0  # of signal
CHART_HEIGHT = 9
CHART_DPS = (-500.0, 600.0)
ROWS = 8
LINES_BESIDE_ROWS = 17  # of the picture: a terminal of 24 lines has room for seven rows
NARROW = 80  # columns: below, only what one watches
FRAME_S = 1 / 15
CHUNK_S = 2.0  # virtual time between looks when nobody watches
FULL_SPEED_FRAME_S = 0.25  # virtual time a frame at full speed on a terminal

# heading, what a step says, whether on a narrow terminal too
STRIDE_COLUMNS: tuple[tuple[str, Callable[[Step], str], bool], ...] = (
    ("heel-off s", lambda step: _figure(step.heel_off_s, ".3f"), True),
    ("cue s", lambda step: _figure(step.cue_s, ".3f"), True),
    ("kind", lambda step: step.kind or "…", True),
    ("sample to motor", lambda step: _figure(step.latency_ms, ".1f", " ms"), False),
    ("push-off", lambda step: _figure(step.push_off_ms, ".0f", " ms"), False),
    ("peak", lambda step: _figure(step.peak_dps, "d", " deg/s"), False),
    ("/min", lambda step: _figure(step.cadence_spm, ".0f"), True),
)
KIND_STYLE = {"predicted": "green", "reactive": "cyan", "false": "red", "none": "dim"}


def _figure(value: float | None, spec: str, unit: str = "") -> str:
    return "-" if value is None else format(value, spec) + unit


def step_line(number: int, step: Step) -> str:
    """Spell one step as a line of text."""
    parts = [f"{number:4d}  heel-off {_figure(step.heel_off_s, '8.3f', ' s'):>10}"]
    if step.cue_s is not None:
        parts.append(f"cue {step.cue_s:8.3f} s {step.kind or 'open':<9}")
        parts.append(f"sample to motor {_figure(step.latency_ms, '4.1f', ' ms')}")
    else:
        parts.append("no cue")
    if step.stride_s is not None:
        parts.append(f"stride {step.stride_s:.2f} s, {step.cadence_spm:.0f} steps/min")
    return ", ".join(parts)


def play_plain(session: Session, say: Callable[[str], None], *, real_time: bool) -> None:
    """Play to the end; one line for each stride when it is complete."""
    told: set[Step] = set()
    began = time.monotonic()
    while not session.done:
        session.run(FRAME_S if real_time else CHUNK_S)
        for step in session.steps:
            if step not in told and (step.kind or session.done):
                told.add(step)
                say(step_line(len(told), step))
        if real_time:
            _wait_until(began + session.board.now_s)


def _wait_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


class View:
    """The live picture: signal with heel-offs and buzzes, the last strides, what the motor does."""

    def __init__(self, session: Session, console: Console, speed: str) -> None:
        self.session = session
        self.console = console
        self.speed = speed
        self.t_s, self.rate_dps = session.rate_dps()

    @property
    def narrow(self) -> bool:
        """Whether the terminal, as it is now, is too narrow for all of it: a phone over ssh."""
        return self.console.width < NARROW

    def __rich__(self) -> RenderableType:
        """Draw the present moment."""
        return Group(self._head(), self._signal(), self._strides(), self._foot())

    def _buzzing(self) -> bool:
        now_s = self.session.now_s
        return any(on <= now_s < off + FRAME_S for on, off in self.session.pulses())

    def _head(self) -> RenderableType:
        hello = self.session.hello
        left = Text().append(" Heelcue ", style="bold white on blue")
        if hello:
            board = "" if self.narrow else f"{hello.get('board')}, "
            left.append(f"  {board}{hello.get('imu')} at {hello.get('rate_hz'):g} Hz")
        else:
            left.append("  booting ...", style="dim")
        buzz = Text("  ● BUZZ  ", style="bold white on red") if self._buzzing() else Text("  ○ ")
        grid = Table.grid(expand=True)
        grid.add_column()
        grid.add_column(justify="right")
        grid.add_row(left, buzz)
        return grid

    def _signal(self) -> RenderableType:
        width = max(20, min(self.console.width - 4, 120))
        now_s = self.session.now_s
        grid_s = now_s - SHOWN_S + np.arange(2 * width) * SHOWN_S / (2 * width)
        values = np.interp(grid_s, self.t_s, self.rate_dps, left=0.0, right=0.0)
        lines = braille_lines(values.tolist(), width, CHART_HEIGHT, *CHART_DPS)
        buzzes = np.zeros(2 * width, dtype=bool)
        for on, off in self.session.pulses():
            buzzes |= (grid_s >= on) & (grid_s < off)
        heel_offs = np.zeros(2 * width, dtype=bool)
        for step in self.session.steps:
            if step.heel_off_s is not None and step.heel_off_s > grid_s[0]:
                heel_offs[min(2 * width - 1, int(np.searchsorted(grid_s, step.heel_off_s)))] = True
        text = Text("\n".join(lines), style="bright_cyan")
        text.append("\n" + marker_line(heel_offs.tolist(), "▲", width), style="green")
        text.append("\n" + marker_line(buzzes.tolist(), "█", width), style="red")
        later = "" if self.narrow else " (known when the stride is complete)"
        return Panel(
            text,
            title="heel-up rate of the foot",
            subtitle=f"[green]▲ heel-off{later}[/]  [red]█ motor[/]",
            border_style="dim",
            width=width + 4,
        )

    def _strides(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("#" if self.narrow else "stride", justify="right")
        columns = [column for column in STRIDE_COLUMNS if column[2] or not self.narrow]
        for name, _, _ in columns:
            table.add_column(name, justify="right" if name != "kind" else "left")
        rows = max(2, min(ROWS, self.console.height - LINES_BESIDE_ROWS))
        steps = list(enumerate(self.session.steps, start=1))[-rows:]
        for number, step in steps:
            cells = [
                Text(said(step), style=KIND_STYLE.get(step.kind, "dim") if name == "kind" else "")
                for name, said, _ in columns
            ]
            table.add_row(f"{number}", *cells)
        for _ in range(rows - len(steps)):
            table.add_row()
        return Align.left(table)

    def _foot(self) -> RenderableType:
        session = self.session
        latencies = [s.latency_ms for s in session.steps if s.latency_ms is not None]
        now_s = max(0.0, min(session.now_s, session.length_s))
        cues = sum(step.cue_s is not None for step in session.steps)
        cells: list[RenderableType] = [
            f"{now_s:5.1f} of {session.length_s:.0f} s",
            count_of(cues, "cue"),
            "q ends it",
        ]
        if not self.narrow:
            slowest = f"slowest {max(latencies):.1f} ms" if latencies else ""
            cells[1:1] = [f"{self.speed} speed"]
            cells[-1:-1] = [slowest]
            cells.insert(0, ProgressBar(total=session.length_s, completed=now_s, width=20))
        grid = Table.grid(padding=(0, 2))
        grid.add_row(*cells)
        return grid


def play_live(session: Session, console: Console, *, real_time: bool) -> None:
    """Play to the end with the live picture."""
    view = View(session, console, "real" if real_time else "full")
    began = time.monotonic()
    with keys() as pressed, Live(view, console=console, auto_refresh=False) as live:
        while not session.done and not pressed.quit():
            session.run(FRAME_S if real_time else FULL_SPEED_FRAME_S)
            live.refresh()
            if real_time:
                _wait_until(began + session.board.now_s)


def summary_lines(figures: dict[str, Any], source: str) -> list[str]:
    """Spell the summary of a run; what did not happen has no figures."""
    if figures["imu"] is None:
        return [f"{source}: ended before the virtual board had started"]
    kinds = ", ".join(f"{count} {kind}" for kind, count in figures["cues_by_kind"].items())
    rate = f" at {figures['rate_hz']:g} Hz" if figures["rate_hz"] else ""
    cadence = figures["cadence_median_spm"]
    lines = [
        f"{source}: {figures['seconds']:.0f} s on the virtual board ({figures['imu']}"
        f"{rate}), {count_of(figures['samples_lost'], 'sample')} lost",
        f"  strides  {figures['strides']}"
        + (f", cadence {cadence:.0f} steps/min (median)" if cadence else ""),
        f"  cues     {figures['cues']}"
        + (f" ({kinds}), motor on {figures['motor_on_s']:.1f} s in all" if kinds else ""),
    ]
    if figures["latency_p50_ms"] is not None:
        lines.append(
            f"  latency  sample to motor pin: median {figures['latency_p50_ms']:.1f} ms, "
            f"p99 {figures['latency_p99_ms']:.1f} ms, most {figures['latency_max_ms']:.1f} ms"
        )
    reference = figures.get("reference")
    if reference and (reference["strides"] or reference["false"]):
        lines.append(
            f"  against the labels: {reference['hit']} of "
            f"{count_of(reference['strides'], 'heel-off')} found, "
            f"{reference['false']} false; error median "
            f"{_figure(reference['error_median_ms'], '+.0f', ' ms')}, "
            f"p95 {_figure(reference['error_p95_ms'], '+.0f', ' ms')}"
        )
        felt = []
        if (predicted_ms := reference["felt_predicted_median_ms"]) is not None:
            within = reference["felt_predicted_within_50ms"]
            felt.append(f"predicted cues median {predicted_ms:+.0f} ms ({within:.0%} within 50 ms)")
        if (reacted_ms := reference["felt_reacted_median_ms"]) is not None:
            felt.append(f"reactive cues median {reacted_ms:+.0f} ms")
        if felt:
            lines.append(f"  felt against the labels: {', '.join(felt)}")
    if figures["faults"]:
        lines.append(f"  faults   {', '.join(figures['faults'])}")
    return lines
