"""TI DRV2605L haptic driver, after its datasheet SLOS854 rev D (section 8.6: registers).

What the motor feels is a strength: the drive level of the effect, scaled by RATED_VOLTAGE against
the motor's own nominal value (option "rated"; closed loop) or by OD_CLAMP (ERM in open loop).
The ROM effects' exact shapes are not published; those with a duration in their name last that
long, the others are estimates that EFFECT_MS names as such. Not modelled: audio-to-vibe, PWM input,
resonance tracking (LRA_PERIOD reads the motor's nominal one), the overdrive in library A.
"""

from ..clock import NEVER
from ..port import micropython
from .base import Chip, fill

STATUS = micropython.const(0x00)
MODE = micropython.const(0x01)
RTP_INPUT = micropython.const(0x02)
LIBRARY_SEL = micropython.const(0x03)
WAVESEQ1 = micropython.const(0x04)
GO = micropython.const(0x0C)
RATED_VOLTAGE = micropython.const(0x16)
OD_CLAMP = micropython.const(0x17)
A_CAL_COMP = micropython.const(0x18)
A_CAL_BEMF = micropython.const(0x19)
FEEDBACK_CONTROL = micropython.const(0x1A)
CONTROL1 = micropython.const(0x1B)
CONTROL2 = micropython.const(0x1C)
CONTROL3 = micropython.const(0x1D)
CONTROL4 = micropython.const(0x1E)
CONTROL5 = micropython.const(0x1F)
OL_LRA_PERIOD = micropython.const(0x20)
VBAT = micropython.const(0x21)
LRA_PERIOD = micropython.const(0x22)

RESETS = {
    STATUS: 0xE0,
    MODE: 0x40,
    LIBRARY_SEL: 0x01,
    WAVESEQ1: 0x01,
    0x11: 0x05,
    0x12: 0x19,
    0x13: 0xFF,
    0x14: 0x19,
    0x15: 0xFF,
    RATED_VOLTAGE: 0x3E,
    OD_CLAMP: 0x8C,
    A_CAL_COMP: 0x0C,
    A_CAL_BEMF: 0x6C,
    FEEDBACK_CONTROL: 0x36,
    CONTROL1: 0x93,
    CONTROL2: 0xF5,
    CONTROL3: 0xA0,
    CONTROL4: 0x20,
    CONTROL5: 0x80,
    OL_LRA_PERIOD: 0x33,
}
FULL = micropython.const(65535)
CALIBRATION_US = (250000, 350000, 600000, 1100000)  # CONTROL4: AUTO_CAL_TIME
DIAGNOSTICS_US = micropython.const(60000)

# Effect: (ms, percent). Named in the datasheet's table 12.1.2: 10 to 16, 47 to 57, 118; the rest
# counts as a click of 40 ms at full drive (an estimate).
EFFECT_MS = {
    10: (110, 100),  # double click, estimate
    12: (170, 100),  # triple click, estimate
    14: (230, 100),  # strong buzz, estimate
    15: (750, 100),  # 750 ms alert
    16: (1000, 100),  # 1000 ms alert
    118: (10000, 100),  # long buzz for programmatic stopping: 10 s at most
}
for _step in range(5):
    EFFECT_MS[47 + _step] = (210, 100 - 20 * _step)  # buzz 1-5, lengths estimated
    EFFECT_MS[52 + _step] = (120, 100 - 20 * _step)  # pulsing, lengths estimated
CLICK = (40, 100)
# Library A is for motors of 1.3 V: that, of the 3 V of its overdrive, is what its effects sustain
LIBRARY_A = micropython.const(1)
SUSTAINED_BY_A = (13, 30)


class Drv2605l(Chip):
    """The chip at 0x5A, a motor on its output, and perhaps a GPIO on IN/TRIG.

    options: "motor" erm, lra or none; "rated": RATED_VOLTAGE that means full strength for it.
    """

    KEEP = Chip.KEEP + ("regs", "parts", "level", "task")
    NOMINAL = {"erm": 140, "lra": 105, "none": 140}  # 3 V ERM, 2.5 V rms LRA at 170 Hz (8.5.2)

    def __init__(self, board, address=0x5A, options=None):
        options = options or {}
        self.options = options
        self.kind = options.get("motor", "erm")
        self.nominal = options.get("rated", self.NOMINAL[self.kind])
        self.regs = bytearray(0x23)
        self.parts = []  # [us, percent] still to play
        self.level = 0  # percent of what plays now
        self.task = ""  # what GO does: "play", "calibrate", "diagnose"
        self.trigger = None
        Chip.__init__(self, board, address)
        if options.get("trigger_pin") is not None:
            self.trigger = board.lines[options["trigger_pin"]]
            self.trigger.watchers.append(self)
        self.power_on()

    def power_on(self):
        """Reset values: standby."""
        fill(self.regs, RESETS)
        self.parts = []
        self.task = ""
        self.due = NEVER
        self.drive(0)

    def power(self, on):
        """Without supply nothing drives the motor."""
        Chip.power(self, on)
        if not on:
            self.parts = []
            self.task = ""
            self.drive(0)

    # --- what the motor gets ---

    def drive(self, percent):
        """Drive level of the output stage, in percent of the effect's full scale."""
        self.level = percent
        regs = self.regs
        if self.kind == "none" or not percent:
            strength = 0
        else:
            lra = regs[FEEDBACK_CONTROL] & 0x80
            open_loop = regs[CONTROL3] & (0x01 if lra else 0x20)
            reference = regs[OD_CLAMP] if open_loop else regs[RATED_VOLTAGE]
            strength = FULL * percent * reference // (100 * self.nominal)
            if bool(lra) != (self.kind == "lra"):
                strength //= 4  # driven as the other kind of motor: hardly moves
        self.board.motor.set(min(FULL, strength))

    def rtp(self):
        """Real-time playback: RTP_INPUT, signed unless DATA_FORMAT_RTP."""
        value = self.regs[RTP_INPUT]
        if self.regs[CONTROL3] & 0x08:
            percent = value * 100 // 255
        else:
            percent = value * 100 // 127 if value < 128 else 0
        self.drive(percent)

    # --- playing ---

    def start(self):
        """GO: by register or trigger."""
        regs = self.regs
        if regs[MODE] & 0x40:
            return
        mode = regs[MODE] & 0x07
        regs[GO] = 1
        now = self.clock.now
        if mode == 7:
            self.task = "calibrate"
            self.drive(100)
            self.clock.at(self, now + CALIBRATION_US[regs[CONTROL4] >> 4 & 3])
        elif mode == 6:
            self.task = "diagnose"
            self.drive(50)
            self.clock.at(self, now + DIAGNOSTICS_US)
        elif mode in (0, 1, 2):
            self.task = "play"
            self.parts = self.sequence()
            self.clock.at(self, now)
            self.next_part()

    def sequence(self):
        """WAVESEQ1-8 up to the first 0; bit 7: wait, in 10 ms (8.6.4)."""
        parts = []
        for slot in range(8):
            value = self.regs[WAVESEQ1 + slot]
            if not value:
                break
            if value & 0x80:
                parts.append([(value & 0x7F) * 10000, 0])
            else:
                ms, percent = EFFECT_MS.get(value, CLICK)
                if self.regs[LIBRARY_SEL] & 7 == LIBRARY_A:
                    percent = percent * SUSTAINED_BY_A[0] // SUSTAINED_BY_A[1]
                parts.append([ms * 1000, percent])
        return parts

    def next_part(self):
        """The next part of the sequence, or its end."""
        if self.parts:
            us, percent = self.parts.pop(0)
            self.drive(percent)
            self.clock.at(self, self.clock.now + us)
        else:
            self.stop()

    def stop(self):
        """GO cleared."""
        self.regs[GO] = 0
        self.task = ""
        self.parts = []
        self.due = NEVER
        if self.regs[MODE] & 0x47 == 5:
            self.rtp()
        else:
            self.drive(0)

    def fire(self):
        """A part, the calibration or the diagnostics have ended."""
        self.due = NEVER
        if self.task == "play":
            self.next_part()
            return
        failed = self.kind == "none" or self.options.get("fails")
        regs = self.regs
        if self.task == "calibrate" and not failed:
            lra = bool(regs[FEEDBACK_CONTROL] & 0x80)
            failed = lra != (self.kind == "lra")
            if not failed:
                regs[A_CAL_COMP] = 0x0E
                regs[A_CAL_BEMF] = 0x74
                regs[FEEDBACK_CONTROL] = regs[FEEDBACK_CONTROL] & 0xFC | 0x02
        regs[STATUS] = regs[STATUS] & 0xF7 | (0x08 if failed else 0)
        self.stop()

    def line_changed(self, line):
        """IN/TRIG (8.3.5): edge mode starts or cancels, level mode plays while high."""
        if not self.powered or self.regs[MODE] & 0x40:
            return
        mode = self.regs[MODE] & 0x07
        if mode == 1 and line.level:
            if self.regs[GO]:
                self.stop()
            else:
                self.start()
        elif mode == 2:
            if line.level:
                self.start()
            else:
                self.stop()

    # --- registers ---

    def read(self, register):
        """Value of one register; reading STATUS clears its latched bits."""
        if register >= len(self.regs):
            return 0
        value = self.regs[register]
        if register == STATUS:
            self.regs[STATUS] = value & 0xFC
        elif register == VBAT:
            return min(255, self.board.battery_mv * 255 // 5600)
        elif register == LRA_PERIOD:
            return 60 if self.kind == "lra" else 0  # 98.46 us a step: 170 Hz
        return value

    def write(self, register, value):
        """Write one register."""
        regs = self.regs
        if register == MODE:
            if value & 0x80:
                self.power_on()
                return
            regs[MODE] = value & 0x47
            if value & 0x40:
                self.stop()
            elif value & 0x07 == 5:
                self.rtp()
            elif not regs[GO]:
                self.drive(0)
        elif register == GO:
            if value & 1:
                self.start()
            else:
                self.stop()
        elif register == RTP_INPUT:
            regs[RTP_INPUT] = value
            if regs[MODE] & 0x47 == 5:
                self.rtp()
        elif register not in (STATUS, VBAT, LRA_PERIOD) and register < len(regs):
            regs[register] = value
            if register in (RATED_VOLTAGE, OD_CLAMP) and self.level:
                self.drive(self.level)
