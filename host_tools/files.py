"""Writing files so that nobody ever meets half of one."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Any

from host_tools.errors import HeelcueError


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path` through a temporary file in the same folder: whole or not at all.

    Missing folders are made. Raises HeelcueError that names the file.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner can read
        temporary.replace(path)
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def save_png(figure: Any, path: Path, dpi: int) -> None:
    """Draw a Matplotlib figure into a PNG file, whole or not at all."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    write_whole(path, stream.getvalue())


def check_output(path: Path, suffix: str = "") -> None:
    """Raise now what would else be found out when the work is done.

    Raises HeelcueError for a name without `suffix`, a folder of that name, and where nothing can
    be written. Leaves everything as it is.
    """
    if path.suffix.lower() != suffix and suffix:
        raise HeelcueError(f"{path}: the file's name must end in {suffix}", 2)
    if path.is_dir():
        raise HeelcueError(f"{path}: is a folder; give the name of a file", 2)
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be written ({error.strerror or error})") from None
