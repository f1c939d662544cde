"""Stand-ins for built-in modules that touch the outside: sys, select, gc, micropython, os, print.

Each passes on to the real module what it does not replace.
"""

import builtins
import gc as _gc
import io
import os as _os
import sys as _sys
from collections import namedtuple

import micropython as _micropython

_board = None
_baseline = 0
_ballast = []  # fills the host's heap up to what the firmware shall have
_heap = 0
_real_print = print
_Uname = namedtuple("uname", ("sysname", "nodename", "release", "version", "machine"))
_OWN = "/virtual_board/device/"  # frames of the board itself stay out of tracebacks


class Passing:
    """Attributes of the class first, then those of the real module."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)


class Output:
    """sys.stdout, or its buffer."""

    def __init__(self, console, cooked):
        self._console = console
        self._cooked = cooked
        self.buffer = Output(console, False) if cooked else self

    def write(self, data, first=None, count=None):
        """Write text or bytes: all, write(data, count) or write(data, first, count)."""
        if first is not None:
            data = data[:first] if count is None else data[first : first + count]
        if self._cooked:
            text = data if isinstance(data, str) else bytes(data).decode()
            self._console.print(text)
        else:
            self._console.write(data if not isinstance(data, str) else data.encode())
        return len(data)

    def flush(self):
        """Nothing is held back."""


class Input:
    """sys.stdin, or its buffer: reads block until enough has come, as the port's do."""

    def __init__(self, console, text):
        self._console = console
        self._text = text
        self.buffer = Input(console, False) if text else self

    def _give(self, data):
        return bytes(data).decode() if self._text else bytes(data)

    def read(self, count=-1):
        """Read count characters; -1 reads for ever, as there is no end of file."""
        data = bytearray()
        while count < 0 or len(data) < count:
            byte = self._console.wait_byte()
            data.append(10 if byte == 13 and self._text else byte)
        return self._give(data)

    def read1(self, count=1):
        """Read what is there, one character at least."""
        return self.read(1)

    def readinto(self, buf, count=-1):
        """Fill buf."""
        wanted = len(buf) if count < 0 else count
        for i in range(wanted):
            buf[i] = self._console.wait_byte()
        return wanted

    def readline(self, count=-1):
        """Read to the end of a line."""
        data = bytearray()
        while count < 0 or len(data) < count:
            byte = self._console.wait_byte()
            if byte == 13 and self._text:
                byte = 10
            data.append(byte)
            if byte == 10:
                break
        return self._give(data)


class Implementation:
    """sys.implementation, with the machine's own name."""

    def __init__(self, real, target):
        self.name = real.name
        self.version = real.version
        self._machine = "Heelcue virtual board with " + target.upper()
        self._mpy = real._mpy
        self._build = "VIRTUAL_" + target.upper()

    def __repr__(self):
        return "(name='%s', version=%s, _machine='%s', _mpy=%d, _build='%s')" % (
            self.name,
            self.version,
            self._machine,
            self._mpy,
            self._build,
        )


class Sys(Passing):
    """sys of the board: its console, its platform."""

    def __init__(self, board):
        Passing.__init__(self, _sys)
        self.platform = "esp32"
        self.stdin = Input(board.console, True)
        self.stdout = Output(board.console, True)
        self.stderr = self.stdout
        self.implementation = Implementation(_sys.implementation, board.target)

    def print_exception(self, error, file=None):
        """Print with traceback."""
        if file is not None and not isinstance(file, Output):
            _sys.print_exception(error, file)
            return
        text = io.StringIO()
        _sys.print_exception(error, text)
        lines = text.getvalue().split("\n")
        _board.console.print("\n".join([line for line in lines if _OWN not in line]))

    def exit(self, value=None):
        """Leave the program: on the ESP32 a soft reset."""
        raise SystemExit(value)


class Gc(Passing):
    """gc: collecting costs time by what is in use; the board's own objects do not count."""

    def collect(self):
        """Collect."""
        _gc.collect()
        costs = _board.costs
        _board.clock.spend(costs["gc_base_us"] + self.mem_alloc() * costs["gc_kb_us"] // 1024)

    def mem_alloc(self):
        """Bytes that the firmware holds."""
        used = _gc.mem_alloc() - _baseline
        return used if used > 0 else 0

    def mem_free(self):
        """Bytes left of the configured heap."""
        return _heap - self.mem_alloc() if _heap else _gc.mem_free()


class Micropython(Passing):
    """micropython: kbd_intr acts on the board's console, schedule on its queue of callbacks."""

    def schedule(self, function, argument):
        """Call function(argument) soon."""
        if not _board.clock.schedule(function, argument):
            raise RuntimeError("schedule queue full")

    def kbd_intr(self, char):
        """Which character interrupts; -1: none."""
        _board.console.interrupt_char = char


class Os(Passing):
    """os: uname and sync, which the unix port lacks."""

    def uname(self):
        """Names of the system."""
        machine = "Heelcue virtual board with " + _board.target.upper()
        return _Uname("esp32", "esp32", _sys.version, _sys.version, machine)

    def sync(self):
        """The file system writes through."""

    def dupterm(self, *_args):
        """No second terminal."""
        return


class Poll:
    """select.poll over the console; other streams count as ready."""

    def __init__(self):
        self._wanted = {}

    def register(self, stream, events=5):
        """Watch a stream."""
        self._wanted[stream] = events

    modify = register

    def unregister(self, stream):
        """Watch it no longer."""
        self._wanted.pop(stream, None)

    def _ready(self):
        found = []
        for stream, events in self._wanted.items():
            if isinstance(stream, Input):
                if events & 1 and _board.console.received:
                    found.append((stream, 1))
            elif events & 4:
                found.append((stream, 4))
        return found

    def poll(self, timeout=-1):
        """Wait up to timeout ms (-1: for ever) until something is ready."""
        clock = _board.clock
        clock.call()
        until = clock.now + timeout * 1000 if timeout >= 0 else 1 << 59
        while True:
            found = self._ready()
            if found or clock.now >= until:
                return found
            clock.wait_event(min(until, clock.now + 1000000))

    def ipoll(self, timeout=-1, flags=0):
        """poll() as an iterator."""
        return iter(self.poll(timeout))


class Select:
    """select."""

    POLLIN = 1
    POLLOUT = 4
    POLLERR = 8
    POLLHUP = 16
    poll = Poll


def board_print(*values, sep=" ", end="\n", file=None):
    """print() on the board's console."""
    if file is not None and not isinstance(file, Output):
        _real_print(*values, sep=sep, end=end, file=file)
        return
    _board.console.print(sep.join([str(value) for value in values]) + end)


def board_input(prompt=""):
    """input() from the board's console, with echo."""
    console = _board.console
    console.print(prompt)
    line = bytearray()
    while True:
        byte = console.wait_byte()
        if byte in (10, 13):
            console.write(b"\r\n")
            return bytes(line).decode()
        line.append(byte)
        console.write(bytes((byte,)))


def repl_print(value):
    """What the prompt shows of an expression."""
    if value is not None:
        _board.console.print(repr(value) + "\n")


def install(board):
    """Put the stand-ins in place; from here on `import` finds them."""
    global _board
    from . import esp32, machine, time

    _board = board
    for module in (esp32, machine, time):
        module.attach(board)
    modules = _sys.modules
    modules["machine"] = machine
    modules["time"] = modules["utime"] = time
    modules["esp32"] = esp32
    modules["sys"] = Sys(board)
    modules["gc"] = Gc(_gc)
    modules["micropython"] = Micropython(_micropython)
    modules["os"] = Os(_os)
    modules["select"] = Select
    builtins.print = board_print
    builtins.input = board_input
    builtins.__repl_print__ = repl_print
    board.clock.report = modules["sys"].print_exception
    return modules["sys"]


def settle_heap(heap):
    """What is in use now belongs to the board; leave the firmware `heap` bytes (0: the rest)."""
    global _baseline, _heap
    _gc.collect()
    _heap = heap
    if heap:
        hole = bytearray(heap)  # stays free in one piece, while everything else is filled
        size = 1 << 20
        while size >= 64:
            try:
                _ballast.append(bytearray(size))
            except MemoryError:
                size //= 2
        del hole
    _gc.collect()
    _baseline = _gc.mem_alloc()
