"""`heelcue report`: the stride log as pages, pictures and tables."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import typer

from host_tools.device.options import AS_JSON, PORT, Bar, byte_bar, say
from host_tools.words import count_of

SEGMENT = re.compile("log/[0-9]{6}[.]log")
GROWN = "has grown"  # what a board says that has written more by then
ERASE_TRIES = 5  # a walker fills a batch in half a minute; to fetch what it adds takes a second


def report(
    out: Path = typer.Option(
        Path("heelcue-report"), "--out", metavar="DIR", help="Folder for the pages."
    ),
    port: str | None = PORT,
    log_dir: Path | None = typer.Option(
        None, "--from", metavar="DIR", help="Use log files downloaded before; needs no board."
    ),
    erase: bool = typer.Option(False, "--erase", help="Erase the board's log once it is safe."),
    as_json: bool = AS_JSON,
) -> int:
    """Download the stride log and write a report of every walk, and of the weeks.

    Each walk gets one HTML file that needs nothing else (it can be mailed), its pictures as PNG
    and its strides as CSV; index.html shows all walks and their trend. Downloaded logs are kept in
    DIR/log, so walks stay in the report when the board has long dropped them. The board's clock is
    set in passing.

    \b
    Examples:
      heelcue report
      heelcue report --out ~/walks --erase
      heelcue report --from ~/walks/log --out ~/again
    """
    from host_tools.device.log_reader import blocks
    from host_tools.device.walks import decode_log
    from host_tools.errors import HeelcueError
    from host_tools.files import check_output

    if log_dir is not None and erase:
        raise HeelcueError("--erase is about the board, --from does without one", 2)
    if log_dir is not None and not log_dir.is_dir():
        raise HeelcueError(f"{log_dir}: no such folder of log files", 2)
    check_output(out / "index.html")
    fetched, why_not = 0, ""
    given = log_dir is not None
    if log_dir is None:
        log_dir = out / "log"
        fetched, why_not = _download(port, log_dir, erase, as_json)
        if why_not:
            say(f"The board's log is not erased: {why_not}.")
        elif erase and not as_json:
            say("The board's log is erased; its walks are kept here.")
    files = sorted(log_dir.glob("*.log"), key=_order)
    if given and not files:
        raise HeelcueError(f"{log_dir}: no log files (*.log) in this folder", 2)
    logs = [file.read_bytes() for file in files]
    foreign = [file for file, data in zip(files, logs, strict=True) if not any(blocks(data))]
    if foreign and given:
        raise HeelcueError(f"{foreign[0]}: no stride log of Heelcue, or nothing of it is left")
    walks = decode_log(logs)
    if not walks:
        raise HeelcueError(
            "the stride log holds no walk yet (ten strides make one); walk a little with the device"
        )
    outcome = _write(out, walks)
    if as_json:
        outcome |= {"log_files": len(files), "downloaded": fetched}
        print(json.dumps(outcome | {"erased": erase and not why_not}))
    else:
        print(f"{count_of(len(walks), 'walk')} in {out / 'index.html'}; open it in a browser.")
    return 0


def _order(file: Path) -> tuple[str, str]:
    # Names of kept logs begin with the time of download where the board's numbers began anew
    return file.parent.name, file.name


def _download(port: str | None, folder: Path, erase: bool, quietly: bool) -> tuple[int, str]:
    """Bring DIR/log up to date with the board's log, and erase that if asked to.

    Returns how many files have news, and why the board's log is not erased ("": it is, or stays
    unasked). The wearer may walk on meanwhile: only a log that has not grown since it was read is
    erased, else it is read again.
    """
    from host_tools.device.console import open_console

    came: set[Path] = set()
    why_not = ""
    with open_console(port) as console, byte_bar(not quietly) as progress:
        console.request("time", epoch_s=int(time.time()))
        for _ in range(ERASE_TRIES if erase else 1):
            console.request("log", what="flush")
            _wait_for_flush(console)
            end, files = _fetch(console, folder, progress)
            came |= files
            why_not = _erase(console, end) if erase else ""
            if GROWN not in why_not:
                break
    return len(came), why_not


def _fetch(console: Any, folder: Path, progress: Bar) -> tuple[tuple[str, int], set[Path]]:
    """Fetch what DIR/log lacks of the board's log; returns path and size of its end, and the files.

    A log file only grows, so what is there already is not fetched again.
    """
    from host_tools.device.console import download
    from host_tools.files import write_whole

    listed = [
        (path, size) for path, size in console.request("log")["files"] if SEGMENT.fullmatch(path)
    ]
    progress.step("Downloading the stride log")
    progress.total(sum(size for _, size in listed))
    same: list[Path] = []
    came = set()
    for path, size in listed:
        file = folder / path.removeprefix("log/")
        kept = file.read_bytes() if file.exists() else b""
        if kept and not _goes_on(console, path, size, kept):
            _set_aside(folder, same)
            kept = b""
        progress.moved(len(kept))
        if len(kept) < size:
            write_whole(file, kept + download(console, path, size, progress.moved, len(kept)))
            came.add(file)
        same.append(file)
    return listed[-1] if listed else ("", 0), came


def _goes_on(console: Any, path: str, size: int, kept: bytes) -> bool:
    """Whether the board's file begins with what is kept: told by its end, with its checksum."""
    import binascii

    end = kept[-64:]
    at = len(kept) - len(end)
    if len(kept) > size:
        return False
    answer = console.request("log", what="read", path=path, at=at, len=len(end))
    return binascii.a2b_base64(answer["d"]) == end


def _set_aside(folder: Path, same: list[Path]) -> None:
    """The board's numbers began anew: keep the walks of before, in order, under other names."""
    for file in sorted(folder.glob("*.log")):
        if SEGMENT.fullmatch(f"log/{file.name}") and file not in same:
            stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(file.stat().st_mtime))
            file.rename(file.with_name(f"0-{stamp}-{file.name}"))


def _erase(console: Any, end: tuple[str, int]) -> str:
    """Have the board erase its log, if it ends there; returns why it did not, or ""."""
    from host_tools.device.link import BoardError

    path, size = end
    try:
        if path:
            console.request("log", what="erase", path=path, at=size)
    except BoardError as error:
        return error.detail
    return ""


def _wait_for_flush(console: Any) -> None:
    """Strides that wait in memory are written in the next calm moment; give it three seconds."""
    end = time.monotonic() + 3
    while console.request("log").get("pending") and time.monotonic() < end:
        console.wait_event(0.1)


def _write(out: Path, walks: list[Any]) -> dict[str, Any]:
    from host_tools.batch import progress_bar
    from host_tools.device import report_html, report_plots
    from host_tools.device.walks import CSV_COLUMNS, as_csv, figures
    from host_tools.files import check_not_over, write_whole

    walks = sorted(walks, key=lambda walk: (walk.began is not None, walk.epoch_s or 0))
    rows, pages = [], []
    with progress_bar(len(walks), "report") as advance:
        for number, walk in enumerate(walks, start=1):
            name = f"walk-{walk.began:%Y%m%d-%H%M}" if walk.began else f"walk-{number:03d}"
            while f"{name}.html" in pages:
                name += "b"
            known = figures(walk)
            pictures = report_plots.walk_pictures(walk)
            for picture in pictures:
                write_whole(out / f"{name}-{picture.name}.png", picture.png)
            table = out / f"{name}.csv"
            check_not_over(table, CSV_COLUMNS[0].encode() + b",", "table of a report", "--out")
            write_whole(table, as_csv(walk))
            page = report_html.walk_page(walk, number, known, pictures)
            write_whole(out / f"{name}.html", page)
            rows.append((f"{name}.html", walk.began, known))
            pages.append(f"{name}.html")
            advance()
    trend = report_plots.trend_pictures([(began, known) for _, began, known in rows])
    for picture in trend:
        write_whole(out / f"{picture.name}.png", picture.png)
    write_whole(out / "index.html", report_html.index_page(rows, trend))
    write_whole(
        out / "walks.json", (json.dumps({row[0]: row[2] for row in rows}, indent=1) + "\n").encode()
    )
    return {"walks": [{"page": file} | known for file, _, known in rows], "out": str(out)}
