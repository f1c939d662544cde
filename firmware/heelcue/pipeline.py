"""The sample path: raw sample -> mounting -> detector -> scheduler -> event bits."""

from array import array

from heelcue.events import RECORD_FIELDS


class Pipeline:
    """One foot's gait, sample by sample; pure integers, no allocation in step()."""

    def __init__(self, settings, rate_hz, gyro_lsb_per_dps=16.384, acc_lsb_per_g=2048.0):
        self.n = 0
        self.record = array("i", [-1] * RECORD_FIELDS)
        self.walking = False
        self.steady = False

    def step(self, samples, i):
        """Take the sample at samples[i:i+6] (raw LSB: acc x y z, gyr x y z); return event bits."""
        self.n += 1
        return 0

    def gap(self, lost):
        """Say that `lost` samples are missing before the next step."""
        self.n += lost
