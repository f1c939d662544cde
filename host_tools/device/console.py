"""The application's console: JSON requests and answers, and the lines that come unasked."""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from host_tools.device.link import BoardError
from host_tools.device.ports import choose_port
from host_tools.device.serial_port import Talk, Transport, garbage_error, is_garbage
from host_tools.errors import HeelcueError

Line = dict[str, Any]

ANSWER_S = 3.0  # a flash write may stand in front of the answer
HELLO_S = 9.0  # boot, boot window and start of the application
ASK_AGAIN_S = 1.0
GARBAGE_S = 2.0  # nothing but noise for so long: no application says hello here
LONGEST_LINE = 8192  # of what the board sends; more without a line end is no console
REPL_SIGNS = (b">>> ", b"NameError", b"SyntaxError", b"raw REPL", b"\r\n>")


class OldFirmwareError(HeelcueError):
    """The board's firmware lacks what was asked for."""


class Console(Talk):
    """A board whose application runs. Use as a context; closing it lets the application go on."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.hello: Line = {}
        self.events: deque[Line] = deque()  # unasked lines that nobody has taken yet
        self.noise: deque[str] = deque(maxlen=20)  # lines that are no JSON
        self._pending = b""
        self._number = 0

    # --- lines ---

    def _lines(self, seconds: float) -> list[Line]:
        """Return the JSON lines that are there or come within `seconds`; other lines are noise."""
        self._pending += self.transport.read_some(seconds)
        *whole, self._pending = self._pending.split(b"\n")
        if len(self._pending) > LONGEST_LINE:
            raise garbage_error(self.port)
        lines = []
        for raw in whole:
            text = raw.strip(b"\r\0 ")
            if not text:
                continue
            try:
                line = json.loads(text)
            except ValueError:
                self.noise.append(text[-200:].decode(errors="replace"))
                continue
            if isinstance(line, dict):
                lines.append(line)
        return lines

    def wait_event(self, seconds: float) -> Line | None:
        """Return the next unasked line, waiting for it up to `seconds`."""
        end = time.monotonic() + seconds
        while not self.events:
            left = end - time.monotonic()
            if left < 0:
                return None
            self.events.extend(line for line in self._lines(max(left, 0)) if "ev" in line)
        return self.events.popleft()

    def request(self, command: str, patience_s: float = ANSWER_S, **fields: Any) -> Line:
        """Send a request and return its answer. Raises BoardError with the board's sentence."""
        self._number += 1
        request = json.dumps({"cmd": command, "id": self._number, **fields}).encode() + b"\n"
        self.transport.write(request)
        end = time.monotonic() + patience_s
        answer: Line | None = None
        while answer is None:
            left = end - time.monotonic()
            if left <= 0:
                raise HeelcueError(
                    f"the board on {self.port} does not answer '{command}'; press its reset "
                    "button and try again, or run 'heelcue doctor'"
                )
            for line in self._lines(left):
                if "ok" in line and line.get("id") == self._number:
                    answer = line
                elif "ev" in line and "ok" not in line:
                    self.events.append(line)
                    if line["ev"] == "hello":  # it has started anew, and may not have heard
                        self.transport.write(request)
                        end = time.monotonic() + patience_s
        if answer["ok"]:
            return answer
        sentence = str(answer.get("error", "refused"))
        if sentence.startswith("unknown command") or answer.get("key") == "cmd":
            raise OldFirmwareError(
                f"the firmware on the board ({self.hello.get('fw', 'unknown')}) does not know "
                f"'{command}'; bring it up to date with 'heelcue flash'"
            )
        raise BoardError(f"the board refused '{command}': {sentence}", sentence)

    # --- getting there ---

    def wait_hello(self, seconds: float = HELLO_S) -> Line:
        """Wait for the application after a reset; returns its hello."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            line = self.wait_event(left)
            if line is not None and line["ev"] == "hello":
                self.hello = line
                return line
        raise HeelcueError(self._why_no_application())

    def greet(self, start: bool, seconds: float = HELLO_S) -> Line:
        """Ask who is there; start: a board that sits at the REPL is restarted."""
        heard = b""
        end = time.monotonic() + seconds
        started = False
        self.transport.write(b"\n")
        while time.monotonic() < end:
            with contextlib.suppress(BoardError):
                self.transport.write(b'{"cmd": "hello", "id": 0}\n')
            until = time.monotonic() + ASK_AGAIN_S
            while (left := until - time.monotonic()) > 0:
                before = len(self.noise)
                for line in self._lines(left):
                    if line.get("id") == 0 and line.get("ok"):
                        self.hello = line
                        self._check()
                        return line
                    if "ev" in line:
                        self.events.append(line)
                heard += "\n".join(list(self.noise)[before:]).encode() + self._pending
            if is_garbage(heard) and time.monotonic() > end - seconds + GARBAGE_S:
                raise garbage_error(self.port)
            if any(sign in heard for sign in REPL_SIGNS) and not started:
                if not start:
                    raise HeelcueError(
                        f"the board on {self.port} sits at its Python prompt, no application runs; "
                        "'heelcue doctor' looks closer, its reset button starts the application"
                    )
                started = True
                heard = b""
                self.noise.clear()  # of before the start; it would pass for why it failed
                self._pending = b""
                self.transport.write(b"\r\x03\x02")
                self.transport.read_until_any((b">>> ",), 1.0)
                self.transport.write(b"\x04")
                end = time.monotonic() + seconds
        raise HeelcueError(self._why_no_application())

    def _check(self) -> None:
        if "fw" not in self.hello:
            raise OldFirmwareError(
                f"the board on {self.port} runs a firmware that does not tell its version; "
                "bring it up to date with 'heelcue flash'"
            )

    def _why_no_application(self) -> str:
        said = "\n".join(self.noise)
        trouble = [line for line in self.noise if "Error" in line]
        if trouble:
            return (
                f"the application on {self.port} does not start: {trouble[-1][:120]}; "
                "'heelcue flash' puts a whole one there"
            )
        if "safe mode" in said:
            return (
                f"the board on {self.port} is in safe mode, as its button was held while it "
                "started: let go of it and press reset, or unplug it and plug it in"
            )
        if said.strip():
            return (
                f"something answers on {self.port}, but it is not the Heelcue application "
                f"(it said {said.strip()[-60:]!r}); 'heelcue flash' puts it there"
            )
        return (
            f"nothing answers on {self.port}: is it the right port, and is the board on? After a "
            "minute without motion it sleeps: move it, or press its button, and run this again; "
            "'heelcue doctor' looks closer"
        )


def open_console(port: str | None = None, *, start: bool = True) -> Console:
    """Open the port and greet the application; start: restart a board that sits at the REPL."""
    console = Console(Transport(choose_port(port)))
    try:
        console.greet(start)
    except BaseException:
        console.close()
        raise
    return console


def download(
    console: Console,
    path: str,
    size: int,
    moved: Callable[[int], None] | None = None,
    start: int = 0,
) -> bytes:
    """Read a file of the log or a recording from byte `start` on.

    moved(bytes) is called after each piece.
    """
    import binascii

    data = b""
    while (at := start + len(data)) < size:
        answer = console.request("log", what="read", path=path, at=at)
        if not answer.get("len"):
            break
        piece = binascii.a2b_base64(answer["d"])
        if len(piece) != answer["len"] or answer["at"] != at:
            raise HeelcueError(f"{path} came damaged from {console.port}; run this again")
        data += piece
        if moved is not None:
            moved(len(piece))
    if at < size:
        raise HeelcueError(f"{path} ended after {at} of {size} bytes; run this again")
    return data
