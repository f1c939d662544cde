"""A serial port through mpremote's own transport, with failures as sentences.

Both ways of talking to the board go through it: the raw REPL (`link`) and the application's console
(`console`).
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from host_tools.device.ports import why_not
from host_tools.errors import HeelcueError

Mine = TypeVar("Mine", bound="Talk")

GARBAGE_LEAST = 20  # characters; fewer may be a line cut in two
READ_TIMEOUT_S = 2.0  # of one read: a board that erases flash or collects garbage needs less


class LinkLostError(HeelcueError):
    """The port has gone in the middle of something."""


class Transport(SerialTransport):  # type: ignore[misc]
    """mpremote's transport: opened with a reason when it cannot be, silent, and never endless."""

    def __init__(self, port: str) -> None:
        try:
            super().__init__(port, timeout=READ_TIMEOUT_S)
        except TransportError as error:
            raise why_not(port, _reason(port) or error) from None
        except (OSError, ValueError) as error:
            raise why_not(port, error) from None
        self.port = port

    def close(self) -> None:
        """Close the port; a port that has gone is closed already."""
        with contextlib.suppress(Exception):
            super().close()
        with contextlib.suppress(Exception):
            self.serial.close()

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        with lost_port(self.port):
            self.serial.write(data)

    def read_some(self, seconds: float) -> bytes:
        """Return what has come, or what comes within `seconds`; b"" for nothing."""
        with lost_port(self.port):
            waiting = self.serial.in_waiting
            if waiting:
                return bytes(self.serial.read(waiting))
            self.serial.timeout = max(0.0, seconds)
            try:
                first: bytes = self.serial.read(1)
            finally:
                self.serial.timeout = READ_TIMEOUT_S
            return first + (self.serial.read(self.serial.in_waiting) if first else b"")

    def read_until_any(self, endings: tuple[bytes, ...], seconds: float) -> bytes:
        """Return what comes until it ends with one of `endings`, or until `seconds` have passed."""
        data = b""
        end = time.monotonic() + seconds
        while not data.endswith(endings):
            left = end - time.monotonic()
            if left <= 0:
                break
            data += self.read_some(left)
        return data

    def pulse_reset(self) -> bool:
        """Reset the board by its EN line (RTS on USB bridges); False where there is none."""
        try:
            self.serial.dtr = False  # GPIO0 high: run, not the ROM loader
            self.serial.rts = True
            time.sleep(0.1)
            self.serial.rts = False
        except OSError:
            return False
        return True


class Talk:
    """A dialogue on an open port, as a context that closes it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.port: str = transport.port

    def __enter__(self: Mine) -> Mine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the port."""
        self.transport.close()


def _reason(port: str) -> BaseException | None:
    """Open once more to learn why not; mpremote keeps the reason to itself."""
    try:
        serial.serial_for_url(port, exclusive=True).close()
    except (OSError, ValueError) as error:
        return error
    return None


@contextlib.contextmanager
def lost_port(port: str) -> Iterator[None]:
    """Turn what pyserial raises when a cable is pulled into one sentence."""
    try:
        yield
    except HeelcueError:
        raise
    except Exception as error:
        if _is_loss(error):
            raise LinkLostError(
                f"the board on {port} has gone (unplugged, or reset?); plug it in and run this "
                "again, what was begun is taken up or left as it was"
            ) from None
        raise


def _is_loss(error: BaseException) -> bool:
    # termios.error is no OSError; serial.SerialException is one
    return isinstance(error, OSError) or type(error).__module__ == "termios"


def is_garbage(heard: bytes) -> bool:
    """Tell noise from text: more than a tenth of it can't be read."""
    text = heard.decode(errors="replace")
    odd = sum(not (c.isprintable() or c.isspace()) or c == "\ufffd" for c in text)
    return len(text) >= GARBAGE_LEAST and odd > 0.1 * len(text)


def garbage_error(port: str) -> HeelcueError:
    """Say that what the board sends can't be read."""
    return HeelcueError(
        f"the board on {port} sends garbage: another baud rate, or another kind of device; "
        "press its reset button and try again, or choose another --port"
    )


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    """Keep what mpremote prints about failures to itself; yields what it said."""
    said: Any = io.StringIO()
    with contextlib.redirect_stdout(said):
        yield said
