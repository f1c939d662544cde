"""The sample path: raw sample -> mounting -> detector -> scheduler -> event bits."""

from array import array

from heelcue.alignment import Alignment
from heelcue.detector import FLAT, FLIPPED, Detector
from heelcue.events import (
    HEEL_OFF,
    INITIAL_CONTACT,
    R_CONTACT,
    R_HEEL_OFF,
    R_NEXT_HEEL_OFF,
    R_PEAK_DPS,
    R_TOE_OFF,
    RECORD_FIELDS,
    STRIDE,
    TOE_OFF,
)
from heelcue.mounting import Mounting
from heelcue.predictor import N_MASK, Predictor
from heelcue.scheduler import Scheduler
from heelcue.walking import LATE, STOPPING, Walking

_EVENTS = HEEL_OFF | TOE_OFF | INITIAL_CONTACT
_STOP_MS = 3500  # hemiparetic strides last 2.2 s; a heel-off later than this is a new start
_STAGES_MS = 1000  # two stages of one heel rise are less apart than that
_GAP_MS = 250  # less than a swing or a stance: what was going on before still is, or has just ended


class Pipeline:
    """One foot's gait, sample by sample; pure integers, no allocation in step().

    settings: complete mapping of heelcue.settings; rate_hz: true samples per second
    gyro_lsb_per_dps, acc_lsb_per_g: scale of the raw samples
    n: index of the next sample, modulo 2**29
    record: fields R_* of heelcue.events, filled when step() returned STRIDE
    walking: striding (a heel-off in the last seconds); steady: the predictor trusts the gait
    """

    def __init__(self, settings, rate_hz, gyro_lsb_per_dps=16.384, acc_lsb_per_g=2048.0):
        self.n = 0
        self.record = array("i", [-1] * RECORD_FIELDS)
        self.walking = False
        self.mounting = Mounting(rate_hz, gyro_lsb_per_dps, acc_lsb_per_g)
        self.detector = Detector(settings, rate_hz, self.mounting)
        self.alignment = Alignment(self.mounting, self.detector, rate_hz)
        self.gait = Walking(self.mounting, self.detector, self.alignment, rate_hz, gyro_lsb_per_dps)
        self.predictor = Predictor(settings, rate_hz)
        self.scheduler = Scheduler(settings, rate_hz, self.predictor)
        self._stop = int(_STOP_MS * rate_hz / 1000)
        self._stages = int(_STAGES_MS * rate_hz / 1000)
        self._gap = int(_GAP_MS * rate_hz / 1000)
        self._heel_off_n = -1
        self._toe_off_n = -1
        self._contact_n = -1
        self._peak = 0

    @property
    def steady(self):
        """True when the predictor trusts the gait."""
        return self.predictor.steady

    def step(self, samples, i):
        """Take the sample at samples[i:i+6] (raw LSB: acc x y z, gyr x y z); return event bits."""
        # Here and below: frames of up to 11 words are not taken from the heap, so few names
        n = self.n
        self.n = n + 1 & N_MASK
        s = self.mounting.step(samples, i)
        if not self.mounting.known:
            if self.mounting.looked:
                self.alignment.search(n)
                self.gait.step(n, 0)
                if self.walking and (n - self._heel_off_n) & N_MASK > self._stop:
                    return self._stopped(n)  # the shoe was taken off, and lies on its side
            return 0
        bits = self.detector.step(n, s)
        if bits == FLIPPED:
            self.alignment.flip()
            s = -s
            bits = HEEL_OFF
        if self.predictor.live:
            self._predict(n, s)
        if bits or self.mounting.looked:
            return self._look(n, s, bits)
        if self.predictor.due:
            return self.scheduler.step(n, 0)
        return 0

    def gap(self, lost):
        """Say that `lost` samples are missing before the next step.

        Few are bridged, as if time alone had passed; after more the foot must be flat once before
        anything is reported.
        """
        self.n = self.n + lost & N_MASK
        self.scheduler.gap(lost)
        self.mounting.gap()
        if lost > self._gap:
            self.detector.lost(self.n)
            self.gait.gap()

    def _predict(self, n, s):
        self.predictor.step(n, s, self.detector.state == FLAT)

    def _look(self, n, s, bits):
        """What need not be done on every sample."""
        self.alignment.watch(n, s, bits)
        bits &= _EVENTS
        found = self.gait.step(n, bits)
        if found == LATE:
            return self.scheduler.late(n)
        if found == STOPPING:
            self.scheduler.doubt()
            self.detector.wary = True
        if bits and not self.gait.idle:
            return self._events(n, bits)
        if self.walking and (n - self._heel_off_n) & N_MASK > self._stop:
            return self._stopped(n)
        return self.scheduler.step(n, 0)

    def _events(self, n, bits):
        scheduler = self.scheduler
        if bits & TOE_OFF:
            self._toe_off_n = n
            self._peak = self.detector.peak
            self.predictor.on_push_off(self._peak)
        if bits & INITIAL_CONTACT:
            self._contact_n = n
        if bits & HEEL_OFF:
            scheduler.hold = self.gait.hold
            scheduler.again = self._rises_again(n)
            if not scheduler.again:
                bits |= self._close(n)
            elif scheduler.cue_n < 0:
                self._heel_off_n = n  # else the record keeps the one that was cued
        bits |= scheduler.step(n, bits)
        scheduler.hold = not self.gait.confirmed
        return bits

    def _rises_again(self, n):
        """Has the heel gone back down since the last heel-off, and the foot nowhere?"""
        return (
            self.walking
            and self._toe_off_n < 0
            and self._contact_n < 0
            and (n - self._heel_off_n) & N_MASK < self._stages
        )

    def _close(self, next_n):
        """Fill the record of the stride that ends with next_n (-1: the gait stopped)."""
        bits = 0
        if self._heel_off_n >= 0 and self.walking:
            r = self.record
            r[R_HEEL_OFF] = self._heel_off_n
            r[R_TOE_OFF] = self._toe_off_n
            r[R_CONTACT] = self._contact_n
            r[R_NEXT_HEEL_OFF] = next_n
            r[R_PEAK_DPS] = self._peak >> 4
            self.scheduler.fill(r)
            bits = STRIDE
        self._toe_off_n = self._contact_n = -1
        self._peak = 0
        self._heel_off_n = next_n
        self.walking = next_n >= 0
        return bits

    def _stopped(self, n):
        self.scheduler.stop(n)
        return self._close(-1)
