"""The serial console: what is printed goes out byte by byte, what comes in waits in a buffer.

An UART at 115200 baud has 128 bytes of FIFO; a print that does not fit waits, as on the ESP32.
Ctrl-C on the way in interrupts the running code unless micropython.kbd_intr(-1) is set.
"""

from . import trace


class Console:
    """Both directions of the console."""

    def __init__(self, board, stream):
        self.board = board
        self.stream = stream  # bytes go here, cooked (\\r\\n)
        self.received = bytearray()
        self.interrupt_char = 3
        self.drained_at = 0  # when the last byte will have left the UART
        self.byte_ns = board.costs["uart_byte_ns"]
        self.room_us = board.costs["uart_fifo_bytes"] * self.byte_ns // 1000
        self.waiting = False  # the running code blocks until input comes

    def write(self, data):
        """Send bytes as they are."""
        board = self.board
        clock = board.clock
        count = len(data)
        if not count:
            return
        board.trace.put(trace.CONSOLE, clock.now, 0, 0, count)
        self.stream.write(data)
        start = self.drained_at if self.drained_at > clock.now else clock.now
        self.drained_at = start + count * self.byte_ns // 1000
        late = self.drained_at - clock.now - self.room_us
        clock.spend(clock.call_us + (late if late > 0 else 0))

    def print(self, text):
        """Send text, line ends as CR LF."""
        self.write(text.replace("\n", "\r\n").encode())

    def feed(self, data):
        """Bytes arrive from the host."""
        if self.interrupt_char < 0 or bytes((self.interrupt_char,)) not in data:
            self.received.extend(data)
            return
        for byte in data:
            if byte == self.interrupt_char:
                self.received[:] = b""
                self.board.clock.interrupt = True
                self.board.clock.ready = True
            else:
                self.received.append(byte)

    def read(self, count):
        """Take up to count bytes that have arrived."""
        data = bytes(self.received[:count])
        self.received[:] = self.received[count:]
        return data

    def give_back(self, data):
        """Put back what was read too much."""
        self.received[:] = data + self.received

    def wait_byte(self):
        """Block until a byte is there; returns it."""
        return self.wait_bytes(1)[0]

    def wait_bytes(self, most):
        """Block until something is there; returns up to `most` bytes of it."""
        clock = self.board.clock
        self.waiting = True
        try:
            while not self.received:
                clock.wait_event(clock.now + 1000000)
        finally:
            self.waiting = False
        return self.read(most)
