"""The virtual board as a serial port: a pseudo-terminal that mpremote and the host tools open.

What a client writes goes to the board's console and back. While nobody has the port open, output is
dropped, as by a USB bridge that nobody reads. Resets start the board anew behind the same port.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path

from host_tools.device.port_link import PortLink
from host_tools.errors import HeelcueError
from host_tools.micropython import find_micropython, no_micropython
from host_tools.virtual_board.live import LiveBoard
from host_tools.virtual_board.options import Options
from host_tools.virtual_board.trace import Record

IDLE_S = 0.05
UNREAD_BYTES = 1 << 16


def _open_terminal() -> tuple[int, str]:
    """Open a pseudo-terminal: our end of it, which never waits, and the other one's name."""
    if sys.platform == "win32":
        raise no_micropython()
    import tty

    try:
        ours, theirs = os.openpty()
    except OSError as error:
        raise HeelcueError(f"no pseudo-terminal can be opened ({error.strerror})") from None
    tty.setraw(theirs)
    port = os.ttyname(theirs)
    os.close(theirs)  # from now on a hang-up tells that no client is there
    os.set_blocking(ours, False)
    return ours, port


class PtyBoard:
    """A LiveBoard behind a pseudo-terminal; `port` is its name.

    link: a further, stable name for the port, see PortLink.
    """

    def __init__(
        self,
        options: Options | None = None,
        folder: Path | None = None,
        *,
        link: Path | None = None,
        on_record: Callable[[Record], None] | None = None,
    ):
        find_micropython()  # raises where there is none, before anything is made
        self._unsent = bytearray()
        self.board = LiveBoard(options, folder, on_console=self._out, on_record=on_record)
        self._master, self.port = _open_terminal()
        self._link: PortLink | None = None
        try:
            if link is not None:
                self._link = PortLink(link, self.port)
            self.board.start()
        except BaseException:  # nobody has a board yet that they could close
            self.close()
            raise

    def __enter__(self) -> PtyBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch off; the port goes away."""
        self.board.close()
        with contextlib.suppress(OSError):
            os.close(self._master)
        if self._link is not None:
            self._link.close()

    @property
    def connected(self) -> bool:
        """Whether a client has the port open."""
        if sys.platform == "win32":
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def step(self, timeout_s: float = IDLE_S) -> None:
        """Move what there is to move, or wait for it up to timeout_s."""
        connected = self.connected
        if connected:
            self._flush()
        else:
            self._unsent.clear()
        watch = [self._master] if connected else []
        if self._unsent:
            timeout_s = min(timeout_s, 0.002)
        elif not connected:
            timeout_s = min(timeout_s, 0.01)
        if self.board.step(timeout_s, watch):
            data = self._read()
            if data:
                self.board.send(data)

    def _read(self) -> bytes:
        try:
            return os.read(self._master, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EIO:  # the client has just gone
                return b""
            raise

    def _out(self, data: bytes) -> None:
        if self.connected:
            self._unsent += data
            self._flush()
            del self._unsent[:-UNREAD_BYTES]  # a client that never reads loses the oldest

    def _flush(self) -> None:
        while self._unsent:
            try:
                written = os.write(self._master, self._unsent)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                self._unsent.clear()
                return
            del self._unsent[:written]
