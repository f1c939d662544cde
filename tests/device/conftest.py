"""A virtual board behind a pseudo-terminal for the device tools' tests."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.generated import preset_recording
from host_tools.session import stimulus_of
from host_tools.virtual_board import Options
from host_tools.virtual_board.pty import PtyBoard

SPEED = 20  # virtual seconds per real second, at most


class ServedBoard:
    """A PtyBoard that a thread keeps going."""

    def __init__(self, options: Options, folder: Path) -> None:
        self.folder = folder
        if options.speed is None:
            options.speed = SPEED
        self.pty = PtyBoard(options, folder)
        self.port = self.pty.port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            self.pty.step(0.02)

    def close(self) -> None:
        """Pull the plug: the port goes away, the flash stays in the folder."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self.pty.close()

    def __enter__(self) -> "ServedBoard":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture(scope="session")
def steady_walk():
    """A generated healthy walk, looped for ever."""
    stimulus = stimulus_of(preset_recording("healthy", 60.0, 1))
    stimulus.loop = True
    return stimulus


@pytest.fixture
def board(tmp_path, steady_walk) -> Iterator[ServedBoard]:
    """A board with the firmware on its flash, walking."""
    with ServedBoard(Options(stimulus=steady_walk), tmp_path / "board") as served:
        yield served


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory, steady_walk) -> Iterator[ServedBoard]:
    """One walking board for tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("shared") / "board"
    with ServedBoard(Options(stimulus=steady_walk), folder) as served:
        yield served
