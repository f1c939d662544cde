"""esp32 of the official builds: wake-up sources, pad hold, temperature, RMT. No ULP, no NVS.

What is there differs by chip and by release (ports/esp32/modesp32.c; what dir(esp32) prints is
quoted in micropython issue 19208 and walter-micropython issue 74):

| function | chips | releases |
|---|---|---|
| wake_on_ext0, wake_on_touch | ESP32, S3 | all |
| wake_on_ext1, wake_on_ulp | ESP32, S3, C6 | all |
| wake_on_gpio | all; on ESP32 and S3 for light sleep only | from 1.27 |
| gpio_deep_sleep_hold | ESP32, S3, C3 | up to 1.28: the ESP-IDF of 1.29 hides it |
| raw_temperature | ESP32 | all |
| mcu_temperature | the others | all |
"""

from .rmt import RMT

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
HEAP_DATA = 4
HEAP_EXEC = 1

_board = None


def attach(board):
    """Say which board; what its chip or release does not have is not there."""
    global _board
    _board = board
    RMT.board_ = board
    here = globals()
    for name in ALL:
        if name in here:
            del here[name]
    here.update(there(board.target, board.port_release))


def there(target, release):
    """Return {name: function} of what a chip has in a release, (1, 26) and later."""
    xtensa = target in ("esp32", "esp32s3")
    has = {"idf_heap_info": True}
    has["wake_on_ext0"] = has["wake_on_touch"] = xtensa
    has["wake_on_ext1"] = has["wake_on_ulp"] = target != "esp32c3"
    has["wake_on_gpio"] = release >= (1, 27)
    has["gpio_deep_sleep_hold"] = target != "esp32c6" and release < (1, 29)
    has["raw_temperature"] = target == "esp32"
    has["mcu_temperature"] = target != "esp32"
    return {name: ALL[name] for name in ALL if has[name]}


def _rtc_pin(pin):
    number = _board.line_of(pin).number
    if number not in _board.rtc_pins:
        raise ValueError("invalid pin")
    return number


def wake_on_ext0(pin=None, level=False):
    """Wake when one pin has a level; pin None: not at all."""
    _board.ext0 = None if pin is None else (_rtc_pin(pin), 1 if level else 0)


def wake_on_ext1(pins=None, level=False):
    """Wake when any pin is high, or all are low (but for the ESP32: any; ANY_LOW of ESP-IDF)."""
    _board.ext1 = ([_rtc_pin(pin) for pin in pins], bool(level)) if pins else None


def wake_on_gpio(pins=None, level=False):
    """Wake when any of the pins has the level; deepsleep() says where that is not possible."""
    _board.gpio_wake = ([_board.line_of(pin).number for pin in pins], bool(level)) if pins else None


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
    """The others: degrees Celsius, of the chip."""
    return 42


def idf_heap_info(capabilities):
    """(total, free, largest, least free) of the regions outside MicroPython's heap."""
    return [(113840, 80000, 77824, 76000)]


ALL = {
    "wake_on_ext0": wake_on_ext0,
    "wake_on_ext1": wake_on_ext1,
    "wake_on_gpio": wake_on_gpio,
    "wake_on_touch": wake_on_touch,
    "wake_on_ulp": wake_on_ulp,
    "gpio_deep_sleep_hold": gpio_deep_sleep_hold,
    "raw_temperature": raw_temperature,
    "mcu_temperature": mcu_temperature,
    "idf_heap_info": idf_heap_info,
}
