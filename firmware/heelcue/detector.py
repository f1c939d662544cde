"""Heel-off, toe-off and initial contact from the sagittal rate, sample by sample."""

from heelcue.compat import const
from heelcue.events import HEEL_OFF, INITIAL_CONTACT, TOE_OFF

FLAT = const(0)
PUSH = const(1)
SWING = const(2)
LANDED = const(3)
DOWN = const(4)


TUNING = {
    "on_dps": 35,
    "slow_dps": 22,
    "a0_cdeg": 60,
    "a1_cdeg": 200,
    "aslow_cdeg": 80,
    "w_early": 500,
    "w_cold": 200,
    "w_stand": 200,
    "far_deg": 10,
    "settle_ms": 120,
    "tc_ms": 20,
    "gain": 4,
    "refr_ms": 400,
    "r0": 40,
    "r1": 85,
    "tdn": 2,
    "tup": 2,
    "m_ms": 40,
    "kdev": 3,
    "tau_ms": 40,
    "kj": 12,
    "ph": 105,
    "acap_cdeg": 220,
    "emax": 192,
    "eup": 32,
    "edn": 3,
    "qdiv": 100,
    "turn": 6,
    "acc_cg": 15,
    "quiet_rate_dps": 30,
    "quiet_l1_dps": 60,
    "flat_ms": 60,
    "flat_slap_ms": 15,
    "flat_far_ms": 150,
    "neg_cdeg": 200,
}


class Detector:
    """Walks through the phases of one foot's stride."""

    def __init__(self, settings, rate_hz):
        s = dict(TUNING)
        for k in settings:
            if k in s:
                s[k] = settings[k]
        self.rate = int(rate_hz + 0.5)
        f = rate_hz / 1000
        d = 16 * rate_hz  # one degree as a sum of 1/16 deg/s
        self.deg = int(d)
        self.on = 16 * s["on_dps"]
        self.on_slow = 16 * s["slow_dps"]
        self.a0 = int(d * s["a0_cdeg"] / 100)
        self.a1 = int(d * s["a1_cdeg"] / 100)
        self.a_slow = int(d * s["aslow_cdeg"] / 100)
        self.settle_n = max(1, int(s["settle_ms"] * f))
        self.adec = (self.a1 - self.a0) // self.settle_n
        self.alpha = int(256 / (1 + s["tc_ms"] * f))
        self.gain = s["gain"]
        self.quiet = 16 * s["quiet_rate_dps"]
        self.quiet_l1 = int(16.4 * s["quiet_l1_dps"])
        self.acc_l1 = int(20.48 * s["acc_cg"])
        self.flat_n = max(2, int(s["flat_ms"] * f))
        self.flat_far_n = max(3, int(s["flat_far_ms"] * f))
        self.neg = int(d * s["neg_cdeg"] / 100)
        self.min_peak = 16 * 40
        self.turn = s["turn"]
        self.turn0 = int(16.4 * 30)
        self.state = LANDED
        self.theta = 0
        self.sl = 0
        self.t = 0
        self.qn = 0
        self.peak = 0
        self.low = 0
        self.amp = 0  # own push-off amplitude
        self.trust = 0
        self.slap = False
        self.flat_slap = max(1, int(s["flat_slap_ms"] * f))
        self.w_early = 1024 * s["w_early"] // 100
        self.w_cold = 1024 * s["w_cold"] // 100
        self.w_stand = 1024 * s["w_stand"] // 100
        self.w = self.w_cold
        self.dw = 0
        self.tc = 0
        self.T = 0
        self.T105 = int(.7*rate_hz)
        self.kj = s['kj']
        self.ph=s['ph']
        self.r0 = s['r0']
        self.r1 = s['r1']
        self.tup = s['tup']
        self.tdn = s['tdn']
        self.cand = -1
        self.above = False
        self.th2 = 0
        self.two = int(2 * d)
        self.dev = 0
        self.wt = 0
        self.m = int(s["m_ms"] * f)
        self.kdev = s["kdev"]
        self.dw0 = int(1024 / (s["tau_ms"] * f)) + 1
        self.a_cap = int(64 * d * s['acap_cdeg'] / 100)
        self.E = 64
        self.det = -1
        self.ms100 = int(.08*rate_hz)
        self.emax=s['emax']
        self.eup=s['eup']
        self.edn=s['edn']
        self.q0 = self.quiet
        self.ql0 = self.quiet_l1
        self.qdiv = s['qdiv']
        self.since = 9999
        self.refr = int(s['refr_ms'] * f)
        self.stale = int(2 * rate_hz)
        self.far = int(d * s["far_deg"])

    def _learn(self):
        """At toe-off the heel-off of this stride is known by its definition: learn its time."""
        c = self.cand
        if c >= 0 and self.det >= 0:
            if c - self.det > self.ms100:
                self.E = min(self.emax, self.E + self.eup)
            elif self.E > 64:
                self.E -= max(1, self.E - 64 >> self.edn)
        if 0 <= c < 2 * self.rate:
            if not self.T:
                self.T = c
                self.dev = c >> 3
            else:
                e = c - self.T
                # follow at once what comes early, slowly what comes late
                self.T += e >> 1 if e < -3*self.dev else e >> 2
                if e < 0:
                    e = -e
                self.dev += (e*4 - self.dev) >> 2
            self.stale = self.T * 5 >> 1
            self.T105 = self.T * self.ph // 100
        self.cand = -1

    def _adapt(self):
        q = self.amp * 100 // self.qdiv
        self.quiet = max(16 * 12, min(self.q0, q))
        self.quiet_l1 = self.quiet * self.ql0 // self.q0

    def _expect(self):
        k = self.T
        if not k:
            self.w = self.w_cold
            self.dw = 0
            return
        t = k - self.m - (self.dev * self.kdev >> 3)
        self.dw = self.dw0
        self.w = min(self.w_early, max(1024, 1024 + (t - self.tc) * self.dw))
        self.wt = t - (self.w_early-1024)//self.dw

    def step(self, s, m, a, i):
        th = self.theta + s
        st = self.state
        self.t += 1
        self.tc += 1
        self.since += 1
        ds = s - (self.sl >> 4)
        self.sl += ds * self.alpha >> 4
        bits = 0
        if st <= PUSH:
            if s > 320:
                if not self.above:
                    self.above = True
                    if self.cand < 0 or self.th2 < self.two:
                        self.cand = self.tc
                        self.th2 = 0
                self.th2 += s
            else:
                self.above = False
                self.th2 += s
        if st == FLAT:
            w = 64
            if s > 240:
                w = self.E
                k = self.T105 - self.tc
                if k > 0:
                    w += min(m.shake, 16384) * self.kj // 4 * k // self.T105 >> 4
                    if w > self.w_early >> 4:
                        w = self.w_early >> 4
                elif self.tc > self.stale:
                    w = self.w_stand >> 4
            if ((s + ds * self.gain // 4) * 64 > self.on * w and th * 64 > self.a0 * w) or (
                s * 64 > self.on_slow * w and th * 64 > self.a_slow * w
            ):
                if m.motion(a, i) < s * self.turn + self.turn0:
                    bits = HEEL_OFF if self.since > self.refr else 0
                    self.det = self.tc
                    if bits:
                        self.since = 0
                    self.state = PUSH
                    self.peak = s
                    self.t = 0
            elif s < self.quiet and s > -self.quiet:
                th -= th >> 3
            if self.trust < 2 and th < -2 * self.deg and s < -self.on:
                bits = 128
                self.peak = s
                self.t = 0
                self.state = PUSH
            elif th < -self.neg:
                if th < -12 * self.deg:
                    self.state = DOWN
                    self.low = s
                    self.t = 0
                elif s > -self.quiet:
                    th = -self.neg
        elif st == PUSH:
            if s > self.peak:
                self.peak = s
            elif s < (self.peak >> 1):
                if self.peak > self.min_peak and s < 0:
                    bits = TOE_OFF
                    self._learn()
                    self.amp = self.peak if not self.amp else self.amp + (self.peak - self.amp >> 2)
                    self._adapt()
                    if self.peak > 16 * 80 and self.trust < 3:
                        self.trust += 1
                    self.state = SWING
                    self.low = 0
                    self.qn = 0
                    self.t = 0
                elif th < self.a0 or (s < 0 and self.peak < self.min_peak):
                    self.state = FLAT
        elif st == DOWN:
            if s < self.low:
                self.low = s
            elif s >= 0:
                bits = 64
                self.state = LANDED
                self.t = 0
                self.qn = 0
                self.slap = False
        elif st == SWING:
            if s < self.low:
                self.low = s
            elif s > (self.low >> 3) and self.low < -16 * 20:
                bits = INITIAL_CONTACT
                self.tc = 0
                self.state = LANDED
                self.t = 0
                self.qn = 0
                self.slap = False
            elif (
                s < self.quiet
                and s > -self.quiet
                and m.motion(a, i) < self.quiet_l1
                and m.tilt(a, i) < self.acc_l1
            ):
                self.qn += 1
                if self.qn >= self.flat_n:
                    self.state = LANDED
                    self.t = 0
                    self.qn *= 2
                    self.tc = self.flat_n
                    self.slap = False
            else:
                self.qn = 0
                if self.t > self.rate:
                    self.state = LANDED
                    self.slap = False
        elif s < self.quiet and s > -self.quiet:
            if m.motion(a, i) < self.quiet_l1:
                if th > self.far or th < -self.far:
                    self.qn += 1
                elif m.tilt(a, i) < self.acc_l1:
                    self.qn += 4
                else:
                    self.qn += 2
                n = self.qn
                if n >= self.flat_n * 4 or (self.slap and n >= self.flat_slap * 4):
                    self.state = FLAT
                    self.cand = -1
                    self.above = s > 320
                    self._expect()
                    th = 0
            elif self.qn > 0:
                self.qn -= 1
        else:
            self.qn = 0
            if s > 16 * 60:
                self.slap = True
            elif s < self.low >> 1:
                self.state = SWING
        self.theta = th
        return bits
