"""Faults: every one is counted, has a defined answer, and shows in `status`.

| code | name | what it means | what the firmware does |
|---|---|---|---|
| 1 | imu_missing | no IMU answers, or an unknown one | pattern 1; asks every 2 s; in 10 min off |
| 2 | imu_bus | a transfer failed (NACK, stuck bus) | frees the bus, starts the chip again |
| 3 | imu_silent | the chip answers but gives no samples | starts it again, then as imu_missing |
| 4 | imu_frozen | the same sample over and over | starts the chip again |
| 5 | imu_saturated | an axis at its end stop for seconds | counts; cues are not to be trusted |
| 6 | fifo_overflow | samples were overwritten | tells the pipeline how many are missing |
| 7 | haptic | the DRV2605L does not answer | starts it again; cues go on, unfelt |
| 8 | motor_overrun | a pulse did not end by itself | cut by the loop |
| 9 | flash | a file could not be written | logs nothing more for a minute, goes on cueing |
| 10 | settings | the settings file is broken | last good one, else the defaults |
| 11 | battery_low | the battery is nearly empty | pattern, once |
| 12 | battery_empty | it would collapse soon | orderly shut-down, wakes on the button only |
| 13 | watchdog | the loop hung and was reset | counted at the next start |
| 14 | brown_out | the supply went away while it ran | counted at the next start |
| 15 | crash | an exception reached the top | motor off, text kept, restart; after 3, the REPL |
| 16 | console | lines that are no request | answered with an error |
| 17 | slow_output | the host does not read | output is dropped, never a sample |
| 18 | haptic_budget | the motor has run for its share of the minute | this cue is left out |

The motor is off whenever one of them stops the cues. The code is also what the LED and the motor
tell (patterns.py): code 1 to 9 as so many short pulses.
"""

from array import array

from heelcue.compat import const

IMU_MISSING = const(1)
IMU_BUS = const(2)
IMU_SILENT = const(3)
IMU_FROZEN = const(4)
IMU_SATURATED = const(5)
FIFO_OVERFLOW = const(6)
HAPTIC = const(7)
MOTOR_OVERRUN = const(8)
FLASH = const(9)
SETTINGS = const(10)
BATTERY_LOW = const(11)
BATTERY_EMPTY = const(12)
WATCHDOG = const(13)
BROWN_OUT = const(14)
CRASH = const(15)
CONSOLE = const(16)
SLOW_OUTPUT = const(17)
HAPTIC_BUDGET = const(18)
_COUNT = const(19)

NAMES = (
    "none imu_missing imu_bus imu_silent imu_frozen imu_saturated fifo_overflow haptic "
    "motor_overrun flash settings battery_low battery_empty watchdog brown_out crash console "
    "slow_output haptic_budget"
)


def name(code):
    """Return the name of a fault code."""
    return NAMES.split(" ")[code]


class Faults:
    """Counts since start; what was not told yet, with a sentence where there is one."""

    def __init__(self):
        self.counts = array("i", [0] * _COUNT)
        self.text = ""  # the last sentence of any
        self.news = {}  # code -> sentence or "": what the console and the log have not told yet

    def add(self, code, text=""):
        """Count a fault."""
        if self.counts[code] < 0x3FFFFFFF:
            self.counts[code] += 1
        if text:
            self.text = text
        self.news[code] = text

    def clear(self):
        """Forget everything."""
        for i in range(_COUNT):
            self.counts[i] = 0
        self.text = ""

    def as_dict(self):
        """Return {name: count} of what has happened."""
        names = NAMES.split(" ")
        return {names[i]: self.counts[i] for i in range(1, _COUNT) if self.counts[i]}
