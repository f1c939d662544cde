"""Writing files so that nobody ever meets half of one."""

from __future__ import annotations

import codecs
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from host_tools.errors import HeelcueError

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes, errors: str = "strict") -> str:
    """Return text in UTF-8, or in UTF-16 with its mark: what PowerShell's > and Excel write.

    Raises UnicodeDecodeError.
    """
    return data.decode("utf-16" if data[:2] in UTF16 else "utf-8-sig", errors)


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
        why = error.strerror or str(error)
        if sys.platform == "win32" and isinstance(error, PermissionError):
            why += "; is it open in another program, Excel for instance?"
        raise HeelcueError(f"{path}: cannot be written ({why})") from None
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
    # The last one may be missing too: on Windows a drive that is not there
    folder = next((above for above in path.parents if above.exists()), path.parents[-1])
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be written ({error.strerror or error})") from None
