"""Finds the sagittal axis and its sign from the way a foot moves, and notices when they are wrong.

Five facts about walking are used, none of them about where the device sits:
- after a rest, the foot's first horizontal rotation is heel-up, and its reversal ends it;
- over a second of walking most horizontal rotation is about the sagittal axis;
- from flat, the heel rises further (50-70 deg) than the toe does before landing (15-30 deg);
- from flat, it is the heel that rises, not the toe;
- the toe does not rise before the heel does.

Pure integers below 2**30; nothing here allocates. The costly parts run once a stride at most.
"""

from heelcue.compat import const
from heelcue.detector import FLAT, TOE_UP
from heelcue.events import TOE_OFF

_FIRST_DEG = const(5)  # a first rotation smaller than this is swaying
_REVERSED_DPS = const(30)  # backward so fast: the first rotation is over
_STILL_MS = const(50)  # at rest for longer: what turns next is the first rotation
_AGAIN_DEG = const(12)  # a push-off that turns further than this confirms or corrects the axis
_COS_45 = const(2900)
_COS_40 = const(3100)
_SHARE_PCT = const(60)  # of the horizontal rotation is about the main axis, or there is none
_SEARCH_MS = const(3000)  # a rotation that has not reversed by then is no first one
_TOE_FIRST = const(3)  # steps, net of others, in which the toe seemed to rise first
_LOST_MS = const(8000)  # in motion for so long without a toe-off: start afresh


class Alignment:
    """Sets and mends the axis of a Mounting, seeing what its Detector makes of it."""

    def __init__(self, mounting, detector, rate_hz):
        self.mounting = mounting
        self.detector = detector
        self._axis = [0, 0, 0]
        self._still = int(_STILL_MS * rate_hz / 1000)
        self._search_max = int(_SEARCH_MS * rate_hz / 1000)
        self._lost = int(_LOST_MS * rate_hz / 1000 / mounting.every)
        self._reversed = 16 * _REVERSED_DPS  # 1/16 deg/s
        self._contrary = 0  # push-offs in a row whose axis was another
        self._elsewhere = 0  # windows of motion in a row with another main axis
        self._backward = 0  # steps in a row whose way says that the sign is wrong
        self._stepped = False  # a toe-off since the foot was flat
        self._toe_offs = 0
        self._moved = 0  # looks in motion since the last toe-off

    def search(self, n):
        """Before the axis is known, every look: wait for a rest's first rotation to reverse."""
        m = self.mounting
        if m.forgotten:
            m.forgotten = False
            self._contrary = self._elsewhere = self._backward = self._toe_offs = 0
            self.detector.begin(n)
        if m.window_full():
            self._main_axis(n)
        if m.known or not m.level:
            return
        if m.rests.still > self._still or m.sum_n > self._search_max:
            m.restart()
        else:
            axis = self._axis
            degrees = m.rotation(axis)
            if degrees >= _FIRST_DEG and m.rate_about(axis) < -self._reversed:
                m.set_axis(axis[0], axis[1], axis[2])
                self.detector.trust = 1
                self.detector.airborne(n, degrees)

    def watch(self, n, s, bits):
        """After each look, and where the detector has event bits; s: sagittal rate."""
        m = self.mounting
        d = self.detector
        if d.state == FLAT and -self._reversed < s < self._reversed:
            m.restart()
        if self._stepped and d.state == FLAT:
            self._stepped = False
            m.flat_again()
        if bits & (TOE_OFF | TOE_UP):
            self._push_off()
            if bits & TOE_OFF:
                self._toe_offs += 1
                self._stepped = True
                self._moved = 0
                if d.toe_first >= _TOE_FIRST:
                    # What seems to be the toe is the heel: it rises first, though less far
                    self._turn(1)
                    d.lost(n)
        elif m.rests.still:
            self._moved = 0
        else:
            self._moved += 1
            if self._moved > self._lost:
                self._moved = 0
                m.forget()
                d.lost(n)  # at once: else this sample's push-off may pass for one yet, and be cued
                return
        if m.window_full():
            self._main_axis(n)

    def travelled(self, left, clear):
        """The foot came to rest after a step; left[0:3] is across its way.

        clear: the way is long enough to say where forward is. Returns whether the step went back.
        """
        m = self.mounting
        d = self.detector
        if not m.known:
            if clear:
                m.set_axis(left[0], left[1], left[2])
                d.trust = 1
            return False
        back = m.cosine(left) <= -_COS_45
        if clear:
            self._backward = self._backward + 1 if back else 0
            if back and (d.trust < 2 or self._backward >= 2):
                self._turn(1)
                return False
        return back

    def flip(self):
        """The detector says FLIPPED."""
        self._turn(self.detector.trust)
        self.detector.flip()

    def _turn(self, trust):
        """Turn the sign of the axis; trust: how many push-offs the new one counts for."""
        self.mounting.flip()
        self.detector.trust = trust
        self.detector.toe_first = self._contrary = self._backward = 0

    def _push_off(self):
        """The rotation from flat to toe-off is about the sagittal axis, once more."""
        m = self.mounting
        axis = self._axis
        if m.rotation(axis) < _AGAIN_DEG:
            return
        if m.cosine(axis) > _COS_45:
            self._contrary = 0
            m.set_axis(3 * m.vx + axis[0], 3 * m.vy + axis[1], 3 * m.vz + axis[2])
            return
        self._contrary += 1
        self.detector.trust = 0
        if self._contrary >= 2:
            self._contrary = 0
            m.set_axis(axis[0], axis[1], axis[2])

    def _main_axis(self, n):
        """A window of motion is full: is its main axis the one in use?"""
        m = self.mounting
        axis = self._axis
        toe_offs = self._toe_offs
        self._toe_offs = 0
        if m.main_axis(axis) < _SHARE_PCT:
            return
        c = m.cosine(axis) if m.known else 0
        if toe_offs or c > _COS_40 or c < -_COS_40:
            self._elsewhere = 0
            return
        self._elsewhere += 1
        if m.known and self.detector.trust >= 2 and self._elsewhere < 2:
            return
        self._elsewhere = 0
        if c < 0:
            m.set_axis(-axis[0], -axis[1], -axis[2])
        else:
            m.set_axis(axis[0], axis[1], axis[2])
        self.detector.trust = 0
        self.detector.lost(n)
