"""The whole life of a device on a virtual board, for a person to watch, and as a test.

Every step is a command as one would type it, through the same code; only the board is software.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host_tools import cli
from host_tools.errors import HeelcueError
from host_tools.virtual_board import Options
from host_tools.virtual_board.pty import PtyBoard
from host_tools.words import count_of

WALK_STRIDES = 24
RECORD_S = 30
TRIALS = 6
BEGIN_WITH = {"heel_off_rate_dps": 60, "heel_off_angle_cdeg": 200}  # a bit deaf, for tune to find
STRENGTH_PCT = 65  # what the wearer likes
MADE = {"board", "walks", "begin.json", "tuned.json", "report"}  # in the folder, by a demo


class RunningBoard:
    """A virtual board that walks, kept going by a thread."""

    def __init__(self, folder: Path, speed: int) -> None:
        from host_tools.generated import preset_recording
        from host_tools.session import stimulus_of

        stimulus = stimulus_of(preset_recording("healthy", 60.0, 1))
        stimulus.loop = True
        options = Options(firmware=None, stimulus=stimulus, speed=speed)
        self._pty = PtyBoard(options, folder)
        self.port = self._pty.port
        self._stop = threading.Event()
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            while not self._stop.is_set():
                self._pty.step(0.02)
        except BaseException as error:
            self._trouble = error

    def close(self) -> None:
        """Switch off. Raises what went wrong on the board, if anything did."""
        self._stop.set()
        self._thread.join()
        self._pty.close()
        if self._trouble is not None:
            raise self._trouble

    def __enter__(self) -> RunningBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Demo:
    """Runs steps and keeps what each said."""

    port: str
    show: bool
    said: dict[str, Any] = field(default_factory=dict)

    def step(self, name: str, why: str, *arguments: str) -> Any:
        """Run one command with --json; returns its last line. Raises HeelcueError if it fails."""
        command = [*arguments, "--port", self.port]
        began = time.monotonic()
        output = io.StringIO()
        try:
            if self.show:
                words = " ".join(_short(word) for word in command)
                print(f"\n== {why}\n$ heelcue {words}", flush=True)
            with contextlib.redirect_stdout(output):
                code = cli.run([*command, "--json"])
        except KeyboardInterrupt:  # before the command had begun to listen, or after
            print("heelcue: interrupted", file=sys.stderr)
            code = cli.EXIT_INTERRUPTED
        if code == cli.EXIT_INTERRUPTED:
            raise HeelcueError(f"the demo ends in its step '{name}'", code)
        if code:
            raise HeelcueError(f"the demo's step '{name}' failed with exit code {code}")
        lines = output.getvalue().strip().splitlines()
        self.said[name] = [json.loads(line) for line in lines]
        if self.show:
            print(f"   ({time.monotonic() - began:.1f} s)", flush=True)
        return self.said[name][-1]

    def tell(self, sentence: str) -> None:
        """Say what came of a step."""
        if self.show:
            print(f"   {sentence}", flush=True)


def _short(word: str) -> str:
    """Leave the folder out of long paths: the reader needs the name."""
    return Path(word).name if os.sep in word and not word.startswith("/dev") else word


def run_demo(folder: Path, *, speed: int, show: bool) -> dict[str, Any]:
    """Flash, walk, watch, record, tune, apply, walk again, report. Returns what each step said."""
    with RunningBoard(folder / "board", speed) as board:
        demo = Demo(board.port, show)
        _first_walk(demo)
        recording = folder / "walks" / "first.csv.gz"
        made = demo.step(
            "record", "Record a walk, every sample accounted for",
            "record", str(recording), "--seconds", str(RECORD_S),
        )  # fmt: skip
        demo.tell(f"{made['samples']} samples, {made['lost']} lost")
        _tune(demo, folder, recording)
        watched = demo.step(
            "monitor again", "Walk again with the new settings",
            "monitor", "--strides", str(WALK_STRIDES),
        )  # fmt: skip
        demo.tell(f"stride {watched['stride']}, cadence {_cadence(watched)} steps a minute")
        _report(demo, folder)
    return demo.said


def _cadence(stride: dict[str, Any]) -> str:
    cadence_spm = stride["cadence_spm"]
    return "  -" if cadence_spm is None else f"{cadence_spm:3.0f}"


def _first_walk(demo: Demo) -> None:
    flashed = demo.step("flash", "A new board: put the firmware onto it", "flash")
    demo.tell(f"{len(flashed['sent'])} files, {flashed['sent_bytes'] / 1024:.0f} kB; it says hello")
    again = demo.step("flash again", "Once more: nothing has changed, nothing is sent", "flash")
    demo.tell(f"{count_of(len(again['sent']), 'file')} sent")
    examined = demo.step("doctor", "Is all well? And a test buzz", "doctor", "--buzz")
    for finding in examined["findings"]:
        demo.tell(f"{finding['state']:4s}  {finding['what']}: {finding['text']}")
    demo.step("settings", "A gentler buzz", "settings", "set", f"strength_pct={STRENGTH_PCT}")
    demo.step("monitor", "Walk, and watch it", "monitor", "--strides", str(WALK_STRIDES))
    for stride in demo.said["monitor"][-5:]:
        cue = f"cue {stride['cue']}"
        if stride["cue_error_ms"] is not None:
            cue += f" {stride['cue_error_ms']:+.0f} ms"
        demo.tell(f"stride {stride['stride']:3d}  cadence {_cadence(stride)}  {cue}")


def _tune(demo: Demo, folder: Path, recording: Path) -> None:
    begin, tuned = folder / "begin.json", folder / "tuned.json"
    begin.write_text(json.dumps(BEGIN_WITH | {"strength_pct": STRENGTH_PCT}))
    found = demo.step(
        "tune", "Fit the thresholds to that walk, send them, save them, read them back",
        "tune", str(recording), "--settings", str(begin), "--out", str(tuned),
        "--trials", str(TRIALS), "--jobs", "1", "--apply",
    )  # fmt: skip
    before, after = found["figures"]["start"], found["figures"]["result"]
    demo.tell(
        f"F1 {before['f1']:.3f} -> {after['f1']:.3f}, median delay {before['err_median_ms']:+.0f} "
        f"-> {after['err_median_ms']:+.0f} ms; kept: {found['adopted']}"
    )


def _report(demo: Demo, folder: Path) -> None:
    written = demo.step(
        "report", "Download the log and write the report", "report", "--out", str(folder / "report")
    )
    demo.tell(f"{written['walks'][0]['strides']} strides in {folder / 'report' / 'index.html'}")


@contextlib.contextmanager
def demo_folder(wanted: Path | None) -> Iterator[Path]:
    """Use the named folder, or a fresh one under build/."""
    folder = wanted or Path("build") / "demo"
    if wanted is None and folder.is_dir() and {one.name for one in folder.iterdir()} <= MADE:
        shutil.rmtree(folder)  # the last demo's; anything else there is not ours
    if folder.exists() and any(folder.iterdir()):
        raise HeelcueError(f"{folder} is not empty; name another folder for the demo", 2)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
