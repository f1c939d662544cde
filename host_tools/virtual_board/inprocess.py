"""The board's parts in this very process, on CPython: for tests of drivers and of the chip models.

No flash, no console process: only virtual time, lines, buses and chips. `bench()` also puts the
board's `machine` and `time` in the place of those that firmware modules import.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from host_tools.virtual_board.options import Options
from host_tools.virtual_board.stimulus import at_rest

_DEVICE = "host_tools.virtual_board.device"


def device(module: str) -> Any:
    """A module of the board, by its name in device/."""
    return importlib.import_module(f"{_DEVICE}.{module}")


def build(options: Options | None = None, **more: Any) -> Any:
    """Build the board's own Board object (device/board.py) and attach machine, time and esp32."""
    options = replace(options or Options(), **more)
    stimulus = options.stimulus or at_rest()
    with TemporaryDirectory() as folder:
        samples = Path(folder) / "samples"
        plan = stimulus.write(samples)
        config = options.config(Path(folder), plan, 0)
        data = samples.read_bytes()
    board = device("board").Board(config, console_stream=io.BytesIO())
    board.stimulus = device("stimulus").Stimulus(io.BytesIO(data), plan)
    for name in ("machine", "time", "esp32"):
        device(name).attach(board)
    return board


@contextlib.contextmanager
def bench(options: Options | None = None, **more: Any) -> Iterator[Any]:
    """build(), with `import machine`, `time` and `esp32` leading to the board meanwhile.

    Modules that were imported before keep the `time` they have: import drivers inside, or set their
    attribute `time` to device("time").
    """
    board = build(options, **more)
    names = ("machine", "time", "esp32")
    kept = {name: sys.modules.get(name) for name in names}
    sys.modules.update({name: device(name) for name in names})
    try:
        yield board
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
