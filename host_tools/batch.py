"""Work on many recordings: two processes, a progress bar, bad ones reported while others go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Generic, TypeVar

from host_tools.errors import TRACEBACK_VARIABLE, HeelcueError, bug_sentence

Item = TypeVar("Item")
Result = TypeVar("Result")

SERIAL_UP_TO = 4  # so few items are done sooner than a second process starts


@dataclass(frozen=True)
class Outcome(Generic[Item, Result]):
    """What became of one item: a result, or the sentence that says why not."""

    item: Item
    result: Result | None
    fault: str | None


def _quiet_worker() -> None:
    # Ctrl-C reaches every process of the terminal; only the parent answers it
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _no_interrupt_inherited() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started: they are born deaf to it.

    A worker that is still importing would answer it with a traceback. Ours comes at the end.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def asked_once() -> Iterator[Callable[[], None]]:
    """Let the first request to end through; yields a function to call when the end has begun.

    A second one would cut off what is left to be done: the goodbye between this process and its
    workers, without which each waits for the other for ever, or the writing of what there is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    numbers = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
    before = {number: signal.getsignal(number) for number in numbers}

    def deaf() -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    def once(number: int, frame: FrameType | None) -> None:
        deaf()
        handler = before[number]
        if callable(handler):
            handler(number, frame)

    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, once)
    try:
        yield deaf
    finally:
        for number, handler in before.items():
            if handler is not None:  # None: not set by Python
                signal.signal(number, handler)


def _attempt(worker: Callable[[Item], Result], item: Item) -> Outcome[Item, Result]:
    try:
        return Outcome(item, worker(item), None)
    except HeelcueError as error:
        return Outcome(item, None, str(error))
    except Exception as error:  # must not cost the others their results
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        return Outcome(item, None, f"{_file_of(item)}: {bug_sentence(error)}")


def _file_of(item: object) -> object:
    """The file that an item is about: a path, or the last of the paths it begins with."""
    while isinstance(item, (list, tuple)) and item:
        item = item[0]
    return item


@contextmanager
def progress_bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show progress on stderr: a bar on a terminal, a line at each quarter when piped.

    Yields a function to call once for each unit done.
    """
    from host_tools.terminal import redraws

    if redraws(sys.stderr):
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
        return

    done = 0

    def advance() -> None:
        nonlocal done
        before = 4 * done // total
        done += 1
        if total >= 20 and 4 * done // total > before:
            print(f"{what}: {done} of {total}", file=sys.stderr)

    yield advance


def tell(faults: Iterable[str]) -> int:
    """Say on stderr, a sentence each, what could not be used; returns the command's exit code."""
    code = 0
    for fault in faults:
        print(f"heelcue: {fault}", file=sys.stderr)
        code = 1
    return code


def run_all(
    worker: Callable[[Item], Result], items: Sequence[Item], *, jobs: int, what: str
) -> list[Outcome[Item, Result]]:
    """Run `worker` (a module's function) on every item; outcomes in the order of `items`.

    An error of one item becomes its fault and the others go on. Ctrl-C drops what has not
    begun; what has is waited for, however often it is pressed.
    """
    with progress_bar(len(items), what) as advance, asked_once() as deaf:
        if jobs <= 1 or len(items) <= SERIAL_UP_TO:
            outcomes = []
            for item in items:
                outcomes.append(_attempt(worker, item))
                advance()
            return outcomes
        pool = ProcessPoolExecutor(
            jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet_worker
        )
        try:
            with _no_interrupt_inherited():  # submit() is what starts them
                futures = [pool.submit(_attempt, worker, item) for item in items]
            for _ in as_completed(futures):
                advance()
            return [future.result() for future in futures]
        finally:
            deaf()
            pool.shutdown(wait=True, cancel_futures=True)
