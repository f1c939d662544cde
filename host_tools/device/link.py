"""The raw REPL: getting into it whatever the board is doing, running code, moving files."""

from __future__ import annotations

import ast
import binascii
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import heelcue
from mpremote.transport import TransportError, TransportExecError

from host_tools.device.ports import choose_port
from host_tools.device.serial_port import (
    LinkLostError,
    Talk,
    Transport,
    garbage_error,
    is_garbage,
    lost_port,
    quiet,
)
from host_tools.errors import HeelcueError

CTRL_B, CTRL_C, CTRL_D = b"\x02", b"\x03", b"\x04"
PROMPTS = (b">>> ", b"raw REPL; CTRL-B to exit\r\n>", b"\r\n>")
ATTEMPTS = 4
PATIENCE_S = 2.0  # for a prompt after Ctrl-C: the application writes its log first
ENTRY_S = 4.0
READ_BYTES = 768  # a kilobyte of base64
CHUNK_BYTES = 512  # of a file per command: a kilobyte of text, small beside the board's heap
ROM_WORDS = (b"rst:0x", b"ets Jul", b"ESP-ROM:", b"invalid header")

Say = Callable[[str], None]


class BoardError(HeelcueError):
    """The board answered, but what it said is a failure; `detail` is its own last line."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class Link(Talk):
    """A board in raw REPL. Use as a context; leaves the board in the friendly REPL."""

    def close(self) -> None:
        """Leave raw REPL and close the port."""
        with contextlib.suppress(Exception):
            if self.transport.in_raw_repl:
                self.transport.exit_raw_repl()
        super().close()

    @contextlib.contextmanager
    def _talking(self, doing: str) -> Iterator[None]:
        """Map failures: the board's exceptions, a broken dialogue, a lost port."""
        try:
            with lost_port(self.port), quiet():
                yield
        except TransportExecError as error:
            lines = error.error_output.strip().splitlines()
            detail = lines[-1] if lines else ""
            raise BoardError(f"{doing} failed on the board: {detail}", detail) from None
        except (TransportError, SyntaxError, ValueError, IndexError) as error:
            if isinstance(error, ValueError) and "I/O operation" in str(error):
                raise LinkLostError(f"the port {self.port} was closed while {doing}") from None
            raise HeelcueError(
                f"the board on {self.port} stopped making sense while {doing} "
                f"({str(error)[:80]}); unplug it, plug it in and run this again"
            ) from None

    def run(self, code: str, doing: str = "running code") -> str:
        """Run code and return what it printed. Raises BoardError with its exception's last line."""
        with self._talking(doing):
            output: bytes = self.transport.exec(code)
        return output.decode(errors="replace").replace("\r\n", "\n")

    def ask(self, expression: str, doing: str = "asking the board") -> Any:
        """Return the value of an expression of literals."""
        text = self.run(f"print(repr({expression}))", doing)
        with self._talking(doing):
            return ast.literal_eval(text.strip())

    def ask_json(self, code: str, doing: str = "asking the board") -> Any:
        """Run code that prints one JSON value; return it."""
        text = self.run(code, doing)
        with self._talking(doing):
            return json.loads(text)

    def put(self, path: str, data: bytes, moved: Callable[[int], None] | None = None) -> None:
        """Write a file in chunks; moved(bytes) is called after each."""
        done = 0

        def progress(written: int, _size: int) -> None:
            nonlocal done
            if moved is not None:
                moved(written - done)
            done = written

        with self._talking(f"writing {path}"):
            try:
                self.transport.fs_writefile(path, data, CHUNK_BYTES, progress)
            except OSError as error:
                raise file_trouble(path, error) or error from None

    def get(self, path: str, moved: Callable[[int], None] | None = None) -> bytes:
        """Read a whole file, as base64; moved(bytes) is called after each chunk."""
        data = b""
        doing = f"reading {path}"
        try:
            self.run(f"import binascii\nf=open({path!r},'rb')\nr=f.read", doing)
            while True:
                text = self.run(f"print(binascii.b2a_base64(r({READ_BYTES})))", doing)
                with self._talking(doing):
                    chunk = binascii.a2b_base64(ast.literal_eval(text.strip()))
                if not chunk:
                    break
                data += chunk
                if moved is not None:
                    moved(len(chunk))
            self.run("f.close()", doing)
        except BoardError as error:
            if "ENOENT" in error.detail:
                raise BoardError(f"there is no {path} on the board", "ENOENT") from None
            raise
        return data

    def start_now(self) -> None:
        """Start the application by a soft reset, without its boot window; the port stays open."""
        with self._talking("starting the application"):
            self.transport.exec(f"import machine\nmachine.RTC().memory({heelcue.START_NOW!r})")
            self.transport.exit_raw_repl()
            self.transport.write(CTRL_D)

    def leave_running(self) -> None:
        """After a failure: have the board start what is on it, as far as it still listens."""
        with contextlib.suppress(Exception):
            self.transport.write(b"\r" + CTRL_C + CTRL_B)
            self.transport.read_until_any((b">>> ",), PATIENCE_S)
            self.transport.write(CTRL_D)
            self.transport.in_raw_repl = False

    def reset(self) -> None:
        """Reset the board as its button would; the port stays open."""
        with self._talking("resetting"):
            self.transport.exec_raw_no_follow("import machine\nmachine.reset()")
            self.transport.in_raw_repl = False


def file_trouble(path: str, error: OSError) -> BoardError | None:
    """Return what a failure on the board's file system means; None if it is none of those."""
    import errno

    if error.errno == errno.ENOSPC:
        return BoardError(
            f"the board's flash is full ({path} does not fit); remove recordings or the log with "
            "'heelcue record --remove' or 'heelcue report --erase'",
            "ENOSPC",
        )
    return None


def connect(port: str | None = None, say: Say = lambda sentence: None) -> Link:
    """Open the port and get into raw REPL, whatever runs on the board; a fresh heap.

    say: told each attempt after the first. Raises HeelcueError that says what to do.
    """
    name = choose_port(port)
    transport = Transport(name)
    try:
        _enter(transport, say)
    except KeyboardInterrupt:  # the application may have been stopped already
        link = Link(transport)
        link.leave_running()
        link.close()
        raise
    except BaseException:
        transport.close()
        raise
    return Link(transport)


def _enter(transport: Transport, say: Say) -> None:
    heard = b""
    for attempt in range(ATTEMPTS):
        noise = is_garbage(heard)
        if noise and attempt % 2:
            continue  # asking it the same again is no use; a reset may be
        if attempt == 1:
            say("The application does not let go; trying again.")
        elif attempt == 2:
            say("Resetting the board.")
            if transport.pulse_reset():
                # The boot window is open for a second and a half; be there
                time.sleep(0.3)
        heard += _interrupt(transport, repeats=1 if noise else 1 + 2 * attempt)
        try:
            with lost_port(transport.port), quiet():
                transport.enter_raw_repl(soft_reset=True, timeout_overall=ENTRY_S)
            return
        except TransportError:
            heard += transport.read_some(0.2)
    raise _no_repl(transport.port, heard)


def _interrupt(transport: Transport, repeats: int) -> bytes:
    """Send Ctrl-C until a prompt comes; return what was heard."""
    heard = b""
    for _ in range(repeats):
        transport.write(b"\r" + CTRL_C)
        heard += transport.read_until_any(PROMPTS, PATIENCE_S)
        if heard.endswith(PROMPTS):
            break
    return heard


def _no_repl(port: str, heard: bytes) -> HeelcueError:
    if not heard:
        return HeelcueError(
            f"nothing answers on {port}: is it the right port? A board that sleeps wakes when "
            "it is moved or its button pressed; onto a new one MicroPython is put with 'heelcue "
            "flash --micropython FILE'"
        )
    if any(word in heard for word in ROM_WORDS):
        return HeelcueError(
            f"the chip on {port} starts, but there is no MicroPython on it; put it there with "
            "'heelcue flash --micropython FILE'"
        )
    if is_garbage(heard):
        return garbage_error(port)
    text = heard[-60:].decode(errors="replace").strip()
    return HeelcueError(
        f"the board on {port} does not stop for Ctrl-C (it last said: {text[-40:]!r}); "
        "hold its button while you plug it in, then try again"
    )
