"""The sample path: raw sample -> mounting -> detector -> scheduler -> event bits."""

from array import array

from heelcue.detector import FLAT, LANDED, Detector
from heelcue.events import CUE, HEEL_OFF, RECORD_FIELDS, TOE_OFF
from heelcue.mounting import Mounting


class Reactive:
    """Cues every heel-off, no sooner than refractory_ms after the last cue."""

    def __init__(self, settings, rate_hz):
        self.pulse_ms = settings["pulse_ms"]
        self.strength_pct = settings["strength_pct"]
        self._wait = int(settings["refractory_ms"] * rate_hz / 1000)
        self._left = 0

    def step(self, bits):
        """Return CUE when the motor is to start at this sample, else 0."""
        if self._left:
            self._left -= 1
        elif bits & HEEL_OFF:
            self._left = self._wait
            return CUE
        return 0


class Pipeline:
    """One foot's gait, sample by sample; pure integers, no allocation in step()."""

    def __init__(self, settings, rate_hz, gyro_lsb_per_dps=16.384, acc_lsb_per_g=2048.0):
        self.n = 0
        self.record = array("i", [-1] * RECORD_FIELDS)
        self.walking = False
        self.steady = False
        self.mounting = Mounting(rate_hz, gyro_lsb_per_dps, acc_lsb_per_g)
        self.detector = Detector(settings, rate_hz)
        self._out = [0, 0, 0]
        self.scheduler = Reactive(settings, rate_hz)
        self._drop = int(30 * gyro_lsb_per_dps)
        self._bad = 0
        self._mis = 0
        self._toe_offs = 0
        self._k = self._th = self._hi = self._lo = self._thf = 0
        self._c = 1 << 20

    def step(self, samples, i):
        """Take the sample at samples[i:i+6] (raw LSB: acc x y z, gyr x y z); return event bits."""
        self.n += 1
        m = self.mounting
        s = m.step(samples, i)
        if m._cn >= m._win_axis:
            self._realign()
        if not m.known:
            return self._search(samples, i)
        d = self.detector
        bits = d.step(s, m, samples, i)
        if bits == 128:
            m.flip()
            d.theta = -d.theta
            d.peak = -d.peak
            bits = HEEL_OFF
            self._bad = 0
        if d.trust < 2:
            self._watch_sign(s, samples, i)
        if d.state == FLAT and s < d.on and s > -d.on:
            m.restart()
        if bits & (TOE_OFF | 64):
            self._toe_offs += 1
            self._check()
        return bits | self.scheduler.step(bits)

    def _search(self, a, i):
        """Before the axis is known: wait for the first lobe after stillness."""
        m = self.mounting
        if not m.bias_known:
            return 0
        if m.still > 4:
            m.restart()
            return 0
        if m.rn > 3 * m.rate_hz:
            m.restart()
        out = self._out
        if m.rn & 1:
            return 0
        deg = m.rotation(out)
        if deg < 5:
            return 0
        x = a[i + 3] - m.bx
        y = a[i + 4] - m.by
        z = a[i + 5] - m.bz
        if x * out[0] + y * out[1] + z * out[2] >> 12 < -self._drop:
            m.set_axis(out[0], out[1], out[2])
            d = self.detector
            d.state = 2
            d.low = 0
            d.t = 0
            d.theta = deg * d.deg
        return 0

    def _realign(self):
        m = self.mounting
        out = self._out
        share = m.window(out)
        if share < 60 or not m.bias_known:
            return
        if not m.known:
            c = 0
        else:
            c = (out[0] * m.vx + out[1] * m.vy + out[2] * m.vz) >> 12
        if c > 3100 or c < -3100:
            self._mis = 0
            return
        d = self.detector
        toe_offs = self._toe_offs
        self._toe_offs = 0
        if toe_offs:
            self._mis = 0
            return
        self._mis += 1
        if d.trust < 2 or self._mis >= 2:
            self._mis = 0
            if c < 0:
                out[0] = -out[0]
                out[1] = -out[1]
                out[2] = -out[2]
            m.set_axis(out[0], out[1], out[2])
            d.trust = 0
            d.theta = 0
            d.state = LANDED
            d.qn = 0
            d.low = -1600
            self._k = self._th = self._hi = self._lo = self._thf = 0
            self._c = 1 << 20

    def _watch_sign(self, s, a, i):
        """While the sign is not proven: heel-up swings go further from flat than toe-up ones."""
        m = self.mounting
        d = self.detector
        th = self._th + s
        self._th = th
        if th > self._hi:
            self._hi = th
        elif th < self._lo:
            self._lo = th
        c = m.motion(a, i) + (m.tilt(a, i) >> 1)
        if c < self._c:
            self._c = c
            self._thf = th
        self._k += 1
        if self._k * 10 > 14 * m.rate_hz:
            up = self._hi - self._thf
            dn = self._thf - self._lo
            if dn > up + 12 * d.deg and dn > up * 3 >> 1:
                m.flip()
                d.theta = 0
                d.state = LANDED
                d.qn = 0
                d.low = -1600
            self._k = self._th = self._hi = self._lo = self._thf = 0
            self._c = 1 << 20

    def _check(self):
        """At toe-off: the rotation since foot-flat is the axis, once more."""
        m = self.mounting
        out = self._out
        deg = m.rotation(out)
        if deg < 12:
            return
        c = (out[0] * m.vx + out[1] * m.vy + out[2] * m.vz) >> 12
        if c > 2900:  # 45 degrees
            self._bad = 0
            m.set_axis(3 * m.vx + out[0] >> 2, 3 * m.vy + out[1] >> 2, 3 * m.vz + out[2] >> 2)
        else:
            self._bad += 1
            self.detector.trust = 0
            if self._bad >= 2:
                m.set_axis(out[0], out[1], out[2])
                self._bad = 0

    def gap(self, lost):
        """Say that `lost` samples are missing before the next step."""
        self.n += lost
