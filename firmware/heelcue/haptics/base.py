"""What every motor driver obeys: the interface, and the caps that no caller can lift."""

import time

from heelcue.compat import const

MAX_PULSE_MS = const(500)
MAX_STRENGTH_PCT = const(100)
REST_MS = const(30)  # least pause between two pulses: without it they are felt as one
MAX_DUTY_PCT = const(35)  # share of a minute that the motor may run
_MINUTE_MS = const(60_000)
_BUDGET_MS = const(21_000)  # MAX_DUTY_PCT of a minute
_LATE_MS = const(10)  # a pulse that goes on for longer than this after its end is cut


class Motor:
    """Interface: pulse(), off(), is_on, guard(). Subclasses write _drive() and _release().

    pulses, refused (one was running), over_budget, overruns count what happened since start.
    """

    kind = ""

    def __init__(self, settings, before=None):
        """before: the driver that this one replaces; the motor is the same, and has run already."""
        self.is_on = False
        self.muted = False
        self.pulses = 0
        self.refused = 0
        self.over_budget = 0
        self.overruns = 0
        self.trouble = False  # the driver chip did not answer; see revive()
        self.error = ""  # one sentence, where the driver chip was not there to begin with
        self.overdrive_ms = settings["overdrive_ms"]
        self._end_ms = time.ticks_ms()  # when the running pulse must be over, ticks_ms
        self._free_ms = time.ticks_ms()  # earliest next pulse
        self._budget_ms = _BUDGET_MS  # leaky bucket: on-time left in this minute
        self._budget_at = time.ticks_ms()
        if before is not None:
            self.muted = before.muted
            self.pulses = before.pulses
            self.refused = before.refused
            self._free_ms = before._free_ms
            self._budget_ms = before._budget_ms
            self._budget_at = before._budget_at

    def prepare(self, pulse_ms, strength_pct):
        """Cues will be like this: what can be done before one is due is done then."""

    def _drive(self, pulse_ms, strength_pct):
        """Start a pulse that ends without further help."""
        raise NotImplementedError

    def _release(self):
        """Cut the drive at once."""
        raise NotImplementedError

    def deinit(self):
        """Motor off, timers and peripherals given back."""
        self.off()

    def ready(self, now):
        """Return whether pulse() would find none that runs or has just ended."""
        return not self.is_on and time.ticks_diff(now, self._free_ms) >= 0

    def pulse(self, pulse_ms, strength_pct):
        """Buzz for pulse_ms at strength_pct; returns at once: True, or False when refused.

        Longer or stronger than the caps is cut to them. Refused while a pulse runs or has just
        ended, and when the motor has already run for its share of the minute.
        """
        now = time.ticks_ms()
        if self.is_on and time.ticks_diff(now, self._end_ms) >= 0:
            self.guard(now)
        if self.is_on or time.ticks_diff(now, self._free_ms) < 0:
            self.refused += 1
            return False
        if self.muted or pulse_ms <= 0 or strength_pct <= 0:
            return False
        pulse_ms = min(pulse_ms, MAX_PULSE_MS)
        strength_pct = min(strength_pct, MAX_STRENGTH_PCT)
        if not self._spend(now, pulse_ms):
            return False
        self._end_ms = time.ticks_add(now, pulse_ms)
        self._free_ms = time.ticks_add(now, pulse_ms + REST_MS)
        self.is_on = True
        self._drive(pulse_ms, strength_pct)
        if self.is_on:  # the driver chip has answered
            self.pulses += 1
        return self.is_on

    def _spend(self, now, on_ms):
        """Take on-time from this minute's share; False, and counted, when so much is not left."""
        passed = time.ticks_diff(now, self._budget_at)
        if passed < 0 or passed > _MINUTE_MS:
            passed = _MINUTE_MS
        back = passed * MAX_DUTY_PCT // 100
        if back:
            self._budget_at = now
            self._budget_ms += back
            self._budget_ms = min(self._budget_ms, _BUDGET_MS)
        if on_ms > self._budget_ms:
            self.over_budget += 1
            return False
        self._budget_ms -= on_ms
        return True

    def check(self):
        """Look whether a driver chip still is as it was set up; sets `trouble` when not."""

    def revive(self):
        """Try to get a driver chip back that did not answer; True when all is well."""
        return True

    def off(self):
        """Motor off, now."""
        self.is_on = False  # first: a timer's callback that comes between looks at it
        self._release()

    def guard(self, now):
        """Called by the loop: a pulse that did not end by itself is cut and counted."""
        if self.is_on:
            if time.ticks_diff(now, self._end_ms) > _LATE_MS:
                self.off()
                self.overruns += 1
        elif time.ticks_diff(now, self._free_ms) > _MINUTE_MS:
            self._free_ms = now  # or, after six days without a pulse, it would lie ahead
