"""How far, and which way, the foot went from one rest to the next.

Between two moments at which the foot stands still, its acceleration, turned into the frame of the
first and integrated twice, gives the way it went; what velocity is left at the second is drift,
and is taken out as if it had grown evenly (zero-velocity update; Skog et al. 2010, IEEE Trans
Biomed Eng 57:2657). Walking is what carries a foot along; tapping, bouncing, pedalling is not.

Lengths are mm. Unit vectors are integers of length 4096. Integers below 2**30, no allocation.
"""

from heelcue.compat import const
from heelcue.integers import ONE, isqrt

_MAX_MS = const(2200)  # drift grows with the square of the time; no swing lasts as long as that
_V_MAX = const(1 << 19)
_P_MAX = const(1 << 27)
_LONGEST = const(4400)
_DRIFT_MAX = const(100000)


class Travel:
    """Dead reckoning of one swing; start() at rest, add() every look, stop() at the next rest.

    drift_mm: the speed left at the stop, times the time: small against the way in a real step
    direction: unit vector of the way, horizontal, in the sensor frame of the rest it began from
    tilt2, tilt2_max: how far the sensor is tilted against the rest it began from, now and at the
    most, by the gyro alone: the squared sine of that angle, times ONE * ONE
    """

    def __init__(self, mounting, rate_hz, gyro_lsb_per_dps=16.384):
        self._mounting = mounting
        seconds = mounting.every / rate_hz
        self._steps_max = int(_MAX_MS / 1000 / seconds)
        # sum of raw LSB over one look -> rotation in 4096ths of a radian, Q16
        self._turn = int(65536 * ONE * 0.0174533 / (gyro_lsb_per_dps * rate_hz) + 0.5)
        # acceleration, twice integrated, -> mm, as a divisor
        self._per_mm = max(1, int(2048 / (9806.65 * seconds * seconds) + 0.5))
        self.drift_mm = 0
        self.direction = [0, 0, 0]
        self.tilt2 = self.tilt2_max = 0
        self.steps = -1  # integration steps so far, -1: not under way
        self._up = [0] * 3
        # Two horizontal axes of the rest's frame, seen from the sensor as it turns
        self._p = [0] * 3
        self._q = [0] * 3
        self._p0 = [0] * 3
        self._q0 = [0] * 3
        self._vp = self._vq = 0
        self._sp = self._sq = 0

    def start(self):
        """The foot is at rest, now."""
        m = self._mounting
        gx = m.gx
        gy = m.gy
        gz = m.gz
        g = isqrt(gx * gx + gy * gy + gz * gz)
        p = self._p
        q = self._q
        # p: horizontal, made from the sensor axis that is least vertical; q = up x p
        if abs(gx) < abs(gy):
            p[0], p[1], p[2] = 0, gz, -gy
        else:
            p[0], p[1], p[2] = -gz, 0, gx
        n = isqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2])
        if not g or not n:
            self.steps = -1
            return
        for k in range(3):
            p[k] = p[k] * ONE // n
        q[0] = (gy * p[2] - gz * p[1]) // g
        q[1] = (gz * p[0] - gx * p[2]) // g
        q[2] = (gx * p[1] - gy * p[0]) // g
        for k in range(3):
            self._p0[k] = p[k]
            self._q0[k] = q[k]
        up = self._up
        up[0] = gx * ONE // g
        up[1] = gy * ONE // g
        up[2] = gz * ONE // g
        self.tilt2 = self.tilt2_max = 0
        self._vp = self._vq = self._sp = self._sq = 0
        self.steps = 0

    def stop(self):
        """The foot is at rest again: return how far it went, mm (-1: not known), set direction."""
        n = self.steps
        self.steps = -1
        if n < 2:
            return -1
        mm = self._per_mm
        x = self._vp >> 5
        y = self._vq >> 5
        self.drift_mm = min(_DRIFT_MAX, isqrt(x * x + y * y) * n // mm << 5)
        x = self._sp - (self._vp * n >> 1)
        y = self._sq - (self._vq * n >> 1)
        x = max(-8000, min(8000, x // mm))
        y = max(-8000, min(8000, y // mm))
        way = isqrt(x * x + y * y)
        if way:
            d = self.direction
            for k in range(3):
                d[k] = (x * self._p0[k] + y * self._q0[k]) // way
        return way

    def add(self):
        """Take the look that the mounting has just ended."""
        m = self._mounting
        every = m.every
        turn = self._turn
        wx = (m.rx - m.bx * every) * turn >> 16
        wy = (m.ry - m.by * every) * turn >> 16
        wz = (m.rz - m.bz * every) * turn >> 16
        shift = m.acc_shift
        x = (m.ax >> shift) // every
        y = (m.ay >> shift) // every
        z = (m.az >> shift) // every
        self._turn_axis(self._p, wx, wy, wz)
        self._turn_axis(self._q, wx, wy, wz)
        p = self._p
        q = self._q
        up = self._up
        ux = up[0]
        uy = up[1]
        uz = up[2]
        # Horizontal directions are as far from horizontal, as it was, as the sensor is tilted
        v = p[0] * ux + p[1] * uy + p[2] * uz >> 12
        wx = q[0] * ux + q[1] * uy + q[2] * uz >> 12
        self.tilt2 = v = v * v + wx * wx
        self.tilt2_max = max(self.tilt2_max, v)
        v = self._vp + (x * p[0] + y * p[1] + z * p[2] >> 12)
        self._vp = v = max(-_V_MAX, min(_V_MAX, v))
        self._sp = max(-_P_MAX, min(_P_MAX, self._sp + v))
        v = self._vq + (x * q[0] + y * q[1] + z * q[2] >> 12)
        self._vq = v = max(-_V_MAX, min(_V_MAX, v))
        self._sq = max(-_P_MAX, min(_P_MAX, self._sq + v))
        self.steps += 1
        if self.steps > self._steps_max:
            self.steps = -1

    def _turn_axis(self, r, wx, wy, wz):
        """A direction fixed in the room, seen from the sensor that has turned by w: r + r x w."""
        x = r[0]
        y = r[1]
        z = r[2]
        # first and second order of the rotation; the third is below 0.3 deg at 700 deg/s
        dx = y * wz - z * wy >> 12
        dy = z * wx - x * wz >> 12
        dz = x * wy - y * wx >> 12
        # A unit vector grows a little at saturated rates: cut, so that sums stay within bounds
        r[0] = max(-_LONGEST, min(_LONGEST, x + dx + (dy * wz - dz * wy >> 13)))
        r[1] = max(-_LONGEST, min(_LONGEST, y + dy + (dz * wx - dx * wz >> 13)))
        r[2] = max(-_LONGEST, min(_LONGEST, z + dz + (dx * wy - dy * wx >> 13)))
