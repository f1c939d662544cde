"""Battery and sleep.

The states of the device; hardware/ gives each its current, with sources:

| state | when | processor | IMU | motor |
|---|---|---|---|---|
| `walk` | foot moving | busy: waits of less than a tick (10 ms) are loops | 208 Hz, both | off |
| `stand` | 5 s without motion | idles up to 10 of every 12 ms | as `walk` | off |
| `cue` | a pulse | as `walk` | as `walk` | on |
| `sleep` | `sleep_after_s` without motion | deep sleep | accelerometer, motion wake | off |
| `off` | long press, or empty battery | deep sleep, or supply cut | asleep | off |

Light sleep between samples is not used: it stops the UART and the USB of the C3 and S3, so that
Ctrl-C would not reach the REPL, and PWM; between two samples 4.8 ms apart little would be saved.
"""

import time

from heelcue.compat import const

WALK = "walk"
STAND = "stand"
CUE = "cue"
SLEEP = "sleep"
OFF = "off"
STATES = (WALK, STAND, CUE, SLEEP, OFF)

LOW_MV = const(3_500)
EMPTY_MV = const(3_300)
_CHARGED_MV = const(3_700)  # only then the next low is news: at rest a cell recovers by 0.1 V
ABSENT_MV = const(2_500)  # below this there is no battery but a floating divider, or only USB
_MEASURE_MS = const(10_000)
_TIMES = const(8)
_LET_GO_ASLEEP_MS = const(5_000)  # then motion alone wakes it
_LET_GO_OFF_MS = const(30_000)  # then the reset button or the power switch alone

# Open-circuit voltage of a LiPo cell -> charge, at light load and room temperature; the usual shape
# of LiCoO2 cells, good to about 10 %.
_CURVE = (  # mV, percent, mV, percent ...: pairs would take half a kB more of heap
    4180, 100, 4060, 90, 3980, 80, 3920, 70, 3870, 60, 3820, 50,
    3790, 40, 3770, 30, 3740, 20, 3680, 10, 3450, 5, 3300, 0,
)  # fmt: skip


def percent(mv):
    """Return the charge in percent for a cell voltage in mV, between the points of the curve."""
    if mv >= _CURVE[0]:
        return 100
    for i in range(2, len(_CURVE), 2):
        low_mv = _CURVE[i]
        if mv >= low_mv:
            low = _CURVE[i + 1]
            return low + (mv - low_mv) * (_CURVE[i - 1] - low) // (_CURVE[i - 2] - low_mv)
    return 0


class Battery:
    """The gauge: mean of eight readings, low and empty only after three in a row.

    read_uv: function that returns the ADC's microvolts, or None without a divider.
    """

    def __init__(self, read_uv, above_ohm=0, below_ohm=1):
        self._read_uv = read_uv
        self._above = above_ohm
        self._below = below_ohm
        self._due_ms = time.ticks_ms()
        self._low = 0
        self._empty = 0
        self._told = False
        self.mv = 0

    def look(self, now, motor_on):
        """Measure when it is time and the motor does not pull; return "", "low" or "empty"."""
        if self._read_uv is None or motor_on or time.ticks_diff(now, self._due_ms) < 0:
            return ""
        self._due_ms = time.ticks_add(now, _MEASURE_MS)
        total = 0
        for _ in range(_TIMES):
            total += self._read_uv() // 1000
        self.mv = total // _TIMES * ((self._above + self._below) // 1000) // (self._below // 1000)
        if self.mv < ABSENT_MV:
            self._low = self._empty = 0
            return ""
        self._low = self._low + 1 if self.mv < LOW_MV else 0
        self._empty = self._empty + 1 if self.mv < EMPTY_MV else 0
        if self._empty >= 3:
            return "empty"
        if self.mv >= _CHARGED_MV:
            self._told = False
        if self._low < 3 or self._told:
            return ""
        self._told = True
        return "low"

    def as_dict(self):
        """Return {"mv", "pct"}, or {} when there is no gauge or no battery."""
        if self.mv < ABSENT_MV:
            return {}
        return {"mv": self.mv, "pct": percent(self.mv)}


def _wake_source(board):
    """Return the board's `wake`; None where MicroPython lacks it (wake_on_gpio: from 1.27)."""
    import esp32

    if board["wake"] == "gpio" and not hasattr(esp32, "wake_on_gpio"):
        return None
    return board["wake"]


def can_wake(board):
    """Return whether this board's motion interrupt can end a deep sleep."""
    return board["imu_int"] is not None and _wake_source(board) is not None


def sleep(board, on_motion):
    """Sleep deeply until motion (if on_motion) or the button; does not return.

    Both lines are active low. On the ESP32 and S3 the IMU takes EXT0 and the button EXT1; the C3
    wakes on any of a set of pins. With neither wired only the reset button or the power switch
    wakes it.
    """
    import esp32
    import machine

    wake = _wake_source(board)
    pins = []
    if on_motion and can_wake(board):
        pins.append(machine.Pin(board["imu_int"], machine.Pin.IN, machine.Pin.PULL_UP))
    button = None
    if board["button"] is not None and wake is not None:
        button = machine.Pin(board["button"], machine.Pin.IN, machine.Pin.PULL_UP)
    left_ms = _LET_GO_ASLEEP_MS if pins else _LET_GO_OFF_MS
    while button is not None and not button.value():
        # The press that switches off must not switch on again, however long. A button that is
        # jammed (in a bag) would end each sleep at once, or keep it awake until the cell is flat
        time.sleep_ms(50)
        left_ms -= 50
        if left_ms <= 0:
            button = None
    if button is not None:
        # Held: the pull-up of a pad goes with the digital part otherwise. Not before it was let go:
        # whether a held input still shows what it reads, ESP-IDF's documents say so and so
        button.init(hold=True)  # type: ignore[call-arg]
    if wake == "ext":
        if pins:
            esp32.wake_on_ext0(pins[0], esp32.WAKEUP_ALL_LOW)
        if button is not None:
            esp32.wake_on_ext1((button,), esp32.WAKEUP_ALL_LOW)
    elif wake == "gpio":
        if button is not None:
            pins.append(button)
        if pins:
            esp32.wake_on_gpio(tuple(pins), esp32.WAKEUP_ALL_LOW)
    # Held low: the gate of a MOSFET would float, and a module need not have a resistor against that
    machine.Pin(board["motor"], machine.Pin.OUT, value=0, hold=True)  # type: ignore[call-arg]
    if board["hold"] is not None:
        # Asleep it is held, or the board would cut its own supply. Off it is let go and cuts it,
        # unless USB feeds it: kept on, an M5StickC Plus2 takes 1 mA in deep sleep and its cell is
        # empty in a week (github.com/m5stack/M5StickCPlus2, issue 7)
        machine.Pin(  # type: ignore[call-arg]
            board["hold"], machine.Pin.OUT, value=1 if on_motion else 0, hold=on_motion
        )
    # The motor's pad on the C3 is outside the RTC domain: in deep sleep it would be let go. From
    # 1.29 on it is (micropython issue 19208): the gate needs a resistor
    hold_all = getattr(esp32, "gpio_deep_sleep_hold", None)
    if hold_all is not None and board["wake"] == "gpio":
        hold_all(True)
    machine.deepsleep()
