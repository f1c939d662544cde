"""`heelcue monitor`: the walk as it happens."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
from typing import Any

import typer

from host_tools.device.options import AS_JSON, PORT
from host_tools.words import count_of

STATUS_EVERY_S = 2.0
DRAW_EVERY_S = 0.1


def monitor(
    port: str | None = PORT,
    strides: int = typer.Option(0, min=0, help="End after so many strides [0: go on]."),
    seconds: float = typer.Option(0, min=0, help="End after so many seconds [0: go on]."),
    as_json: bool = AS_JSON,
) -> int:
    """Watch the walk live: strides, cadence, cues and their latency, battery, the signal.

    On a terminal a view that is redrawn; piped or with --json one line for each stride.

    \b
    Examples:
      heelcue monitor
      heelcue monitor --strides 50 | tee walk.txt
      heelcue monitor --json --seconds 30
    """
    from host_tools.device.console import open_console
    from host_tools.device.monitor import Watch
    from host_tools.errors import HeelcueError
    from host_tools.terminal import draws

    if not math.isfinite(seconds):
        raise HeelcueError(f"--seconds is {seconds}; say how many, or 0 to go on", 2)
    live = draws(sys.stdout) and not as_json
    with open_console(port) as console:
        watch = Watch(console.hello)
        console.request("stream", events=True, raw=live)
        try:
            with _display(live) as (view, pressed):
                _follow(console, watch, view, pressed, strides, seconds, as_json)
        except KeyboardInterrupt:
            pass
        finally:
            if live:
                with contextlib.suppress(Exception):
                    console.request("stream", raw=False)
    if not as_json and not live:
        print(f"{count_of(watch.count, 'stride')}.")
    return 0


@contextlib.contextmanager
def _display(live: bool) -> Any:
    if not live:
        yield None, None
        return
    from rich.live import Live

    from host_tools.device.keys import keys

    with keys() as pressed, Live(refresh_per_second=1 / DRAW_EVERY_S, screen=False) as view:
        yield view, pressed


def _follow(
    console: Any, watch: Any, view: Any, pressed: Any, strides: int, seconds: float, as_json: bool
) -> None:
    from host_tools.device import monitor as drawing
    from host_tools.device.console import HELLO_S

    began = asked = drawn = time.monotonic()
    watch.status = console.request("status")
    while True:
        now = time.monotonic()
        if (seconds and now - began >= seconds) or (strides and watch.count >= strides):
            return
        if pressed is not None and pressed.quit():
            return
        line = console.wait_event(DRAW_EVERY_S)
        stride = watch.take(line) if line is not None else None
        if line is not None and line["ev"] == "hello":  # it has started anew, and streams nothing
            console.request("stream", events=True, raw=view is not None)
        if stride is not None and view is None:
            if as_json:
                print(json.dumps(drawing.as_json(watch.count, stride)), flush=True)
            else:
                print(drawing.as_line(watch.count, stride), flush=True)
        if now - asked > STATUS_EVERY_S:
            asked = now
            watch.status = console.request("status", patience_s=HELLO_S)
        if view is not None and now - drawn > DRAW_EVERY_S:
            drawn = now
            view.update(drawing.screen(watch, view.console.width))
