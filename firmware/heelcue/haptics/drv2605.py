"""TI DRV2605L: drives an ERM or LRA in closed loop, with overdrive and active braking.

Registers and formulas: datasheet SLOS854 rev D. A pulse is ROM effect 15 ("750 ms alert 100 %"),
started by GO (one register write) and stopped by clearing GO: should the bus or the processor
fail meanwhile, the chip itself ends it after 750 ms. With the setting `drv_trigger` the IN/TRIG pin
starts and ends it (level trigger mode) and the hot path needs no I2C. Strength scales the voltage
that is full drive and is written only when it changes.

Auto-calibration runs once per motor (it buzzes for a second); its result is kept in `FILE`.
"""

import json
import time

from heelcue.compat import const
from heelcue.haptics.timed import TimedMotor

FILE = "drv2605.json"
ADDRESS = const(0x5A)

_STATUS = const(0x00)
_MODE = const(0x01)
_LIBRARY = const(0x03)
_SEQUENCE = const(0x04)
_GO = const(0x0C)
_RATED_VOLTAGE = const(0x16)
_OD_CLAMP = const(0x17)
_CAL_COMPENSATION = const(0x18)
_CAL_BACK_EMF = const(0x19)
_FEEDBACK = const(0x1A)
_CONTROL1 = const(0x1B)
_CONTROL3 = const(0x1D)
_CONTROL4 = const(0x1E)

_MODE_INTERNAL = const(0)
_MODE_LEVEL = const(2)
_MODE_CALIBRATE = const(7)
_STANDBY = const(0x40)
_RESET = const(0x80)
_DIAG_FAILED = const(0x08)
_ERM_OPEN_LOOP = const(0x20)
_EFFECT = const(15)
_CALIBRATION_MS = const(1_000)  # of the motor at full strength: AUTO_CAL_TIME, and its ends

# (rated voltage, overdrive clamp, feedback, control 1, ROM library) in register units.
# ERM for 3 V: 3.0 V / 21.33 mV; clamp 3.2 V; brake factor 4x, loop gain medium; drive time 4.8 ms.
# LRA for 2.5 V rms at 170 Hz, the bill's VG1040003D: 2.5 V * sqrt(1 - 1.5 ms * 170 Hz) / 20.58 mV;
# clamp 3.3 V peak, the supply; drive time half a period: (1 / 340 s - 0.5 ms) / 0.1 ms. (SLOS854,
# 8.5.2)
# Library B for the ERM: A is for motors of 1.3 V, which it overdrives at 3 V by itself, and so for
# open loop only (SLOS854, table 1 and 8.5.8.1.3).
_MOTORS = {
    "erm": (140, 155, 0x36, 0x93, 2),
    "lra": (105, 155, 0xB6, 0x98, 6),
}
_STOP = b"\x00"


class Drv2605Motor(TimedMotor):
    """See heelcue.haptics.base.Motor. `trouble` is set while the chip does not answer.

    A chip that is not there yet is no error here: cues go on unfelt, and revive() finds it later.
    """

    kind = "drv2605"

    def __init__(self, board, settings, i2c, before=None):
        super().__init__(settings, before)
        self.i2c = i2c
        self.calibrated = False
        self._byte = bytearray(1)
        self._type = settings["motor_type"]
        self._rated = -1  # what the register `_reference` holds
        self._reference = _RATED_VOLTAGE
        self._line = None
        self._trigger = settings["drv_trigger"] == "on" and board["drv_trig"] is not None
        try:
            self._set_up(True)
        except OSError:
            self.trouble = True
            self.error = "no DRV2605L answers at 0x5a on the I2C bus; check its wiring"
        if self._trigger:
            self._line = self._make_line(board, settings)
        else:
            self._start_beat()

    @staticmethod
    def _make_line(board, settings):
        """Return a driver for the trigger pin: the pulse ends by hardware where RMT exists."""
        from heelcue import haptics

        pin_board = dict(board)
        pin_board["motor"] = board["drv_trig"]
        values = dict(settings)
        values["motor_drive"] = "auto_pin"  # this line only says on or off
        return haptics.find(pin_board, values, None)

    def _set(self, register, value):
        self._byte[0] = value
        self.i2c.writeto_mem(ADDRESS, register, self._byte)

    def _get(self, register):
        self.i2c.readfrom_mem_into(ADDRESS, register, self._byte)
        return self._byte[0]

    def _set_up(self, may_calibrate):
        self._set(_MODE, _RESET)
        for _ in range(20):
            time.sleep_ms(1)
            try:
                if not self._get(_MODE) & _RESET:
                    break
            except OSError:
                pass
        self._set(_MODE, _MODE_INTERNAL)
        _, _, feedback, control1, library = _MOTORS[self._type]
        self._set(_FEEDBACK, feedback)
        self._set(_CONTROL1, control1)
        self._set(_CONTROL4, 0x20)  # AUTO_CAL_TIME 500-700 ms
        self._set_loop(False)
        kept = self._kept()
        if kept:
            self._set(_CAL_COMPENSATION, kept[0])
            self._set(_CAL_BACK_EMF, kept[1])
            self._set(_FEEDBACK, kept[2])
            self.calibrated = True
        elif not (may_calibrate and self.calibrate()) and self._type == "erm":
            self._set_loop(True)
        self._set(_LIBRARY, library)
        self._set(_SEQUENCE, _EFFECT)
        self._set(_SEQUENCE + 1, 0)
        self._set(_MODE, _MODE_LEVEL if self._trigger else _MODE_INTERNAL)

    def _set_loop(self, is_open):
        """Closed loop, or open loop for an ERM without calibration; full strength.

        What full drive is, OD_CLAMP says in open loop, RATED_VOLTAGE in closed loop (SLOS854,
        8.5.2.2): the strength scales that one.
        """
        rated, clamp = _MOTORS[self._type][:2]
        self._set(_RATED_VOLTAGE, rated)
        self._set(_OD_CLAMP, rated if is_open else clamp)
        self._rated = rated
        self._reference = _OD_CLAMP if is_open else _RATED_VOLTAGE
        control3 = self._get(_CONTROL3) & ~_ERM_OPEN_LOOP & 0xFF
        self._set(_CONTROL3, control3 | _ERM_OPEN_LOOP if is_open else control3)

    def _kept(self):
        try:
            with open(FILE) as f:
                kept = json.load(f)
            if kept["motor"] == self._type:
                return bytes((kept["comp"], kept["bemf"], kept["feedback"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None

    def calibrate(self):
        """Measure the motor (it buzzes for about a second) and keep the result; True if it worked.

        Without a result an ERM is driven in open loop and an LRA with the chip's defaults. Once it
        has run for its share of the minute it is not measured, and stays as it is.
        """
        self.off()  # or the beat, at its end, would end this too
        if not self._spend(time.ticks_ms(), _CALIBRATION_MS):
            return False
        self._set_loop(False)  # not at the strength of the last cue
        self._set(_MODE, _MODE_CALIBRATE)
        self._set(_GO, 1)
        for _ in range(150):
            time.sleep_ms(10)
            if not self._get(_GO) & 1:
                break
        self.calibrated = not self._get(_STATUS) & _DIAG_FAILED and not self._get(_GO) & 1
        self._set(_GO, 0)
        if self.calibrated:
            kept = {
                "motor": self._type,
                "comp": self._get(_CAL_COMPENSATION),
                "bemf": self._get(_CAL_BACK_EMF),
                "feedback": self._get(_FEEDBACK),
            }
            try:
                with open(FILE, "w") as f:
                    json.dump(kept, f)
            except OSError:
                pass  # measured again at the next start
        elif self._type == "erm":
            self._set_loop(True)
        self._set(_MODE, _MODE_LEVEL if self._trigger else _MODE_INTERNAL)
        return self.calibrated

    def _drive(self, pulse_ms, strength_pct):
        if self.trouble:  # not even asked: a bus that hangs would hold the samples up
            self.is_on = False
            return
        try:
            rated = _MOTORS[self._type][0] * strength_pct // 100
            if rated != self._rated:
                self._set(self._reference, rated)
                self._rated = rated
            if self._line is not None:
                self.is_on = self._line.pulse(pulse_ms, 100)
                return
            self._set(_GO, 1)
        except OSError:
            self.trouble = True
            self._stop_chip()
            self.is_on = False

    def _stop_chip(self):
        """Clear GO; three tries, then the chip's own 750 ms end counts."""
        for _ in range(3):
            try:
                # Its own byte: a timer's callback may come while the loop fills `_byte`
                self.i2c.writeto_mem(ADDRESS, _GO, _STOP)
                return
            except OSError:
                self.trouble = True

    def _finish(self):
        self._stop_chip()

    def _release(self):
        if self._line is not None:
            self._line.off()
        else:
            self._stop_chip()

    def guard(self, now):
        """See Motor.guard(); also ends the books of a pulse that the trigger pin ended."""
        if self._line is not None:
            self._line.guard(now)
            if self.is_on and not self._line.is_on:
                self.is_on = False
        super().guard(now)

    def check(self):
        """See Motor.check(): one register, 0.3 ms."""
        try:
            if self._get(_MODE) != (_MODE_LEVEL if self._trigger else _MODE_INTERNAL):
                self.trouble = True
        except OSError:
            self.trouble = True

    def revive(self):
        """Set the chip up again after it did not answer; True when it does now.

        Without calibration: that would hold the walk up, and buzz, for a second.
        """
        try:
            self._set_up(False)
        except OSError:
            return False
        self.trouble = False
        self.error = ""
        return True

    def deinit(self):
        """Motor off, chip in standby, timer given back."""
        super().deinit()
        if self._line is not None:
            self._line.deinit()
        try:
            self._set(_MODE, _STANDBY)
        except OSError:
            pass
