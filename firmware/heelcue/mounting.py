"""Which way the device sits on the foot: gravity, gyro bias, sagittal axis and its sign.

Frames: the sensor frame is what the chip reports; the foot frame has x forward, y left, z up.
The sagittal rate is the foot's pitch rate, heel-up positive, i.e. the rotation rate about +y.
"""

from heelcue.compat import const

_Q = const(12)  # unit vectors are integers of length 2**12
_ONE = const(4096)


def isqrt(x):
    """Integer square root of 0 <= x < 2**30, rounded down (bit by bit: no floats, no overflow)."""
    r = 0
    b = 1 << 28
    while b > x:
        b >>= 2
    while b:
        if x >= r + b:
            x -= r + b
            r = (r >> 1) + b
        else:
            r >>= 1
        b >>= 2
    return r


class Mounting:
    """Learns the mounting from the first stride and follows it; step() gives the sagittal rate."""

    def __init__(self, rate_hz, gyro_lsb_per_dps=16.384, acc_lsb_per_g=2048.0):
        self.rate_hz = int(rate_hz + 0.5)
        self._scale = int(16 * _ONE / gyro_lsb_per_dps + 0.5)  # raw LSB -> 1/16 deg/s, Q12
        self._dps = int(gyro_lsb_per_dps + 0.5)
        self._dec = max(1, int(rate_hz / 50))
        self._win_min = max(4, int(0.1 * rate_hz / self._dec))
        self._win_max = max(8, int(1.0 * rate_hz / self._dec))
        g = acc_lsb_per_g / 8
        self._g2_min = int(0.7 * g * 0.7 * g)
        self._g2_max = int(1.3 * g * 1.3 * g)
        self._bias_max = int(27 * gyro_lsb_per_dps)
        self._bias_jump = int(12 * gyro_lsb_per_dps)
        self._dead = int(5 * gyro_lsb_per_dps)
        self._jump = 0
        self._jump_n = 3 * int(rate_hz / self._dec)
        self._near_g = int(8 * gyro_lsb_per_dps)
        self._near_a = int(0.06 * acc_lsb_per_g)
        # a rotation sum in raw LSB*samples of one degree
        self._deg = int(gyro_lsb_per_dps * rate_hz + 0.5)
        self._shift = 0
        while (180 * self._deg >> self._shift) > 12000:
            self._shift += 1
        self.known = False
        self.vx = self.vy = self.vz = 0  # unit sagittal axis, sensor frame, Q12
        self.ux = self.uy = self.uz = 0  # the same, scaled to give 1/16 deg/s
        self.bias_s = 0
        self.bx = self.by = self.bz = 0
        self.gx = self.gy = self.gz = 0  # gravity reaction (up), acc LSB
        self.bias_known = False
        self.still = 0  # samples of stillness so far
        self.rx = self.ry = self.rz = 0
        self.rn = 0
        self._left = self._dec
        self.shake = 0
        self._px = self._py = self._pz = 0
        self._c = [0] * 6
        self._cn = 0
        self._win_axis = int(1.0 * rate_hz / self._dec)
        self._to_dps = 4
        self._wn = 0
        self._w = [0] * 6
        self._ref = [0] * 6
        self._disagree = 0
        self.votes = 0

    def step(self, a, i):
        """Return the sagittal rate, 1/16 deg/s, of the raw sample a[i:i+6]."""
        x = a[i + 3]
        y = a[i + 4]
        z = a[i + 5]
        self.rx += x
        self.ry += y
        self.rz += z
        self.rn += 1
        self._left -= 1
        if not self._left:
            self._slow(a, i)
        return (self.ux * x + self.uy * y + self.uz * z >> 12) - self.bias_s

    def motion(self, a, i):
        """Return |x| + |y| + |z| of the bias-free rotation rate of a[i:i+6], raw LSB."""
        return abs(a[i + 3] - self.bx) + abs(a[i + 4] - self.by) + abs(a[i + 5] - self.bz)

    def tilt(self, a, i):
        """Return |x| + |y| + |z| of acceleration minus that of the flat foot, raw LSB."""
        return abs(a[i] - self.gx) + abs(a[i + 1] - self.gy) + abs(a[i + 2] - self.gz)

    def _scatter(self, x, y, z):
        """Add the bias-free rate (x, y, z), deg/s, to the scatter matrix of this window."""
        c = self._c
        c[0] += x * x
        c[1] += x * y
        c[2] += x * z
        c[3] += y * y
        c[4] += y * z
        c[5] += z * z
        self._cn += 1

    def window(self, out):
        """When a window of motion is full: fill out[0:3] with its main horizontal axis (Q12).

        Returns the share of the horizontal rotation that is about it, percent; 0: not full.
        """
        if self._cn < self._win_axis:
            return 0
        c = self._c
        gx = self.gx >> 4
        gy = self.gy >> 4
        gz = self.gz >> 4
        g2 = gx * gx + gy * gy + gz * gz
        if not self.bias_known or g2 < 1000:
            for j in range(6):
                c[j] = 0
            self._cn = 0
            return 0
        k = 0
        t = c[0] + c[3] + c[5]
        while t >> k > 20000:
            k += 1
        c0 = c[0] >> k
        c1 = c[1] >> k
        c2 = c[2] >> k
        c3 = c[3] >> k
        c4 = c[4] >> k
        c5 = c[5] >> k
        # share of the vertical axis in the scatter
        q = (c0 * gx + c1 * gy + c2 * gz) // (g2 >> 7) * gx
        q += (c1 * gx + c3 * gy + c4 * gz) // (g2 >> 7) * gy
        q += (c2 * gx + c4 * gy + c5 * gz) // (g2 >> 7) * gz
        h = (t >> k) - (q >> 7)
        x = self.vx
        y = self.vy
        z = self.vz
        if not self.known:
            # any horizontal direction to start from
            x, y, z = (0, gz << 4, -gy << 4) if abs(gx) < abs(gz) else (gy << 4, -gx << 4, 0)
        m = 0
        for _ in range(8):
            v = (x * gx + y * gy + z * gz) // (g2 >> 7)
            x -= v * gx >> 7
            y -= v * gy >> 7
            z -= v * gz >> 7
            m = isqrt((x >> 1) * (x >> 1) + (y >> 1) * (y >> 1) + (z >> 1) * (z >> 1)) << 1
            if m < 16:
                break
            x = x * 4096 // m
            y = y * 4096 // m
            z = z * 4096 // m
            out[0] = x
            out[1] = y
            out[2] = z
            x, y, z = (
                (c0 * x + c1 * y + c2 * z) >> 12,
                (c1 * x + c3 * y + c4 * z) >> 12,
                (c2 * x + c4 * y + c5 * z) >> 12,
            )
        for j in range(6):
            c[j] = 0
        self._cn = 0
        return m * 100 // h if h > 0 else 0

    def _slow(self, a, i):
        self._left = self._dec
        x = a[i]
        y = a[i + 1]
        z = a[i + 2]
        j = abs(x - self._px) + abs(y - self._py) + abs(z - self._pz)
        self._px = x
        self._py = y
        self._pz = z
        self.shake += j - (self.shake >> 2)
        x = (a[i + 3] - self.bx) >> self._to_dps
        y = (a[i + 4] - self.by) >> self._to_dps
        z = (a[i + 5] - self.bz) >> self._to_dps
        if x * x + y * y + z * z > 2500:
            self._scatter(x, y, z)
        r = self._ref
        w = self._w
        d = abs(a[i + 3] - r[3]) + abs(a[i + 4] - r[4]) + abs(a[i + 5] - r[5])
        e = abs(a[i] - r[0]) + abs(a[i + 1] - r[1]) + abs(a[i + 2] - r[2])
        if d < self._near_g and e < self._near_a:
            self._wn += 1
            self.still += self._dec
            for k in range(6):
                w[k] += a[i + k]
            if self._wn < self._win_max:
                return
            self._adopt()
        else:
            if self._wn >= self._win_min:
                self._adopt()
            self.still = 0
        self._wn = 0
        for k in range(6):
            r[k] = a[i + k]
            w[k] = 0

    def _beyond(self, d, dead):
        """Return how far d is outside +-dead."""
        if d > dead:
            return d - dead
        if d < -dead:
            return d + dead
        return 0

    def _adopt(self):
        w = self._w
        n = self._wn
        x = w[3] // n
        y = w[4] // n
        z = w[5] // n
        ax = w[0] // n
        ay = w[1] // n
        az = w[2] // n
        # Still means one g, and a gyro's zero is never further off than some 25 deg/s
        a2 = (ax >> 3) * (ax >> 3) + (ay >> 3) * (ay >> 3) + (az >> 3) * (az >> 3)
        if a2 < self._g2_min or a2 > self._g2_max or max(abs(x), abs(y), abs(z)) > self._bias_max:
            return
        d = abs(x - self.bx) + abs(y - self.by) + abs(z - self.bz)
        if not self.bias_known:
            k = 0
            self.bias_known = True
        elif d > self._bias_jump:
            # A gyro does not jump: believe it only when it stays
            self._jump += n
            if self._jump < self._jump_n:
                return
            k = 0
        else:
            k = 1 if n >= self._win_max else 3
        self._jump = 0
        # A foot that rolls slowly through stance looks like an offset: only standing tells
        dead = 0 if n >= self._win_max else self._dead
        self.bx += self._beyond(x - self.bx, dead) >> k
        self.by += self._beyond(y - self.by, dead) >> k
        self.bz += self._beyond(z - self.bz, dead) >> k
        k = min(k, 2)
        self.gx += ax - self.gx >> k
        self.gy += ay - self.gy >> k
        self.gz += az - self.gz >> k
        self._project()

    def _project(self):
        self.bias_s = self.ux * self.bx + self.uy * self.by + self.uz * self.bz >> 12

    def restart(self):
        """Begin a new rotation sum (the foot is flat)."""
        self.rx = self.ry = self.rz = self.rn = 0

    def rotation(self, out):
        """Horizontal part of the rotation since restart(): fills out[0:3] (Q12 direction).

        Returns its angle in degrees (0: none, or gravity unknown).
        """
        n = self.rn
        k = self._shift
        x = self.rx - self.bx * n >> k
        y = self.ry - self.by * n >> k
        z = self.rz - self.bz * n >> k
        # gravity direction in Q7 is enough for taking out the vertical part
        gx = self.gx >> 4
        gy = self.gy >> 4
        gz = self.gz >> 4
        g2 = gx * gx + gy * gy + gz * gz
        if g2 < 1000:
            return 0
        lim = 12000
        x = max(-lim, min(lim, x))
        y = max(-lim, min(lim, y))
        z = max(-lim, min(lim, z))
        v = (x * gx + y * gy + z * gz) // (g2 >> 7)
        x -= v * gx >> 7
        y -= v * gy >> 7
        z -= v * gz >> 7
        m = isqrt(x * x + y * y + z * z)
        if not m:
            return 0
        out[0] = x * _ONE // m
        out[1] = y * _ONE // m
        out[2] = z * _ONE // m
        return (m << k) // self._deg

    def flip(self):
        """Turn the sign of the sagittal axis."""
        self.set_axis(-self.vx, -self.vy, -self.vz)

    def set_axis(self, x, y, z):
        """Take (x, y, z), any length, as the sagittal axis."""
        m = isqrt(x * x + y * y + z * z)
        if not m:
            return
        self.vx = x * _ONE // m
        self.vy = y * _ONE // m
        self.vz = z * _ONE // m
        self.ux = self.vx * self._scale >> 12
        self.uy = self.vy * self._scale >> 12
        self.uz = self.vz * self._scale >> 12
        self.known = True
        self._project()
