"""Work on many items in processes of their own."""

from __future__ import annotations

import signal

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
