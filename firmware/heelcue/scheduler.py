"""Decides when a cue starts: which strides, ahead of heel-off or on it, never twice.

A cue belongs to one heel-off. It is *predicted* if it starts before that heel-off was detected,
else *reactive*. Where the predictor's cue has not started when heel-off is detected, the cue
starts at once: so in `auto` and `predictive` every stride that is to be cued is cued.

Pure integers below 2**30; step() allocates nothing, reads no clock and does not raise.
"""

from heelcue.compat import const
from heelcue.events import (
    CUE,
    CUE_FALSE,
    CUE_NONE,
    CUE_PREDICTED,
    CUE_REACTIVE,
    HEEL_OFF,
    INITIAL_CONTACT,
    R_CUE,
    R_CUE_KIND,
    R_HEEL_OFF,
    R_PREDICTED,
    TOE_OFF,
)
from heelcue.predictor import N_MASK

_FALSE_MS = const(500)  # a heel-off later than this after its predicted time is another stride's


class Scheduler:
    """The cues of one foot.

    pulse_ms, strength_pct: what to hand to the motor when step() returns CUE
    cue_n, cue_kind, predicted_n: the last heel-off's cue (sample index or -1, CUE_*), and when
        the predictor had expected that heel-off (-1 where it did not trust itself)
    false_n: sample index of the last predicted cue whose heel-off never came, -1 before the first
    again: set it for a heel-off that corrects the last one: they are one stride, with one cue
    hold: set it while the wearer is not walking; events still reach the predictor
    predicted, reactive, false_predicted: cues so far
    faded: heel-offs that a fading schedule has had
    """

    def __init__(self, settings, rate_hz, predictor):
        self.predictor = predictor
        self.pulse_ms = settings["pulse_ms"]
        self.strength_pct = settings["strength_pct"]
        mode = settings["cue_mode"]
        schedule = settings["schedule"]
        self._on = mode != "off" and schedule != "silent"
        self._predicts = mode in ("auto", "predictive")
        self._trusting = mode == "predictive"  # its own doubts notwithstanding
        # One heel-off in `_every` is cued; fading starts at every one and counts up to every_n
        self._every = settings["every_n"] if schedule == "nth" else 1
        self._every_last = settings["every_n"] if schedule == "fading" else self._every
        self._fade_strides = settings["fade_strides"]
        self._refractory = int(settings["refractory_ms"] * rate_hz / 1000 + 0.5)
        self._false = predictor.ahead + int(_FALSE_MS * rate_hz / 1000 + 0.5)

        self.hold = False  # no cues: this is not walking
        self.again = False
        self.cue_n = -1
        self.cue_kind = CUE_NONE
        self.predicted_n = -1
        self.false_n = -1
        self.predicted = 0
        self.reactive = 0
        self.false_predicted = 0
        self._pending_n = -1  # start of a predicted cue whose heel-off has not come yet
        self._pending_for = -1  # ... and the heel-off it was meant for
        self._ahead_used = True  # the coming heel-off has had its predicted cue
        self._last_n = -1  # start of the last cue, -1 when that is longer ago than refractory_ms
        self._was_wanted = False  # the schedule cues the last heel-off
        self._skip = 0  # heel-offs to go uncued before the next cued one
        self.faded = 0

    def step(self, n, bits):
        """Take sample n with the detector's event bits; return CUE if a cue starts, else 0.

        Call after Predictor.step() of the same sample; passes the events on to the predictor.
        """
        if bits:
            return self._events(n, bits)
        if self._pending_n >= 0:
            if ((n - self._pending_n) & N_MASK) > self._false:
                self._never_came()
        elif self.predictor.due and not self._ahead_used and not self.hold:
            return self._ahead(n)
        return 0

    def doubt(self):
        """The coming heel-off may not come: cue it when it does, not ahead."""
        self._ahead_used = True

    def late(self, n):
        """The last heel-off was held, wrongly: return CUE if its cue starts now, else 0."""
        if not self._was_wanted or self.cue_n >= 0 or not self._rested(n):
            return 0
        self.cue_n = self._last_n = n
        self.cue_kind = CUE_REACTIVE
        self.reactive += 1
        return CUE

    def fill(self, record):
        """Write the last heel-off's cue into a stride's record (fields in heelcue.events)."""
        record[R_CUE] = self.cue_n
        record[R_CUE_KIND] = self.cue_kind
        record[R_PREDICTED] = self.predicted_n

    def fill_false(self, record):
        """Write the last false cue into a record: no heel-off, CUE_FALSE."""
        record[R_HEEL_OFF] = -1
        record[R_CUE] = self.false_n
        record[R_CUE_KIND] = CUE_FALSE
        record[R_PREDICTED] = self._pending_for

    def fade_on(self, faded):
        """Go on with a fading that has had so many heel-offs; other schedules have none."""
        if self._every < self._every_last:
            self.faded = faded
            self._every = min(self._every_last, 1 + faded // self._fade_strides)

    def gap(self, lost):
        """`lost` samples are missing before the next step."""
        self.predictor.on_gap(lost)

    def stop(self, n):
        """The gait has stopped at sample n."""
        if self._pending_n >= 0:
            self._never_came()
        if self._rested(n):
            self._last_n = -1  # so that a month later it is not taken for a recent one
        self.predictor.doubt()

    def _events(self, n, bits):
        predictor = self.predictor
        cue = 0
        if bits & HEEL_OFF:
            cue = self._heel_off(n)
            predictor.on_heel_off(n)
        if bits & TOE_OFF:
            predictor.on_toe_off()
        if bits & INITIAL_CONTACT:
            predictor.on_contact(n)
        return cue

    def _heel_off(self, n):
        if self.again:
            return 0 if self.hold else self.late(n)
        predictor = self.predictor
        self.predicted_n = predictor.expected_n if predictor.steady else -1
        self.cue_n = -1
        self.cue_kind = CUE_NONE
        cue = 0
        self._was_wanted = self._wanted()
        wanted = self._was_wanted and not self.hold
        if self._pending_n >= 0:
            self.cue_n = self._pending_n
            self.cue_kind = CUE_PREDICTED
            self.predicted_n = self._pending_for
            self.predicted += 1
            self._pending_n = -1
        elif wanted and self._rested(n):
            self.cue_n = self._last_n = n
            self.cue_kind = CUE_REACTIVE
            self.reactive += 1
            cue = CUE
        self._count()
        self._ahead_used = not (self._predicts and self._wanted())
        return cue

    def _ahead(self, n):
        """The predictor's cue is due: start it unless there is a reason not to."""
        predictor = self.predictor
        self._ahead_used = True
        if not (predictor.steady or self._trusting) or not self._rested(n):
            return 0
        self._pending_n = self._last_n = n
        self._pending_for = (n + predictor.ahead) & N_MASK
        return CUE

    def _never_came(self):
        self.false_n = self._pending_n
        self.false_predicted += 1
        self._pending_n = -1
        self.predictor.doubt()

    def _wanted(self):
        """Whether the coming heel-off is one that the schedule cues."""
        return self._on and not self._skip

    def _rested(self, n):
        return self._last_n < 0 or ((n - self._last_n) & N_MASK) >= self._refractory

    def _count(self):
        """One more heel-off: which is the next to be cued?"""
        if self._skip:
            self._skip -= 1
        else:
            self._skip = self._every - 1
        if self._every < self._every_last:
            self.faded += 1
            if self.faded % self._fade_strides == 0:
                self._every += 1
