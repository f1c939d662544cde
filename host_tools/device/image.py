"""Writes the MicroPython image itself, through esptool; the file system behind it stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from host_tools.device.options import say
from host_tools.errors import HeelcueError

IMAGE_MAGIC = 0xE9


class Chip(NamedTuple):
    """A chip by the id in an image's header (ESP-IDF, esp_image_header_t: bytes 12 and 13)."""

    esptool: str
    board: str  # MicroPython's name of the generic build
    offset: int  # where the ROM looks for the bootloader


CHIPS = {
    0: Chip("esp32", "ESP32_GENERIC", 0x1000),
    5: Chip("esp32c3", "ESP32_GENERIC_C3", 0x0),
    9: Chip("esp32s3", "ESP32_GENERIC_S3", 0x0),
}


def chip_of(image: Path) -> Chip:
    """Read which chip an image is for. Raises HeelcueError for a file that is no image."""
    try:
        with image.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise HeelcueError(f"{image}: cannot be read ({error.strerror or error})", 2) from None
    if len(head) < 16 or head[0] != IMAGE_MAGIC:
        raise HeelcueError(
            f"{image}: no MicroPython image for an ESP32 (get the .bin of your board, for instance "
            "ESP32_GENERIC, from micropython.org/download)",
            2,
        )
    chip = CHIPS.get(int.from_bytes(head[12:14], "little"))
    if chip is None:
        names = ", ".join(chip.board for chip in CHIPS.values())
        raise HeelcueError(f"{image}: an image for another chip; Heelcue runs on {names}", 2)
    return chip


def esptool_command(port: str, image: Path, chip: Chip) -> list[str]:
    """Return the call that writes the image; nothing else on the flash is erased."""
    return [
        sys.executable, "-m", "esptool", "--chip", chip.esptool, "--port", port,
        "--baud", "460800", "write-flash", hex(chip.offset), str(image),
    ]  # fmt: skip


def write_image(port: str, image: Path, quietly: bool) -> None:
    """Write an image; Ctrl-C and failure leave a board that can be written again."""
    chip = chip_of(image)
    say(f"Writing {image.name} ({chip.board}) through esptool.")
    done = subprocess.run(
        esptool_command(port, image, chip),
        stdout=subprocess.PIPE if quietly else sys.stderr,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HeelcueError(
            f"esptool could not write {image.name} to {port}; hold the board's BOOT button while "
            "you plug it in, let go, and run this again"
        )


def fetch_image(board: str) -> Path:
    """Get the newest stable image of a board through mpflash. Raises without it or a network."""
    tool = Path(sys.executable).with_name("mpflash.exe" if sys.platform == "win32" else "mpflash")
    if not tool.exists():
        python = r".venv\Scripts\python" if sys.platform == "win32" else ".venv/bin/python"
        raise HeelcueError(
            f"mpflash is not installed: type '{python} -m pip install -e \".[network]\"' in "
            "Heelcue's folder, or download the .bin from micropython.org/download and give it: "
            "--micropython FILE",
            2,
        )
    folder = Path(tempfile.gettempdir()) / "heelcue-images"
    folder.mkdir(exist_ok=True)
    say(f"Fetching {board} through mpflash.")
    done = subprocess.run(
        [str(tool), "download", "--board", board, "--version", "stable"],
        env=os.environ | {"MPFLASH_FIRMWARE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    images = sorted(folder.rglob(f"{board}-*.bin"), key=lambda path: path.stat().st_mtime)
    if done.returncode or not images:
        raise HeelcueError(
            f"mpflash could not fetch {board} (no network?); download the .bin from "
            "micropython.org/download and give it: --micropython FILE"
        )
    return images[-1]
