"""A BASELINE to compare with, not gait logic of the device: one fixed threshold, told the axis.

The plainest rule that works, as published single-IMU devices use it: heel-off is when the heel-up
rate rises through a fixed threshold after the foot has been still; no more until it swung. It
gets the true sagittal axis and sign from the labels, which the device has to find by itself.
"""

from __future__ import annotations

from host_tools.events import DECIMALS, Event
from host_tools.recordings import Recording
from host_tools.sagittal import sagittal_rate_dps

HEEL_OFF_DPS = 30.0  # heel-up rate that says the heel rises
SWING_DPS = -50.0  # heel-down rate that only the swinging leg reaches
LANDING_MS = 350.0  # after the swing the foot lands and slaps down: heel-up too, but no heel-off
FLAT_DPS = 30.0  # then it lies flat: below this ...
FLAT_MS = 20.0  # ... for so long
WAIT_MS = 1500.0  # without a swing for so long, a stop: the next heel-off may come


def fixed_threshold_events(recording: Recording) -> list[Event]:
    """Return the heel-offs of the baseline rule; causal but for the axis it is told."""
    rate_hz = recording.rate_hz
    landing, flat_needed, patience = (
        round(duration_ms / 1000 * rate_hz) for duration_ms in (LANDING_MS, FLAT_MS, WAIT_MS)
    )
    flat_for, since_swing, since_cue = 0, landing, patience
    swung, ready = True, False
    events = []
    rates_dps = sagittal_rate_dps(recording).tolist()
    for t_s, rate_dps in zip(recording.t_s.tolist(), rates_dps, strict=True):
        since_cue, since_swing = since_cue + 1, since_swing + 1
        if rate_dps < SWING_DPS:
            swung, ready, since_swing = True, False, 0
        flat_for = flat_for + 1 if abs(rate_dps) < FLAT_DPS else 0
        if flat_for >= flat_needed and since_swing >= landing and (swung or since_cue > patience):
            ready = True
        if ready and rate_dps >= HEEL_OFF_DPS:
            swung = ready = False
            since_cue = 0
            events.append(Event(round(t_s, DECIMALS), "heel_off"))
    return events
