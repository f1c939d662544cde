"""Heel-off, toe-off and initial contact of one foot, from its sagittal rate, sample by sample.

The foot goes through four phases, and one more that tells that the sign of the axis is wrong:

    FLAT --heel rises--> PUSH --rate below 0--> SWING --rate up again--> LANDED --quiet--> FLAT
    FLAT --toe rises--> DOWN --> LANDED

Units: rates are 1/16 deg/s, heel-up positive; angles are sums of rates over samples ("rate sums");
times are sample indices modulo 2**29. Pure integers below 2**30; step() allocates nothing.
Why each constant is what it is: README.md beside this file.
"""

from heelcue.compat import const
from heelcue.events import HEEL_OFF, INITIAL_CONTACT, TOE_OFF
from heelcue.predictor import N_MASK

FLAT = const(0)
PUSH = const(1)
SWING = const(2)
LANDED = const(3)
DOWN = const(4)

# What step() returns beside the events, for Alignment
TOE_UP = const(64)  # from flat, the toe rose instead of the heel
FLIPPED = const(128)  # the sign is not proven and the first rotation from flat was negative

_ONE = const(64)  # demands are multiplied by 64ths
_RISING_DPS = const(15)  # a heel that rises more slowly is not asked about
_LAG_MS = const(20)  # the rate is extrapolated by so much
_TRUE_DPS = const(20)  # the rate that defines heel-off ...
_TRUE_DEG = const(2)  # ... unless the heel came down again to less than this
_STIR_MS = const(50)  # running mean of all rotation; where it is least, the foot is flattest
_RISEN_MS = const(80)  # flatter than ever so long after heel-off: that was none
_DEMAND_MAX = const(320)  # at most five times as much is asked for
_SHAKE_MAX = const(16384)  # 8 g of shaking is as bad as any
_FRESH_PCT = const(85)  # of the usual time from flat to heel-off: a rise sooner than that ...
_FRESH = const(128)  # ... is likelier the end of the landing: this much more at once, in 64ths
_FIRST_FLAT_MS = const(400)  # the usual time from flat to heel-off before any is known
_FLAT_MIN_MS = const(80)  # ... and no one's is less
_FIRST_STANCE_MS = const(700)  # the usual time on the ground before any is known
_WARY = const(16)  # after a short stride the foot may only be turned or put beside the other
_STANDING = const(5)  # times the usual time on the ground: longer than that is standing
_REFRACTORY_MS = const(400)  # no one takes strides as short as that
_SLAP_DPS = const(60)  # the forefoot comes down at least that fast where it slaps
_SLAP_FLAT_MS = const(10)  # after a slap the foot is flat as soon as it is quiet
_QUIET_L1_DPS = const(60)  # all three axes together
_QUIET_MIN_DPS = const(12)
# A lively foot, or a clip that rattles, is never as quiet as that. No stride keeps a foot off the
# ground for so long: if it has not been flat since, the bounds grow, and are doubled after ...
_PATIENCE_MS = const(1200)
_EASE_MS = const(800)
_FAR_DEG = const(10)  # so far from the last flat it is likely still in the air
_SINK_DEG = const(2)  # the heel-up angle is followed down no further than this
_TOE_UP_DEG = const(12)
# No one lifts the toe so far before the heel, nor a quarter as far as the heel then goes
_TOE_FIRST_DEG = const(5)
_TOE_FIRST = const(4)
# Unproven sign: a first rotation of this size decides it, of thrice this size if it is half proven
_PROVE_DEG = const(2)
_PUSH_MIN_DPS = const(28)
_TRUST_DPS = const(80)  # a push-off that proves the sign
_TURN_RATIO = const(6)  # other axes may not turn faster than this many times the heel ...
_TURN_DPS = const(30)  # ... plus this
_SWING_MIN_DPS = const(20)
_SWING_MAX_MS = const(1000)
_PUSH_MAX_MS = const(1500)


def _towards(usual16, samples):
    """Return the usual number of samples, in 16ths, after one more.

    It moves half of the way to a shorter one, so as not to be late when a person speeds up, and an
    eighth of the way to a longer one.
    """
    more = (samples << 4) - usual16
    return usual16 + (more >> (3 if more > 0 else 1))


class Detector:
    """One foot's phases.

    settings: mapping with the detection keys of heelcue.settings; rate_hz: samples per second
    mounting: the Mounting that takes each sample first
    state: FLAT, PUSH, SWING, LANDED or DOWN
    angle: heel-up since flat, a rate sum; degree: one degree as a rate sum
    peak: greatest rate of this push-off, 1/16 deg/s
    wary: the stride before was short; set by Pipeline, the next heel-off ends it
    trust: push-offs that agreed with the sign of the axis, 0 to 3
    toe_first: how many more steps in which the toe seemed to rise before the heel, than others
    """

    def __init__(self, settings, rate_hz, mounting):
        self._mounting = mounting
        self.degree = int(16 * rate_hz)
        self._second = int(rate_hz + 0.5)

        def samples(ms):
            return max(1, int(ms * rate_hz / 1000))

        self._on = 16 * settings["heel_off_rate_dps"]
        self._on_angle = self.degree * settings["heel_off_angle_cdeg"] // 100
        self._roll = 16 * settings["roll_rate_dps"]
        self._roll_angle = self.degree * settings["roll_angle_cdeg"] // 100
        self._shake_gain = 6 * settings["shake_pct"] // 100
        self._quiet_most = 16 * settings["quiet_rate_dps"]
        self._flat_need = max(2, samples(settings["flat_ms"])) * 4
        self._slap_need = samples(_SLAP_FLAT_MS) * 4
        self._lag = int(256 / (1 + _LAG_MS * rate_hz / 1000))
        self._stir_lag = int(256 / (1 + _STIR_MS * rate_hz / 1000))
        self._risen = samples(_RISEN_MS)
        self._patience = samples(_PATIENCE_MS)
        self._easing = samples(_EASE_MS)
        self._refractory = samples(_REFRACTORY_MS)
        self._swing_max = samples(_SWING_MAX_MS)
        self._push_max = samples(_PUSH_MAX_MS)
        self._limit = 180 * self.degree
        self._fresh_min = samples(_FLAT_MIN_MS)
        self._first_fresh = samples(_FIRST_FLAT_MS)
        self._first_stance = samples(_FIRST_STANCE_MS)
        self.angle = 0
        self.peak = 0
        self._smooth = 0  # the rate's running mean, 1/256 deg/s
        self._stir = 0  # running mean of all rotation while the foot is down, likewise
        self._stillest = 0  # the least of that in this stance
        self._sunk = 0  # the lowest angle since
        self._slapped = False
        self._contact_n = 0
        self._flat_n = 0
        self._left_n = 0  # when it was flat last, or may have been
        self.state = LANDED
        self.begin(0)

    def begin(self, n):
        """Start afresh at sample n, as if cold: what was learnt is about another foot."""
        self._amplitude = 0  # running mean of the push-off peaks, 1/16 deg/s
        self.trust = 0
        self.toe_first = 0
        self.wary = False
        self._quiet = self._quiet_most
        self._quiet_l1 = 16 * _QUIET_L1_DPS
        self._fresh = self._first_fresh  # usual samples from flat to heel-off
        self._fresh16 = self._fresh << 4
        self._stance16 = 0  # usual samples from contact to heel-off, in 16ths, 0 until known
        self._early = self._first_stance  # no vibration counts from here on
        self._standing = 4 * self._first_stance  # _STANDING times what is learnt, later
        self._heel_off_n = -1
        # The heel-off of this stride by its definition, known for sure only at toe-off
        self._true_n = -1
        self._true_angle = 0
        self._above = False
        self.lost(n)
        self._low = 0  # lowest rate of this swing

    def step(self, n, s):
        """Take sample n, of which the mounting made the sagittal rate s; return event bits."""
        # Few names and short calls: a frame of up to 11 words costs no memory management
        bits = 0
        angle = self.angle + s
        state = self.state
        if state <= PUSH:
            self._stir += ((self._mounting.motion() << 4) - self._stir) * self._stir_lag >> 8
            if self._stir < self._stillest:
                angle = min(angle, 0)
                self._flatter(n, s)
                state = FLAT
            if s > 16 * _TRUE_DPS:
                if not self._above:
                    self._above = True
                    if self._true_n < 0 or self._true_angle < _TRUE_DEG * self.degree:
                        self._true_n = n
                        self._true_angle = 0
            else:
                self._above = False
            self._true_angle += s
        if state == FLAT:
            if s > 16 * _RISING_DPS:
                self.angle = angle
                if self._rises(n, s):
                    bits = self._rise(n, s)
            elif s > -self._quiet:
                angle -= angle >> 3
            if angle < 0:
                self._sunk = min(self._sunk, angle)
                if s < -self._on and self._proves(angle):
                    bits = FLIPPED
                    self._enter(PUSH, n)
                    self.peak = s
                elif angle < -_TOE_UP_DEG * self.degree:
                    self._enter(DOWN, n)
                    self._low = s
                elif angle < -_SINK_DEG * self.degree and s > -self._quiet:
                    angle = -_SINK_DEG * self.degree
        elif state == PUSH:
            if s > self.peak:
                self.peak = s
            elif s < self.peak >> 1:
                bits = self._fall(n, s, angle)
            elif (n - self._state_n) & N_MASK > self._push_max:
                self._enter(LANDED, n)
        elif state == SWING:
            if s < self._low:
                self._low = s
            elif s > self._low >> 3 and self._low < -16 * _SWING_MIN_DPS:
                bits = INITIAL_CONTACT
                self._enter(LANDED, n)
                self._contact_n = n
            elif self._swing_ends(s):
                # A step without a swing worth the name
                self._enter(LANDED, n)
                self._contact_n = n
                self._quiet_n = self._flat_need >> 1
            elif (n - self._state_n) & N_MASK > self._swing_max:
                self._enter(LANDED, n)
        elif state == LANDED:
            if self._settles(n, s, angle):
                self._enter(FLAT, n)
                self._flat_n = n
                self._stir = self._stillest = self._quiet_l1 << 4
                angle = 0
                self._flatter(n, s)
        elif s < self._low:
            self._low = s
        elif s >= 0:
            bits = TOE_UP
            self._enter(LANDED, n)
        if angle > self._limit:
            angle = self._limit
        elif angle < -self._limit:
            angle = -self._limit
        self.angle = angle
        self._smooth += (s - (self._smooth >> 4)) * self._lag >> 4
        return bits

    def flip(self):
        """The sign of the axis was turned at a FLIPPED: this is a push-off after all."""
        self.angle = -self.angle
        self.peak = -self.peak
        self._smooth = -self._smooth

    def lost(self, n):
        """The thread is lost at sample n (a gap, another axis): wait for the foot to be flat."""
        self._enter(LANDED, n)
        self._left_n = n
        self._low = -16 * 100
        self.angle = 0
        self._smooth = 0

    def airborne(self, n, degrees):
        """The axis was found at sample n, in mid-stride, heel-up by so many degrees."""
        self._enter(SWING, n)
        self._left_n = n
        self._low = 0
        self.angle = degrees * self.degree

    def _proves(self, angle):
        """True if a first rotation of that angle, toe-up, says that the sign is wrong."""
        return self.trust < 2 and angle < -_PROVE_DEG * (1 + 2 * self.trust) * self.degree

    def _enter(self, state, n):
        if self.state == FLAT:
            self._left_n = n
        self.state = state
        self._state_n = n
        self._quiet_n = 0
        if state == LANDED:
            self._slapped = False

    def _swing_ends(self, s):
        """Count a sample of the swing in which the foot is quiet; return True when that is it."""
        if not -self._quiet < s < self._quiet or self._mounting.motion() >= self._quiet_l1:
            self._quiet_n = 0
            return False
        self._quiet_n += 4 if self._upright() else 2
        return self._quiet_n >= self._flat_need

    def _settles(self, n, s, angle):
        """Follow the foot from its landing; return True when it is flat."""
        ease = self._ease(n)
        if s << 4 >= self._quiet * ease or s << 4 <= -self._quiet * ease:
            self._quiet_n = 0
            if s > 16 * _SLAP_DPS:
                self._slapped = True
            elif s < self._low >> 1:
                self._enter(SWING, n)
            return False
        if self._mounting.motion() << 4 >= self._quiet_l1 * ease:
            if self._quiet_n:
                self._quiet_n -= 1
            return False
        far = _FAR_DEG * self.degree
        if angle > far or angle < -far:
            self._quiet_n += 2 if self._upright() else 1
        else:
            self._quiet_n += 4 if self._upright() else 2
        return self._quiet_n >= self._flat_need or (
            self._slapped and self._quiet_n >= self._slap_need
        )

    def _ease(self, n):
        """How quiet a foot must be to be flat, as a factor of the usual bounds in 16ths."""
        over = min(((n - self._left_n) & N_MASK) - self._patience, self._easing)
        return 16 + 16 * over // self._easing if over > 0 else 16

    def _flatter(self, n, s):
        """The foot is flatter than before in this stance.

        If it seemed to rise before, that was not heel-off: the heel is down still, or again.
        """
        self._stillest = self._stir
        self._sunk = 0
        self._true_n = -1
        self._above = s > 16 * _TRUE_DPS
        if self.state == PUSH:
            self._enter(FLAT, n)
        if (n - self._heel_off_n) & N_MASK > self._risen:
            self._heel_off_n = -1

    def _upright(self):
        return self._mounting.tilt() < self._mounting.flat_tilt

    def _rises(self, n, s):
        """True if rate and angle are those of a heel that leaves the ground."""
        w = self._demand(n)
        angle = self.angle * _ONE
        ahead = 2 * s - (self._smooth >> 4)
        return (ahead * _ONE > self._on * w and angle > self._on_angle * w) or (
            s * _ONE > self._roll * w and angle > self._roll_angle * w
        )

    def _demand(self, n):
        """How much more than usual a rise must show now, in 64ths."""
        on_ground = (n - self._contact_n) & N_MASK
        w = _ONE
        fresh = self._fresh * _FRESH_PCT // 100 - ((n - self._flat_n) & N_MASK)
        if fresh > 0:
            w += _FRESH * fresh // self._fresh
        early = self._early - on_ground
        if early > 0:
            shake = min(self._mounting.rests.shake, _SHAKE_MAX)
            w += shake * self._shake_gain // 4 * early // self._early >> 4
        elif w == _ONE and on_ground > self._standing:
            w = 2 * _ONE
        if self.wary:
            w += _WARY
        return min(w, _DEMAND_MAX)

    def _rise(self, n, s):
        """The heel rises, unless the foot is rather being turned; return the event, if any."""
        if self._mounting.motion() >= s * _TURN_RATIO + 16 * _TURN_DPS:
            return 0
        self._enter(PUSH, n)
        self.peak = s
        since = (n - self._heel_off_n) & N_MASK
        if self._heel_off_n >= 0 and since < self._refractory:
            return 0
        self._heel_off_n = n
        self.wary = False
        return HEEL_OFF

    def _fall(self, n, s, angle):
        """The push-off's rate has halved: toe-off, or the heel went back down."""
        if s < 0 and self.peak > 16 * _PUSH_MIN_DPS:
            self._learn()
            if self._sunk < -_TOE_FIRST_DEG * self.degree and self._sunk * _TOE_FIRST < -angle:
                self.toe_first += 1
            elif self.toe_first:
                self.toe_first -= 1
            if self.peak > 16 * _TRUST_DPS and self.trust < 3:
                self.trust += 1
            self._enter(SWING, n)
            self._low = 0
            return TOE_OFF
        if s < 0 or angle < self._on_angle:
            self._enter(FLAT, n)
        return 0

    def _learn(self):
        """At toe-off, this stride's heel-off is known by its definition: learn the person's own."""
        peak = self.peak
        if self._amplitude:
            peak = self._amplitude + (peak - self._amplitude >> 2)
        self._amplitude = peak
        self._quiet = max(16 * _QUIET_MIN_DPS, min(self._quiet_most, peak >> 2))
        self._quiet_l1 = 16 * _QUIET_L1_DPS * self._quiet // self._quiet_most
        if self._true_n < 0:
            return
        on_ground = (self._true_n - self._contact_n) & N_MASK
        if on_ground < 2 * self._second:
            usual16 = self._stance16
            self._stance16 = _towards(usual16, on_ground) if usual16 else on_ground << 4
            on_ground = self._stance16 >> 4
            self._early = max(1, on_ground)
            self._standing = on_ground * _STANDING
            flat = max(self._fresh_min, (self._true_n - self._flat_n) & N_MASK)
            if flat < self._second:
                self._fresh16 = _towards(self._fresh16, flat)
                self._fresh = self._fresh16 >> 4
