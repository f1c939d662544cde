"""Which recordings are meant: files and folders that a command was given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from host_tools.errors import HeelcueError
from host_tools.recordings import HEADER, name_of

BY_PRODUCTS = (b"t_s,event", b"heel_off_s,")  # how event files and a report's strides begin


def find_recordings(paths: Iterable[Path]) -> dict[Path, Path]:
    """Return {relative path without suffix: file} for files and folders (searched recursively).

    A folder's recordings are named relative to it; files relative to their common parent. In a
    folder hidden files, and event files and stride tables that our own commands put there, are
    passed over. Raises HeelcueError for a path that is missing, a file that is no recording, an
    empty folder, two recordings of one name.
    """
    found: dict[Path, Path] = {}

    def add(relative: Path, file: Path) -> None:
        if relative in found:
            raise HeelcueError(
                f"{file} and {found[relative]} would both be called {relative}; "
                "run them separately or give their common folder",
                exit_code=2,
            )
        found[relative] = file

    files = []
    for path in paths:
        if path.is_dir():
            before = len(found)
            for file in sorted(path.rglob("*.csv*")):
                name = name_of(file)
                if name is not None and not _is_by_product(file, path):
                    add(file.relative_to(path).with_name(name), file)
            if len(found) == before:
                raise HeelcueError(f"{path}: no recordings (*.csv or *.csv.gz) in this folder", 2)
        elif not path.exists():
            raise HeelcueError(f"{path}: no such file or folder", 2)
        elif name_of(path) is None:
            raise HeelcueError(
                f"{path}: a recording's name ends in .csv or .csv.gz; 'heelcue import' turns other "
                "exports into recordings",
                2,
            )
        else:
            files.append(path)
    parents = {file.resolve().parent for file in files}
    if parents:
        common = _common_folder(parents)
        for file in files:
            name = name_of(file)
            add(file.resolve().relative_to(common).with_name(str(name)), file)
    return found


def _is_by_product(file: Path, folder: Path) -> bool:
    """Whether a CSV in a searched folder is hidden, or not a recording but made from one."""
    if any(part.startswith(".") for part in file.relative_to(folder).parts):
        return True  # macOS puts ._NAME.csv beside NAME.csv on other systems' disks
    if file.name.endswith(".gz"):
        return False
    try:
        with file.open("rb") as opened:
            return opened.readline(len(HEADER) + 2).startswith(BY_PRODUCTS)
    except OSError:
        return False  # read_recording says why it cannot be read


def _common_folder(folders: set[Path]) -> Path:
    first, *rest = sorted(folders)
    while not all(folder.is_relative_to(first) for folder in rest):
        first = first.parent
    return first
