"""`heelcue record`: raw recordings, streamed over the cable or made on the board's flash."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import typer

from host_tools.device.options import AS_JSON, PORT, say
from host_tools.options import Side

REMOVED_WITHIN_S = 10.0  # a calm moment comes sooner where nobody walks
LONGEST_S = 600
BYTES_PER_S = 416 * 50  # of a CSV at the highest rate: 50 bytes a sample
SILENCE_S = 3.0  # without a sample for so long, the stream has ended


def record(
    file: Path | None = typer.Argument(
        None, metavar="[FILE]", help="The recording to write, .csv or .csv.gz."
    ),
    port: str | None = PORT,
    seconds: int = typer.Option(60, min=1, max=LONGEST_S, help="Length."),
    start: bool = typer.Option(
        False, "--start", help="Start one on the board's flash and leave: for walks without cable."
    ),
    stop: bool = typer.Option(False, "--stop", help="Stop the one that runs on the board."),
    listing: bool = typer.Option(False, "--list", help="List the recordings on the board."),
    fetch: str | None = typer.Option(
        None, metavar="NAME", help="Download one from the board into FILE ('last': the newest)."
    ),
    remove: bool = typer.Option(False, "--remove", help="Remove all recordings from the board."),
    subject: str = typer.Option("me", help="Who walks; tune keeps each person's walks together."),
    side: Side = typer.Option(Side.LEFT, help="Which foot."),
    group: str = typer.Option("healthy", help="How the walker's gait is classed."),
    as_json: bool = AS_JSON,
) -> int:
    """Record the raw motion of a walk into a file; every lost sample is counted and placed.

    On the cable a key marks the moment (a letter or digit becomes its label), and Ctrl-C ends it
    and keeps what came. For a walk without the cable: --start, unplug, walk, plug in, --fetch last.

    \b
    Examples:
      heelcue record monday.csv.gz --seconds 120
      heelcue record --start --seconds 300
      heelcue record monday.csv.gz --fetch last
    """
    from host_tools.device.console import open_console
    from host_tools.errors import HeelcueError
    from host_tools.files import check_output
    from host_tools.recordings import name_of, sidecar_of

    aside = [start, stop, listing, remove]
    if sum(aside) > 1 or (any(aside) and (file is not None or fetch)):
        raise HeelcueError("--start, --stop, --list and --remove stand alone, without a file", 2)
    if file is None and not any(aside):
        raise HeelcueError("say where the recording goes: heelcue record walk.csv.gz", 2)
    if file is not None and name_of(file) is None:
        raise HeelcueError(f"{file}: a recording's name ends in .csv or .csv.gz", 2)
    for known in () if file is None else (file, sidecar_of(file)):
        if known.exists():  # a walk cannot be walked again, nor its labels
            raise HeelcueError(f"{known} is there already; give the new walk another name", 2)
    if file is not None:  # a protected or full disk shows now, not at the end
        check_output(file, size=(LONGEST_S if fetch else seconds) * BYTES_PER_S)
    with open_console(port) as console:
        if start:
            outcome = console.request("record", what="start", seconds=seconds)
            text = f"Recording {outcome.get('path')} on the board for {seconds} s."
        elif stop:
            outcome = console.request("record", what="stop")
            text = f"Stopped: {outcome.get('path') or 'none was running'}."
        elif listing:
            running = console.request("record", what="state").get("path")
            found = [one for one in _on_board(console) if one[0] != running]
            outcome = {"recordings": [{"path": path, "bytes": size} for path, size in found]}
            lines = [f"{path}  {size / 1024:.0f} kB" for path, size in found]
            if running:
                outcome["running"] = running
                lines.append(f"{running}  is being recorded; 'heelcue record --stop' ends it")
            text = "\n".join(lines) or "None."
        elif remove:
            found = _on_board(console)
            for path, _ in found:
                console.request("log", what="remove", path=path)
            _wait_until_removed(console)
            outcome = {"removed": [path for path, _ in found]}
            text = f"Removed: {', '.join(path for path, _ in found) or 'there was none'}."
        else:
            assert file is not None
            meta = {
                "subject": subject,
                "side": side.value,
                "group": group,
                "source": "heelcue record",
            }
            if fetch:
                outcome = _fetch(console, fetch, file, meta, as_json)
            else:
                outcome = _stream(console, file, seconds, meta, as_json)
            text = outcome["text"]
    print(json.dumps(outcome) if as_json else text)
    return 1 if outcome.get("ended") in ("unplugged", "silent", "broken") else 0


def _wait_until_removed(console: Any) -> None:
    """The board removes files in its next calm moment: not while somebody walks."""
    from host_tools.errors import HeelcueError

    end = time.monotonic() + REMOVED_WITHIN_S
    while _on_board(console):
        if time.monotonic() > end:
            raise HeelcueError(
                "the board has not removed its recordings yet: it waits until nobody walks; "
                "stand still and look again with 'heelcue record --list'"
            )
        console.wait_event(0.1)


def _on_board(console: Any) -> list[tuple[str, int]]:
    files = console.request("log")["files"]
    return [(path, size) for path, size in files if path.startswith("rec/")]


def _fetch(console: Any, name: str, file: Path, meta: dict[str, Any], quietly: bool) -> Any:
    from host_tools.device.console import download
    from host_tools.device.options import byte_bar
    from host_tools.device.raw_recording import decode_file
    from host_tools.errors import HeelcueError

    if console.request("status").get("recording"):
        raise HeelcueError("a recording is still running on the board; 'heelcue record --stop'")
    found = _on_board(console)
    if name == "last":
        found = found[-1:]
    else:
        found = [one for one in found if name in (one[0], one[0].removeprefix("rec/"))]
    if not found:
        raise HeelcueError(
            f"no recording '{name}' on the board; 'heelcue record --list' tells what is there"
        )
    path, size = found[0]
    with byte_bar(not quietly) as progress:
        progress.step(f"Downloading {path}")
        progress.total(size)
        samples = decode_file(download(console, path, size, progress.moved), path)
    samples.write(file, meta)
    return {
        "file": str(file),
        "samples": samples.count,
        "lost": samples.lost,
        "text": f"{file}: {samples.loss_sentence()}.",
    }


def _stream(console: Any, file: Path, seconds: int, meta: dict[str, Any], quietly: bool) -> Any:
    from host_tools.batch import asked_once

    with asked_once():  # a second Ctrl-C must not cost the walk
        return _streamed(console, file, seconds, meta, quietly)


def _streamed(console: Any, file: Path, seconds: int, meta: dict[str, Any], quietly: bool) -> Any:
    from host_tools.device.keys import keys
    from host_tools.device.options import byte_bar
    from host_tools.device.raw_recording import SAMPLE_BYTES, RawSamples
    from host_tools.device.serial_port import LinkLostError
    from host_tools.errors import HeelcueError
    from host_tools.recordings import ACC_LSB_PER_G, GYRO_LSB_PER_DPS

    hello = console.hello
    if not hello.get("imu"):
        raise HeelcueError("the board's IMU does not answer; 'heelcue doctor' says what to do")
    samples = RawSamples(
        float(hello["rate_hz"]),
        float(hello.get("acc_lsb_per_g") or ACC_LSB_PER_G),
        float(hello.get("gyro_lsb_per_dps") or GYRO_LSB_PER_DPS),
        {key: hello[key] for key in ("fw", "board", "imu")} | {"epoch_s": int(time.time())},
    )
    wanted = round(seconds * samples.rate_hz)
    ended, trouble = "complete", ""
    console.events.clear()
    console.request("stream", raw=True)
    try:
        with byte_bar(not quietly) as progress, keys() as pressed:
            progress.step("Recording (a key marks the moment, Ctrl-C ends)")
            progress.total(wanted * SAMPLE_BYTES)
            while samples.count + samples.lost < wanted:
                line = console.wait_event(SILENCE_S)
                if line is None:
                    ended = "silent"
                    break
                if line["ev"] != "raw":
                    continue
                before = samples.count
                samples.add_line(line)
                progress.moved((samples.count - before) * SAMPLE_BYTES)
                for key in pressed.pressed():
                    label = key if key.isalnum() and key != "m" else "mark"
                    samples.marks.append((samples.end, label))
    except KeyboardInterrupt:
        ended = "stopped"
    except LinkLostError:
        ended = "unplugged"
    except HeelcueError as error:  # restarted, or it sends what makes no sense
        ended, trouble = "broken", str(error)
    if ended != "unplugged":
        with contextlib.suppress(HeelcueError):
            console.request("stream", raw=False)
    samples.write(file, meta | {"ended": ended})
    after = {
        "complete": "",
        "stopped": " Ended by Ctrl-C.",
        "silent": " The board sent no more samples; 'heelcue doctor' says why.",
        "unplugged": " The board was unplugged; the recording holds what came before.",
        "broken": f" It ended early: {trouble}.",
    }[ended]
    if samples.lost and not quietly:
        say("Samples were lost on the cable; a recording on the board (--start) loses none.")
    return {
        "file": str(file),
        "samples": samples.count,
        "lost": samples.lost,
        "marks": len(samples.marks),
        "ended": ended,
        "text": f"{file}: {samples.loss_sentence()}.{after}",
    }
