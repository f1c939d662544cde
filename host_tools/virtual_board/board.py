"""Runs a virtual board from the host: start, let time pass, look, disturb, stop.

The board is a MicroPython process that reads commands on its standard input, prints its console on
its standard output and its records on a pipe of its own. A reset ends the process; the next one
takes over time, flash and the chips that kept their supply.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from host_tools.errors import HeelcueError
from host_tools.micropython import find_micropython, no_micropython
from host_tools.virtual_board.device import trace as device
from host_tools.virtual_board.device.faults import NAMES as FAULT_NAMES
from host_tools.virtual_board.flash import (
    DEVICE,
    FlashOperation,
    gather,
    make_image,
    read_journal,
)
from host_tools.virtual_board.options import Options
from host_tools.virtual_board.stimulus import at_rest
from host_tools.virtual_board.trace import RECORD, Pulse, Record, Trace

HEAP_BYTES = 8 << 20  # of the MicroPython process without Options.heap_bytes
OWN_HEAP_BYTES = 1 << 20  # what the board itself needs at most, beside Options.heap_bytes


class BoardError(HeelcueError):
    """The board's process failed in a way that is no fault of the firmware."""


class Board:
    """A virtual board in batch mode: virtual time passes only in run().

    with Board(Options(stimulus=walk)) as board:
        board.run(30)
        print(board.pulses(), board.console)
    """

    def __init__(self, options: Options | None = None, folder: Path | None = None, **more: Any):
        """options: see Options; further keywords replace entries of it.

        folder: where flash and state live; kept when given, so that a later Board continues with
        the same flash; else temporary.
        """
        self.options = replace(options or Options(), **more)
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="heelcue-board-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.trace = Trace()
        self.console_bytes = bytearray()
        self._last_words = b""
        self._lines: list[tuple[int, str]] = []  # whole lines split so far
        self._split_at = 0
        self._mark = 0  # record of the console that the next byte belongs to, and where it begins
        self._mark_at = 0
        self._events: list[dict[str, Any]] = []
        self._parsed = 0
        self.resets = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._trace_read = -1
        self._pending = b""
        self._at_horizon = False
        self._stop_on_reset = False
        self.stopped = False  # the run was cut short by a reset (run(..., until_reset=True))
        try:
            self._plan = self._fill_folder()
        except BaseException:  # nobody has a board yet that they could close
            self.close()
            raise

    def _fill_folder(self) -> dict[str, Any]:
        """Put the flash and what the IMU feels there; returns the stimulus's plan."""
        image = self.folder / "flash.img"
        if not image.exists():
            contents = gather(self.options.firmware, self.options.files)
            make_image(contents, self.options.flash_kib // 4, image)
        (self.folder / "state.json").unlink(missing_ok=True)
        stimulus = self.options.stimulus or at_rest()
        return stimulus.write(self.folder / "stimulus.bin")

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- running ---

    def run(self, seconds: float, *, until_reset: bool = False) -> Board:
        """Let virtual time pass. until_reset: return as soon as the processor has restarted."""
        self._stop_on_reset = until_reset
        self.stopped = False
        horizon = self.trace.now_us + round(seconds * 1e6)
        if self._process is None:
            self._spawn()
        self._command(["run", horizon])
        self._at_horizon = False
        while not self._at_horizon and not self.stopped:
            self._pump(horizon)
        return self

    def send(self, data: str | bytes) -> None:
        """Bytes for the console; they arrive when time passes next."""
        if isinstance(data, str):
            data = data.encode()
        self._command(["input", data.hex()])

    def fault(self, name: str, in_s: float = 0.0, **options: Any) -> None:
        """Let something go wrong, `in_s` from now; names and options: device/faults.py."""
        if name not in FAULT_NAMES:
            known = ", ".join(FAULT_NAMES)
            raise HeelcueError(f"no fault is called '{name}'; there are: {known}", 2)
        self._command(["fault", self.trace.now_us + round(in_s * 1e6), name, options])

    def close(self) -> None:
        """End the process; a temporary folder goes with it."""
        self._end_process()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- looking ---

    @property
    def now_s(self) -> float:
        """Virtual time since power-on, in seconds."""
        return self.trace.now_us / 1e6

    @property
    def console(self) -> str:
        """All that the board has printed, line ends as newline."""
        return self.console_bytes.decode(errors="replace").replace("\r\n", "\n")

    def console_lines(self) -> list[tuple[int, str]]:
        """Printed lines, each with the time (us) of its last byte; a line not yet ended last."""
        self._split_console()
        rest = bytes(self.console_bytes[self._split_at :])
        if not rest:
            return list(self._lines)
        return [*self._lines, (self.trace.now_us, rest.decode(errors="replace"))]

    def _split_console(self) -> None:
        """Take new whole lines over; what was split before is not looked at again."""
        marks = self.trace.console
        while True:
            end = self.console_bytes.find(b"\n", self._split_at)
            if end < 0:
                return
            while self._mark < len(marks) and self._mark_at + marks[self._mark].c <= end:
                self._mark_at += marks[self._mark].c
                self._mark += 1
            when_us = marks[self._mark].t_us if self._mark < len(marks) else self.trace.now_us
            text = bytes(self.console_bytes[self._split_at : end]).decode(errors="replace")
            self._lines.append((when_us, text.rstrip("\r")))
            self._split_at = end + 1

    def events(self) -> list[dict[str, Any]]:
        """JSON lines of the console that carry "ev", each with its time as "t_us"."""
        self._split_console()
        for t_us, line in self._lines[self._parsed :]:
            if line.startswith("{"):
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                    if "ev" in entry:
                        self._events.append({**entry, "t_us": t_us})
        self._parsed = len(self._lines)
        return list(self._events)

    def pulses(self) -> list[Pulse]:
        """The motor's on-times."""
        return self.trace.pulses()

    def latency_us(self, cue: Mapping[str, Any]) -> int | None:
        """Return the time from the deciding sample's instant to the motor, of a "cue" line.

        None where the board knows no such sample or no pulse.
        """
        decided_us = self.trace.sample_instant_us(cue["n"], after_us=cue["t_us"])
        # The line is printed after its pulse began
        begun_us = [pulse.on_us for pulse in self.pulses() if pulse.on_us <= cue["t_us"]]
        return begun_us[-1] - decided_us if begun_us and decided_us is not None else None

    def cue_latencies_us(self) -> list[int]:
        """Return latency_us() of every cue told so far, where it is known."""
        cues = [event for event in self.events() if event["ev"] == "cue"]
        return [us for us in map(self.latency_us, cues) if us is not None]

    @property
    def stats(self) -> dict[str, int]:
        """Counts at the end of the last run, by STAT_NAMES of device/trace.py."""
        return dict(self.trace.stats)

    def journal(self) -> list[FlashOperation]:
        """Flash operations so far; needs Options.journal."""
        if not self.options.journal:
            raise HeelcueError("this board keeps no flash journal; build it with journal=True", 2)
        path = self.folder / "flash.journal"
        return read_journal(path) if path.exists() else []

    # --- the process ---

    def _spawn(self) -> None:
        if sys.platform == "win32":
            raise no_micropython()
        read_end, write_end = os.pipe()
        config = self.options.config(self.folder, self._plan, write_end)
        if self.resets:
            config["cut_at_flash"] = 0
        (self.folder / "config.json").write_text(json.dumps(config))
        errors = (self.folder / "stderr.txt").open("ab")
        heap = self.options.heap_bytes
        size = heap + OWN_HEAP_BYTES if heap else HEAP_BYTES
        command = [str(find_micropython()), "-X", f"heapsize={size}", str(DEVICE / "launch.py")]
        with errors:
            self._process = subprocess.Popen(
                [*command, str(self.folder / "config.json")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=(write_end,),
                start_new_session=True,
            )
        os.close(write_end)
        os.set_blocking(read_end, False)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._trace_read = read_end

    def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        os.close(self._trace_read)
        self._pending = b""

    def _command(self, words: list[Any]) -> None:
        if self._process is None:
            self._spawn()
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._failed()

    def _pump(self, horizon: int) -> None:
        process = self._process
        assert process is not None and process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(self._trace_read, selectors.EVENT_READ)
            while not self._at_horizon:
                for key, _ in selector.select():
                    if key.fd == self._trace_read:
                        data = read_available(self._trace_read)
                        if data == b"":
                            self._drain_console()
                            self._failed()
                        for record in self._records(data or b""):
                            if record.kind == device.RESET:
                                self._drain_console()
                                self._restart(horizon)
                                return
                    elif not self._drain_console():
                        selector.unregister(process.stdout)
        self._drain_console()

    def _drain_console(self) -> bool:
        assert self._process is not None and self._process.stdout is not None
        while True:
            data = read_available(self._process.stdout.fileno())
            if not data:
                return data is None
            self._last_words = (self._last_words + data)[-2000:]
            self._said(data)

    def _said(self, data: bytes) -> None:
        self.console_bytes += data

    def _records(self, data: bytes) -> Iterator[Record]:
        data = self._pending + data
        whole = len(data) // RECORD.size * RECORD.size
        self._pending = data[whole:]
        for kind, a, b, c, t_us, t2 in RECORD.iter_unpack(data[:whole]):
            record = Record(kind, a, b, c, t_us, t2)
            self.trace.add(record)
            if kind == device.HORIZON:
                self._at_horizon = True
            yield record

    def _restart(self, horizon: int) -> None:
        self.resets += 1
        self._end_process()
        if self._stop_on_reset:
            self.stopped = True
            return
        self._spawn()
        self._command(["run", horizon])

    def _failed(self) -> None:
        self._end_process()
        text = (self.folder / "stderr.txt").read_text(errors="replace").strip()
        said = self._last_words.decode(errors="replace").strip().splitlines()[-12:]
        reason = text.splitlines()[-1] if text else "\n".join(said) or "it said nothing"
        raise BoardError(f"the virtual board's process ended by itself: {reason}")


def read_available(descriptor: int) -> bytes | None:
    """What can be read at once; None when nothing is there, b"" at the end."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return None
