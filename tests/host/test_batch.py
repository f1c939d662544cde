"""Work on many items in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.batch import run_all


def deaf_from_birth(_: int) -> bool:
    """Say whether this process was started with Ctrl-C held back."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks here")
def test_workers_are_born_deaf_to_ctrl_c_and_the_parent_is_not() -> None:
    """One that is still importing would answer it with a traceback."""
    outcomes = run_all(deaf_from_birth, range(6), jobs=2, what="ask")
    assert [outcome.result for outcome in outcomes] == [True] * 6
    assert not deaf_from_birth(0)


def press_again_and_again(_: int) -> None:
    """Ask the parent to end, also while it waits for this very process."""
    for _press in range(100_000):
        os.kill(os.getppid(), signal.SIGINT)


def run_pressed() -> None:
    """Run work that presses Ctrl-C; say how it ended, and whether Ctrl-C is what it was."""
    try:
        run_all(press_again_and_again, range(6), jobs=2, what="press")
    except KeyboardInterrupt:
        same = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        print("ended", "as before" if same else "deaf for good")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_ctrl_c_pressed_twice_ends_it_and_hangs_nothing() -> None:
    """The second press cut off the goodbye to the workers: all waited for each other for ever."""
    done = subprocess.run(
        [sys.executable, "-c", "from tests.host.test_batch import run_pressed; run_pressed()"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "ended as before\n" and done.returncode == 0, done.stderr
