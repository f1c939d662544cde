"""Is this walking? A foot that walks is carried along; one that taps, bounces or pedals is not.

Each time the foot comes to rest, Travel says how far it went. A stride counts when heel-off,
toe-off and contact came in order and the way was that of a step, across the sagittal axis.
"""

from heelcue.compat import const
from heelcue.detector import FLAT
from heelcue.events import HEEL_OFF, INITIAL_CONTACT, TOE_OFF
from heelcue.mounting import ONE, isqrt
from heelcue.predictor import N_MASK
from heelcue.travel import Travel

_REST_MS = const(60)
_STEP_MM = const(120)  # short steps of weak legs; taps, shifts and restless feet stay below
_CLEAR_MM = const(250)  # one of these is enough to begin, of shorter ones it takes two
_NOWHERE_MM = const(80)  # less than this says that it is not walking; a turn says nothing
_STEP_MAX_MM = const(3000)  # running
_LEVEL = const(6)  # the foot is as it was when flat, within so many times _FLAT_MG of mounting
_DRIFT = const(8)  # dead reckoning of a true step never leaves more drift than this per way
_DRIFT_SURE = const(2)  # so little is left only by a foot that is at rest again
_SWING_MIN_MS = const(200)
_FORGET_MS = const(6000)
_COS_45 = const(2900)


class Walking:
    """Watches one foot for strides that carry it along.

    confirmed: the last stride was one; way_mm: how long it was
    """

    def __init__(self, mounting, detector, alignment, rate_hz, gyro_lsb_per_dps=16.384):
        self._mounting = mounting
        self._detector = detector
        self._alignment = alignment
        self._travel = Travel(mounting, rate_hz, gyro_lsb_per_dps)
        self._rest = max(2, int(_REST_MS * rate_hz / 1000))
        self._swing_min = int(_SWING_MIN_MS * rate_hz / 1000)
        self._forget = int(_FORGET_MS * rate_hz / 1000)
        self._left = [0, 0, 0]
        self._resting = False
        self._order = 0  # 1 after heel-off, 2 after toe-off, 3 after contact
        self._began_n = 0
        self._cold = False
        self._strides = 0
        self._stride_n = 0
        self.confirmed = False
        self.way_mm = 0

    def step(self, n, bits, a, i):
        """Take sample n, a[i:i+6], and the detector's event bits."""
        m = self._mounting
        if bits:
            if bits & HEEL_OFF:
                self._order = 1
            elif (bits & TOE_OFF and self._order == 1) or (
                bits & INITIAL_CONTACT and self._order == 2
            ):
                self._order += 1
        if (m.known and self._detector.state == FLAT) or m.still > self._rest:
            if not self._resting:
                self._resting = True
                self._came_to_rest(n, a, i)
        elif self._resting:
            self._resting = False
            self._began_n = n
            self._cold = not m.known
            self._travel.start()
            self._travel.add(a, i)
        elif self._travel.steps >= 0:
            self._travel.add(a, i)

    def gap(self):
        """Samples were lost: this stride can't be told."""
        self._travel.steps = -1

    def expire(self, n):
        """Ask now and then: a stride of long ago says nothing about now."""
        if self.confirmed and (n - self._stride_n) & N_MASK > self._forget:
            self.confirmed = False
            self._strides = 0

    def _came_to_rest(self, n, a, i):
        way = self._travel.stop()
        order = self._order
        if (n - self._began_n) & N_MASK < self._swing_min:
            return
        self._order = 0
        self.way_mm = way
        m = self._mounting
        drift = self._travel.drift_mm
        sure = drift < _DRIFT_SURE * way
        if not sure and (drift >= _DRIFT * way or m.tilt(a, i) >= _LEVEL * m.flat_tilt):
            return  # not at rest, or not as it was before: nothing can be told of this one
        counts = False
        clear = way >= _CLEAR_MM
        if _STEP_MM <= way <= _STEP_MAX_MM and self._towards_left():
            if clear:
                self._alignment.travelled(self._left)
            # The first stride of all goes by before the axis is known, and so in no order
            if self._cold and sure:
                clear = True
            if order == 3 or (self._cold and clear):
                counts = m.known and m.cosine(self._left) > _COS_45
        if counts:
            self._strides = 2 if clear else min(2, self._strides + 1)
            self._stride_n = n
        elif order >= 2 and way < _NOWHERE_MM:
            self._strides = 0
        self.confirmed = self._strides >= 2

    def _towards_left(self):
        """The way is forward, so that up x way is left: fill self._left; False without gravity."""
        m = self._mounting
        d = self._travel.direction
        x = m.gx
        y = m.gy
        z = m.gz
        g = isqrt(x * x + y * y + z * z)
        if not g:
            return False
        left = self._left
        left[0] = (y * d[2] - z * d[1]) // g
        left[1] = (z * d[0] - x * d[2]) // g
        left[2] = (x * d[1] - y * d[0]) // g
        return left[0] * left[0] + left[1] * left[1] + left[2] * left[2] > ONE * ONE >> 1
