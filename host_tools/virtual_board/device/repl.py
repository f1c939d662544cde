"""The prompt: friendly, raw and raw-paste, byte for byte as the ESP32 talks to mpremote.

Protocol: MicroPython reference manual, "The MicroPython Interactive Interpreter Mode", and
shared/runtime/pyexec.c.
"""

import sys

from . import trace

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = 1, 2, 3, 4, 5
WINDOW = 128
CANCEL, END = b"\x03", b"\x04"
COMPOUND = ("if", "while", "for", "with", "try", "class", "def", "@", "async")


class Prompt:
    """Reads commands from the console and runs them in the namespace of __main__."""

    def __init__(self, board, namespace, print_exception):
        self.board = board
        self.console = board.console
        self.namespace = namespace
        self.print_exception = print_exception
        self.history = []

    def banner(self):
        """The greeting."""
        self.console.print(
            "%s; Heelcue virtual board with %s\n"
            'Type "help()" for more information.\n'
            % (sys.version.split("; ")[-1], self.board.target.upper())
        )

    def run(self):
        """For ever; SystemExit asks for a soft reset."""
        if not self.board.raw_repl:
            self.banner()
        while True:
            self.console.interrupt_char = -1
            self.board.trace.put(
                trace.PROMPT, self.board.clock.now, 1 if self.board.raw_repl else 0
            )
            if self.board.raw_repl:
                self.raw()
            else:
                self.friendly()

    # --- running what was typed ---

    def execute(self, source, mode, framed):
        """Compile and run; `framed` puts Ctrl-D after output and after errors."""
        console = self.console
        console.interrupt_char = 3
        clock = self.board.clock
        failure = None
        try:
            exec(compile(source, "<stdin>", mode), self.namespace)
            clock.call()
        except SystemExit:
            if framed:
                console.write(b"\x04\x04")
            raise
        except BaseException as error:
            failure = error
        finally:
            console.interrupt_char = -1
            clock.interrupt = False
        if framed:
            console.write(b"\x04")
        if failure is not None:
            self.print_exception(failure)
        if framed:
            console.write(b"\x04")

    # --- raw ---

    def raw(self):
        """Until Ctrl-B."""
        console = self.console
        console.write(b"raw REPL; CTRL-B to exit\r\n>")
        line = bytearray()
        while True:
            byte = console.wait_byte()
            if byte == CTRL_A:
                if bytes(line) == b"\x05A":
                    line[:] = b""
                    self.raw_paste()
                    console.write(b">")
                else:
                    line[:] = b""
                    console.write(b"raw REPL; CTRL-B to exit\r\n>")
            elif byte == CTRL_B:
                console.write(b"\r\n")
                self.board.raw_repl = False
                self.banner()
                return
            elif byte == CTRL_C:
                line[:] = b""
            elif byte == CTRL_D:
                console.write(b"OK")
                if not line:
                    console.write(b"\r\n")
                    raise SystemExit
                source = bytes(line)
                line[:] = b""
                self.execute(decode(source), "exec", True)
                console.write(b">")
            else:
                line.append(byte)

    def raw_paste(self):
        """Source with flow control: the sender may send WINDOW bytes for each Ctrl-A it gets."""
        console = self.console
        console.write(b"R\x01" + bytes((WINDOW & 0xFF, WINDOW >> 8)) + b"\x01")
        source = bytearray()
        left = WINDOW
        ended = False
        while not ended:
            data = console.wait_bytes(left)
            cancelled, end = data.find(CANCEL), data.find(END)
            if cancelled >= 0 and not 0 <= end < cancelled:
                console.give_back(data[cancelled + 1 :])
                console.write(b"\x04\x04")
                self.print_exception(KeyboardInterrupt())
                console.write(b"\x04")
                return
            ended = end >= 0
            if ended:
                console.give_back(data[end + 1 :])
                data = data[:end]
            source.extend(data)
            left -= len(data)
            if left == 0:
                console.write(b"\x01")
                left = WINDOW
        console.write(b"\x04")
        self.execute(decode(bytes(source)), "exec", True)

    # --- friendly ---

    def friendly(self):
        """One command, of one or more lines."""
        line = self.edit(">>> ")
        if line is None:
            return
        source = line
        while wants_more(source):
            more = self.edit("... ", indent_of(source))
            if more is None:
                return
            source += "\n" + more
        if source.strip():
            self.execute(source + "\n", "single", False)

    def edit(self, prompt, indent=""):
        """Read a line with echo; None when it was cancelled or another mode was chosen."""
        console = self.console
        console.write((prompt + indent).encode())
        line = bytearray(indent.encode())
        back = len(self.history)
        while True:
            byte = console.wait_byte()
            if byte == CTRL_A:
                console.write(b"\r\n")
                self.board.raw_repl = True
                return None
            if byte == CTRL_B:
                console.write(b"\r\n")
                self.banner()
                return None
            if byte == CTRL_C:
                console.write(b"\r\n")
                return None
            if byte == CTRL_D and not line:
                console.write(b"\r\n")
                raise SystemExit
            if byte == CTRL_E and not line and prompt == ">>> ":
                self.paste()
                return None
            if byte in (13, 10):
                console.write(b"\r\n")
                text = decode(bytes(line))
                if text.strip():
                    self.history = self.history[-7:] + [text]
                return text
            if byte in (8, 127):
                if line:
                    line[:] = line[:-1]
                    console.write(b"\b\x1b[K")
            elif byte == 27:
                keys = bytes((console.wait_byte(), console.wait_byte()))
                if keys in (b"[A", b"[B") and self.history:
                    back = max(0, min(len(self.history) - 1, back + (-1 if keys == b"[A" else 1)))
                    console.write(b"\b" * len(line) + b"\x1b[K")
                    line[:] = self.history[back].encode()
                    console.write(bytes(line))
            elif byte == 9:
                line.extend(b"    ")
                console.write(b"    ")
            elif byte >= 32:
                line.append(byte)
                console.write(bytes((byte,)))

    def paste(self):
        """Ctrl-E: lines up to Ctrl-D as one piece."""
        console = self.console
        console.write(b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
        source = bytearray()
        while True:
            byte = console.wait_byte()
            if byte == CTRL_C:
                console.write(b"\r\n")
                return
            if byte == CTRL_D:
                console.write(b"\r\n")
                break
            if byte == 13:
                source.append(10)
                console.write(b"\r\n=== ")
            else:
                source.append(byte)
                console.write(bytes((byte,)))
        self.execute(decode(bytes(source)), "exec", False)


def decode(data):
    """Bytes as text; what is not ASCII becomes a question mark if it is not UTF-8."""
    try:
        return data.decode()
    except UnicodeError:
        return "".join([chr(byte) if byte < 128 else "?" for byte in data])


def indent_of(source):
    """Indentation for the next line of a compound statement."""
    last = source.split("\n")[-1]
    indent = last[: len(last) - len(last.lstrip())]
    return indent + "    " if last.rstrip().endswith(":") else indent


def wants_more(source):
    """True while a statement needs another line."""
    depth = source.count("(") + source.count("[") + source.count("{")
    depth -= source.count(")") + source.count("]") + source.count("}")
    if depth > 0 or source.endswith("\\"):
        return True
    if source.count('"""') % 2 or source.count("'''") % 2:
        return True
    first = source.lstrip().split("\n")[0]
    compound = False
    for word in COMPOUND:
        if first.startswith(word) and not (first[len(word) :] + " ")[0].isalpha():
            compound = True
    return compound and not source.endswith("\n") and bool(source.split("\n")[-1].strip())
