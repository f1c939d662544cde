"""Options that every command for the device has, and how progress is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from host_tools.errors import to_type

PORT: Any = typer.Option(
    None,
    "--port",
    "-p",
    metavar="PORT",
    help="Which board, if there are several: a name from 'heelcue devices', for instance COM3 or "
    "/dev/ttyUSB0 [default: the variable HEELCUE_PORT, else the only one].",
)
AS_JSON: Any = typer.Option(False, "--json", help="Print the outcome as JSON.")


def say(sentence: str) -> None:
    """Tell a person what goes on; standard output is for results."""
    print(to_type(sentence), file=sys.stderr, flush=True)


class Bar:
    """Progress of bytes: step(text), total(bytes), moved(bytes)."""

    def step(self, text: str) -> None:
        """Begin a step."""

    def total(self, count: int) -> None:
        """Say how many bytes there are."""

    def moved(self, count: int) -> None:
        """Count bytes."""


class _Lines(Bar):
    """Piped: a line at each quarter, and one for each phase."""

    def __init__(self) -> None:
        self._phase = ""
        self._total = self._done = 0

    def step(self, text: str) -> None:
        phase = text.split(" ", 1)[0]
        if phase != self._phase:
            self._phase = phase
            say(text if phase != "Sending" else "Sending files")

    def total(self, count: int) -> None:
        self._total, self._done = count, 0

    def moved(self, count: int) -> None:
        if not self._total:
            return
        before = 4 * self._done // self._total
        self._done += count
        if self._total > 20_000 and 4 * self._done // self._total > before:
            say(f"{self._done // 1024} of {self._total // 1024} kB")


@contextmanager
def byte_bar(shown: bool = True) -> Iterator[Bar]:
    """Show progress on stderr: a bar on a terminal, lines when piped."""
    from host_tools.terminal import redraws

    if not shown:
        yield Bar()
        return
    if not redraws(sys.stderr):
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None)

        class Rich(Bar):
            def step(self, text: str) -> None:
                progress.update(task, description=text)

            def total(self, count: int) -> None:
                progress.update(task, total=count, completed=0)

            def moved(self, count: int) -> None:
                progress.advance(task, count)

        yield Rich()
