"""esp32 of ESP32_GENERIC v1.26.1: wake-up sources, pad hold, temperature, RMT. No ULP, no NVS."""

from .rmt import RMT

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
HEAP_DATA = 4
HEAP_EXEC = 1

_board = None


def attach(board):
    """Say which board."""
    global _board
    _board = board
    RMT.board_ = board


def _rtc_pin(pin):
    number = _board.line_of(pin).number
    if number not in _board.rtc_pins:
        raise ValueError("invalid pin")
    return number


def wake_on_ext0(pin=None, level=False):
    """Wake when one pin has a level; pin None: not at all."""
    _need_ext()
    _board.ext0 = None if pin is None else (_rtc_pin(pin), 1 if level else 0)


def wake_on_ext1(pins=None, level=False):
    """Wake when any pin is high, or all are low (on the S3: any; ESP_EXT1_WAKEUP_ANY_LOW)."""
    _need_ext()
    _board.ext1 = ([_rtc_pin(pin) for pin in pins], bool(level)) if pins else None


def _need_ext():
    if _board.target == "esp32c3":  # the C3 has no ext0/ext1; it wakes by wake_on_gpio
        raise AttributeError("module has no such function on this chip")


def wake_on_gpio(pins=None, level=False):
    """ESP32-C3: wake when any of the pins has the level."""
    if _board.target != "esp32c3":
        raise AttributeError("module has no such function on this chip")
    _board.ext1 = ([_rtc_pin(pin) for pin in pins], bool(level)) if pins else None


def wake_on_touch(enable):
    """Touch pads are not on the board."""


def wake_on_ulp(enable):
    """No program for the ULP."""


def gpio_deep_sleep_hold(enable):
    """Whether held pads stay held through deep sleep."""
    _board.deep_sleep_hold = bool(enable)


def raw_temperature():
    """ESP32: degrees Fahrenheit, of the chip."""
    return 107


def mcu_temperature():
    """ESP32-C3, -S3: degrees Celsius, of the chip."""
    return 42


def idf_heap_info(capabilities):
    """(total, free, largest, least free) of the regions outside MicroPython's heap."""
    return [(113840, 80000, 77824, 76000)]
