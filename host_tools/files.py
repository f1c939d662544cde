"""Writing files so that nobody ever meets half of one."""

from __future__ import annotations

import codecs
import io
import os
import shutil
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
        # Not the whole name: with what is added it might be longer than a name may be
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
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


def check_output(path: Path, suffix: str = "", size: int = 0) -> None:
    """Raise now what would else be found out when the work is done.

    Raises HeelcueError for a name without `suffix` or too long, a folder of that name, and where
    nothing can be written, or no `size` bytes. Leaves everything as it is.
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
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be written ({error.strerror or error})") from None
    if free < size:
        raise HeelcueError(
            f"{path}: takes up to {size / 1e6:.1f} MB, and {free / 1e6:.1f} MB are free there"
        )


def check_not_over(path: Path, begins: bytes, what: str, option: str) -> None:
    """Raise HeelcueError if `path` is there and does not begin as what is to be written over it."""
    try:
        with path.open("rb") as file:
            if file.read(len(begins)) == begins:
                return
    except FileNotFoundError:
        return
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be read ({error.strerror or error})") from None
    raise HeelcueError(f"{path} is there already and is no {what}; give another {option}", 2)
