"""A board that runs against the wall clock (or as fast as it goes) while its host looks on."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from host_tools.virtual_board.board import Board, read_available
from host_tools.virtual_board.device import trace as device
from host_tools.virtual_board.options import Options
from host_tools.virtual_board.trace import Record

FOREVER_US = 1 << 58
DEAF_S = 0.3  # a board that has computed for so long without taking a Ctrl-C never waits


class LiveBoard(Board):
    """step() keeps it going; what it says and does is handed to the callbacks as it comes."""

    def __init__(
        self,
        options: Options | None = None,
        folder: Path | None = None,
        *,
        on_console: Callable[[bytes], None] | None = None,
        on_record: Callable[[Record], None] | None = None,
        **more: Any,
    ):
        """options.speed: virtual seconds per real second, 0 as fast as it goes; default 1."""
        super().__init__(options, folder, **more)
        if self.options.speed is None:
            self.options.speed = 1
        self.on_console = on_console
        self.on_record = on_record
        self._untaken: deque[bytes] = deque()  # input that the board has not acknowledged
        self._interrupt_at: float | None = None

    def start(self) -> None:
        """Switch on."""
        self._command(["run", FOREVER_US])

    def send(self, data: str | bytes) -> None:
        """Bytes for the console; a Ctrl-C among them reaches even code that never waits."""
        if isinstance(data, str):
            data = data.encode()
        for at in range(0, len(data), 1024):
            self._untaken.append(data[at : at + 1024])
            super().send(data[at : at + 1024])
        if b"\x03" in data and self._interrupt_at is None:
            self._interrupt_at = self._computed_s() + DEAF_S

    def step(self, timeout_s: float, watch: Iterable[int] = ()) -> list[int]:
        """Handle what the board says within timeout_s; returns those of `watch` with input."""
        process = self._process
        assert process is not None and process.stdout is not None
        ready: list[int] = []
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(self._trace_read, selectors.EVENT_READ)
            for descriptor in watch:
                selector.register(descriptor, selectors.EVENT_READ)
            found = selector.select(timeout_s)
        said = any(key.fd == process.stdout.fileno() for key, _ in found)
        if said:
            self._drain_console()
        for key, _ in found:
            if key.fd == self._trace_read:
                self._take_records()
            elif key.fileobj is not process.stdout:
                ready.append(key.fd)
        self._insist()
        return ready

    def _take_records(self) -> None:
        data = read_available(self._trace_read)
        if data == b"":
            self._drain_console()
            self._failed()
        for record in self._records(data or b""):
            if record.kind == device.TAKEN and self._untaken:
                self._untaken.popleft()
            if self.on_record is not None:
                self.on_record(record)
            if record.kind == device.RESET:
                self._drain_console()
                self._restart(FOREVER_US)
                return

    def _insist(self) -> None:
        """Interrupt code that has not taken a Ctrl-C."""
        if self._interrupt_at is None:
            return
        if not self._untaken:
            self._interrupt_at = None
        elif self._computed_s() > self._interrupt_at and self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._interrupt_at = self._computed_s() + DEAF_S

    def _computed_s(self) -> float:
        """Processor time of the board's process; a busy computer must not look like a busy board.

        Where the system does not tell it (no /proc), a third of the wall clock.
        """
        if self._process is not None and sys.platform != "win32":
            try:
                # "pid (name) state ...": utime and stime are the 14th and 15th field
                fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2]
                user, system = fields.split()[11:13]
                return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
            except (OSError, ValueError):
                pass
        return time.monotonic() / 3

    def _restart(self, horizon: int) -> None:
        """What came while the old process ended is for the new one."""
        waiting = list(self._untaken)
        self._untaken.clear()
        self._interrupt_at = None
        super()._restart(horizon)
        for data in waiting:
            self.send(data)

    def _said(self, data: bytes) -> None:
        if self.on_console is not None:
            self.on_console(data)
        else:
            super()._said(data)
