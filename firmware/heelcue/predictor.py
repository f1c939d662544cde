"""Predicts this stride's heel-off: from the landing, and from the foot's own first roll.

Two things are known before the heel rises. How long this person's heel stays down after a landing
(median of the last three) holds to some 50-80 ms; it is all there is more than 100 ms ahead. Nearer
than that the foot itself tells: its pitch rate climbs slowly and smoothly to the 20 deg/s that
define heel-off. Extended along its slope to the moment at which the cue would be felt, it says
whether heel-off will have come by then. The landing's estimate moves the rate asked for: the
longer overdue, the less is needed.

Pure integers below 2**30; nothing here allocates, reads a clock or raises. Times are sample
indices (they may wrap at N_MASK + 1), spans are samples, rates 1/16 deg/s, heel-up positive.
"""

from heelcue.compat import const

N_MASK = const(0x1FFFFFFF)  # sample indices count modulo 2**29 (a month at 208 Hz)
_HALF = const(0x10000000)

_CUE_BEFORE_MS = const(80)  # farther ahead than this the rate says nothing (mid-stance)
_SLOPE_MS = const(50)  # lag of the running mean that the slope is taken from
_HEEL_OFF_DPS = const(20)  # what defines heel-off
# The rate climbs faster and faster, so a straight extension falls short, by about the square of
# the time ahead over its own curvature: 4 deg/s at 40 ms, 8-10 at 80-100 ms
_SHORT_DPS_PER_S = const(100)
# What one second of being late is worth in deg/s, for a cue 40 ms or less ahead. The extension's
# error grows with the square of the time ahead, and so does the landing's weight
_LATE_DPS_PER_S = const(75)
_LATE_FROM_MS = const(40)
_LATE_MAX_DPS = const(2)  # ... and no more than this, likewise: a foot at rest sways too
_OPEN_MS = const(200)  # a roll counts from this long before the landing's estimate ...
_CLOSE_MS = const(300)  # ... to this long after; then the foot is standing
_FLAT_MS = const(40)  # the foot has been down and quiet for so long before a roll counts
_BLIND_MS = const(120)  # landing and flattening of the foot: no roll can be seen in this time
_DETECTED_LATE_MS = const(15)  # median of detected minus true heel-off
_SPAN_MIN_MS = const(80)  # landing to heel-off: running to slow walking on one bad leg
_SPAN_MAX_MS = const(2000)
_ODD_MS = const(150)  # an error that says: this was not the gait of the last strides
_STEADY_STRIDES = const(1)  # not odd in a row before the prediction is trusted
_GAP_MS = const(120)  # more lost samples than this may hide a landing or a heel-off


class Predictor:
    """One foot's next heel-off.

    The scheduler calls on_* at the detector's events; step() wants each sample while `live`.

    expected_n: sample index of the coming heel-off, -1 where none is expected
    due: a cue that is to be felt lead_ms before heel-off must start now
    uncertainty: tracked mean absolute error of the predictions, samples
    steady: the last strides were alike and the uncertainty is below predict_error_ms
    """

    def __init__(self, settings, rate_hz):
        ahead_ms = settings["lead_ms"] + settings["motor_spin_up_ms"]

        def samples(ms):
            return int(ms * rate_hz / 1000 + 0.5)

        self.ahead = samples(ahead_ms)  # from the motor's start to the heel-off it is meant for
        self._rolls = ahead_ms <= _CUE_BEFORE_MS
        # Rates in 1/256 deg/s below
        slope_n = _SLOPE_MS * rate_hz / 1000
        self._keep = int(256 / (1 + slope_n) + 0.5)
        self._gain = int(16 * self.ahead / slope_n + 0.5)
        rise = 256 * _HEEL_OFF_DPS - 256 * _SHORT_DPS_PER_S * ahead_ms // 1000
        self._rise = rise
        farther = max(1, ahead_ms / _LATE_FROM_MS) ** 2
        self._rise_min = max(rise // 2, int(rise - 256 * _LATE_MAX_DPS * farther))
        self._rise_max = 2 * rise
        self._per_sample = int(256 * _LATE_DPS_PER_S * farther / rate_hz + 0.5)
        self._open = samples(_OPEN_MS)
        self._watch = samples(_OPEN_MS + 2 * _FLAT_MS)
        self._close = -samples(_CLOSE_MS)
        self._flat = max(1, samples(_FLAT_MS))
        self._blind = samples(_BLIND_MS)
        self._late = samples(_DETECTED_LATE_MS)
        self._span_min = samples(_SPAN_MIN_MS)
        self._span_max = samples(_SPAN_MAX_MS)
        self._odd = samples(_ODD_MS)
        self._limit16 = 16 * settings["predict_error_ms"] * rate_hz // 1000
        self._gap = samples(_GAP_MS)

        self.expected_n = -1
        self.due = False
        self.live = False  # the foot is down and its heel-off not yet due: step() is wanted
        self.steady = False
        self.uncertainty = self._odd
        self._error16 = 16 * self._odd
        self._judged = False
        self._good = 0  # strides in a row that were not odd
        self._spans = 0  # how many of the three are known
        self._a = self._b = self._c = 0  # the last three spans from landing to heel-off
        self._contact_n = -1
        self._by_roll = False  # this stance is watched; else the landing alone must do (running)
        self._left = 0  # samples until the cue is due by the landing's estimate
        self._mean = 0
        self._quiet = 0
        self._push = 0  # the usual push-off peak, 1/16 deg/s
        self._weak = False

    def on_contact(self, n):
        """The foot has landed (again, if the first was only a touch)."""
        span = self._typical()
        if self.due and ((n - self._contact_n) & N_MASK) < span:
            return
        self._contact_n = n
        if not self._spans:
            return
        self.expected_n = (n + span) & N_MASK
        self._left = span - self.ahead
        self._by_roll = self._rolls and self._left > self._blind
        self._mean = 0
        self._quiet = 0
        self.due = False
        self.live = True

    def step(self, n, rate, flat):
        """Take sample n: sagittal rate (1/16 deg/s), and whether the foot is known to be flat."""
        left = self._left - 1
        self._left = left
        if not self._by_roll:
            if left <= 0:
                self.due = not self._weak
                self.live = False
            return
        if left > self._watch:
            return
        rate <<= 4
        mean = self._mean
        mean += (rate - mean) * self._keep >> 8
        self._mean = mean
        rise = self._rise + left * self._per_sample
        if rise > self._rise_max:
            rise = self._rise_max
        elif rise < self._rise_min:
            rise = self._rise_min
        if rate + ((rate - mean) * self._gain >> 4) < rise:
            self._quiet += flat
            if left < 0:
                if left < self._close:
                    self.live = False
                    self.expected_n = -1
                else:
                    self.expected_n = (n + self.ahead + 1) & N_MASK
        elif flat and self._quiet >= self._flat and left <= self._open:
            self.expected_n = (n + self.ahead) & N_MASK
            self.due = True
            self.live = False
        else:
            self._quiet = 0

    def on_heel_off(self, n):
        """The heel has left the ground: learn from it."""
        n -= self._late
        if self._contact_n >= 0:
            span = (n - self._contact_n) & N_MASK
            if self.expected_n >= 0:
                self._judge(((n - self.expected_n + _HALF) & N_MASK) - _HALF)
            elif self._spans:
                self._judge(self._odd + 1)  # it had given up: off by more than that
            if self._span_min <= span <= self._span_max:
                self._a = self._b
                self._b = self._c
                self._c = span
                if self._spans < 3:
                    self._spans += 1
            else:
                self._good = 0
        self.steady = self._good >= _STEADY_STRIDES and self._error16 <= self._limit16
        self._forget()

    def on_toe_off(self):
        """The foot has left the ground."""
        self._forget()

    def on_push_off(self, peak):
        """The greatest rate (1/16 deg/s) of the push-off just over: at toe-off.

        Without the foot's own roll to go by, a cue is started only in a stride that was pushed
        off like the others: the last one before a stop or a turn rarely is.
        """
        usual = self._push
        self._weak = peak * 5 < usual * 4
        self._push = usual + ((peak - usual) >> 2) if usual else peak

    def on_gap(self, lost):
        """`lost` samples are missing."""
        if lost > self._gap:
            self._forget()
        else:
            self._left -= lost

    def doubt(self):
        """A predicted heel-off never came, or the gait stopped.

        No more predictions until the gait is steady again.
        """
        self._forget()
        self._good = 0
        self.steady = False

    def _forget(self):
        """Expect no heel-off until the next landing."""
        self._contact_n = -1
        self.expected_n = -1
        self.due = False
        self.live = False

    def _typical(self):
        """Median of the last three spans (of fewer: their mean)."""
        a = self._a
        b = self._b
        c = self._c
        if self._spans <= 1:
            return c
        if self._spans == 2:
            return (b + c) >> 1
        if a > b:
            a, b = b, a
        return a if c < a else (b if c > b else c)

    def _judge(self, error):
        """Track how far off the predictions are."""
        if error < 0:
            error = -error
        if error > self._odd:
            error = self._odd
            self._good = 0
        else:
            self._good += 1
        if self._judged:
            self._error16 += (16 * error - self._error16) >> 2
        else:
            self._judged = True
            self._error16 = 16 * error
        self.uncertainty = (self._error16 + 8) >> 4
