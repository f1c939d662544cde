"""Puts a version of the firmware onto a board so that it boots at every moment.

Order: files into the version's own folder, hashes read back, main.py beside the old one, renamed
over it (one atomic step of littlefs), then what is no longer needed goes. The user's files
(settings, mounting, log, recordings, crash report, drivers' data) are never touched: only `/fw`,
`main.py` and a plain copy of the package in `/heelcue` belong to flash, and `board` when told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from heelcue.boards import BOARDS
from heelcue.store import free_of

from host_tools.device.build import (
    FOLDER,
    MAIN,
    NAME_LENGTH,
    Target,
    Version,
    build,
    sha256,
)
from host_tools.device.link import BoardError, Link
from host_tools.device.options import Bar
from host_tools.errors import HeelcueError
from host_tools.micropython import FIRMWARE
from host_tools.words import count_of

BOARD_FILE = "/board"
PLAIN_COPY = "/heelcue"  # where `mpremote cp -r firmware/heelcue :` puts the package
RESERVE_BYTES = 16_384  # flash that stays free beside the new version
BLOCK_BYTES = 4_096  # a file takes whole blocks
FOLDER_BLOCKS = 2  # of littlefs's metadata
FOLDER_LENGTH = len(FOLDER) + 1 + NAME_LENGTH  # of a version's folder

LOOK_MS = 10_000
LEFT_ALONE_MS = 300_000  # far longer than one file takes at 115200 baud, or the compiler

# Runs on the board. Helpers stay defined for the following calls. A wearer who pulls the cable and
# walks away would wear a board that waits at its prompt until the cell is flat: left alone, it
# starts again with the version that main.py names. The soft reset that starts the application ends
# the timer.
_LIMITS = f"LOOK_MS, LOOKS = {LOOK_MS}, {LEFT_ALONE_MS // LOOK_MS}\n"
_HELPERS = """
import os, json, hashlib, binascii, machine
looks = 0
def alone(_):
    global looks
    looks += 1
    if looks > LOOKS:
        machine.reset()
def here():
    global looks
    looks = 0
timer = machine.Timer(0)
timer.init(period=LOOK_MS, mode=machine.Timer.PERIODIC, callback=alone)
def sha(p):
    here()
    h = hashlib.sha256()
    b = bytearray(1024)
    m = memoryview(b)
    with open(p, "rb") as f:
        while True:
            n = f.readinto(b)
            if not n:
                break
            h.update(m[:n])
    return binascii.hexlify(h.digest()).decode()
def walk(d):
    try:
        names = os.listdir(d)
    except OSError:
        return
    for n in names:
        p = d + "/" + n
        if os.stat(p)[0] & 0x4000:
            yield from walk(p)
            yield p, True
        else:
            yield p, False
def show(d):
    for p, folder in walk(d):
        print(json.dumps([p, None if folder else sha(p)]))
def folders(p):
    here()
    at = 0
    while True:
        at = p.find("/", at + 1)
        if at < 0:
            return
        try:
            os.mkdir(p[:at])
        except OSError:
            pass
def copy(a, z):
    folders(z)
    b = bytearray(1024)
    m = memoryview(b)
    with open(a, "rb") as f, open(z, "wb") as g:
        while True:
            n = f.readinto(b)
            if not n:
                break
            g.write(m[:n])
def drop(d):
    here()
    for p, folder in walk(d):
        if folder:
            os.rmdir(p)
        else:
            os.remove(p)
    try:
        os.rmdir(d)
    except OSError:
        pass
"""


@dataclass
class Outcome:
    """What a flash did."""

    version: str
    changed: bool = False
    sent: list[str] = field(default_factory=list)  # files that went over the cable
    sent_bytes: int = 0
    reused: int = 0  # files that were on the board already
    removed: list[str] = field(default_factory=list)


def target_of(link: Link) -> Target:
    """Ask the board what it runs."""
    values = link.ask_json(
        "import sys, json\n"
        "i = sys.implementation\n"
        "print(json.dumps([list(i.version)[:3], getattr(i, '_mpy', 0), getattr(i, '_machine', ''), "
        "sys.platform]))",
        "asking for its version",
    )
    version, mpy, machine, platform = values
    return Target((version[0], version[1], version[2]), mpy, machine, platform)


def _chip(text: str) -> str:
    """Return "ESP32", "ESP32S3" ... of a part's name or of how MicroPython calls its board."""
    found = re.findall(r"ESP32(?:-?([CSHP]\d))?", text)
    return f"ESP32{found[-1]}" if found else ""


def check_name(board: str) -> None:
    """Raise HeelcueError if no board is called so."""
    if board not in BOARDS:
        raise HeelcueError(f"no board is called '{board}'; there are {', '.join(BOARDS)}", 2)


def _check_board(board: str, target: Target) -> None:
    """Raise HeelcueError for a board that does not exist or has another chip than this one."""
    check_name(board)
    there = _chip(target.machine)
    if there and there != _chip(str(BOARDS[board]["mcu"])):
        raise HeelcueError(
            f"the chip that answers is an {there}, and {board} has an {BOARDS[board]['mcu']}; "
            "nothing was changed",
            2,
        )


def flash(
    link: Link,
    firmware: Path = FIRMWARE,
    progress: Bar | None = None,
    board: str | None = None,
) -> Outcome:
    """Bring the board to the version that the firmware folder compiles to.

    board: a key of heelcue.boards.BOARDS for the file that says which board this is; None leaves
    that file as it is.
    """
    progress = progress or Bar()
    target = target_of(link)
    target.check()
    if board is not None:
        _check_board(board, target)
    progress.step(f"Compiling for {target.architecture or 'bytecode'}, hashing what is there")
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(build, target, firmware)
        link.run(_LIMITS + _HELPERS, "preparing")
        there = _hashes(link, FOLDER)
        main = _hash_of(link, f"/{MAIN}")
        version = building.result()
    outcome = _install(link, version, there, main, progress)
    if board is not None:
        _name_board(link, board, outcome)
    return outcome


def _name_board(link: Link, board: str, outcome: Outcome) -> None:
    data = board.encode()
    if _hash_of(link, BOARD_FILE) == sha256(data):
        return
    link.put(f"{BOARD_FILE}.new", data)
    link.run(
        f"os.rename('{BOARD_FILE}.new', '{BOARD_FILE}')\nhasattr(os, 'sync') and os.sync()",
        "saying which board it is",
    )
    outcome.changed = True
    outcome.sent.append(BOARD_FILE)
    outcome.sent_bytes += len(data)


def _install(
    link: Link, version: Version, there: dict[str, str], main: str, progress: Bar
) -> Outcome:
    """Bring the board to a version; see the module's text for the order.

    there, main: hashes of the files on the board now.
    """
    outcome = Outcome(version.name)
    wanted = {f"{version.folder}/{name}": data for name, data in version.files.items()}
    missing = {path: data for path, data in wanted.items() if there.get(path) != sha256(data)}
    outcome.reused = len(wanted) - len(missing)
    main_is_new = main != sha256(version.main)
    if missing or main_is_new:
        outcome.changed = True
        _make_room(link, version, missing, there, outcome)
        _fill(link, missing, there, outcome, progress)
        progress.step("Verifying")
        _verify(link, version.folder, wanted)
    if main_is_new:
        progress.step("Switching over")
        _switch(link, version, outcome, progress)
    _clean(link, version, there, outcome)
    return outcome


def _hashes(link: Link, folder: str) -> dict[str, str]:
    text = link.run(f"show({folder!r})", "hashing its files")
    try:
        pairs = [json.loads(line) for line in text.splitlines()]
        return {path: digest for path, digest in pairs if digest is not None}
    except (ValueError, TypeError):
        raise HeelcueError(
            f"the board on {link.port} answered with something that is no list of files; "
            "unplug it, plug it in and run this again"
        ) from None


def _hash_of(link: Link, path: str) -> str:
    try:
        digest: str = link.ask(f"sha({path!r})", f"hashing {path}")
        return digest
    except BoardError as error:
        if "ENOENT" in error.detail:
            return ""
        raise


def needed_bytes(missing: dict[str, bytes], there: Collection[str]) -> int:
    """Return what littlefs takes for the missing files, {path: content}, beside those there."""
    folders = _folders(missing) - _folders(there)
    # A file's blocks but the first begin with links to earlier ones, two on average
    blocks = sum(max(1, -(-len(data) // (BLOCK_BYTES - 8))) for data in missing.values())
    return (blocks + FOLDER_BLOCKS * len(folders)) * BLOCK_BYTES


def _folders(paths: Iterable[str]) -> set[PurePosixPath]:
    return {folder for path in paths for folder in PurePosixPath(path).parents}


def _free_bytes(link: Link) -> int:
    stat: tuple[int, ...] = link.ask("os.statvfs('/')", "asking for free flash")
    return int(free_of(stat))


def _running(link: Link) -> str:
    """Return the version's folder that main.py starts now, "" for none."""
    code = (
        "try:\n"
        " with open('/main.py') as f:\n"
        "  print(repr(f.read(400)))\n"
        "except OSError:\n"
        " print(repr(''))"
    )
    text = link.run(code, "reading main.py")
    at = text.find(f"{FOLDER}/")
    return "" if at < 0 else text[at : at + FOLDER_LENGTH]


def _make_room(
    link: Link,
    version: Version,
    missing: dict[str, bytes],
    there: dict[str, str],
    outcome: Outcome,
) -> None:
    """Check that the missing files fit; versions that neither run nor come go first."""
    need = needed_bytes(missing | {MAIN: version.main}, there) + RESERVE_BYTES
    if _free_bytes(link) >= need:
        return
    keep = {_running(link), version.folder}
    for folder in sorted({path[:FOLDER_LENGTH] for path in there} - keep):
        _drop(link, folder, outcome)
        for path in [path for path in there if path.startswith(f"{folder}/")]:
            del there[path]
    free = _free_bytes(link)
    if free < need:
        raise HeelcueError(
            f"the board's flash is too full: the new version needs {need // 1024} kB, "
            f"{free // 1024} kB are free. Nothing was changed; remove recordings with "
            "'heelcue record --remove' or the log with 'heelcue report --erase'"
        )


def _fill(
    link: Link,
    missing: dict[str, bytes],
    there: dict[str, str],
    outcome: Outcome,
    progress: Bar,
) -> None:
    """Put the missing files into the version's folder: from the board itself where it has them."""
    by_hash = {digest: path for path, digest in there.items()}
    to_send = {}
    for path, data in missing.items():
        source = by_hash.get(sha256(data))
        if source is None:
            to_send[path] = data
        else:
            link.run(f"copy({source!r}, {path!r})", f"copying {path}")
            outcome.reused += 1
    progress.total(sum(len(data) for data in to_send.values()))
    for path, data in to_send.items():
        progress.step(f"Sending {path.rsplit('/heelcue/', 1)[-1]}")
        link.run(f"folders({path!r})", f"making folders for {path}")
        link.put(path, data, progress.moved)
        outcome.sent.append(path)
        outcome.sent_bytes += len(data)


def _verify(link: Link, folder: str, wanted: dict[str, bytes]) -> None:
    there = _hashes(link, folder)
    wrong = [path for path, data in wanted.items() if there.get(path) != sha256(data)]
    if wrong:
        raise HeelcueError(
            f"{count_of(len(wrong), 'file')} arrived damaged ({wrong[0]} first); the old version "
            "still runs. Try another cable or port, then run this again"
        )


def _switch(link: Link, version: Version, outcome: Outcome, progress: Bar) -> None:
    new = f"/{MAIN}.new"
    link.put(new, version.main, progress.moved)
    if _hash_of(link, new) != sha256(version.main):
        raise HeelcueError(
            "main.py arrived damaged; the old version still runs. Try another cable or port, then "
            "run this again"
        )
    link.run(f"os.rename({new!r}, '/{MAIN}')\nhasattr(os, 'sync') and os.sync()", "switching over")
    outcome.sent.append(f"/{MAIN}")
    outcome.sent_bytes += len(version.main)


def _drop(link: Link, folder: str, outcome: Outcome) -> None:
    link.run(f"drop({folder!r})", f"removing {folder}")
    outcome.removed.append(folder)


def _clean(link: Link, version: Version, there: dict[str, str], outcome: Outcome) -> None:
    """Remove other versions, leftovers of broken runs, and a plain copy of the package.

    there: what lay in the versions' folders before this flash.
    """
    entries: list[str] = link.ask(f"os.listdir({FOLDER!r})", "listing versions")
    for name in entries:
        if name != version.name:
            _drop(link, f"{FOLDER}/{name}", outcome)
    root: list[str] = link.ask("os.listdir('/')", "listing files")
    if PLAIN_COPY.strip("/") in root:
        _drop(link, PLAIN_COPY, outcome)
    if f"{MAIN}.new" in root:
        link.run(f"os.remove('/{MAIN}.new')", "removing a leftover")
        outcome.removed.append(f"/{MAIN}.new")
    wanted = {f"{version.folder}/{name}" for name in version.files}
    extra = {path for path in there if path.startswith(f"{version.folder}/")} - wanted
    for path in sorted(extra):
        link.run(f"os.remove({path!r})", f"removing {path}")
        outcome.removed.append(path)
