"""The board's parts in this very process, on CPython: for tests of drivers and of the chip models.

No flash, no console process: only virtual time, lines, buses and chips. `bench()` also puts the
board's `machine`, `time` and `esp32` in the place of those that firmware modules import.
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
from unittest.mock import patch

from host_tools.virtual_board.options import Options
from host_tools.virtual_board.stimulus import at_rest

_DEVICE = "host_tools.virtual_board.device"
_IMPORTED = ("machine", "time", "esp32")  # by the firmware, from MicroPython


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
    for name in _IMPORTED:
        device(name).attach(board)
    return board


@contextlib.contextmanager
def bench(options: Options | None = None, **more: Any) -> Iterator[Any]:
    """build(), with the firmware's `machine`, `time` and `esp32` being the board's meanwhile.

    They are in modules imported before as in those imported inside. Another build() inside puts its
    board in the place of this one.
    """
    board = build(options, **more)
    kept = {name: sys.modules.get(name) for name in _IMPORTED}
    sys.modules.update({name: device(name) for name in _IMPORTED})
    loaded = [module for name, module in sys.modules.items() if name.startswith("heelcue.")]
    with contextlib.ExitStack() as undo:
        for module in loaded:
            for name in vars(module).keys() & set(_IMPORTED):
                undo.enter_context(patch.object(module, name, device(name)))
        try:
            yield board
        finally:
            for name, replaced in kept.items():
                if replaced is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = replaced
