"""Flash images on the host: made from a firmware folder, cached by content; journals read back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import HeelcueError
from host_tools.micropython import find_micropython
from host_tools.virtual_board.device.flash import JOURNAL

DEVICE = Path(__file__).resolve().parent / "device"
BOOT = b"# This file is run on every boot, before main.py\n"
_JOURNAL = struct.Struct(JOURNAL)
_SKIP = ("__pycache__", ".")


def gather(folder: Path | None, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What goes onto the flash: the files of a folder (.py and .mpy, data), and `files` over it.

    README files stay out. Returns contents by path relative to the flash's root.
    """
    found: dict[str, bytes] = {"boot.py": BOOT}
    if folder is not None:
        if not folder.is_dir():
            raise HeelcueError(f"{folder}: no such firmware folder", 2)
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            hidden = any(part.startswith(_SKIP) for part in parts)
            if path.is_file() and not hidden and path.suffix != ".md":
                found["/".join(parts)] = path.read_bytes()
    found.update({name.strip("/"): data for name, data in files.items()})
    return found


def make_image(contents: Mapping[str, bytes], sectors: int, target: Path) -> None:
    """Write a littlefs image of so many 4 KiB sectors to `target`; made once for each content."""
    digest = hashlib.sha256(f"{sectors} {(DEVICE / 'mkflash.py').stat().st_mtime_ns}".encode())
    for name, data in sorted(contents.items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    owner = os.getuid() if hasattr(os, "getuid") else 0
    cache = Path(tempfile.gettempdir()) / f"heelcue-flash-{owner}"
    cache.mkdir(mode=0o700, exist_ok=True)
    known = cache / f"{digest.hexdigest()[:32]}.img"
    while True:
        try:
            shutil.copyfile(known, target)
            known.touch()
            return
        except FileNotFoundError:  # never made, or forgotten by another process just now
            _forget_old(cache)
            _build(contents, sectors, known)


def _build(contents: Mapping[str, bytes], sectors: int, known: Path) -> None:
    with tempfile.TemporaryDirectory(dir=known.parent) as scratch:
        tree = Path(scratch) / "tree"
        for name, data in contents.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        image = Path(scratch) / "flash.img"
        command = [str(find_micropython()), str(DEVICE / "mkflash.py")]
        done = subprocess.run(
            [*command, str(image), str(sectors), str(tree)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            reason = last[0] if last else "no message"
            raise HeelcueError(
                f"the firmware does not fit on a flash of {sectors * 4} KiB ({reason})"
            )
        image.replace(known)


def _forget_old(cache: Path, keep: int = 40) -> None:
    ages = {}
    for path in cache.glob("*.img"):
        with contextlib.suppress(FileNotFoundError):
            ages[path] = path.stat().st_mtime
    for path in sorted(ages, key=lambda path: ages[path])[:-keep]:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class FlashOperation:
    """One erase or write, in the order in which the board did them."""

    number: int  # from 1
    erase: bool
    offset: int
    data: bytes  # what the flash holds there afterwards


def read_journal(path: Path) -> list[FlashOperation]:
    """Read the journal that a board with Options.journal has kept."""
    raw = path.read_bytes()
    operations = []
    at = 0
    while at + _JOURNAL.size <= len(raw):
        kind, _, _, number, offset, length = _JOURNAL.unpack_from(raw, at)
        at += _JOURNAL.size
        if kind == 1:
            data = b"\xff" * length
        else:
            data = raw[at : at + length]
            at += length
        operations.append(FlashOperation(number, kind == 1, offset, data))
    return operations


def image_after_cut(
    before: bytes, operations: list[FlashOperation], cut: int, torn_bytes: int | None = None
) -> bytes:
    """The image when the power went during operation `cut` (1 is the first one).

    before: the image before the first operation. torn_bytes: how much of the operation was done
    (default half).
    """
    image = bytearray(before)
    for operation in operations[:cut]:
        data = operation.data
        if operation is operations[cut - 1]:
            data = data[: len(data) // 2 if torn_bytes is None else torn_bytes]
        image[operation.offset : operation.offset + len(data)] = data
    return bytes(image)
