"""Real MicroPython on this computer: find it, and run scripts with the device's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import heelcue

from host_tools.errors import HeelcueError

FIRMWARE = Path(heelcue.__file__).resolve().parent.parent  # main.py and the package heelcue/


def no_micropython() -> HeelcueError:
    """Say why there is no MicroPython on this computer, and what to do."""
    if sys.platform == "win32":
        return HeelcueError(
            "this command needs the virtual board, which does not run on Windows itself: type "
            "'wsl --install' in PowerShell, and follow the README's steps for Ubuntu in there. "
            "For a real board on its cable you do not need it"
        )
    return HeelcueError(
        "this command needs the virtual board's MicroPython, which comes by itself only on Linux "
        "(x86-64) and on Macs with Apple silicon: install MicroPython's unix port, 1.26 or later "
        "(on a Mac with Homebrew: 'brew install micropython'), and run this again. For a real "
        "board on its cable you do not need it"
    )


def find_micropython() -> Path:
    """Return the path of the MicroPython unix port: the one installed with heelcue, or on PATH.

    Raises HeelcueError where there is none (no wheel exists for this platform).
    """
    if sys.platform == "win32":  # the board needs pipes and terminals of a kind that it lacks, too
        raise no_micropython()
    beside = Path(sys.executable).parent / "micropython"
    if beside.is_file():
        return beside
    on_path = shutil.which("micropython")
    if on_path:
        return Path(on_path)
    raise no_micropython()


def run_micropython(
    script: Path,
    arguments: Sequence[str] = (),
    *,
    paths: Sequence[Path] = (),
    options: Sequence[str] = (),
) -> str:
    """Run a script with the device's package importable; return what it printed.

    paths: folders that come before the firmware's on its path. options: of the interpreter, for
    example ("-X", "heapsize=100k"). Raises HeelcueError with the script's last error line.
    """
    # MICROPYPATH takes the place of the whole default path, frozen modules (asyncio) included
    search = os.pathsep.join([*(str(path) for path in (*paths, FIRMWARE)), ".frozen"])
    command = [str(find_micropython()), *options, str(script), *arguments]
    done = subprocess.run(
        command,
        env=os.environ | {"MICROPYPATH": search},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        # the unix port prints an exception on stdout
        lines = (done.stdout.strip() or done.stderr.strip() or "no message").splitlines()
        raise HeelcueError(f"{script.name} failed on MicroPython: {lines[-1]}")
    return done.stdout
