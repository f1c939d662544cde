"""Which way the device sits on the foot: gravity, gyro offset, sagittal axis and its sign.

Frames: the sensor frame is what the chip reports; the foot frame has x forward, y left, z up.
The sagittal rate is the foot's pitch rate, heel-up positive, i.e. the rotation rate about +y.
Unit vectors are integers of length 4096. Pure integers below 2**30; step() allocates nothing.
"""

from heelcue.compat import const
from heelcue.integers import ONE, beyond, isqrt
from heelcue.principal import principal
from heelcue.rests import EASED, NONE, STANDING, Rests

_LOOK_HZ = const(50)  # everything but the sagittal rate itself is looked at so often
_JUMP_DPS = const(12)  # a gyro's zero drifts, it does not jump
_JUMP_MS = const(3000)
# What a foot that rolls slowly through stance may turn: a short rest can't tell it from an offset
_ROLL_DPS = const(5)
_MOVING_DPS = const(50)  # faster than this a sample tells about the axis
_WINDOW_MS = const(1000)  # of motion
_FLAT_MG = const(150)  # the accelerometer's distance from what it says when flat
_SUM_MAX_MS = const(4000)
# From flat to flat a foot turns to and fro and ends as it began: the mean rate is the gyro's offset
_STRIDE_MAX_MS = const(3000)
_STRIDE_ODD_DPS = const(20)  # a stride that differs by more ended on a slope, or clipped
# A stride counts for so much, as right shifts: the first for half, later ones for an eighth. The
# foot is tilted otherwise each time, so standing says it better: then strides only follow drift
_STRIDE_FIRST = const(1)
_STRIDE_LATER = const(3)
_STRIDE_STOOD = const(6)


class Mounting:
    """Projects raw samples on the sagittal axis; follows gravity and the gyro's offset.

    gyro_lsb_per_dps, acc_lsb_per_g: scale of the raw samples
    known: the sagittal axis is known; vx, vy, vz: that axis, a unit vector, sensor frame
    level: gravity and gyro offset are known: gx, gy, gz: acceleration when flat, i.e. up, about
        2048ths of g; bx, by, bz: offset, raw LSB; sensor frame, all of them
    forgotten: all was found wrong and starts afresh; set back by Alignment, when it has too
    looked: this sample ended a look, of `every` samples, about 50 a second; then
    rx, ry, rz and ax, ay, az: sums of the raw rates and accelerations over that look
    rests: the Rests that takes each look; acc_shift: the right shift that makes 2048ths of g, or
        thereabouts, of raw accelerations
    flat_tilt: a tilt() below this is that of a foot which lies as it does when flat
    sum_n: samples since restart(); moving_n: looks in motion since the last main_axis()
    """

    def __init__(self, rate_hz, gyro_lsb_per_dps=16.384, acc_lsb_per_g=2048.0):
        self._a = None  # the sample of the last step() is _a[_i:_i+6]
        self._i = 0
        self._scale = int(16 * ONE / gyro_lsb_per_dps + 0.5)  # raw LSB -> 1/16 deg/s
        self.acc_shift = 0
        # Accelerations are used in 2048ths of g; other ranges differ by powers of two
        while acc_lsb_per_g / (1 << self.acc_shift) > 3000:
            self.acc_shift += 1
        g = acc_lsb_per_g / (1 << self.acc_shift)
        self.every = max(1, int(rate_hz / _LOOK_HZ))
        looks_hz = rate_hz / self.every
        self.rests = Rests(self.every, looks_hz, gyro_lsb_per_dps, g, self.acc_shift)
        self._jump_n = int(_JUMP_MS * looks_hz / 1000)
        self._window = max(20, int(_WINDOW_MS * looks_hz / 1000))
        self._sum_max = int(_SUM_MAX_MS * rate_hz / 1000)
        lsb = gyro_lsb_per_dps
        self._jump = int(_JUMP_DPS * lsb)
        self._roll = int(_ROLL_DPS * lsb)
        self.flat_tilt = int(_FLAT_MG * g / 1000)
        self._moving2 = _MOVING_DPS * _MOVING_DPS
        # raw LSB -> about 1 deg/s by a shift, and a sum of raw LSB over samples -> degrees
        self._to_dps = 0
        while lsb / (2 << self._to_dps) > 0.7:
            self._to_dps += 1
        self._degree = int(lsb * rate_hz + 0.5)
        self._sum_shift = 0
        while (180 * self._degree >> self._sum_shift) > 12000:
            self._sum_shift += 1
        # L1 norm in raw LSB -> 1/16 deg/s
        self._l1 = int(16 * 256 / lsb + 0.5)

        self.known = False
        self.level = False
        self.forgotten = False
        self.vx = self.vy = self.vz = 0
        self._ux = self._uy = self._uz = 0  # the axis, scaled to give 1/16 deg/s
        self._offset = 0  # gyro offset along the axis
        self.bx = self.by = self.bz = 0
        self.gx = self.gy = self.gz = 0
        self.sum_n = 0
        self._sx = self._sy = self._sz = 0  # rotation since restart(), raw LSB times samples
        self._stride_max = int(_STRIDE_MAX_MS * rate_hz / 1000)
        self._stride_odd = 16 * _STRIDE_ODD_DPS
        self._tx = self._ty = self._tz = 0  # likewise since flat_again()
        self._stride_n = self._stride_max + 1  # not since the foot was flat
        self._shift = _STRIDE_FIRST
        self._begin_look()
        self._jumped = 0
        self._loaded = False
        self._sound = False  # level, from a rest that was long enough
        self._scatter = [0] * 6
        self.moving_n = 0

    def step(self, a, i):
        """Return the sagittal rate, 1/16 deg/s heel-up, of the raw sample a[i:i+6].

        The sample must stay there until the next: motion(), tilt(), rate_about() are of it.
        """
        self._a = a
        self._i = i
        if self.looked:
            self._begin_look()
        x = a[i + 3]
        y = a[i + 4]
        z = a[i + 5]
        self.rx += x
        self.ry += y
        self.rz += z
        self.ax += a[i]
        self.ay += a[i + 1]
        self.az += a[i + 2]
        self._left -= 1
        if not self._left:
            self._look()
        return (self._ux * x + self._uy * y + self._uz * z >> 12) - self._offset

    def motion(self):
        """Return |x| + |y| + |z| of the rotation rate, 1/16 deg/s."""
        a = self._a
        i = self._i
        return (
            abs(a[i + 3] - self.bx) + abs(a[i + 4] - self.by) + abs(a[i + 5] - self.bz)
        ) * self._l1 >> 8

    def tilt(self):
        """Return |x| + |y| + |z| of acceleration minus that of the flat foot, 2048ths of g."""
        a = self._a
        i = self._i
        k = self.acc_shift
        return (
            abs((a[i] >> k) - self.gx)
            + abs((a[i + 1] >> k) - self.gy)
            + abs((a[i + 2] >> k) - self.gz)
        )

    def restart(self):
        """Begin a new rotation sum (the foot is flat), from the next look on."""
        self._sx = self._sy = self._sz = self.sum_n = 0

    def flat_again(self):
        """The foot is flat, a stride after it last was: what its turns left over is offset."""
        n = self._stride_n
        if 0 < n <= self._stride_max:
            x = self._ux * (self._tx // n)
            y = self._uy * (self._ty // n)
            z = self._uz * (self._tz // n)
            left = (x + y + z >> 12) - self._offset
            if -self._stride_odd < left < self._stride_odd:
                left = left * ONE // self._scale  # raw LSB
                k = 12 + self._shift
                self.bx += left * self.vx >> k
                self.by += left * self.vy >> k
                self.bz += left * self.vz >> k
                self._project()
                if self._shift < _STRIDE_LATER:
                    self._shift += 1
        self._tx = self._ty = self._tz = self._stride_n = 0

    def gap(self):
        """Samples are missing: what the foot turned in this stride is not known."""
        self._stride_n = self._stride_max + 1

    def rotation(self, out):
        """Fill out[0:3] with the horizontal direction of the rotation since restart().

        Returns its angle in whole degrees; 0 where there is none.
        """
        n = self.sum_n
        k = self._sum_shift
        x = max(-12000, min(12000, self._sx - self.bx * n >> k))
        y = max(-12000, min(12000, self._sy - self.by * n >> k))
        z = max(-12000, min(12000, self._sz - self.bz * n >> k))
        if not self.level:
            return 0
        gx = self.gx >> 4
        gy = self.gy >> 4
        gz = self.gz >> 4
        v = (x * gx + y * gy + z * gz) // ((gx * gx + gy * gy + gz * gz) >> 7)
        x -= v * gx >> 7
        y -= v * gy >> 7
        z -= v * gz >> 7
        m = isqrt(x * x + y * y + z * z)
        if not m:
            return 0
        out[0] = x * ONE // m
        out[1] = y * ONE // m
        out[2] = z * ONE // m
        return (m << k) // self._degree

    def window_full(self):
        """True when enough motion has been seen for main_axis()."""
        return self.moving_n >= self._window

    def main_axis(self, out):
        """Fill out[0:3] with the main horizontal axis of the last window of motion.

        Returns how much of the horizontal rotation is about it, percent; begins a new window.
        """
        c = self._scatter
        if not self.level:
            for j in range(6):
                c[j] >>= 1  # kept for when it is
            self.moving_n >>= 1
            return 0
        if self.known:
            out[0] = self.vx
            out[1] = self.vy
            out[2] = self.vz
        else:
            out[0] = out[1] = out[2] = 0
        share = principal(c, self.gx >> 4, self.gy >> 4, self.gz >> 4, out)
        self._clear_scatter()
        return share

    def _clear_scatter(self):
        for j in range(6):
            self._scatter[j] = 0
        self.moving_n = 0

    def rate_about(self, axis):
        """Return the rotation rate about axis[0:3], 1/16 deg/s."""
        a = self._a
        i = self._i
        x = (a[i + 3] - self.bx) * self._scale >> 12
        y = (a[i + 4] - self.by) * self._scale >> 12
        z = (a[i + 5] - self.bz) * self._scale >> 12
        return x * axis[0] + y * axis[1] + z * axis[2] >> 12

    def cosine(self, axis):
        """Return the cosine, in 4096ths, between the sagittal axis and axis[0:3]."""
        return axis[0] * self.vx + axis[1] * self.vy + axis[2] * self.vz >> 12

    def set_axis(self, x, y, z):
        """Take (x, y, z), of any length up to 16000, as the sagittal axis."""
        m = isqrt(x * x + y * y + z * z)
        if not m:
            return
        self.vx = x * ONE // m
        self.vy = y * ONE // m
        self.vz = z * ONE // m
        self._ux = self.vx * self._scale >> 12
        self._uy = self.vy * self._scale >> 12
        self._uz = self.vz * self._scale >> 12
        self.known = True
        self._project()

    def flip(self):
        """Turn the sign of the sagittal axis."""
        self.set_axis(-self.vx, -self.vy, -self.vz)

    def forget(self):
        """Start afresh, as from a cold start."""
        self.known = self.level = self._sound = False
        self.forgotten = True
        self._shift = _STRIDE_FIRST
        self.gap()
        self._clear_scatter()

    def save(self):
        """Return what is worth keeping across walks: a list of small integers."""
        if not (self.known and self.level):
            return []
        axis = [self.vx, self.vy, self.vz]
        return axis + [self.bx, self.by, self.bz] + [self.gx, self.gy, self.gz]  # noqa: RUF005

    def load(self, saved):
        """Take back what save() gave; anything else is ignored. It is checked at the first rest."""
        if len(saved) != 9 or not all(isinstance(v, int) and abs(v) < 32768 for v in saved):
            return
        self.bx, self.by, self.bz, self.gx, self.gy, self.gz = saved[3:]
        if not self.rests.is_one_g(self.gx, self.gy, self.gz):
            self.gx = self.gy = self.gz = self.bx = self.by = self.bz = 0
            return
        self.level = self._loaded = self._sound = True
        self.set_axis(saved[0] >> 1, saved[1] >> 1, saved[2] >> 1)

    def _begin_look(self):
        self.looked = False
        self._left = self.every
        self.rx = self.ry = self.rz = self.ax = self.ay = self.az = 0

    def _look(self):
        """Follow vibration, stillness and the axis, at about 50 looks a second."""
        self.looked = True
        if self.sum_n > self._sum_max:
            self.restart()
        self._sx += self.rx
        self._sy += self.ry
        self._sz += self.rz
        self.sum_n += self.every
        if self._stride_n <= self._stride_max:
            self._stride_n += self.every
            self._tx += self.rx
            self._ty += self.ry
            self._tz += self.rz
        rests = self.rests
        if rests.look(self._a, self._i):
            if rests.n < rests.standing:
                return
            self._rested()
        else:
            if rests.n >= (rests.least if self._sound else rests.first_least):
                self._rested()
            rests.still = 0
            if not self.level:
                rests.ease()
        rests.begin(self._a, self._i)
        self._scatter_rates()

    def _scatter_rates(self):
        """What moves tells about the axis."""
        i = self._i
        x = self._a[i + 3] - self.bx >> self._to_dps
        y = self._a[i + 4] - self.by >> self._to_dps
        z = self._a[i + 5] - self.bz >> self._to_dps
        if x * x + y * y + z * z > self._moving2:
            c = self._scatter
            c[0] += x * x
            c[1] += x * y
            c[2] += x * z
            c[3] += y * y
            c[4] += y * z
            c[5] += z * z
            self.moving_n += 1

    def _rested(self):
        """A rest is over: what was measured in it is gravity and the gyro's offset."""
        kind = self.rests.measure()
        if kind == NONE:
            return
        ax, ay, az, x, y, z = self.rests.mean
        if kind == EASED:
            self.level = True
            self.gx = ax
            self.gy = ay
            self.gz = az
            self.bx = beyond(x, 2 * self._roll)
            self.by = beyond(y, 2 * self._roll)
            self.bz = beyond(z, 2 * self._roll)
            self.restart()
            return
        standing = kind == STANDING
        if standing:
            self._shift = _STRIDE_STOOD
        if self._loaded or (standing and self.known):
            self._loaded = False
            if abs(ax - self.gx) + abs(ay - self.gy) + abs(az - self.gz) > 4 * self.flat_tilt:
                self.forget()  # the clip was turned since
        shift = 1 if standing else 3
        first = not self._sound
        if self.rests.n >= self.rests.least:
            self._sound = True
        if not self.level or first:
            self.level = True
            first = True
            shift = 0
        elif abs(x - self.bx) + abs(y - self.by) + abs(z - self.bz) > self._jump:
            self._jumped += self.rests.n
            if self._jumped < self._jump_n:
                return
            shift = 0
        self._jumped = 0
        # Before the first stride one stands, and sways to and fro: rests average that out. The
        # first of all stands against nothing: roll or offset, half of it is the better guess
        if standing or not (self.known or first):
            dead = 0
        else:
            dead = self._roll >> 1 if first else self._roll
        self.bx += beyond(x - self.bx, dead) >> shift
        self.by += beyond(y - self.by, dead) >> shift
        self.bz += beyond(z - self.bz, dead) >> shift
        shift = min(shift, 2)
        self.gx += ax - self.gx >> shift
        self.gy += ay - self.gy >> shift
        self.gz += az - self.gz >> shift
        if not self.rests.is_one_g(self.gx, self.gy, self.gz):
            self.forget()  # rests that disagree: tumbling
            return
        self._project()

    def _project(self):
        self._offset = self._ux * self.bx + self._uy * self.by + self._uz * self.bz >> 12
