"""machine.ADC: the battery behind its divider, and what else hangs on an analogue pin."""

ADC_PINS = {
    "esp32": (32, 33, 34, 35, 36, 37, 38, 39, 0, 2, 4, 12, 13, 14, 15, 25, 26, 27),
    "esp32c3": (0, 1, 2, 3, 4, 5),
    "esp32c6": tuple(range(7)),
    "esp32s3": tuple(range(1, 21)),
}
FULL_UV = {0: 950000, 1: 1250000, 2: 1750000, 3: 3100000}  # by attenuation


class ADC:
    """machine.ADC of the ESP32 port: read_uv(), read_u16(), read(), atten()."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_9BIT = 9
    WIDTH_10BIT = 10
    WIDTH_11BIT = 11
    WIDTH_12BIT = 12
    board_ = None

    def __init__(self, pin, atten=0):
        line = self.board_.line_of(pin)
        if line.number not in ADC_PINS[self.board_.target]:
            raise ValueError("invalid pin")
        self._line = line
        self._atten = atten

    def init(self, atten=0):
        """Configure."""
        self._atten = atten

    def atten(self, atten):
        """Choose the range."""
        if atten not in FULL_UV:
            raise ValueError("invalid atten")
        self._atten = atten

    def width(self, bits):
        """Choose the resolution (kept for old code)."""

    def read_uv(self):
        """Calibrated reading in microvolts."""
        board = self._line.board
        board.clock.spend(board.clock.call_us + 60)
        return min(board.analog_uv(self._line.number), FULL_UV[self._atten])

    def read_u16(self):
        """Raw reading, 0-65535."""
        return self.read_uv() * 65535 // FULL_UV[self._atten]

    def read(self):
        """Raw reading, 0-4095."""
        return self.read_uv() * 4095 // FULL_UV[self._atten]
