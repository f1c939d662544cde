"""Is this walking? A foot that walks is carried along, and stands still where it lands.

Each time the foot comes to rest, Travel says how far it went and how it was tilted meanwhile; when
the heel rises again it is known how long it stood. One stride that passes for walking in all of
that lets the cue of that heel-off through. One that passes in all but the way, which can't always
be reckoned, leaves the decision to the push-off that has just begun: only walking follows a stride
with a swift and far rise of the heel, so the cue comes late, but in the push-off.
"""

from heelcue.compat import const
from heelcue.detector import FLAT, PUSH
from heelcue.events import HEEL_OFF, INITIAL_CONTACT, TOE_OFF
from heelcue.integers import ONE, isqrt, weight
from heelcue.predictor import N_MASK
from heelcue.travel import Travel

_REST_MS = const(60)
_SWING_MIN_MS = const(200)  # a shorter motion is not a swing, and leaves the foot where it was
_STEP_MM = const(120)  # short steps of weak legs
_STEP_MIN_MM = const(50)  # half a step, as the first often is; taps and bouncing stay below
_NOWHERE_MM = const(40)  # heel-off and toe-off on the spot: no longer walking
_STEP_MAX_MM = const(3000)  # running
_FAR_MM = const(600)  # nothing but a stride goes so far and stops: drift below half of it
_CLEAR_MM = const(250)  # a way that says where forward is: it may turn the axis' sign
_SHORT_PCT = const(75)  # of the usual way: likely the last stride, or one of a turn
_DRIFT_SURE = const(2)  # drift per way: so little is left only by a foot that is at rest again
_DRIFT = const(4)  # ... by true strides of which the way is known
_DRIFT_ALIGN = const(8)  # ... and of which the direction is
_DRIFT_MAX = const(30)  # more than this is never left by a stride
# Squared sines, of 4096: a swing tilts the foot by 12 degrees and more, short first ones by 8; a
# foot that stands again is tilted by less than 12, or than a quarter of its swing
_TILT_CLEAR = const(725000)
_TILT_MIN = const(325000)
_LANDING = const(400)  # 0.2 g of vibration: the ground stops a foot; slow lifting has none
# ... and then holds it: vibration dies away to a third and less. What is pedalled, carried or
# driven shakes on. Only runners hit the ground so hard that it lasts as long as their foot stands
_CALMED = const(3)
_HARD = const(12288)  # 6 g
# The foot feels gravity as when flat, within so many times _FLAT_MG of mounting:
_LEVEL = const(7)  # when the heel rises, on average over the last 160 ms
_LEVEL_ALIGN = const(6)  # when it has just landed and still shakes
# The other foot swings while this one stands: only runners (_FAR) rise sooner. The slowest walkers
# stand so long that it might be the end of walking
_STANCE_MIN_MS = const(240)
_STANCE_MS = const(1200)
_STANCE_MAX_MS = const(1800)
_STOOD_MS = const(200)  # quiet for that long of it; what swings is so only at its turning points,
_STOOD_MIN_MS = const(80)  # for less than that, but fast walkers stand no longer
_PUSH_DPS = const(80)  # the rise of the heel that proves a stride whose way is not known ...
_PUSH_ODD_DPS = const(150)  # ... or is short, as in fidgeting, or back, as under a chair
_PUSH_DEG = const(12)
_GREAT_DPS = const(350)  # ... and the one that proves a stride which nothing else speaks for
_GREAT_DEG = const(35)
_AGAIN_DPS = const(60)  # ... and, less, the next one after a short stride
_AGAIN_DEG = const(3)
_FORGET_MS = const(6000)
# So many whole strides in a row, each followed by a stance, are walking though not one of them is
# reckoned well: slow walkers' drift grows with the square of their time
_ENOUGH = const(4)
# So many heel-offs without one likely stride are none: of this foot, or of a foot at all. What was
# seen to stay in place speaks thrice as clearly as what can't be reckoned
_IDLE = const(12)
_IN_PLACE = const(3)
_COS_60 = const(2048)

# What step() returns
LATE = const(1)  # the push-off under way proves what could not be said at its heel-off: cue now
STOPPING = const(2)  # the stride now over was short: the next heel-off may not come

# What a stride says of walking, and what is believed of it
_ASKED = const(-1)
_NO = const(0)
_MAYBE = const(1)  # left to the push-off
_LIKELY = const(2)  # the same, and counts beside another
_SURE = const(3)
_FAR = const(4)  # ... however shortly the foot stands: runners' feet hardly do


class Walking:
    """Watches one foot for strides that carry it along.

    confirmed: this is walking; way_mm: the way of the last stride, 0 if not known
    idle: this is not walking, for sure; neither True: can't be told
    hold: the heel-off of this sample is not cued, or not yet
    """

    def __init__(self, mounting, detector, alignment, rate_hz, gyro_lsb_per_dps=16.384):
        self._mounting = mounting
        self._detector = detector
        self._alignment = alignment
        self._travel = Travel(mounting, rate_hz, gyro_lsb_per_dps)

        def samples(ms):
            return int(ms * rate_hz / 1000)

        looks_hz = rate_hz / mounting.every
        self._slow = weight(0.125, looks_hz)  # a running mean of 160 ms
        self._rest = max(2, samples(_REST_MS))
        self._swing_min = samples(_SWING_MIN_MS)
        self._stance_min = samples(_STANCE_MIN_MS)
        self._stance = samples(_STANCE_MS)
        self._stance_max = samples(_STANCE_MAX_MS)
        self._stood = samples(_STOOD_MS)
        self._stood_min = samples(_STOOD_MIN_MS)
        self._forget = samples(_FORGET_MS)
        self._push = 0  # the push-off that this heel-off must come to, 1/16 deg/s and rate sum
        self._push_angle = 0
        self._axis = [0, 0, 0]
        self._resting = False
        # Running mean of the tilt in this rest: a device on the heel is jerked up just as it rises
        self._tilt = 0
        self._jolt = 0  # the greatest vibration of the last 160 ms in motion
        self._landing = self._calm = 0  # ... when the foot came to rest, and the least since
        self._order = 0  # 1 after heel-off, 2 after toe-off, 3 after contact
        self._began_n = 0
        self._rest_n = 0  # when the foot came to rest
        self._contact_n = -1
        self._cold = False
        self._stride = _ASKED
        self._again = False  # two such strides are walking
        self._belief = _NO
        self._stride_n = 0
        self._usual_mm = 0
        self._asking = False  # this push-off is to decide
        self._likely = False
        self._against = 0  # what has spoken against walking since the last likely stride
        self._short = False  # the last stride was
        self._back = False  # ... went back, as a foot does that is drawn under a chair
        self._fair = False  # the last stride may be one
        self._run = 0  # so many fair ones in a row
        self._open = False  # the last stride speaks neither for walking nor against
        self._doubted = False  # idle before: one stride does not make it walking
        self.confirmed = False
        self.hold = True
        self.idle = False
        self.way_mm = 0

    def step(self, n, bits):
        """Take sample n, which has event bits or ends a look; return LATE, STOPPING or 0."""
        m = self._mounting
        d = self._detector
        if bits:
            if bits & HEEL_OFF:
                self._judge(n)
                self._order = 1
            elif (bits & TOE_OFF and self._order == 1) or (
                bits & INITIAL_CONTACT and self._order == 2
            ):
                self._order += 1
            if bits & INITIAL_CONTACT:
                self._contact_n = n
        if (m.known and d.state == FLAT) or m.rests.still > self._rest:
            if not self._resting:
                self._resting = True
                self._tilt = m.tilt()
                return self._came_to_rest(n)
            if m.looked:
                self._stands()
        elif self._resting:
            self._resting = False
            self._began_n = n
            self._contact_n = -1
            self._cold = not m.known
            self._travel.start()
        else:
            if m.looked:
                self._jolt -= self._jolt * self._slow >> 8
                self._jolt = max(self._jolt, m.rests.shake)
                if self._travel.steps >= 0:
                    self._travel.add()
            if self._asking:
                return self._proven(n)
        return 0

    def _stands(self):
        """Follow how far the acceleration strays from gravity, and how vibration dies away."""
        m = self._mounting
        self._tilt += (m.tilt() - self._tilt) * self._slow >> 8
        self._calm = min(self._calm, m.rests.shake)

    def gap(self):
        """Samples were lost: this stride can't be told."""
        self._travel.steps = -1
        self._asking = False

    def _came_to_rest(self, n):
        """What does the motion that is over look like?"""
        way = self._travel.stop()
        if (n - self._began_n) & N_MASK < self._swing_min:
            return 0
        order = self._order
        self._order = 0
        self._rest_n = n
        self._stride = _NO
        self._open = self._fair = False
        self.way_mm = max(0, way)
        if way < 0:
            return 0
        drift = self._travel.drift_mm
        m = self._mounting
        self._landing = max(self._jolt, m.rests.shake)
        self._calm = m.rests.shake
        self._jolt = 0
        self._back = False
        if _STEP_MM <= way <= _STEP_MAX_MM and (
            drift < _DRIFT_SURE * way
            or (drift < _DRIFT_ALIGN * way and m.tilt() < _LEVEL_ALIGN * m.flat_tilt)
        ):
            self._align(way)
        if order >= 2 and way < _NOWHERE_MM and drift < _DRIFT_ALIGN * _NOWHERE_MM:
            self._belief = _NO
            self._against += _IN_PLACE
        if m.rests.shake > _LANDING:
            self._weigh(way, order == 3)
        if order < 3 or drift >= _DRIFT_ALIGN * way:
            return 0
        self._short = way * 100 < self._usual_mm * _SHORT_PCT
        self._usual_mm += (way - self._usual_mm) >> (2 if self._usual_mm else 0)
        return STOPPING if self._short else 0

    def _weigh(self, way, whole):
        """The foot has landed: is that a stride? whole: heel-off, toe-off, contact were seen."""
        t = self._travel
        most = t.tilt2_max
        if not (
            _STEP_MIN_MM <= way <= _STEP_MAX_MM
            and t.drift_mm < _DRIFT_MAX * way
            and most > _TILT_MIN
        ):
            return
        if self._back and self._detector.trust >= 2:
            return  # the sign is known
        clear = way >= _STEP_MM and t.drift_mm < _DRIFT * way
        self._fair = whole and t.tilt2 < most >> 2
        # Where the gyro's zero is not yet well known the foot seems tilted in the end, but never by
        # half its swing: a whole stride that is no evidence against walking
        self._open = self._fair and clear
        # The first stride of all goes by without events
        if not whole and not (self._cold and (way >= _STEP_MM or t.drift_mm < _DRIFT_ALIGN * way)):
            return
        if t.tilt2 < max(_TILT_CLEAR, most >> 4):
            self._stride = _SURE if clear and most > _TILT_CLEAR and not self._back else _LIKELY
            self._again = way >= _STEP_MM and t.drift_mm < _DRIFT_ALIGN * way
            if way >= _FAR_MM and t.drift_mm < way >> 1:
                self._stride = _FAR

    def _judge(self, n):
        """The heel rises at sample n: did the foot stand before, and so is this walking?"""
        stride = self._stride
        self._stride = _ASKED
        if stride >= _NO:
            stood = self._having_stood(n, max(stride, _LIKELY))
            self._run = self._run + 1 if self._fair and stood else 0
            stride = stood if stride else _NO
        if self._run >= _ENOUGH:
            self._run = _ENOUGH
            stride = _SURE
        elif stride > _NO and self._doubted:
            stride = min(stride, _LIKELY)
        if stride > _NO:
            self._against = 0
            self.idle = False
        elif not (self.confirmed or self._open):
            self._against += 1
            if self._against >= _IDLE:
                self._against = _IDLE
                self.idle = self._doubted = True
        if stride == _SURE or (
            stride == _LIKELY and (self._belief == _SURE or (self._belief and self._again))
        ):
            self._belief = _SURE
            self._stride_n = n
        elif stride == _LIKELY and self._again:
            self._belief = _LIKELY
            self._stride_n = n
        elif (stride == _NO and self._belief < _SURE) or (
            (n - self._stride_n) & N_MASK > self._forget
        ):
            self._belief = _NO
        if not self._belief:
            self._usual_mm = 0
        self.confirmed = self._belief == _SURE
        self.hold = self._short or not self.confirmed
        self._short = False
        if self.confirmed:
            self._doubted = False
            self._asking = self.hold
            self._push = 16 * _AGAIN_DPS
            self._push_angle = _AGAIN_DEG * self._detector.degree
        elif stride > _NO and not self._doubted:
            self._asking = True
            odd = self._back or self.way_mm < _STEP_MM
            self._push = 16 * (_PUSH_ODD_DPS if odd else _PUSH_DPS)
            self._push_angle = _PUSH_DEG * self._detector.degree
        else:
            self._asking = stride >= _NO and self._stood_between(n)
            self._push = 16 * _GREAT_DPS
            self._push_angle = _GREAT_DEG * self._detector.degree
        self._likely = stride == _LIKELY and not self.confirmed

    def _having_stood(self, n, stride):
        """What remains of a stride, now that it is known how the foot stood after it."""
        stood = (n - self._rest_n) & N_MASK
        stance = self._on_ground(n)
        if self._landing < min(_HARD, _CALMED * self._calm):
            return _NO
        if stride == _FAR and stance < self._stance_max:
            return _SURE
        if (
            stood < self._stood_min
            or not self._stance_min < stance < self._stance_max
            or self._tilt >= _LEVEL * self._mounting.flat_tilt
        ):
            return _NO
        if stood < self._stood:
            return _MAYBE if self.way_mm >= _STEP_MM else _NO  # who jumps gets nowhere
        return min(stride, _LIKELY) if stance > self._stance else stride

    def _stood_between(self, n):
        """Did the foot come from somewhere, land and stand, as between two strides?"""
        return (
            _STEP_MIN_MM <= self.way_mm <= _STEP_MAX_MM
            and self._contact_n >= 0
            and self._landing >= _CALMED * self._calm
            and self._stance_min < self._on_ground(n) < self._stance
            and (n - self._rest_n) & N_MASK >= self._stood_min
            and not self.idle
        )

    def _on_ground(self, n):
        """Samples from contact (where none was seen: from when the foot came to rest) to n."""
        return (n - (self._rest_n if self._contact_n < 0 else self._contact_n)) & N_MASK

    def _proven(self, n):
        d = self._detector
        if d.state != PUSH:
            self._asking = False
            return 0
        if d.peak < self._push or d.angle < self._push_angle:
            return 0
        self._asking = False
        m = self._mounting
        m.rotation(self._axis)
        if m.cosine(self._axis) < _COS_60:
            return 0
        self._against = 0
        if self._likely:
            self._belief = _LIKELY
            self._stride_n = n
        return LATE

    def _align(self, way):
        """Up x way is left, as a foot goes forward: is the axis wrong, or did this one go back?"""
        m = self._mounting
        d = self._travel.direction
        x = m.gx
        y = m.gy
        z = m.gz
        g = isqrt(x * x + y * y + z * z)
        if not g:
            return
        left = self._axis
        left[0] = (y * d[2] - z * d[1]) // g
        left[1] = (z * d[0] - x * d[2]) // g
        left[2] = (x * d[1] - y * d[0]) // g
        if left[0] * left[0] + left[1] * left[1] + left[2] * left[2] > ONE * ONE >> 1:
            self._back = self._alignment.travelled(left, way >= _CLEAR_MM)
