"""Does the foot lie still, and what does the sensor say on average meanwhile? How does it shake?

Units: accelerations about 2048ths of g, rates raw LSB, both in the sensor frame. A look is some
samples long, about 50 a second. Pure integers below 2**30; nothing here allocates.
"""

from heelcue.compat import const
from heelcue.integers import weight

_STILL_MIN_MS = const(100)  # a shorter rest says nothing ...
_FIRST_MIN_MS = const(60)  # ... unless nothing is known: better roughly level than not at all
# A walk that is under way when the device starts has no such rest, with people whose foot is never
# quite still. Every so often in motion a rest may stray further, by as much as at first, up to
# eight times; it says where gravity is, and of the gyro only what no foot turns in stance
_PATIENCE_MS = const(150)
_EASE_MAX = const(128)  # 16ths
_STANDING_MS = const(1000)  # a longer one is standing
_STILL_DPS = const(8)  # no axis sum strays further than this in a rest ...
_STILL_MG = const(60)
_OFFSET_MAX_DPS = const(27)  # MPU-6050: +-20 deg/s, and drift

# What a rest was
NONE = const(0)  # falling, turning evenly, or the data were made up in a gap
EASED = const(1)  # less still than usual
SHORT = const(2)
STANDING = const(3)


class Rests:
    """Follows one sensor from rest to rest.

    every, looks_hz: samples in a look and looks a second; gyro_lsb_per_dps: scale of the rates
    g: one g in the unit used here; acc_shift: the right shift that makes it of raw accelerations
    px, py, pz: acceleration at the end of the last look
    shake: recent vibration, decaying; still: samples since the last motion
    n: looks in this rest; least, first_least, standing: how many make one that says something,
        one that has to do while nothing is known, and one in which the wearer stands
    mean: accelerations and rates of the rest that measure() was asked about
    """

    def __init__(self, every, looks_hz, gyro_lsb_per_dps, g, acc_shift):
        self._every = every
        self._acc_shift = acc_shift
        self.least = max(4, int(_STILL_MIN_MS * looks_hz / 1000))
        self.first_least = max(3, int(_FIRST_MIN_MS * looks_hz / 1000))
        self.standing = max(8, int(_STANDING_MS * looks_hz / 1000))
        self._patience = max(1, int(_PATIENCE_MS * looks_hz / 1000))
        self._still_dps = int(_STILL_DPS * gyro_lsb_per_dps)
        self._still_mg = int(_STILL_MG * g / 1000)
        self._offset_max = int(_OFFSET_MAX_DPS * gyro_lsb_per_dps)
        # one g, give or take 30 %, squared, in 1/8 LSB
        self._g2_min = int((0.7 * g / 8) ** 2)
        self._g2_max = int((1.3 * g / 8) ** 2)
        # in an eased rest 13 %: what swings in a bag feels more or less
        self._g2_sure_min = int((0.87 * g / 8) ** 2)
        self._g2_sure_max = int((1.13 * g / 8) ** 2)
        self.px = self.py = self.pz = 0
        self.shake = 0
        self._calming = weight(0.25, looks_hz)  # it lasts for 80 ms
        self.still = 0
        self.n = 0
        self.mean = [0] * 6
        self._sum = [0] * 6
        self._first = [0] * 6
        self._restless = 0  # looks in motion while nothing is known
        self._ease = 16  # how much less still than usual a rest may be then, in 16ths
        self._eased = False  # this one is

    def look(self, a, i):
        """Take the raw sample a[i:i+6], which ends a look; True while the rest goes on."""
        x = a[i] >> self._acc_shift
        y = a[i + 1] >> self._acc_shift
        z = a[i + 2] >> self._acc_shift
        self.shake -= self.shake * self._calming >> 8
        self.shake += abs(x - self.px)
        self.shake += abs(y - self.py)
        self.shake += abs(z - self.pz)
        self.px = x
        self.py = y
        self.pz = z
        return self._goes_on(a, i)

    def _goes_on(self, a, i):
        """True while the sample is like the rest's first one; then it is added to the rest."""
        six = self._first
        e = abs(self.px - six[0]) + abs(self.py - six[1]) + abs(self.pz - six[2])
        if e >= self._still_mg * self._ease >> 4:
            return False
        if e >= self._still_mg:
            self._eased = True
        e = abs(a[i + 3] - six[3]) + abs(a[i + 4] - six[4]) + abs(a[i + 5] - six[5])
        if e >= self._still_dps * self._ease >> 4:
            return False
        if e >= self._still_dps:
            self._eased = True
        six = self._sum
        six[0] += self.px
        six[1] += self.py
        six[2] += self.pz
        six[3] += a[i + 3]
        six[4] += a[i + 4]
        six[5] += a[i + 5]
        self.n += 1
        self.still += self._every
        return True

    def begin(self, a, i):
        """Begin a rest with the look that raw sample a[i:i+6] ends: the next may resemble it."""
        for j in range(6):
            self._sum[j] = 0
        self.n = 0
        self._eased = False
        first = self._first
        first[0] = self.px
        first[1] = self.py
        first[2] = self.pz
        first[3] = a[i + 3]
        first[4] = a[i + 4]
        first[5] = a[i + 5]

    def ease(self):
        """A look in motion while nothing is known: ask for less in time."""
        if self._ease < _EASE_MAX:
            self._restless += 1
            self._ease = 16 + 16 * self._restless // self._patience

    def measure(self):
        """Fill `mean` from this rest; return what it was: NONE, EASED, SHORT or STANDING."""
        mean = self.mean
        for j in range(6):
            mean[j] = self._sum[j] // self.n
        if not self.is_one_g(mean[0], mean[1], mean[2]):
            return NONE
        kind = SHORT
        most = self._offset_max
        if self.n >= self.standing:
            kind = STANDING
        elif self._eased:
            kind = EASED
            most = 3 * most >> 1
        if max(abs(mean[3]), abs(mean[4]), abs(mean[5])) > most:
            return NONE
        if kind == EASED and not self._surely_one_g():
            return NONE
        self._ease = 16
        self._restless = 0
        return kind

    def _surely_one_g(self):
        mean = self.mean
        g2 = _squared(mean[0], mean[1], mean[2])
        return self._g2_sure_min < g2 < self._g2_sure_max

    def is_one_g(self, x, y, z):
        """True if that acceleration may be gravity, give or take 30 %."""
        return self._g2_min <= _squared(x, y, z) <= self._g2_max


def _squared(x, y, z):
    return (x >> 3) * (x >> 3) + (y >> 3) * (y >> 3) + (z >> 3) * (z >> 3)
